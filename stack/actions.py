"""The IAM action that a call needs, so that a refusal can name it: AWS's own text does not always do so.

Mostly it is the service and the operation; API Gateway goes by the HTTP verb. What else a call needs follows from what
we give it: a role to pass on, tags. https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

import re
from typing import Any

from botocore.exceptions import ClientError
from botocore.model import OperationModel

DENIED = {"AccessDenied", "AccessDeniedException"}  # IAM and STS; the others
NAMED_OTHERWISE = {"lambda:Invoke": "lambda:InvokeFunction"}
PREFIX_OTHERWISE = {"tagging": "tag"}
ALSO = {
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateFunction": "iam:PassRole or lambda:TagResource",
    "lambda:UpdateFunctionConfiguration": "iam:PassRole",
    "logs:CreateLogGroup": "logs:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
}


def is_denied(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in DENIED


def needed(model: OperationModel) -> str:
    """`iam:CreateRole`, `apigateway:POST`, ...: the action by which IAM knows this operation."""
    service = str(model.service_model.signing_name)
    if service == "apigateway":
        return f"{service}:{model.http['method']}"
    action = f"{PREFIX_OTHERWISE.get(service, service)}:{model.name}"
    return NAMED_OTHERWISE.get(action, action)


def note_action(model: OperationModel, parsed: Any, **_: Any) -> None:
    """A handler of botocore's `after-call`: an error does not tell of which service it is."""
    if "Error" in parsed:
        parsed["Error"]["Action"] = needed(model)


def lacking(error: ClientError) -> str:
    """The action that AWS says is missing, or else the one that the call needs; "" for any other error."""
    told: Any = error.response.get("Error", {})
    if named := re.search(r"not authorized to perform:? (\S+)", told.get("Message", "")):
        return named[1].rstrip(".,:")
    action = str(told.get("Action", "")) if is_denied(error) else ""
    return f"{action} (or {ALSO[action]}, which that call needs as well)" if action in ALSO else action
