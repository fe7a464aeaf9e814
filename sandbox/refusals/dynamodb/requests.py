"""Requests to DynamoDB: what AWS refuses of them before it looks at any item, and what it leaves out of its answers."""

from __future__ import annotations

import uuid
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from sandbox.refusals.dynamodb.definitions import refuse_creation, refuse_update

Answer = dict[str, Any]


class Requests(DynamoHandler):  # type: ignore[misc]
    """moto's own reader of requests, with AWS's checks before each of its actions."""

    def call_action(self) -> TYPE_RESPONSE:
        self.dynamodb_backend.forget_deleted()
        return super().call_action()

    def create_table(self) -> ActionResult:
        refuse_creation(self.body)
        return self._described(super().create_table(), "CREATING")

    def describe_table(self) -> ActionResult:
        return self._described(super().describe_table())

    def update_table(self) -> ActionResult:
        table = self.dynamodb_backend.known(self.body["TableName"])
        refuse_update(self.body, table)
        answer = super().update_table()
        if "SSESpecification" in self.body:
            encrypt(table, self.body["SSESpecification"])
        at_once = {"DeletionProtectionEnabled", "SSESpecification", "WarmThroughput"}  # ACK-410
        return self._described(answer, None if at_once & set(self.body) else "UPDATING")

    def delete_table(self) -> ActionResult:
        return self._described(super().delete_table(), "DELETING")

    def tag_resource(self) -> ActionResult:
        if not self.body.get("Tags"):  # ACK-442
            raise MockValidationException("Atleast one Tag needs to be provided as Input.")
        return super().tag_resource()

    def untag_resource(self) -> ActionResult:
        if not self.body.get("TagKeys"):  # ACK-442
            raise MockValidationException("Atleast one Tag Key needs to be provided as Input.")
        return super().untag_resource()

    def put_item(self) -> ActionResult:
        self._table()
        return super().put_item()

    def get_item(self) -> ActionResult:
        self._table()
        return super().get_item()

    def delete_item(self) -> ActionResult:
        self._table()
        return super().delete_item()

    def scan(self) -> ActionResult:
        self._table()
        return super().scan()

    def query(self) -> ActionResult:
        self._table()
        return super().query()

    def update_item(self) -> ActionResult:
        """moto tells of consumed capacity unasked; the default of ReturnConsumedCapacity is NONE.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
        """
        self._table()
        answer = super().update_item()
        if self.body.get("ReturnConsumedCapacity", "NONE") == "NONE":
            answer.result.pop("ConsumedCapacity", None)
        return answer

    def _table(self) -> Table:
        return self.dynamodb_backend.readable(self.body["TableName"])

    def _described(self, answer: ActionResult, status: str | None = None) -> ActionResult:
        """moto's description as AWS gives it: LS:dynamodb test_dynamodb_stream_stream_view_type.

        What a table was not made with is left out, and a table that was made PROVISIONED tells of no billing mode.
        """
        (described,) = answer.result.values()
        made = f"{described['TableArn']} {described['CreationDateTime']}"
        described["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, made))
        described["TableStatus"] = status or self.dynamodb_backend.status(described["TableName"])
        for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if not described[key]:
                del described[key]
        if described["BillingModeSummary"]["BillingMode"] == "PROVISIONED":
            del described["BillingModeSummary"]
        return answer


def encrypt(table: Table, wanted: dict[str, Any]) -> None:
    """moto takes an SSESpecification with CreateTable only. Without a key of one's own it is AWS's: ACK-140."""
    if wanted.get("Enabled"):
        default = table._get_default_encryption_key(table.account_id, table.region_name)
        wanted = {"KMSMasterKeyId": default, **wanted}
    table.sse_specification = wanted
