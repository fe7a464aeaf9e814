"""Step 5, the DynamoDB table: one partition key, paid per request, so that an idle table costs nothing.

A table's key cannot be altered afterwards. One of our name with another key stops the step; data is never deleted to
make a configuration fit. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from stack.actions import is_denied, lacking
from stack.aws import as_dict, as_list, error_code, error_message, or_none
from stack.lifecycle import Resource
from stack.others import AT_WORK
from stack.outcome import Changes, Outcome, Shape
from stack.step import StepError
from stack.waiting import GaveUp, NotYet

STATE_BUDGET_SECONDS = 300
TAGS_BUDGET_SECONDS = 12


class Table(Resource):
    number, key, title = 5, "table", "DynamoDB table"

    @property
    def name(self) -> str:
        return self.lab.table_name

    def wanted(self) -> Shape:
        return {
            "key": {self.lab.config.table.partition_key: "HASH S"},
            "billing_mode": "PAY_PER_REQUEST",
            "tags": self.tags,
        }

    def find(self) -> Shape | None:
        table = self._describe()
        if table is None or table["TableStatus"] == "DELETING":
            return None
        self.settled = table["TableStatus"] == "ACTIVE"
        tags = self._tags_of(table)
        types = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
        return {
            "key": {
                each["AttributeName"]: f"{each['KeyType']} {types[each['AttributeName']]}"
                for each in table["KeySchema"]
            },
            "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "tags": self.own_tags(tags),
        }

    def _tags_of(self, table: Any) -> dict[str, str]:
        """Those of a young table lag, so it is asked again before it is taken for somebody else's."""
        age = datetime.now(UTC) - table["CreationDateTime"]
        young = age.total_seconds() < TAGS_BUDGET_SECONDS

        def read() -> dict[str, str]:
            tags = self._read_tags(table["TableArn"])
            if young and not self.identity.items() <= tags.items():
                raise NotYet("DynamoDB to show the table's tags")
            return tags

        try:
            return self.patience.until_done(read, budget_seconds=TAGS_BUDGET_SECONDS)
        except GaveUp:
            return self._read_tags(table["TableArn"])

    def _read_tags(self, arn: str) -> dict[str, str]:
        pages = self.aws.dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        try:
            return as_dict([tag for page in pages for tag in page.get("Tags", [])])
        except ClientError as error:
            # It says so as long as the table is CREATING, too.
            if error_code(error) != "ResourceNotFoundException" or self._describe() is None:
                raise
            return {}

    def _describe(self) -> Any:
        answer = or_none(self.aws.dynamodb.describe_table, TableName=self.name)
        return answer["Table"] if answer else None

    def create(self) -> Shape:
        self.patience.until_done(self._create_table, budget_seconds=STATE_BUDGET_SECONDS)
        return self.wanted()

    def _create_table(self) -> None:
        wanted = self.wanted()
        key: Any = [(name, *kind.split()) for name, kind in wanted["key"].items()]
        try:
            self.aws.dynamodb.create_table(
                TableName=self.name,
                AttributeDefinitions=[{"AttributeName": name, "AttributeType": of} for name, _, of in key],
                KeySchema=[{"AttributeName": name, "KeyType": role} for name, role, _ in key],
                BillingMode=wanted["billing_mode"],
                Tags=as_list(self.tags),
            )
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":
                raise
            if (self._describe() or {}).get("TableStatus", "DELETING") == "DELETING":
                raise NotYet("DynamoDB to finish deleting the table of that name") from error
            raise

    def update(self, changes: Changes) -> None:
        self.settle()
        if "billing_mode" in changes:
            self.steadily(
                self.aws.dynamodb.update_table, TableName=self.name, BillingMode=self.wanted()["billing_mode"]
            )
            self.settle()
        if any(field.startswith("tags") for field in changes):
            self.steadily(self.aws.dynamodb.tag_resource, ResourceArn=self.lab.table_arn, Tags=as_list(self.tags))

    def require_possible(self, changes: Changes) -> None:
        keys = {field: change for field, change in changes.items() if field.startswith("key.")}
        if not keys:
            return
        live = ", ".join(f"{field[4:]} ({old})" for field, (old, _) in keys.items() if old)
        raise StepError(
            f"{self.name} has the key {live}, but table.partition_key asks for {self.lab.config.table.partition_key}. "
            "A table's key cannot be changed, and its data is not ours to throw away: "
            "keep the key, choose another table.name, or tear down first, which deletes all items"
        )

    def settle(self) -> None:
        self.patience.until_done(self._active, budget_seconds=STATE_BUDGET_SECONDS)

    def _active(self) -> None:
        table = self._describe()
        self.require_there(table is not None)
        status = table["TableStatus"]
        if status == "DELETING":
            raise StepError(f"the table {self.name} is being deleted. {AT_WORK}")
        if status != "ACTIVE":
            raise NotYet(f"the table to become ACTIVE (it is {status})")

    def is_gone(self) -> bool:
        return self._describe() is None

    def delete(self) -> None:
        self.patience.until_done(self._delete_table, budget_seconds=STATE_BUDGET_SECONDS)

    def _delete_table(self) -> None:
        try:
            or_none(self.aws.dynamodb.delete_table, TableName=self.name)
        except ClientError as error:
            if "protected against deletion" in error_message(error):
                self._unprotect()
                raise NotYet("DynamoDB to take the table's deletion protection off") from error
            self._wait_if_busy(error)
            raise

    def _unprotect(self) -> None:
        try:
            self.aws.dynamodb.update_table(TableName=self.name, DeletionProtectionEnabled=False)
        except ClientError as error:
            self._wait_if_busy(error)
            raise

    @staticmethod
    def _wait_if_busy(error: ClientError) -> None:
        if error_code(error) == "ResourceInUseException":  # CREATING or UPDATING
            raise NotYet("DynamoDB to finish an earlier operation on the table") from error

    def in_full(self, outcome: Outcome) -> Outcome:
        if outcome.outcome != "would delete":
            return outcome
        return replace(outcome, notes=(*outcome.notes, f"with {self._count_items()}"))

    def _count_items(self) -> str:
        """How many items a scan of the first megabyte sees; DescribeTable's own figure is up to six hours old."""
        try:
            answer = self.aws.dynamodb.scan(TableName=self.name, Select="COUNT")
        except ClientError as error:
            why = f"your user lacks {lacking(error)}" if is_denied(error) else error_code(error)
            return f"items that could not be counted ({why})"
        some = "at least " if "LastEvaluatedKey" in answer else ""
        return f"{some}{answer['Count']:,} item{'' if answer['Count'] == 1 else 's'}"
