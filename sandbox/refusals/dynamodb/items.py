"""DynamoDB's items: a write is atomic, and what cannot be written whole changes nothing."""

from __future__ import annotations

import copy
from decimal import Context, localcontext
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge, ItemSizeToUpdateTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_to_dict

from sandbox.refusals.dynamodb.expressions import refuse_paths, updated_paths
from sandbox.refusals.dynamodb.tables import LOCK, Tables
from sandbox.refusals.dynamodb.values import DIGITS, attributes, item_bytes, settle

# To the byte: DC tier3/limits/itemSize
ITEM_BYTES = 400 * 1024


class DynamoDb(Tables):
    """moto reads, changes and stores without a lock: of two writes at once one would be lost, and a scan would fail.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html#WorkingWithItems.AtomicCounters
    """

    SERVICE_NAMESPACE = DynamoDBBackend.SERVICE_NAMESPACE
    # moto finds a backend's URLs beside its class.
    __module__ = DynamoDBBackend.__module__

    def put_item(self, table_name: str, item_attrs: dict[str, Any], *args: Any, **kwargs: Any) -> Item:
        item_attrs = attributes(item_attrs)
        if item_bytes(item_attrs) > ITEM_BYTES:
            raise ItemSizeTooLarge
        with LOCK:
            return super().put_item(table_name, item_attrs, *args, **kwargs)

    def update_item(
        self, table_name: str, key: dict[str, Any], update_expression: str, *args: Any, **kwargs: Any
    ) -> Item:
        """An update without any change makes the item, and one that fails leaves everything as it was.

        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
        """
        table = self.get_table(table_name)
        if not update_expression:
            kwargs["attribute_updates"] = {}
        with LOCK, localcontext(Context(prec=DIGITS)):
            before = copy.deepcopy(self.get_item(table_name, key))
            try:
                item = super().update_item(table_name, key, update_expression, *args, **kwargs)
                if before and update_expression:
                    names = kwargs.get("expression_attribute_names") or {}
                    refuse_paths(before.attrs, updated_paths(update_expression, names))
                for value in item.attrs.values():
                    settle(value)
                if item_bytes(dynamo_to_dict(item.attrs)) > ITEM_BYTES:
                    raise ItemSizeToUpdateTooLarge
            except BaseException:
                self._restore(table, key, before)
                raise
        return item

    def _restore(self, table: Table, key: dict[str, Any], item: Item | None) -> None:
        hash_value, range_value = self.get_keys_value(table, key)
        if item is None:
            table.delete_item(hash_value, range_value)
        elif range_value is None:
            table.items[hash_value] = item
        else:
            table.items[hash_value][range_value] = item

    def get_item(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().get_item(*args, **kwargs)

    def scan(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().scan(*args, **kwargs)

    def query(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().query(*args, **kwargs)

    def delete_item(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().delete_item(*args, **kwargs)

    def transact_write_items(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().transact_write_items(*args, **kwargs)

    def execute_statement(self, *args: Any, **kwargs: Any) -> Any:
        with LOCK:
            return super().execute_statement(*args, **kwargs)
