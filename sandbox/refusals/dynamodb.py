"""What DynamoDB refuses, and what it guarantees: a write of an item is atomic."""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from sandbox.pace import CLOCK

LOCK = threading.RLock()


class DynamoDb(DynamoDBBackend):  # type: ignore[misc]
    """moto's writes read, change and store without a lock: of two at once, one would be lost.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.AtomicCounters
    """

    # moto finds a backend's URLs beside its class.
    __module__ = DynamoDBBackend.__module__

    def create_table(self, *args: Any, **kwargs: Any) -> Any:
        table = super().create_table(*args, **kwargs)
        table.made_at = CLOCK.now()
        return table

    def describe_table(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = super().describe_table(name)
        if CLOCK.now() - self.get_table(name).made_at < CLOCK.pace.table_seconds:
            described["Table"]["TableStatus"] = "CREATING"
        return described

    def put_item(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().put_item(*args, **kwargs)

    def update_item(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().update_item(*args, **kwargs)

    def delete_item(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().delete_item(*args, **kwargs)

    def transact_write_items(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().transact_write_items(*args, **kwargs)

    def execute_statement(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().execute_statement(*args, **kwargs)
