"""How DynamoDB compares: only what is of one type, and what is not there equals nothing.

moto fails on an item whose attribute is of another type.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
That `<>` is true of what is not there is from https://github.com/nubo-db/dynoxide/pull/8
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from moto.dynamodb import comparisons
from moto.dynamodb.comparisons import Func, FuncBeginsWith, FuncContains, FuncSize, Op, Operand
from moto.dynamodb.models.dynamo_type import DynamoType, Item

ORDERED = {"S", "N", "B"}
MEASURED = {"S", "B", "SS", "NS", "BS", "L", "M"}


def same(left: Operand, right: Operand, item: Item | None) -> bool:
    kind = left.get_type(item)
    return kind is not None and kind == right.get_type(item) and left.expr(item) == right.expr(item)


def ordered(compare: Callable[[Any, Any], bool], left: Operand, right: Operand, item: Item | None) -> bool:
    kind = left.get_type(item)
    return kind in ORDERED and kind == right.get_type(item) and compare(left.expr(item), right.expr(item))


class Equal(Op):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        return same(self.lhs, self.rhs, item)


class NotEqual(Op):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        return not same(self.lhs, self.rhs, item)


def ordering(compare: Callable[[Any, Any], bool]) -> type[Op]:
    class Ordering(Op):  # type: ignore[misc]
        def expr(self, item: Item | None) -> bool:
            return ordered(compare, self.lhs, self.rhs, item)

    return Ordering


class Between(Func):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        attribute, low, high = self.arguments
        return ordered(operator.ge, attribute, low, item) and ordered(operator.le, attribute, high, item)


class In(Func):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        attribute, *values = self.arguments
        return any(same(attribute, value, item) for value in values)


class BeginsWith(FuncBeginsWith):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        kind = self.attr.get_type(item)
        if kind not in {"S", "B"} or kind != self.substr.get_type(item):
            return False
        return bool(self.attr.expr(item).startswith(self.substr.expr(item)))


class Contains(FuncContains):  # type: ignore[misc]
    def expr(self, item: Item | None) -> bool:
        kind, sought = self.attr.get_type(item), self.operand.get_type(item)
        if kind in {"S", "B"}:
            return kind == sought and self.operand.expr(item) in self.attr.expr(item)
        if kind in {"SS", "NS", "BS"}:
            return kind == f"{sought}S" and self.operand.expr(item) in self.attr.expr(item)
        return kind == "L" and DynamoType({sought: self.operand.value}) in self.attr._get_attr(item).value


class Size(FuncSize):  # type: ignore[misc]
    """A number of characters, bytes or members; of what has none, it is as if it were not there."""

    def get_type(self, item: Item | None) -> str | None:
        return "N" if self.attr.get_type(item) in MEASURED else None

    def expr(self, item: Item | None) -> int:
        return len(self.attr.expr(item)) if self.get_type(item) else 0


def register() -> None:
    comparisons.COMPARATOR_CLASS.update(
        {
            "<": ordering(operator.lt),
            "<=": ordering(operator.le),
            ">": ordering(operator.gt),
            ">=": ordering(operator.ge),
            "=": Equal,
            "<>": NotEqual,
        }
    )
    comparisons.FUNC_CLASS.update({"begins_with": BeginsWith, "contains": Contains, "size": Size})
    comparisons.FuncBetween, comparisons.FuncIn = Between, In
