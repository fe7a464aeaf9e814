"""Step 2, the IAM role: the identity that the function runs under, made for it alone, with the one policy of step 1.

A dedicated role is half of least privilege: permissions that are attached to it by hand are drift, and are detached.
School accounts that forbid creating roles bring one ready-made; see existing_role.py.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from stack.aws import as_dict, as_list, error_code, error_message, or_none
from stack.lifecycle import Resource
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS
from stack.outcome import Changes, Shape
from stack.policy import canonical
from stack.step import InUse, StepError
from stack.waiting import GaveUp, NotYet

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Lambda",
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


class Role(Resource):
    number, key, title, needs = 2, "role", "IAM role", (1,)

    has_own_profile = False
    """Whether `require_unused` saw an instance profile of the role's own name."""

    @property
    def name(self) -> str:
        return self.lab.role_name

    @property
    def identity(self) -> dict[str, str]:
        return self.lab.global_identity

    def trust(self) -> dict[str, Any]:
        return TRUST

    def wanted(self) -> Shape:
        return {"trust": canonical(self.trust()), "policies": [self.lab.policy_arn], "tags": self.tags}

    def find(self) -> Shape | None:
        found = or_none(self.aws.iam.get_role, RoleName=self.name)
        if found is None:
            return None
        trust: Any = found["Role"]["AssumeRolePolicyDocument"]
        return {
            "trust": canonical(trust),
            "policies": self._attached(),
            "tags": self.own_tags(as_dict(found["Role"].get("Tags"))),
        }

    def create(self) -> Shape:
        answer = self.steadily(
            self.aws.iam.create_role,
            RoleName=self.name,
            AssumeRolePolicyDocument=json.dumps(self.trust()),
            Description="What the lab's function runs as",
            Tags=as_list(self.tags),
        )
        return {
            "trust": canonical(self.trust()),
            "policies": [],
            "tags": self.own_tags(as_dict(answer["Role"].get("Tags"))),
        }

    def update(self, changes: Changes) -> None:
        iam = self.aws.iam
        if any(field.startswith("trust") for field in changes):
            self.steadily(iam.update_assume_role_policy, RoleName=self.name, PolicyDocument=json.dumps(self.trust()))
        if "policies" in changes:
            live, wanted = changes["policies"]
            for arn in sorted(set(wanted) - set(live or ())):
                self._attach(arn)
            for arn in sorted(set(live or ()) - set(wanted)):
                self.steadily(or_none, iam.detach_role_policy, RoleName=self.name, PolicyArn=arn)
        if any(field.startswith("tags") for field in changes):
            self.steadily(iam.tag_role, RoleName=self.name, Tags=as_list(self.tags))

    def _attach(self, arn: str) -> None:
        unseen = "IAM to show the policy that was just made"

        def attempt() -> None:
            try:
                self.aws.iam.attach_role_policy(RoleName=self.name, PolicyArn=arn)
            except ClientError as error:
                if "is not attachable" in error_message(error):
                    raise NotYet(unseen, VISIBLE_WITHIN_SECONDS) from error
                raise

        try:
            self.steadily(attempt)
        except GaveUp as gave_up:
            if unseen in str(gave_up):
                raise StepError(f"{gave_up}. {AT_WORK}") from gave_up
            raise

    def identify(self) -> Shape | None:
        found = or_none(self.aws.iam.get_role, RoleName=self.name)
        return {"tags": self.own_tags(as_dict(found["Role"].get("Tags")))} if found else None

    def require_unused(self) -> None:
        pages = self.aws.iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=self.name)
        profiles = {profile["InstanceProfileName"] for page in pages for profile in page["InstanceProfiles"]}
        # The EC2 console gives a role that is made in it a profile of the role's own name.
        self.has_own_profile = self.name in profiles
        if foreign := sorted(profiles - {self.name}):
            raise InUse(
                f"{self.name} is in the instance profile {', '.join(foreign)}, so EC2 instances may run with it. "
                "It is left as it is. Take it out there first: aws iam remove-role-from-instance-profile "
                f"--instance-profile-name {foreign[0]} --role-name {self.name}"
            )

    def delete(self) -> None:
        iam, name = self.aws.iam, self.name
        self.steadily(or_none, iam.detach_role_policy, RoleName=name, PolicyArn=self.lab.policy_arn)
        if self.has_own_profile:  # it blocks the deletion
            or_none(iam.remove_role_from_instance_profile, InstanceProfileName=name, RoleName=name)
            self.notes.append(f"the instance profile {name} is not ours; it stays, without the role")
        try:
            or_none(iam.delete_role, RoleName=name)
        except ClientError as error:
            if error_code(error) != "DeleteConflict":
                raise
            self._take_all_permissions()
            self.steadily(or_none, iam.delete_role, RoleName=name)

    def _take_all_permissions(self) -> None:
        """Those given by hand as well: with any of them IAM does not delete the role."""
        iam, name = self.aws.iam, self.name
        for arn in self._attached():
            self.steadily(or_none, iam.detach_role_policy, RoleName=name, PolicyArn=arn)
        for page in iam.get_paginator("list_role_policies").paginate(RoleName=name):
            for inline in page["PolicyNames"]:
                or_none(iam.delete_role_policy, RoleName=name, PolicyName=inline)
                self.note(f"its inline policy {inline} went with it")

    def _attached(self) -> list[str]:
        pages = self.aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=self.name)
        return sorted(policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"])
