"""What IAM refuses of managed policies: names that differ only in case, deletes in the wrong order, what is too much.

Where no page is named, the words are those of recorded answers: LocalStack's recordings of iam test_policy_errors,
test_policy_version_errors, test_policy_version_limit, test_policy_tag_operations and test_role_managed_policy_errors.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.exceptions import (
    DeleteConflictException,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceededException,
    NotFoundException,
    ValidationError,
)
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy, PolicyVersion

from sandbox.refusals.iam.policy_documents import POLICY_SIZE, check_permissions, check_size

# Of two who make what has the same name at once one is refused, and AWS's own policies are made once.
LOCK = threading.RLock()
POLICIES, TAGS = 1500, 50


class ManagedPolicies(IAMBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = IAMBackend.__module__
    aws_managed_policies: list[ManagedPolicy]

    def create_policy(
        self, description: str, path: str, policy_document: str, policy_name: str, tags: list[dict[str, str]]
    ) -> ManagedPolicy:
        """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
        check_permissions(policy_document)
        check_size(policy_document, POLICY_SIZE, "PolicySize")
        check_keys(tags)
        with LOCK:
            there = list(self.managed_policies.values())
            own = [policy.name.lower() for policy in there if ":aws:policy/" not in policy.arn]
            if policy_name.lower() in own:
                text = f"A policy called {policy_name} already exists. Duplicate names are not allowed."
                raise EntityAlreadyExists(text)
            check_count(own, POLICIES, "PoliciesPerAccount")
            policy = super().create_policy(description, path, policy_document, policy_name, tags=[])
        policy.tags = {tag["Key"]: tag for tag in tags}
        return policy

    def get_policy(self, policy_arn: str) -> ManagedPolicy:
        return self.policy(policy_arn, f"Policy {policy_arn} was not found.")

    def policy(self, arn: str, text: str) -> ManagedPolicy:
        """Whatever the case of its ARN: https://github.com/awslabs/mcp/pull/4101. Raises NoSuchEntity with the text."""
        if ":aws:policy/" in arn.lower():
            self.load_policies_of_aws()
        return find(self.managed_policies.values(), "arn", arn, text)

    def load_policies_of_aws(self) -> None:
        """When they are first asked for: there are some 1,500."""
        with LOCK:
            if self.aws_managed_policies:
                return
            known = json.loads(aws_managed_policies_data)
            made = [AWSManagedPolicy.from_data(name, self.account_id, self.region_name, known[name]) for name in known]
            self.managed_policies.update({policy.arn: policy for policy in made})
            self.aws_managed_policies = made

    def list_policies(self, marker: str, max_items: int, only_attached: bool, path_prefix: str, scope: str) -> Any:
        if scope != "Local":
            self.load_policies_of_aws()
        return super().list_policies(marker, max_items, only_attached, path_prefix, scope)

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

    def create_policy_version(self, policy_arn: str, policy_document: str, set_as_default: bool) -> PolicyVersion:
        check_permissions(policy_document)
        check_size(policy_document, POLICY_SIZE, "PolicySize")
        return super().create_policy_version(policy_arn, policy_document, set_as_default)

    def get_policy_version(self, policy_arn: str, version_id: str) -> PolicyVersion:
        text = f"Policy {policy_arn} version {version_id} does not exist or is not attachable."
        return find(self.policy(policy_arn, text).versions, "version_id", version_id, text)

    def list_policy_versions(self, policy_arn: str) -> list[PolicyVersion]:
        """The newest first: LocalStack's recording of iam test_policy_version_set_default."""
        return list(reversed(super().list_policy_versions(policy_arn)))

    def set_default_policy_version(self, policy_arn: str, version_id: str) -> bool:
        self.get_policy_version(policy_arn, version_id)
        return bool(super().set_default_policy_version(policy_arn, version_id))

    def delete_policy_version(self, policy_arn: str, version_id: str) -> None:
        self.get_policy_version(policy_arn, version_id)
        super().delete_policy_version(policy_arn, version_id)

    def tag_policy(self, policy_arn: str, tags: list[dict[str, str]]) -> None:
        check_keys(tags)
        policy = self.get_policy(policy_arn)
        policy.tags = at_most_fifty({**policy.tags, **{tag["Key"]: tag for tag in tags}})

    def untag_policy(self, policy_arn: str, tag_keys: list[str]) -> None:
        policy = self.get_policy(policy_arn)
        policy.tags = {key: tag for key, tag in policy.tags.items() if key not in tag_keys}


def find(entities: Iterable[Any], attribute: str, wanted: str, text: str) -> Any:
    """The entity whose attribute it is, whatever its case. Raises NoSuchEntity with the text."""
    there = list(entities)  # at once, because others may be made or deleted meanwhile
    found = next((entity for entity in there if getattr(entity, attribute).lower() == wanted.lower()), None)
    if found is None:
        raise NotFoundException(text)
    return found


def check_arn(arn: str) -> None:
    if not arn.startswith("arn:"):
        raise ValidationError(f"ARN {arn} is not valid.")


def check_count(there: Any, most: int, quota: str) -> None:
    if len(there) >= most:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {most}")


def check_keys(tags: list[dict[str, str]]) -> None:
    """A policy's keys that differ in case are two: LocalStack's recording of iam test_policy_tag_operations."""
    check_reserved(tag["Key"] for tag in tags)
    if len({tag["Key"] for tag in tags}) < len(tags):
        raise InvalidInput("Duplicate tag keys found.")


def check_reserved(keys: Iterable[str]) -> None:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html"""
    if any(key.lower().startswith("aws:") for key in keys):
        raise InvalidInput("aws: prefixed tag key names are not allowed for external use.")


def at_most_fifty(tags: dict[str, Any]) -> dict[str, Any]:
    if len(tags) > TAGS:
        raise LimitExceededException("The number of tags has reached the maximum limit.")
    return tags
