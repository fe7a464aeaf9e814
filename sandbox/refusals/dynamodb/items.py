"""DynamoDB's items: a write is atomic, and what cannot be written whole changes nothing."""

from __future__ import annotations

import threading
from typing import Any

from moto.dynamodb.models import DynamoDBBackend

from sandbox.refusals.dynamodb.tables import Tables

LOCK = threading.RLock()


class DynamoDb(Tables):
    """moto's writes read, change and store without a lock: of two at once, one would be lost.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.AtomicCounters
    """

    SERVICE_NAMESPACE = DynamoDBBackend.SERVICE_NAMESPACE
    # moto finds a backend's URLs beside its class.
    __module__ = DynamoDBBackend.__module__

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
