"""Whether API Gateway may call the function: by the function's own policy, or as the role that the integration names.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html (credentials)
"""

from __future__ import annotations

import json

from moto.awslambda.models import LambdaFunction

from sandbox.gateway.call import Call
from sandbox.permissions.evaluation import Asked, Decision, decision
from sandbox.permissions.identities import ACCOUNT, find_role
from sandbox.permissions.rights import of_role

SERVICE = frozenset({"apigateway.amazonaws.com"})
INVOKE = "lambda:InvokeFunction"


def permitted(call: Call, function: LambdaFunction) -> bool:
    role_arn = call.method.method_integration.credentials
    if role_arn:
        return is_allowed_as(role_arn, function)
    policy = json.dumps({"Version": "2012-10-17", "Statement": function.policy.statements})
    source = {"aws:SourceArn": (call.method_arn,), "aws:SourceAccount": (ACCOUNT,)}
    return decision([policy], Asked(INVOKE, function.function_arn, source, SERVICE)) is Decision.ALLOWED


def is_allowed_as(role_arn: str, function: LambdaFunction) -> bool:
    """It trusts API Gateway, and its policies let it call the function. Callers cannot lend theirs (`user/*`)."""
    role = find_role(role_arn)
    if role is None:
        return False
    trust = decision([role.assume_role_policy_document], Asked("sts:AssumeRole", role_arn, principals=SERVICE))
    return {trust, *of_role(role, Asked(INVOKE, function.function_arn)).values()} == {Decision.ALLOWED}
