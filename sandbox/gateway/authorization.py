"""Who may call a method: by its kind of authorization, the caller's own policies, and the API's resource policy.

Within an account it is enough that one of the two allows it and none denies it; without a signature there is only the
API's. Signatures are not verified. Authorizers, of Lambda or Cognito, are not imitated: their methods answer nobody.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request

from sandbox.gateway.call import Call
from sandbox.gateway.responses import Refused
from sandbox.permissions import rights
from sandbox.permissions.evaluation import Asked, Decision, decision
from sandbox.permissions.identities import ACCOUNT, Identities, is_session

INVOKE = "execute-api:Invoke"


@dataclass(frozen=True)
class Caller:
    """`name` is an ARN or `anonymous`; `said` is what the caller's own policies say of this call."""

    name: str
    principals: frozenset[str]
    said: Decision


def authorize(call: Call, identities: Identities) -> None:
    """Raises Refused."""
    kind = call.method.authorization_type or "NONE"
    if kind not in {"NONE", "AWS_IAM"}:
        raise Refused("UNAUTHORIZED")
    if kind == "NONE" and not call.api.policy:
        return
    key = access_key_id(call.request)
    if kind == "AWS_IAM" and not key:
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    asked = Asked(INVOKE, call.method_arn, conditions(call.request))
    caller = identify(call, key, identities, asked) if kind == "AWS_IAM" else ANONYMOUS
    said = {caller.said}
    if call.api.policy:
        said.add(decision([call.api.policy], replace(asked, principals=caller.principals)))
    if Decision.DENIED in said or Decision.ALLOWED not in said:
        raise Refused("ACCESS_DENIED", refusal(caller, call, is_explicit=Decision.DENIED in said))


ANONYMOUS = Caller("anonymous", frozenset(), Decision.NOT_ALLOWED)


def identify(call: Call, key: str, identities: Identities, asked: Asked) -> Caller:
    """A session of a role has the role's rights; any other key is the account's own, and may do everything."""
    root = f"arn:{get_partition(call.region)}:iam::{ACCOUNT}:root"
    if not is_session(key):
        return Caller(root, frozenset({root, ACCOUNT}), Decision.ALLOWED)
    session = identities.find(key)
    if session is None or session.role is None or not rights.is_its_own(call.request, session):
        raise Refused("INVALID_SIGNATURE", rights.INVALID)
    if session.expired:
        raise Refused("EXPIRED_TOKEN", rights.EXPIRED)
    name = str(session.assumed.arn)
    said, _ = rights.judged(session, asked)
    return Caller(name, frozenset({root, ACCOUNT, str(session.role.arn), name}), said)


def access_key_id(request: Request) -> str:
    """Of a signature (version 4) in a header or in the query; "" without one."""
    signature = request.headers.get("Authorization", "")
    if signature.startswith("AWS4-HMAC-SHA256 "):
        return signature.partition("Credential=")[2].partition("/")[0]
    return request.args.get("X-Amz-Credential", "").partition("/")[0]


def refusal(caller: Caller, call: Call, *, is_explicit: bool) -> str:
    """The number of the account is masked, but for its end.

    https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
    """
    masked = call.method_arn.replace(ACCOUNT, f"********{ACCOUNT[-4:]}", 1)
    text = f"User: {caller.name} is not authorized to perform: {INVOKE} on resource: {masked}"
    return f"{text} with an explicit deny" if is_explicit else text


def conditions(request: Request) -> dict[str, tuple[str, ...]]:
    """What the condition keys of a policy are compared with.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
    """
    known = {
        "aws:SourceIp": request.remote_addr,
        "aws:SecureTransport": "true",  # the sandbox's plain HTTP stands for HTTPS
        "aws:UserAgent": request.headers.get("User-Agent"),
        "aws:Referer": request.headers.get("Referer"),
    }
    return {key: (value,) for key, value in known.items() if value is not None}
