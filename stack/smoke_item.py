"""The item of the smoke test: made, read, changed, listed and deleted through the API, and gone afterwards.

A test that is killed leaves its item in the table. Nothing tells it from that of a test that is at work just now, in
another run, except that the latter goes by itself.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stack.actions import is_denied, lacking
from stack.answer import expect
from stack.lab import Lab
from stack.waiting import GaveUp, NotYet, Patience

OWN_ITEM = re.compile(r"smoke-test-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OTHER_TEST_SECONDS = 20


class SmokeItem:
    """A key that nobody else uses. `call(operation, payload)` gives the answer of the API; `notes` are written to."""

    def __init__(self, lab: Lab, call: Callable[..., Any], patience: Patience, notes: list[str]) -> None:
        self.lab, self.call, self.patience, self.notes = lab, call, patience, notes
        self.attribute = lab.config.table.partition_key
        self.key = {self.attribute: f"smoke-test-{uuid.uuid4()}"}

    def goes_round(self) -> None:
        """Raises StepError where an answer is not as it must be. The item is gone then as well."""
        try:
            others = self._go_round()
        except BaseException:
            self._delete_past_the_api()
            raise
        if others:
            self._remove_leftovers()

    def _go_round(self) -> list[str]:
        """The keys of the items of other smoke tests that were there meanwhile."""
        key, call = self.key, self.call
        field = "number" if "number" not in key else "amount"
        item = {**key, field: 5}
        call("create", {"Item": item})
        self._is_in_the_table({**typed(key), field: {"N": "5"}})
        read = {"Key": key, "ConsistentRead": True}
        expect("read", call("read", read).get("Item"), item)
        change = {
            "Key": key,
            "UpdateExpression": "SET #n = :n",
            "ExpressionAttributeNames": {"#n": field},
            "ExpressionAttributeValues": {":n": 9.95},
            "ReturnValues": "UPDATED_NEW",
        }
        expect("update", call("update", change).get("Attributes"), {field: 9.95})
        page = call("list", {"ConsistentRead": True})
        if "LastEvaluatedKey" not in page:  # else the item may be on a later page
            listed = [each for each in page.get("Items", []) if key.items() <= each.items()]
            expect("list", listed, [{**key, field: 9.95}])
        call("delete", {"Key": key})
        expect("read after delete", call("read", read).get("Item"), None)
        return [other for other in self._of_smoke_tests(page) if other not in key.values()]

    def _is_in_the_table(self, item: dict[str, Any]) -> None:
        """One look at the table itself, past API and function, as one does in the console; where one may look."""
        dynamodb, name = self.lab.aws.dynamodb, self.lab.table_name
        try:
            stored = dynamodb.get_item(TableName=name, Key=typed(self.key), ConsistentRead=True)
        except ClientError as error:
            if not is_denied(error):
                raise
            self.notes.append(f"may not look into the table itself (your user lacks {lacking(error)})")
        else:
            expect("the table", stored.get("Item"), item)

    def _delete_past_the_api(self) -> None:
        try:
            self.lab.aws.dynamodb.delete_item(TableName=self.lab.table_name, Key=typed(self.key))
        except (BotoCoreError, ClientError) as error:
            self.notes.append(f"the item {self.key} is left in {self.lab.table_name}: {error}")

    def _of_smoke_tests(self, page: Any) -> list[str]:
        values = [item.get(self.attribute) for item in page.get("Items", [])]
        return [value for value in values if isinstance(value, str) and OWN_ITEM.fullmatch(value)]

    def _remove_leftovers(self) -> None:
        """Deletes the items of smoke tests that were killed; those of one that is at work go by themselves."""

        def attempt() -> None:
            if self._of_smoke_tests(self.call("list", {"ConsistentRead": True})):
                raise NotYet("another smoke test to delete its item")

        try:
            self.patience.until_done(attempt, budget_seconds=OTHER_TEST_SECONDS)
        except GaveUp:
            for value in self._of_smoke_tests(self.call("list", {"ConsistentRead": True})):
                self.call("delete", {"Key": {self.attribute: value}})
                self.notes.append(f"deleted the item {value}, which a smoke test that was stopped had left")


def typed(key: dict[str, str]) -> dict[str, Any]:
    """A key as DynamoDB's own API writes it."""
    return {name: {"S": value} for name, value in key.items()}
