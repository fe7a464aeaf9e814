"""Execution roles: whether Lambda can assume them.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import Role

from sandbox.pace import CLOCK

LAMBDA = "lambda.amazonaws.com"
# What CreateFunction, UpdateFunctionConfiguration and Invoke say, of a role that is not there (yet) as of one that
# trusts somebody else. https://github.com/hashicorp/terraform-provider-aws/issues/44517
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


def is_assumable(role: Role | None) -> bool:
    if role is None or CLOCK.now() - role.made_at < CLOCK.pace.role_seconds:
        return False
    return trusts_lambda(json.loads(role.assume_role_policy_document))


def trusts_lambda(document: dict[str, Any]) -> bool:
    """Whether a trust policy lets Lambda assume its role; its conditions are taken for met."""
    effects = {
        statement["Effect"]
        for statement in as_list(document["Statement"])
        if LAMBDA in services(statement) and {"sts:AssumeRole", "sts:*", "*"} & set(as_list(statement["Action"]))
    }
    return effects == {"Allow"}


def services(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    return [LAMBDA] if principal == "*" else as_list(principal.get("Service", []))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
