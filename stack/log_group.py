"""The function's log group: made beside the function, so that it carries our tags and does not keep logs for ever.

Left to itself Lambda makes it at the first log line, untagged and without retention, and deleting the function leaves
it behind. A group of exactly this name without any tags is therefore Lambda's own doing and may be taken over; one with
other tags is somebody else's. It is part of step 3 and deleted last of all, because late log lines bring it back.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

from typing import Any

from stack.aws import or_none
from stack.lifecycle import Resource
from stack.outcome import Changes, Shape


class LogGroup(Resource):
    number, key, title = 3, "log-group", "Log group"

    untagged = False
    """Whether `find` saw a group without any tag."""
    may_adopt_untagged = True
    """False when the function is not there, so that nothing tells whose untagged group it is."""

    @property
    def name(self) -> str:
        return self.lab.log_group_name

    def wanted(self) -> Shape:
        return {"retention_days": self.lab.config.function.log_retention_days, "tags": self.tags}

    def describe(self) -> Any:
        """The group as CloudWatch Logs gives it, without tags, or None."""
        # The search is by prefix: /aws/lambda/NAME also finds /aws/lambda/NAME2.
        pages = self.aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self.name)
        groups = (group for page in pages for group in page.get("logGroups", []))
        return next((group for group in groups if group["logGroupName"] == self.name), None)

    def find(self) -> Shape | None:
        found = self.describe()
        if found is None:
            return None
        answer = or_none(self.aws.logs.list_tags_for_resource, resourceArn=self.lab.log_group_arn)
        if answer is None:
            return None
        return {"retention_days": found.get("retentionInDays"), "tags": self._own_tags_of(answer)}

    def look(self) -> Shape | None:
        """What is there, kept for the `up` that comes next. Raises Foreign."""
        self.look_ahead()
        live, _ = self._seen(self._compare)
        return live

    def identify(self) -> Shape | None:
        answer = or_none(self.aws.logs.list_tags_for_resource, resourceArn=self.lab.log_group_arn)
        return {"tags": self._own_tags_of(answer)} if answer else None

    def _own_tags_of(self, answer: Any) -> dict[str, str]:
        tags = answer.get("tags", {})
        self.untagged = not tags
        return self.own_tags(tags)

    def create(self) -> Shape:
        self.steadily(self.aws.logs.create_log_group, logGroupName=self.name, tags=self.tags)
        return {"retention_days": None, "tags": self.tags}

    def update(self, changes: Changes) -> None:
        if "retention_days" in changes:
            _, days = changes["retention_days"]
            self.steadily(self.aws.logs.put_retention_policy, logGroupName=self.name, retentionInDays=days)
        if any(field.startswith("tags") for field in changes):
            self.steadily(self.aws.logs.tag_resource, resourceArn=self.lab.log_group_arn, tags=self.tags)

    def delete(self) -> None:
        self.steadily(or_none, self.aws.logs.delete_log_group, logGroupName=self.name)

    def is_gone(self) -> bool:
        """Not asked: a late log line may bring it back at any time, so teardown looks once more at its very end."""
        return True

    def require_ours(self, live: Shape) -> None:
        if not (self.untagged and self.may_adopt_untagged):
            super().require_ours(live)
