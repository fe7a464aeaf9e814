"""What IAM refuses of roles and instance profiles: names that differ only in case, deletes in the wrong order, quotas.

A role is found whatever the case of its name. Where no page is named, the words are those of AWS's recorded answers:
LocalStack's recordings of iam test_role_errors, test_role_managed_policy_errors, test_role_inline_policy_errors,
test_role_permissions_boundary_errors and test_role_instance_profile_operations_errors.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import EntityAlreadyExists, InvalidInput, LimitExceededException, NotFoundException
from moto.iam.models import IAMBackend, InstanceProfile, Role

from sandbox.pace import CLOCK
from sandbox.refusals.iam.managed_policies import (
    LOCK,
    ManagedPolicies,
    at_most_fifty,
    check_arn,
    check_count,
    check_reserved,
    find,
)
from sandbox.refusals.iam.policy_documents import (
    INLINE_SIZE,
    TRUST_SIZE,
    check_permissions,
    check_size,
    check_trust,
    size,
)
from sandbox.refusals.iam.requests import IamRequests

POLICIES_PER_ROLE, ROLES = 10, 1000


class Iam(ManagedPolicies):
    # moto finds a backend's URLs beside its class.
    __module__ = IAMBackend.__module__

    @property
    def url_paths(self) -> dict[str, Callable[..., Any]]:
        return {"/$": IamRequests.dispatch}

    def create_role(
        self,
        role_name: str,
        assume_role_policy_document: str,
        path: str,
        permissions_boundary: str | None,
        *args: Any,
        **kwargs: Any,
    ) -> Role:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
        self._check_trust(assume_role_policy_document)
        boundary = self._boundary(permissions_boundary)
        with LOCK:
            names = [role.name.lower() for role in list(self.roles.values())]
            if role_name.lower() in names:
                raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
            check_count(names, ROLES, "RolesPerAccount")
            role = super().create_role(role_name, assume_role_policy_document, path, boundary, *args, **kwargs)
        role.made_at = CLOCK.now()
        return role

    def get_role(self, role_name: str) -> Role:
        return find(self.roles.values(), "name", role_name, f"The role with name {role_name} cannot be found.")

    def update_assume_role_policy(self, role_name: str, policy_document: str) -> None:
        role = self.get_role(role_name)
        self._check_trust(policy_document)
        role.assume_role_policy_document = policy_document

    def put_role_permissions_boundary(self, role_name: str, permissions_boundary: str) -> None:
        super().put_role_permissions_boundary(role_name, self._boundary(permissions_boundary))

    def tag_role(self, role_name: str, tags: list[dict[str, str]]) -> None:
        """Keys that differ only in case are one: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html"""
        new = self._tag_verification(tags)
        role = self.get_role(role_name)
        role.tags = list(at_most_fifty({**{tag["Key"].lower(): tag for tag in role.tags}, **new}).values())

    def put_role_policy(self, role_name: str, policy_name: str, policy_json: str) -> None:
        """Quota of all inline policies together: https://github.com/aws/aws-cdk/issues/12403"""
        role = self.get_role(role_name)
        check_permissions(policy_json)
        if sum(map(size, {**role.policies, policy_name: policy_json}.values())) > INLINE_SIZE:
            raise LimitExceededException(f"Maximum policy size of {INLINE_SIZE} bytes exceeded for role {role_name}")
        role.put_policy(policy_name, policy_json)

    def get_role_policy(self, role_name: str, policy_name: str) -> tuple[str, str]:
        policies = self.get_role(role_name).policies
        if policy_name not in policies:
            raise NotFoundException(f"The role policy with name {policy_name} cannot be found.")
        return policy_name, policies[policy_name]

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html"""
        check_arn(policy_arn)
        attached = self.get_role(role_name).managed_policies
        policy = self.policy(policy_arn, f"Policy {policy_arn} does not exist or is not attachable.")
        if policy.arn not in attached:
            check_count(attached, POLICIES_PER_ROLE, "PoliciesPerRole")
            super().attach_role_policy(policy.arn, role_name)

    def detach_role_policy(self, policy_arn: str, role_name: str) -> None:
        super().detach_role_policy(self.get_policy(policy_arn).arn, role_name)

    def get_instance_profile(self, profile_name: str) -> InstanceProfile:
        if profile_name not in self.instance_profiles:
            raise NotFoundException(f"Instance Profile {profile_name} cannot be found.")
        return self.instance_profiles[profile_name]

    def get_instance_profiles_for_role(self, role_name: str) -> list[InstanceProfile]:
        return self.get_role(role_name).instance_profile_list  # type: ignore[no-any-return]

    def remove_role_from_instance_profile(self, profile_name: str, role_name: str) -> None:
        profile, role = self.get_instance_profile(profile_name), self.get_role(role_name)
        if role not in profile.roles:
            raise NotFoundException(f"Role {role_name} in Instance Profile {profile_name} cannot be found.")
        profile.roles.remove(role)

    def _tag_verification(self, tags: list[dict[str, str]]) -> dict[str, dict[str, str]]:
        check_reserved(tag["Key"] for tag in tags)
        return super()._tag_verification(tags)  # type: ignore[no-any-return]

    def _check_trust(self, document: str) -> None:
        check_trust(document, self._is_known)
        check_size(document, TRUST_SIZE, "ACLSizePerRole")

    def _is_known(self, arn: str) -> bool:
        """Of other accounts nothing is known, and every principal is believed."""
        fields = arn.split(":", 5)
        if len(fields) < 6:
            return False
        if (fields[2], fields[4]) != ("iam", self.account_id) or fields[5] == "root":
            return True
        return arn in {entity.arn for entity in (*self.roles.values(), *self.users.values())}

    def _boundary(self, arn: str | None) -> str | None:
        """As it is written in the policy itself."""
        if arn and not self.policy_arn_regex.match(arn):
            raise InvalidInput(f"ARN {arn} is not valid.")
        return self.policy(arn, f"Scope ARN: {arn} does not exist or is not attachable.").arn if arn else None
