"""Step 1, the IAM policy: what the function may do, and nothing more.

Six DynamoDB actions and three Logs actions, as documented in the walkthrough, on exactly this table and this function's
log group. `dynamodb:Query` serves no operation yet; it is there because adding one (`query`) takes a line in
lambda_function.py and should not take a change of rights.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from stack.aws import as_dict, as_list, error_code, or_none
from stack.lifecycle import Resource
from stack.outcome import Changes, Shape
from stack.step import InUse
from stack.transient import LOSABLE, is_lost
from stack.waiting import NotYet

ITEM_ACTIONS = ("DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")


def policy_document(table_arn: str, log_group_arn: str) -> dict[str, Any]:
    """The least that the function needs.

    Logs actions are asked of the group's streams, `:*`; CreateLogGroup has been seen denied without that form
    (https://github.com/aws-solutions/instance-scheduler-on-aws/issues/578).
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Items",
                "Effect": "Allow",
                "Action": [f"dynamodb:{action}" for action in ITEM_ACTIONS],
                "Resource": table_arn,
            },
            {
                "Sid": "LogGroup",
                "Effect": "Allow",
                "Action": "logs:CreateLogGroup",
                "Resource": [log_group_arn, f"{log_group_arn}:*"],
            },
            {
                "Sid": "LogEvents",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"{log_group_arn}:*",
            },
        ],
    }


def wide_policy_document() -> dict[str, Any]:
    """The same actions on every resource: `policy.scope: any`, the walkthrough's own document."""
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    items = [f"dynamodb:{action}" for action in ITEM_ACTIONS]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Items", "Effect": "Allow", "Action": items, "Resource": "*"},
            {"Sid": "Logs", "Effect": "Allow", "Action": logs, "Resource": "*"},
        ],
    }


def canonical(document: Mapping[str, Any]) -> Shape:
    """A policy document in a form that compares: statements by Sid, scalars as lists, lists sorted."""
    statements = document["Statement"]
    statements = [statements] if isinstance(statements, Mapping) else statements
    shape: Shape = {"version": document.get("Version")}
    for index, statement in enumerate(statements):
        body = {key: value for key, value in statement.items() if key != "Sid"}
        for key in ("Action", "Resource"):
            if key in body:
                body[key] = sorted([body[key]] if isinstance(body[key], str) else body[key])
        shape[statement.get("Sid") or f"statement {index + 1}"] = body
    return shape


class Policy(Resource):
    number, key, title = 1, "policy", "IAM policy"

    @property
    def name(self) -> str:
        return self.lab.policy_name

    @property
    def identity(self) -> dict[str, str]:
        return self.lab.global_identity

    def document(self) -> dict[str, Any]:
        if self.lab.config.policy.scope == "any":
            return wide_policy_document()
        return policy_document(self.lab.table_arn, self.lab.log_group_arn)

    def wanted(self) -> Shape:
        return {"document": canonical(self.document()), "tags": self.tags}

    def find(self) -> Shape | None:
        found = or_none(self.aws.iam.get_policy, PolicyArn=self.lab.policy_arn)
        if found is None:
            return None
        version = self.aws.iam.get_policy_version(
            PolicyArn=self.lab.policy_arn, VersionId=found["Policy"]["DefaultVersionId"]
        )
        document: Any = version["PolicyVersion"]["Document"]
        return {"document": canonical(document), "tags": self.own_tags(as_dict(found["Policy"].get("Tags")))}

    def create(self) -> Shape:
        answer = self.steadily(
            self.aws.iam.create_policy,
            PolicyName=self.name,
            PolicyDocument=json.dumps(self.document()),
            Description="What the lab's function may do",
            Tags=as_list(self.tags),
        )
        return {
            "document": canonical(self.document()),
            "tags": self.own_tags(as_dict(answer["Policy"].get("Tags"))),
        }

    def update(self, changes: Changes) -> None:
        if any(field.startswith("document") for field in changes):
            self.steadily(self._new_version)
        if any(field.startswith("tags") for field in changes):
            self.steadily(self.aws.iam.tag_policy, PolicyArn=self.lab.policy_arn, Tags=as_list(self.tags))

    def identify(self) -> Shape | None:
        found = or_none(self.aws.iam.get_policy, PolicyArn=self.lab.policy_arn)
        return {"tags": self.own_tags(as_dict(found["Policy"].get("Tags")))} if found else None

    def _new_version(self) -> None:
        """One CreatePolicyVersion, for each call adds a version; a lost answer is healed by looking."""
        try:
            self.aws.client("iam", attempts=1).create_policy_version(
                PolicyArn=self.lab.policy_arn, PolicyDocument=json.dumps(self.document()), SetAsDefault=True
            )
        except LOSABLE as error:
            if isinstance(error, ClientError) and error_code(error) == "LimitExceeded":
                self._delete_oldest_version()
                raise NotYet("IAM to make room for another version of the policy") from error
            if not is_lost(error):
                raise
            live = self.find()
            if live is None or live["document"] != self.wanted()["document"]:
                raise NotYet("IAM to answer CreatePolicyVersion") from error

    def require_unused(self) -> None:
        if holders := self._holders():
            raise InUse(
                f"{self.name} is also attached to {', '.join(holders)}. It is left as it is. Detach it there first."
            )

    def delete(self) -> None:
        try:
            or_none(self.aws.iam.delete_policy, PolicyArn=self.lab.policy_arn)
        except ClientError as error:
            if error_code(error) != "DeleteConflict":
                raise
            self._clear_the_way()
            self.steadily(or_none, self.aws.iam.delete_policy, PolicyArn=self.lab.policy_arn)

    def _clear_the_way(self) -> None:
        """Deletes the other versions. Raises InUse where the role is still there, for that may take for ever."""
        for version in self._superseded_versions():
            or_none(self.aws.iam.delete_policy_version, PolicyArn=self.lab.policy_arn, VersionId=version)
        role: Any = or_none(self.aws.iam.get_role, RoleName=self.lab.role_name)
        if role is not None:
            holder = role["Role"]["RoleName"]
            raise InUse(f"{self.name} is still attached to {holder}, which could not be deleted")

    def _holders(self) -> list[str]:
        """Who else holds the policy: AWS refuses to delete it, and it would not be ours to detach it there."""
        own_role = None if self.lab.config.role.existing_arn else self.lab.role_name
        pages = self.aws.iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=self.lab.policy_arn)
        holders = []
        for page in pages:
            roles = (role["RoleName"] for role in page["PolicyRoles"])
            holders += [f"role {role}" for role in roles if role != own_role or self._is_foreign(role)]
            holders += [f"user {user['UserName']}" for user in page["PolicyUsers"]]
            holders += [f"group {group['GroupName']}" for group in page["PolicyGroups"]]
        return holders

    def _is_foreign(self, role: str) -> bool:
        """Our role goes before its policy, but may be listed for a while after it is gone."""
        found = or_none(self.aws.iam.get_role, RoleName=role)
        return found is not None and not self.identity.items() <= as_dict(found["Role"].get("Tags")).items()

    def _superseded_versions(self) -> list[str]:
        """Version ids that are not the default, oldest first."""
        pages = self.aws.iam.get_paginator("list_policy_versions").paginate(PolicyArn=self.lab.policy_arn)
        versions = [version for page in pages for version in page["Versions"]]
        versions.sort(key=lambda version: version["CreateDate"])
        return [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]

    def _delete_oldest_version(self) -> None:
        # IAM keeps at most five versions of a managed policy.
        oldest = self._superseded_versions()[0]
        or_none(self.aws.iam.delete_policy_version, PolicyArn=self.lab.policy_arn, VersionId=oldest)
