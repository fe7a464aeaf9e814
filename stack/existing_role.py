"""Steps 1 and 2 where the account forbids creating roles: `role.existing_arn` names one that is there (LabRole).

Then the policy step is skipped, the role step only looks whether the role exists and trusts Lambda, and teardown
leaves it alone. Where even looking is forbidden, that is a note and not an error: CreateFunction will tell.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from stack.actions import is_denied
from stack.aws import or_none
from stack.outcome import Outcome
from stack.policy import Policy
from stack.step import Check, StepError


def trusts_lambda(document: Mapping[str, Any]) -> bool:
    """Whether a trust policy lets Lambda assume the role."""
    statements = document["Statement"]
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, Mapping) else principal
        actions = statement.get("Action", [])
        services = [services] if isinstance(services, str) else services
        actions = [actions] if isinstance(actions, str) else actions
        if (
            statement["Effect"] == "Allow"
            and {"lambda.amazonaws.com", "*"} & set(services)
            and any(fnmatch.fnmatchcase("sts:assumerole", action.lower()) for action in actions)
        ):
            return True
    return False


class NoPolicy(Check):
    """Step 1 is skipped: the ready-made role brings its own permissions.

    Teardown still looks for the policy: a school may allow making one, and an earlier run may have.
    """

    number, key, title = 1, "policy", "IAM policy"
    word = "skipped"
    in_teardown = adoptable = True

    @property
    def name(self) -> str:
        return self.lab.policy_name

    def verify(self) -> None:
        self.notes.append("role.existing_arn brings its own permissions")

    def plan(self) -> Outcome:
        return self.up()

    def plan_down(self) -> Outcome:
        return self._where_allowed(Policy(self.lab).plan_down)

    def down(self) -> Outcome:
        return self._where_allowed(Policy(self.lab).down)

    def _where_allowed(self, call: Callable[[], Outcome]) -> Outcome:
        self.begin()
        try:
            return call()
        except ClientError as error:
            if not is_denied(error):
                raise
            self.notes.append("may not look for a policy of an earlier run (iam:GetPolicy is denied)")
            return self.outcome("skipped")


class ExistingRole(Check):
    number, key, title = 2, "role", "IAM role"
    word = "unchanged"
    in_teardown = True

    @property
    def name(self) -> str:
        return self.lab.role_name

    def verify(self) -> None:
        try:
            found = or_none(self.aws.iam.get_role, RoleName=self.name)
        except ClientError as error:
            if not is_denied(error):
                raise
            self.notes.append("may not look at the role (iam:GetRole is denied); going on with it as it is")
            return
        if found is None or found["Role"]["Arn"] != self.lab.role_arn:
            raise StepError(f"role.existing_arn: there is no role {self.lab.role_arn} in this account")
        trust: Any = found["Role"]["AssumeRolePolicyDocument"]
        if not trusts_lambda(trust):
            raise StepError(
                f"{self.lab.role_arn} does not trust lambda.amazonaws.com, so no function can run as it. "
                "Name another role in role.existing_arn"
            )

    def plan(self) -> Outcome:
        return self.up()

    def down(self) -> Outcome:
        self.begin()
        self.notes.append("role.existing_arn is not ours to delete")
        return self.outcome("kept")
