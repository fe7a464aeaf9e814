"""IAM's requests and answers where moto's differ: what is refused by its shape, what a call changes, what it shows.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html, and LocalStack's recordings of iam
test_update_role, test_list_entities_for_policy, test_policy_version_lifecycle and test_create_role_defaults.
"""

from __future__ import annotations

from typing import Any, ClassVar

from moto.core.responses import ActionResult, EmptyResult
from moto.core.serialize import never_return, url_encode
from moto.core.utils import get_service_model
from moto.iam.exceptions import IAMException, ValidationError
from moto.iam.responses import IamResponse

from sandbox.refusals.shapes import PATTERN, Violation, told, violations

NAME = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
# By pattern of the service model; https://github.com/hashicorp/terraform-provider-aws/issues/3087 and
# https://github.com/aws-cloudformation/cfn-lint/issues/722
SPECIFIED = {
    r"[\w+=,.@-]+": NAME,
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": PATH,
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": PATH,
    r"[\u0009\u000A\u000D\u0020-\u00FF]+": "It must contain only printable ASCII characters.",
}


# Of a policy. AWS's own cannot be changed.
CHANGES = {
    "CreatePolicyVersion",
    "DeletePolicy",
    "DeletePolicyVersion",
    "SetDefaultPolicyVersion",
    "TagPolicy",
    "UntagPolicy",
}


class IamRequests(IamResponse):  # type: ignore[misc]
    RESPONSE_KEY_PATH_TO_TRANSFORMER: ClassVar[dict[str, Any]] = {
        **IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER,
        "CreatePolicyVersionResponse.PolicyVersion.Document": never_return,
        "GetPolicyVersionResponse.PolicyVersion.Document": url_encode,
        "ListPolicyVersionsResponse.Versions.PolicyVersion.Document": never_return,
        "GetRoleResponse.Role.PermissionsBoundary.PermissionsBoundaryType": lambda _: "Policy",
        "CreateRoleResponse.Role.Description": never_return,
        "CreateRoleResponse.Role.MaxSessionDuration": never_return,
        "CreateRoleResponse.Role.RoleLastUsed": never_return,
    }

    def call_action(self) -> Any:
        operation = get_service_model("iam").operation_model(self._get_action())
        found = list(violations(operation.input_shape, self.params)) if operation.input_shape else []
        if found:
            return self._refused(400, ValidationError(sentence(found)))
        if not self.params.get("Marker", "0").isdecimal():  # moto's are numbers
            return self._refused(400, ValidationError("Invalid Marker."))
        if operation.name in CHANGES and ":aws:policy/" in self.params["PolicyArn"].lower():
            return self._refused(403, IAMException("AccessDenied", "Policy is outside your own account."))
        return super().call_action()

    def _refused(self, status: int, error: IAMException) -> Any:
        _, headers, body = self.serialized(ActionResult(error))
        headers, body = self._enrich_response(headers, body)
        return status, headers, body

    def update_role(self) -> ActionResult:
        """What is not given stays as it is."""
        role = self.backend.get_role(self._get_param("RoleName"))
        role.description = self._get_param("Description", role.description)
        role.max_session_duration = self._get_param("MaxSessionDuration", role.max_session_duration)
        return EmptyResult()

    def list_entities_for_policy(self) -> ActionResult:
        """On one page, whatever their number. moto leaves out the entities after the hundredth, and boundaries.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html
        """
        arn, only, usage = (self._get_param(name) for name in ("PolicyArn", "EntityFilter", "PolicyUsageFilter"))
        arn = self.backend.policy(arn, f"Policy {arn} does not exist or is not attachable.").arn
        entities = {
            "Group": self.backend.groups.values(),
            "Role": self.backend.roles.values(),
            "User": self.backend.users.values(),
        }
        result: dict[str, Any] = {"IsTruncated": False}
        for kind, there in entities.items():
            holders = [entity for entity in list(there) if arn in held_by(entity, usage)]
            result[f"Policy{kind}s"] = holders if only in {None, kind} else []
        return ActionResult(result)


def held_by(entity: Any, usage: str | None) -> set[str]:
    """ARNs of the policies that give an entity its rights, of the one that bounds them, or of both."""
    rights, boundary = set(entity.managed_policies), {getattr(entity, "permissions_boundary_arn", None)}
    return {"PermissionsPolicy": rights, "PermissionsBoundary": boundary}.get(usage or "", rights | boundary)


def sentence(found: list[Violation]) -> str:
    """AWS's words: a name, path or document with wrong characters has words of its own."""
    where, _, constraint = found[0]
    specified = SPECIFIED.get(constraint.removeprefix(PATTERN))
    if len(found) == 1 and specified:
        return f"The specified value for {where} is invalid. {specified}"
    return told(found, with_values=False)
