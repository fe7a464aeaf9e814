"""The key condition of a Query: one comparison for each attribute of the key, with a value of its type.

Words: DC, the tests of operand types of a KeyConditionExpression; operands are looked at before there is a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from sandbox.refusals.dynamodb.values import INVALID

KIND = "KeyConditionExpression"
OF_NO_KEY = re.compile(r"<>|(?<![#:\w])(or|not|in)\b", re.IGNORECASE)
UNFINISHED = re.compile(r"\band$", re.IGNORECASE)
CONDITION = re.compile(
    r"(?P<function>begins_with)\s*\(\s*(?P<begun>#?\w+)\s*,\s*(?P<prefix>:\w+)"
    r"|(?P<between>#?\w+)\s+(?i:between)\s+(?P<low>:\w+)\s+(?i:and)\s+(?P<high>:\w+)"
    r"|(?P<compared>#?\w+)\s*(?P<operator>[<>]=?|=)\s*(?P<value>:\w+)"
)
PREFIXED, ORDERED = {"S", "B"}, {"S", "N", "B"}


def conditions(body: dict[str, Any]) -> Iterator[tuple[str, str, set[str]]]:
    """(attribute, operator, types of the values it is compared with)"""
    names, values = body.get("ExpressionAttributeNames", {}), body.get("ExpressionAttributeValues", {})
    for found in CONDITION.finditer(body.get(KIND, "")):
        name = found["begun"] or found["between"] or found["compared"]
        operator = found["function"] or found["operator"] or "BETWEEN"
        given = {found[each] for each in ("prefix", "low", "high", "value")} - {None}
        yield names.get(name, name), operator, {kind for value in given for kind in values[value]}


def refuse_operands(body: dict[str, Any]) -> None:
    """What no key could be compared with so."""
    wrong = OF_NO_KEY.search(body[KIND])
    if wrong:
        raise MockValidationException(f"Invalid operator used in {KIND}: {wrong[0].upper()}")
    if UNFINISHED.search(body[KIND]):
        raise MockValidationException(f"Invalid {KIND}: Syntax error;")
    for _, operator, kinds in conditions(body):
        wrong_kinds = set() if operator == "=" else kinds - (PREFIXED if operator == "begins_with" else ORDERED)
        if wrong_kinds:
            what = f"operator or function: {operator}, operand type: {min(wrong_kinds)}"
            raise MockValidationException(f"Invalid {KIND}: Incorrect operand type for operator or function; {what}")


def refuse_other_types(body: dict[str, Any], key: dict[str, str]) -> None:
    """`key` is the type of each attribute of the table's or index's key."""
    compared = [name for name, _, _ in conditions(body)]
    if len(set(compared)) < len(compared):
        text = "KeyConditionExpressions must only contain one condition per key"
        raise MockValidationException(f"Invalid {KIND}: {text}")
    if len(compared) > len(key):
        text = f"exceeds the number of key attributes defined in the schema ({len(key)})"
        raise MockValidationException(f"The number of query conditions ({len(compared)}) {text}")
    if any(kinds != {key[name]} for name, _, kinds in conditions(body) if name in key):
        raise MockValidationException(f"{INVALID}Condition parameter type does not match schema type")
