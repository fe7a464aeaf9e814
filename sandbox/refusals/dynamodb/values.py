"""Attribute values as DynamoDB takes, keeps and measures them: {"N": "1.50"} is kept as {"N": "1.5"}.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.dynamo_type import DynamoType

Value = dict[str, Any]  # {"S": "text"}: one of ten kinds, and its content

# What AWS puts before a refusal of a PutItem, UpdateItem or DeleteItem: DC tier3/error-messages
ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
DIGITS = 38
DEEPEST = 32  # an attribute itself is the first level: DC tier3/limits/nestingDepth
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


class Exactly(TypeDeserializer):
    """boto3's own refuses numbers of more than 38 digits, and a kept 1E+40 has 41."""

    def _deserialize_n(self, value: str) -> Decimal:
        return Decimal(value)


class Plainly(TypeSerializer):
    def _serialize_n(self, value: Any) -> str:
        return plain(Decimal(value))


def kept(value: Value, envelope: str = "", level: int = 1) -> Value:
    """The value as it is kept. Refuses, with the envelope, what none may hold: DC tier3/limits/emptyValues."""
    if level > DEEPEST:
        raise MockValidationException(TOO_DEEP)
    if len(value) != 1:  # https://github.com/architect/dynalite/blob/main/test/putItem.js
        what = "has more than one datatypes set" if value else "is empty"
        text = f"Supplied AttributeValue {what}, must contain exactly one of the supported datatypes"
        raise MockValidationException(envelope + text)
    ((kind, content),) = value.items()
    if kind == "N":
        return {kind: number(content)}
    if kind == "L":
        return {kind: [kept(each, envelope, level + 1) for each in content]}
    if kind == "M":
        return {kind: attributes(content, envelope, level + 1)}
    if kind in EMPTY_SETS:
        return {kind: members(kind, content, envelope)}
    # A NULL that is false becomes true: DC tier3/error-messages/putItem
    return {kind: True} if kind == "NULL" else value


def attributes(content: dict[str, Value], envelope: str = "", level: int = 1) -> dict[str, Value]:
    """Of an item or a map. A name is at least one character, by the page above; the words are not verified."""
    if "" in content:
        raise MockValidationException(f"{envelope}{INVALID}An attribute name must be at least one character long")
    return {name: kept(value, envelope, level) for name, value in content.items()}


def members(kind: str, content: list[Any], envelope: str) -> list[Any]:
    """Of a set. https://github.com/architect/dynalite/blob/main/test/putItem.js; DC tier1/putItem/validation"""
    if not content:
        raise MockValidationException(envelope + INVALID + EMPTY_SETS[kind])
    if kind == "NS":
        content = [number(each) for each in content]
    if len(set(content)) == len(content):
        return content
    listed = f"[{', '.join(base64.b64encode(each).decode() if kind == 'BS' else each for each in content)}]"
    text = {
        "SS": f"{INVALID}Input collection {listed} contains duplicates.",
        "NS": "Input collection contains duplicates",
        "BS": f"{INVALID}Input collection {listed}of type BS contains duplicates.",
    }
    raise MockValidationException(envelope + text[kind])


def number(text: str) -> str:
    """In plain digits, without leading and trailing zeros: DC tier3/limits/numberPrecision."""
    if not NUMBER.fullmatch(text):
        told = f": {text}" if text else ""
        raise MockValidationException(f"The parameter cannot be converted to a numeric value{told}")
    value = Decimal(text)
    size = "magnitude {} than supported range"
    if value and value.adjusted() > 125:
        raise MockValidationException(f"Number overflow. Attempting to store a number with {size.format('larger')}")
    if value and value.adjusted() < -130:
        raise MockValidationException(f"Number underflow. Attempting to store a number with {size.format('smaller')}")
    digits = "".join(map(str, value.as_tuple().digits))
    if len(digits.strip("0")) > DIGITS:
        raise MockValidationException(f"Attempting to store more than {DIGITS} significant digits in a Number")
    return plain(value)


def plain(value: Decimal) -> str:
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if value else "0"


def settle(value: DynamoType, level: int = 1) -> None:
    """Keeps the numbers that an update has calculated as it keeps all others. What is too deep is refused."""
    if level > DEEPEST:
        raise MockValidationException(TOO_DEEP)
    if value.is_number():
        value.value = number(value.value)
    elif value.is_list() or value.is_map():
        for each in value.value if value.is_list() else value.value.values():
            settle(each, level + 1)


def item_bytes(item: dict[str, Value]) -> int:
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Value) -> int:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    ((kind, content),) = value.items()
    if kind in {"SS", "NS", "BS"}:
        return sum(value_bytes({kind[0]: each}) for each in content)
    if kind == "L":
        return 3 + sum(1 + value_bytes(each) for each in content)
    if kind == "M":
        return 3 + len(content) + item_bytes(content)
    if kind == "N":
        return number_bytes(content)
    if kind in {"S", "B"}:
        return len(content.encode() if isinstance(content, str) else content)
    return 1


def number_bytes(text: str) -> int:
    """One for two significant digits on either side of the point: DC tier3/limits/numberByteSize."""
    whole, _, fraction = text.lstrip("-").partition(".")
    whole = whole.lstrip("0") if fraction else whole.strip("0")
    fraction = fraction if whole else fraction.lstrip("0")
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + text.startswith("-")
