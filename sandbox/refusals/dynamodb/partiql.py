"""PartiQL: moto reads a little of the language, and trips over the rest, right or wrong: that is not imitated."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from moto.core.responses import ActionResult
from moto.dynamodb.responses import DynamoHandler


class Partiql(DynamoHandler):  # type: ignore[misc]
    def execute_statement(self) -> ActionResult:
        with as_far_as_it_is_read():
            return super().execute_statement()

    def execute_transaction(self) -> ActionResult:
        with as_far_as_it_is_read():
            return super().execute_transaction()

    def batch_execute_statement(self) -> ActionResult:
        with as_far_as_it_is_read():
            return super().batch_execute_statement()


@contextlib.contextmanager
def as_far_as_it_is_read() -> Iterator[None]:
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise NotImplementedError from error
