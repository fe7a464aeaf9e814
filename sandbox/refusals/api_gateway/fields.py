"""Patch operations: what an Update call may change of a thing, and AWS's words for what it may not.

A path is a JSON pointer; a slash inside one of its parts is written `~1`. Values are strings.
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.api_gateway.errors import NotFound
from sandbox.api_gateway.patches import must_replace, no_such_path, split


@dataclass(frozen=True)
class Field:
    """A property that can be replaced; with `absent` it is a map, whose entries can be added and removed too.

    `absent` is how AWS tells that an entry to be removed is not there.
    """

    attribute: str
    read: Callable[[str], Any] = str
    absent: str = ""


def flag(value: str) -> bool:
    """LocalStack's recording: apigateway test_update_method_validation: anything but `true` is false."""
    return value.lower() == "true"


def patched(thing: Any, fields: Mapping[str, Field], patches: Sequence[dict[str, Any]]) -> Any:
    """A copy of the thing with all patches applied, or none: the thing itself stays as it is.

    LocalStack's recordings: apigateway test_update_method_validation, test_update_method_wrong_param_names
    """
    changed = copy.copy(thing)
    for patch in patches:
        names = split(patch.get("path"))
        field = fields.get(names[0]) if names else None
        if field is None or len(names) != (2 if field.absent else 1):
            raise no_such_path(patch)
        value = field.read(patch.get("value") or "")
        if field.absent:
            setattr(
                changed,
                field.attribute,
                entries(getattr(changed, field.attribute), field, patch["op"], names[1], value),
            )
        else:
            must_replace(patch)
            setattr(changed, field.attribute, None if value == "" else value)
    return changed


def entries(old: dict[str, Any] | None, field: Field, op: str, key: str, value: Any) -> dict[str, Any] | None:
    """The map with this entry added, replaced or removed."""
    if op == "remove":
        if key not in (old or {}):
            raise NotFound(field.absent)
        return {name: each for name, each in (old or {}).items() if name != key} or None
    return {**(old or {}), key: value}
