"""What roles may do: calls that come with a session of a role are evaluated, and refused in AWS's words.

The role's policies must allow it and none may deny it, inline and managed, within its permissions boundary and within
the policy that the session was made with. Calls with other credentials are the account's own, and may do everything.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import ManagedPolicy, Role, iam_backends
from werkzeug.wrappers import Request, Response

from sandbox import wire
from sandbox.pace import CLOCK
from sandbox.permissions.evaluation import Asked, Decision, decision
from sandbox.permissions.identities import ACCOUNT, Identities, Session, is_session
from sandbox.permissions.needed_rights import needed

INVALID = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"
# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; the words are from experience
MISSING = {True: "Missing Authentication Token", False: "Request is missing Authentication Token"}
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
UNSIGNED = {"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"}
# The query protocol has codes of its own: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
QUERY_CODES = {
    "AccessDeniedException": "AccessDenied",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "ExpiredTokenException": "ExpiredToken",
    "MissingAuthenticationTokenException": "MissingAuthenticationToken",
}


def refusal(request: Request, identities: Identities, scope: list[str]) -> Response | None:
    """What the service answers to a call that the caller may not make; None: it may. `scope` is that of a signature."""
    if not scope and wire.query(request).get("Action") not in UNSIGNED:
        is_rest = "X-Amz-Target" not in request.headers and "Action" not in wire.query(request)
        return refused(request, "MissingAuthenticationTokenException", MISSING[is_rest])
    if not scope or not is_session(scope[0]):
        return None
    _, _, region, service, _ = scope
    session = identities.find(scope[0])
    if session is None or not is_its_own(request, session):
        return refused(request, "UnrecognizedClientException", INVALID)
    if session.expired:
        return refused(request, "ExpiredTokenException", EXPIRED)
    for asked in needed(request, service, region):
        here = {"aws:SourceIp": (request.remote_addr or "127.0.0.1",), "aws:RequestedRegion": (region,)}
        if denial := denied(session, dataclasses.replace(asked, context={**asked.context, **here})):
            return refused(request, "AccessDeniedException", denial)
    return None


def is_its_own(request: Request, session: Session) -> bool:
    """Whether the request comes with the session's token, and the session still has its role."""
    token = request.headers.get("X-Amz-Security-Token") or request.args.get("X-Amz-Security-Token")
    return session.has_role and token == session.token


def denied(session: Session, asked: Asked) -> str | None:
    """Why a session may not do this, in AWS's words; None: it may."""
    decided, reason = judged(session, asked)
    return None if decided is Decision.ALLOWED else reason


def judged(session: Session, asked: Asked) -> tuple[Decision, str]:
    """What the role's policies say together, and how AWS tells it where they do not allow it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    role = session.role
    if role is None or not session.has_role:
        return Decision.NOT_ALLOWED, INVALID
    asked = dataclasses.replace(asked, context={**asked.context, **of_the_caller(session, role)})
    decisions = of_role(role, asked)
    if session.assumed.policy:
        decisions["session policy"] = decision([session.assumed.policy], asked)
    who_what = f"User: {session.assumed.arn} is not authorized to perform: {asked.action} on resource: {asked.resource}"
    for kind, found in decisions.items():
        if found is Decision.DENIED:
            article = "an" if kind.startswith("i") else "a"
            return found, f"{who_what} with an explicit deny in {article} {kind}"
    for kind, found in decisions.items():
        if found is Decision.NOT_ALLOWED:
            return found, f"{who_what} because no {kind} allows the {asked.action} action"
    return Decision.ALLOWED, ""


def of_role(role: Role, asked: Asked) -> dict[str, Decision]:
    """What each kind of the role's policies says; all kinds must allow it."""
    decisions = {"identity-based policy": decision(identity_policies(role), asked)}
    if role.permissions_boundary_arn:
        decisions["permissions boundary"] = decision(boundary(role), asked)
    return decisions


def identity_policies(role: Role) -> Iterator[str]:
    """The JSON texts of its inline policies, and of the managed ones."""
    yield from list(role.policies.values())
    yield from map(in_force, list(role.managed_policies.values()))


def boundary(role: Role) -> list[str]:
    """[] for a policy that is not there any more: such a boundary allows nothing."""
    try:
        return [in_force(iam_backends[ACCOUNT][role.partition].get_policy(role.permissions_boundary_arn))]
    except NotFoundException:
        return []


def in_force(policy: ManagedPolicy) -> str:
    """The default version; at the pace of AWS a young one is not seen at once, and the one before it still is.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
    """
    default = next(version for version in policy.versions if version.is_default)
    earlier = policy.versions[: policy.versions.index(default)]
    if earlier and (utcnow() - default.create_date).total_seconds() < CLOCK.pace.role_seconds:
        return str(earlier[-1].document)
    return str(default.document)


def of_the_caller(session: Session, role: Role) -> dict[str, tuple[str, ...]]:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    now = time.time()
    known = {
        "aws:PrincipalArn": role.arn,
        "aws:PrincipalAccount": ACCOUNT,
        "aws:PrincipalType": "AssumedRole",
        "aws:userid": f"{role.id}:{session.assumed.session_name}",
        "aws:CurrentTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:EpochTime": str(int(now)),
        "aws:SecureTransport": "true",  # the sandbox's plain HTTP stands for HTTPS
        # https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
        **({"lambda:SourceFunctionArn": session.function_arn} if session.function_arn else {}),
        **{f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in role.tags},
    }
    return {key: (value,) for key, value in known.items()}


def refused(request: Request, code: str, message: str) -> Response:
    """JSON with a target is answered with 400, everything else with 403."""
    element = "Message" if code == "AccessDeniedException" else "message"
    status = 400 if "X-Amz-Target" in request.headers else 403
    told = QUERY_CODES[code] if "Action" in wire.query(request) else code
    return wire.error(request, told, message, status=status, element=element)
