"""AWS as it is on a bad day: a WSGI application between the clients and the sandbox, whose faults are one line each.

    backend.on("CreateFunction").refuse("InvalidParameterValueException", NOT_ASSUMABLE, times=3)
    backend.on("CreateRestApi").lose_answer()
    backend.on("GetRole", after="CreateRole").missing(times=2)
    backend.on("DescribeTable").hold("CREATING", polls=3)
    backend.on("ListTagsOfResource").serve_older(times=2)
    backend.on("DeleteRestApi").quota(1, per_seconds=30)
    backend.on(INVOKE_URL).answer(403, {"message": "Forbidden"}, times=5)

An operation is named as in AWS's API reference, where two services have the same one as "iam:GetPolicy". Of several
faults of an operation the one that was named first acts until its times are over, then the next.
"""

from tests.backend.calls import INVOKE_URL, READING, Asked, Call, Calls
from tests.backend.faults import ALWAYS, Fault
from tests.backend.server import PATIENCE_SECONDS, Backend, backend_for

__all__ = [
    "ALWAYS",
    "INVOKE_URL",
    "PATIENCE_SECONDS",
    "READING",
    "Asked",
    "Backend",
    "Call",
    "Calls",
    "Fault",
    "backend_for",
]
