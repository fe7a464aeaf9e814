"""Who may take on a role by STS's AssumeRole: whom the role's own trust policy names.

A role that is not there is refused in the same words.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
The words: https://repost.aws/knowledge-center/iam-assume-role-error
"""

from __future__ import annotations

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from sandbox import wire
from sandbox.permissions.evaluation import Asked, Decision, decision
from sandbox.permissions.identities import ACCOUNT, Identities, find_role

ASSUME = "sts:AssumeRole"


def refusal(request: Request, identities: Identities, scope: list[str]) -> Response | None:
    """What STS answers to a caller whom the role does not trust; None: it does. `scope` is that of a signature."""
    sent = wire.query(request)
    arn = sent.get("RoleArn", "")
    if not scope or scope[3] != "sts" or sent.get("Action") != "AssumeRole" or not arn.startswith("arn:"):
        return None
    partition = get_partition(scope[2])
    _, caller, _ = sts_backends[ACCOUNT][partition].get_caller_identity(scope[0], scope[2])
    session = identities.find(scope[0])
    principals = {f"arn:{partition}:iam::{ACCOUNT}:root", ACCOUNT, caller}
    if session and session.role:
        principals.add(str(session.role.arn))
    context = {"sts:ExternalId": (sent["ExternalId"],)} if "ExternalId" in sent else {}
    role = find_role(arn)
    asked = Asked(ASSUME, arn, context, frozenset(principals))
    if role and decision([role.assume_role_policy_document], asked) is Decision.ALLOWED:
        return None
    message = f"User: {caller} is not authorized to perform: {ASSUME} on resource: {arn}"
    return wire.error(request, "AccessDenied", message, status=403)
