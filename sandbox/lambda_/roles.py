"""Execution roles: whether Lambda can assume them.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

from moto.iam.models import Role

from sandbox.pace import CLOCK
from sandbox.permissions.evaluation import Asked, Decision, decision
from sandbox.permissions.identities import ACCOUNT

LAMBDA = frozenset({"lambda.amazonaws.com"})
# What CreateFunction, UpdateFunctionConfiguration and Invoke say, of a role that is not there (yet) as of one that
# trusts somebody else. https://github.com/hashicorp/terraform-provider-aws/issues/44517
NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


def is_assumable(role: Role | None, function_arn: str) -> bool:
    """For this function: that it is, and its account, is what conditions of a trust policy are compared with.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
    """
    if role is None or CLOCK.now() - role.made_at < CLOCK.pace.role_seconds:
        return False
    source = {"aws:SourceArn": (function_arn,), "aws:SourceAccount": (ACCOUNT,)}
    asked = Asked("sts:AssumeRole", role.arn, source, LAMBDA)
    return decision([role.assume_role_policy_document], asked) is Decision.ALLOWED
