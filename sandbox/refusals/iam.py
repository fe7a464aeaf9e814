"""What IAM refuses: names that differ only in case, deletes in the wrong order, more than its quotas.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    LimitExceededException,
    MalformedPolicyDocument,
)
from moto.iam.models import IAMBackend, ManagedPolicy, Role

from sandbox.pace import CLOCK

POLICIES_PER_ROLE = 10


class Iam(IAMBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = IAMBackend.__module__

    def create_policy(
        self, description: str, path: str, policy_document: str, policy_name: str, tags: list[dict[str, str]]
    ) -> ManagedPolicy:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html: names ignore case."""
        own = (policy.name.lower() for policy in self.managed_policies.values() if ":aws:policy/" not in policy.arn)
        if policy_name.lower() in own:
            text = f"A policy called {policy_name} already exists. Duplicate names are not allowed."
            raise EntityAlreadyExists(text)
        return super().create_policy(description, path, policy_document, policy_name, tags)

    def create_role(self, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any) -> Role:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html: names ignore case."""
        if role_name.lower() in (role.name.lower() for role in self.roles.values()):
            raise EntityAlreadyExists(f"Role with name {role_name} already exists.")
        try:
            json.loads(assume_role_policy_document)
        except ValueError as error:  # recorded answer of CreateRole
            raise MalformedPolicyDocument("This policy contains invalid Json") from error
        role = super().create_role(role_name, assume_role_policy_document, *args, **kwargs)
        role.made_at = CLOCK.now()
        return role

    def delete_policy(self, policy_arn: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
        policy = self.get_policy(policy_arn)
        if policy.attachment_count:
            raise DeleteConflictException("Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            text = "Before you delete a policy, you must delete the policy's versions."
            raise DeleteConflictException(
                f"This policy has more than one version. {text} The default version is deleted with the policy."
            )
        super().delete_policy(policy_arn)

    def attach_role_policy(self, policy_arn: str, role_name: str) -> None:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html"""
        attached = self.get_role(role_name).managed_policies
        if policy_arn not in attached and len(attached) >= POLICIES_PER_ROLE:
            raise LimitExceededException(f"Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}")
        if policy_arn not in attached:
            super().attach_role_policy(policy_arn, role_name)
