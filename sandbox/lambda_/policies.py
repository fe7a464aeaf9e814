"""The resource policy of a function: what a statement looks like when it is stored, and what is not taken.

LS:lambda test_add_lambda_permission_fields, test_permission_exceptions, test_remove_multi_permissions.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.awslambda.exceptions import UnknownPolicyException
from moto.awslambda.models import LambdaFunction
from moto.utilities.utils import get_partition

from sandbox.lambda_.answers import Invalid, Refusal

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
LARGEST_POLICY_BYTES = 20_480
# (operator, condition key, member of AddPermission)
CONDITIONS = (
    ("ArnLike", "AWS:SourceArn", "SourceArn"),
    ("StringEquals", "AWS:SourceAccount", "SourceAccount"),
    ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
    ("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
    ("StringEquals", "lambda:EventSourceToken", "EventSourceToken"),
)


def add(function: LambdaFunction, statement: dict[str, Any], revision: str | None) -> None:
    statements, sid = function.policy.statements, statement["Sid"]
    if sid in (each["Sid"] for each in statements):
        text = "Please provide a new statement id, or remove the existing statement."
        known = f"The statement id ({sid}) provided already exists. {text}"
        raise Refusal(409, "ResourceConflictException", known)
    function.require_revision(revision)
    require_size([*statements, statement])
    statements.append(statement)
    function.touched()


def remove(function: LambdaFunction, sid: str, revision: str | None) -> None:
    statements = function.policy.statements
    if not statements:
        raise UnknownPolicyException
    if sid not in (each["Sid"] for each in statements):
        raise Refusal(404, "ResourceNotFoundException", f"Statement {sid} is not found in resource policy.")
    function.require_revision(revision)
    statements[:] = [each for each in statements if each["Sid"] != sid]
    function.touched()


def stored_statement(resource_arn: str, region: str, asked: dict[str, Any]) -> dict[str, Any]:
    """The statement that AddPermission stores."""
    stored = {
        "Sid": asked["StatementId"],
        "Effect": "Allow",
        "Principal": principal(asked["Principal"], region),
        "Action": asked["Action"],
        "Resource": resource_arn,
    }
    conditions: dict[str, dict[str, str]] = {}
    for operator, key, member in CONDITIONS:
        if member in asked:
            conditions.setdefault(operator, {})[key] = asked[member]
    return {**stored, "Condition": conditions} if conditions else stored


def principal(text: str, region: str) -> Any:
    if text == "*":
        return text
    if text.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return {"Service": text}
    if re.fullmatch(r"\d{12}", text):
        return {"AWS": f"arn:{get_partition(region)}:iam::{text}:root"}
    if re.fullmatch(r"arn:[a-z-]+:(iam|sts)::\d{12}:\S+", text):
        return {"AWS": text}
    raise Invalid("The provided principal was invalid. Please check the principal and try again.")


def require_size(statements: list[dict[str, Any]]) -> None:
    """The words: https://github.com/scribd/terraform-aws-datadog/pull/61"""
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    size = len(json.dumps(document, separators=(",", ":")).encode())
    if size > LARGEST_POLICY_BYTES:
        text = f"The final policy size ({size}) is bigger than the limit ({LARGEST_POLICY_BYTES})."
        raise Refusal(400, "PolicyLengthExceededException", text)
