"""DynamoDB's tables and their states: CREATING, ACTIVE, UPDATING, DELETING, and what is refused in each of them.

A change takes `table_seconds` of the pace. ACK-n is DDB-TABLE-n of
https://github.com/aws-controllers-k8s/dynamodb-controller/tree/main/docs/api-quirks
"""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.exceptions import (
    ERROR_TYPE_PREFIX,
    DynamodbException,
    MockValidationException,
    ResourceInUseException,
    ResourceNotFoundException,
    TableNotFoundException,
)
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table

from sandbox.pace import CLOCK

PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)
LOCK = threading.RLock()
TAGS_PER_TABLE = 50
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
SIMULTANEOUS_CHANGES = 500


class BackupsUnavailable(DynamodbException):  # type: ignore[misc]
    def __init__(self, name: str) -> None:
        text = f"Backups are being enabled for the table: {name}. Please retry later"
        super().__init__(f"{ERROR_TYPE_PREFIX}ContinuousBackupsUnavailableException", text)


class TooManyChanges(DynamodbException):  # type: ignore[misc]
    """The words are from TF:dynamodb/table.go."""

    def __init__(self) -> None:
        text = f"Only {SIMULTANEOUS_CHANGES} tables can be created, updated, or deleted simultaneously"
        super().__init__(f"{ERROR_TYPE_PREFIX}LimitExceededException", f"Subscriber limit exceeded: {text}")


class Tables(DynamoDBBackend):  # type: ignore[misc]
    """moto's backend, whose tables change as slowly as the pace says. A deleted one is there until it is forgotten."""

    SERVICE_NAMESPACE = DynamoDBBackend.SERVICE_NAMESPACE

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.changes: dict[str, tuple[str, float]] = {}  # by name: the state that it entered, and when that ends
        self.made: dict[str, float] = {}
        self.seen: dict[str, tuple[list[dict[str, str]], float]] = {}  # by ARN: former tags, and until when

    def status(self, name: str) -> str:
        state, end = self.changes.get(name, ("ACTIVE", 0.0))
        if CLOCK.pace.table_seconds and CLOCK.now() < end:
            return state
        return "GONE" if state == "DELETING" else "ACTIVE"

    def begin(self, state: str, name: str) -> None:
        if sum(self.status(each) not in {"ACTIVE", "GONE"} for each in list(self.changes)) >= SIMULTANEOUS_CHANGES:
            raise TooManyChanges
        self.changes[name] = state, CLOCK.now() + CLOCK.pace.table_seconds

    def forget_deleted(self) -> None:
        for name in list(self.changes):
            with LOCK:
                if self.status(name) == "GONE":
                    gone = self.tables.pop(name, None)
                    self.seen.pop(gone.table_arn if gone else "", None)
                    self.changes.pop(name)
                    self.made.pop(name, None)

    def known(self, name: str) -> Table:
        """The table of this name or ARN; what is missing is told by its name. LS:dynamodb test_table_crud, ACK-072."""
        try:
            return self.get_table(name)
        except ResourceNotFoundException as error:
            raise ResourceNotFoundException(table_name=name.rpartition("/")[2]) from error

    def readable(self, name: str) -> Table:
        """A table whose items may be asked for: not yet one that is CREATING.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
        """
        table = self.get_table(name)
        if self.status(table.name) == "CREATING":
            raise ResourceNotFoundException
        return table

    def create_table(self, name: str, *args: Any, **kwargs: Any) -> Table:
        if self.status(name) == "CREATING":  # ACK-005; in any other state moto's words are right
            raise in_use(f"Table is being created: {name}")
        refuse_tags(kwargs.get("tags") or [])
        with LOCK:
            if name not in self.tables:
                self.begin("CREATING", name)
                self.made[name] = CLOCK.now()
            return super().create_table(name, *args, **kwargs)

    def describe_table(self, name: str) -> dict[str, Any]:
        return self.known(name).describe(base_key="Table")  # type: ignore[no-any-return]

    def update_table(self, name: str, **changes: Any) -> Table:
        """ACK-001, ACK-370; protection is changed in any state but CREATING, and at once: ACK-002, ACK-017."""
        table = self.known(name)
        status = self.status(table.name)
        if status in {"CREATING", "DELETING"}:
            raise in_use(f"Table is being {'created' if status == 'CREATING' else 'deleted'}: {table.name}")
        slow = any(changes[each] for each in ("throughput", "billing_mode", "stream_spec", "global_index"))
        if slow and status == "UPDATING":
            raise in_use(f"Table IOPS are currently being updated. Table: {table.name}")
        if slow:
            self.begin("UPDATING", table.name)
        super().update_table(name, **changes)
        if changes["billing_mode"] == "PAY_PER_REQUEST":  # ACK-064
            table.throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
        table.throughput = {"NumberOfDecreasesToday": 0, **table.throughput}
        return table

    def delete_table(self, name: str) -> Table:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html

        There a second call while DELETING is no error; ACK-008 has met ResourceInUseException. The words are from
        ACK-001 and ACK-370, and of a protected table from https://github.com/nubo-db/dynoxide/issues/46
        """
        table = self.known(name)
        status = self.status(table.name)
        if status == "CREATING":
            raise in_use(f"Table is being created: {table.name}")
        if status == "UPDATING":
            raise in_use(f"Table: {table.name} is in the process of being updated.")
        if table.deletion_protection_enabled:
            raise MockValidationException(PROTECTED)
        if status != "DELETING":
            self.begin("DELETING", table.name)
        return table

    def update_continuous_backups(self, table_name: str, point_in_time_spec: dict[str, Any]) -> dict[str, Any]:
        """Not of a table that is CREATING, nor for some seconds afterwards: TF:dynamodb/table.go, ACK-115."""
        name = table_name.rpartition("/")[2]
        if self.status(name) == "CREATING":
            raise TableNotFoundException(name)
        if CLOCK.now() - self.made.get(name, 0.0) < 1.5 * CLOCK.pace.table_seconds:
            raise BackupsUnavailable(name)
        return super().update_continuous_backups(table_name, point_in_time_spec)  # type: ignore[no-any-return]

    def tagged(self, arn: str) -> Table:
        """The table of this ARN, which is not to be seen for its tags while it is CREATING: ACK-101."""
        table = next((table for table in list(self.tables.values()) if table.table_arn == arn), None)
        if table is None or self.status(table.name) == "CREATING":
            raise ResourceNotFoundException(f"Requested resource not found: ResourceArn: {arn} not found")
        return table

    def list_tags_of_resource(self, table_arn: str) -> list[dict[str, str]]:
        """Those from before a change, for a while: ACK-406."""
        table = self.tagged(table_arn)
        former, end = self.seen.get(table_arn, ([], 0.0))
        return former if CLOCK.pace.table_seconds and CLOCK.now() < end else table.tags

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Overwrites what has the same key. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html"""
        table = self.tagged(arn)
        if self.status(table.name) == "DELETING":  # ACK-104
            raise in_use(f"Table is being deleted: {table.name}")
        merged = {**{tag["Key"]: tag["Value"] for tag in table.tags}, **tags}
        wanted = [{"Key": key, "Value": value} for key, value in merged.items()]
        refuse_tags(wanted)
        self.seen[arn] = table.tags, CLOCK.now() + CLOCK.pace.table_seconds / 4
        table.tags = wanted

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        self.seen[arn] = self.tagged(arn).tags, CLOCK.now() + CLOCK.pace.table_seconds / 4
        super().untag_resource(arn, tag_keys)


def in_use(reason: str) -> ResourceInUseException:
    """ACK-444"""
    return ResourceInUseException(f"Attempt to change a resource which is still in use: {reason}")


def refuse_tags(tags: list[dict[str, str]]) -> None:
    """ACK-110"""
    reserved = next((tag["Key"] for tag in tags if tag["Key"].startswith("aws:")), None)
    if reserved:
        raise MockValidationException(f"Tag Key cannot be prefixed with aws:, Key: {reserved}")
    if len(tags) > TAGS_PER_TABLE:
        raise MockValidationException("Number of Tags exceed the current limit for the provided ResourceArn")
