"""What Lambda's control plane refuses: names, sizes and values, roles it cannot assume, changes at the wrong time.

`backend` is the operations; `requests` looks at what is asked for, whatever is there, `uploads` at the code. What the
operations work on is in `sandbox.lambda_`.
"""

from sandbox.refusals.lambda_.backend import Lambda

__all__ = ["Lambda"]
