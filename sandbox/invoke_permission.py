"""Whether API Gateway may call the function: by the function's own policy, or as the role that the integration names.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
"""

from __future__ import annotations

import json

from moto.awslambda.models import LambdaFunction

from sandbox.call import Call
from sandbox.identities import ACCOUNT
from sandbox.permissions import Asked, Decision, decision

SERVICE = "apigateway.amazonaws.com"


def permitted(call: Call, function: LambdaFunction) -> bool:
    policy = json.dumps({"Version": "2012-10-17", "Statement": function.policy.statements})
    source = {"aws:SourceArn": (call.method_arn,), "aws:SourceAccount": (ACCOUNT,)}
    asked = Asked("lambda:InvokeFunction", function.function_arn, source, frozenset({SERVICE}))
    return decision([policy], asked) is Decision.ALLOWED
