"""What AWS refuses of a request before anything else: lengths, ranges, patterns and values, as its model has them.

botocore brings the service models, and checks little of them itself. The wording is that of AWS's recorded answers:
LocalStack's recordings of iam test_policy_tag_update_errors and of logs test_filter_log_events_limit_validation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from moto.core.model import Shape

MISSING = "Member must not be null"
PATTERN = "Member must satisfy regular expression pattern: "


class Violation(NamedTuple):
    """`where` is a path like tags.1.member.key."""

    where: str
    value: Any
    constraint: str


def violations(shape: Shape, value: Any, where: str = "") -> Iterator[Violation]:
    """Of a value that has the shape's type. What the shape does not know is not looked at.

    What is missing is told as https://github.com/architect/dynalite/blob/main/test/createTable.js has it.
    """
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            at = f"{where}.{name[0].lower()}{name[1:]}".lstrip(".")
            if value.get(name) is not None:
                yield from violations(member, value[name], at)
            elif name in shape.required_members and "location" not in member.serialization:
                yield Violation(at, None, MISSING)
        return
    yield from (Violation(where, value, text) for text, holds in constraints(shape) if not holds(value))
    if shape.type_name == "list" and shape.member.type_name == "structure":
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{where}.{number}.member")
    elif shape.type_name == "list" and breaks(shape.member, value):
        yield Violation(where, value, f"Member must satisfy constraint: {everything(shape.member)}")
    elif shape.type_name == "map" and breaks(shape.key, value):
        yield Violation(where, value, f"Map keys must satisfy constraint: {everything(shape.key)}")
    elif shape.type_name == "map" and shape.value.type_name == "structure":
        for key, item in value.items():
            yield from violations(shape.value, item, f"{where}.{key}.member")
    elif shape.type_name == "map" and breaks(shape.value, value.values()):
        yield Violation(where, value, f"Map value must satisfy constraint: {everything(shape.value)}")


def constraints(shape: Shape) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """(the words, whether it holds for a value)."""
    limits = shape.metadata
    counted, size = ("value", int) if shape.type_name in {"integer", "long"} else ("length", len)
    if "max" in limits:
        text = f"Member must have {counted} less than or equal to {limits['max']}"
        yield text, lambda value: size(value) <= limits["max"]
    if "min" in limits:
        text = f"Member must have {counted} greater than or equal to {limits['min']}"
        yield text, lambda value: size(value) >= limits["min"]
    if "pattern" in limits:
        yield PATTERN + limits["pattern"], lambda value: matches(limits["pattern"], value)
    if "enum" in limits:
        yield (
            f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]",
            lambda value: value in limits["enum"],
        )


def breaks(shape: Shape, values: Any) -> bool:
    return any(not holds(value) for value in values for _, holds in constraints(shape))


def everything(shape: Shape) -> str:
    return f"[{', '.join([text for text, _ in constraints(shape)] + [MISSING])}]"


def matches(pattern: str, value: str) -> bool:
    r"""The patterns are Java's, whose \w is ASCII; \p{L}, \p{Z} and \p{N} together are Python's \w and \s."""
    unicode = r"\p{L}\p{Z}\p{N}"
    flags = re.NOFLAG if unicode in pattern else re.ASCII
    return re.fullmatch(pattern.replace(unicode, r"\w\s"), value, flags) is not None


def told(found: list[Violation], *, with_values: bool) -> str:
    """AWS's sentence about them. Newer services leave the values out."""
    parts = []
    for where, value, constraint in found:
        shown = "null" if value is None else f"'{java(value)}'"
        parts.append(f"Value{f' {shown}' * with_values} at '{where}' failed to satisfy constraint: {constraint}")
    return f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(parts)}"


def java(value: Any) -> str:
    """As Java prints it."""
    if isinstance(value, list):
        return f"[{', '.join(map(java, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java(each)}" for key, each in value.items()) + "}"
    return str(value)
