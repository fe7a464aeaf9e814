"""Who may call a method: by its kind of authorization, then by the API's resource policy.

Signatures are not verified. Authorizers, of Lambda or Cognito, are not imitated: their methods answer nobody.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request

from sandbox.call import Call
from sandbox.gateway_responses import Refused
from sandbox.identities import ACCOUNT
from sandbox.permissions import Asked, Decision, decision

INVOKE = "execute-api:Invoke"


def authorize(call: Call) -> None:
    """Raises Refused."""
    kind = call.method.authorization_type or "NONE"
    if kind not in {"NONE", "AWS_IAM"}:
        raise Refused("UNAUTHORIZED")
    if kind == "AWS_IAM" and not is_signed(call.request):
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    if call.api.policy:
        obey(call, is_known=kind == "AWS_IAM")


def is_signed(request: Request) -> bool:
    return request.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ") or "X-Amz-Signature" in request.args


def obey(call: Call, *, is_known: bool) -> None:
    """The resource policy. Who calls without a signature must be allowed; one of the account must not be denied.

    Words and the masked account: https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
    """
    root = f"arn:{get_partition(call.region)}:iam::{ACCOUNT}:root"
    asked = Asked(
        INVOKE,
        call.method_arn,
        context=conditions(call.request),
        principals=frozenset({ACCOUNT, root} if is_known else ()),
    )
    said = decision([call.api.policy], asked)
    if said is Decision.ALLOWED or (said is Decision.NOT_ALLOWED and is_known):
        return
    masked = call.method_arn.replace(ACCOUNT, f"********{ACCOUNT[-4:]}", 1)
    text = f"User: {root if is_known else 'anonymous'} is not authorized to perform: {INVOKE} on resource: {masked}"
    raise Refused("ACCESS_DENIED", f"{text} with an explicit deny" if said is Decision.DENIED else text)


def conditions(request: Request) -> dict[str, tuple[str, ...]]:
    """What the condition keys of a resource policy are compared with.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
    """
    known = {
        "aws:SourceIp": request.remote_addr,
        "aws:SecureTransport": "true",  # the sandbox's plain HTTP stands for HTTPS
        "aws:UserAgent": request.headers.get("User-Agent"),
        "aws:Referer": request.headers.get("Referer"),
    }
    return {key: (value,) for key, value in known.items() if value is not None}
