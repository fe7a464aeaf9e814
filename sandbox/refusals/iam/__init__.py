"""What IAM refuses: names, documents and tags that are wrong, deletes in the wrong order, more than its quotas.

`requests` looks at a request's shape before anything is done, and tells what moto tells otherwise; `managed_policies`
and `roles` are the two halves of one backend; `policy_documents` reads what is written in both.
"""

from sandbox.refusals.iam.roles import Iam

__all__ = ["Iam"]
