"""What a mapping template can hold in its hands: values that print, and answer to methods, as Java's do.

API Gateway renders its templates in Java: there a JSON object is a map, which prints as `{foo=bar}`, and a JSON array
prints as JSON. airspeed renders the language; the methods that it lacks are added here, by class.
Recorded: LS:apigateway test_input_path_template_formatting
"""

from __future__ import annotations

import json
import operator
from typing import Any

from airspeed import operators

METHODS = operators.__additional_methods__


class JsonObject(dict[str, Any]):
    def __str__(self) -> str:
        return "{" + ", ".join(f"{key}={printed(value)}" for key, value in self.items()) + "}"


class JsonArray(list[Any]):
    def __str__(self) -> str:
        return compact(self)


class Headers(JsonObject):
    """A map whose names are found in any case: WSGI does not tell in which case a header's name came."""

    def get(self, name: str, default: Any = None) -> Any:
        return next((value for key, value in self.items() if key.lower() == name.lower()), default)


def in_java(value: Any) -> Any:
    """Parsed JSON as a template sees it."""
    if isinstance(value, dict):
        return JsonObject({key: in_java(item) for key, item in value.items()})
    if isinstance(value, list):
        return JsonArray(in_java(item) for item in value)
    return value


def printed(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


METHODS[str] |= {
    "charAt": operator.getitem,
    "concat": operator.add,
    "endsWith": str.endswith,
    "equals": operator.eq,
    "equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
    "indexOf": str.find,
    "isEmpty": operator.not_,
    "lastIndexOf": str.rfind,
    "toLowerCase": str.lower,
    "toString": str,
    "toUpperCase": str.upper,
    "trim": str.strip,
}
METHODS[JsonArray] = METHODS[list] | {"toString": str}
METHODS[JsonObject] = METHODS[dict] | {
    "containsKey": operator.contains,
    "entrySet": lambda object_: JsonArray(JsonObject(key=key, value=value) for key, value in object_.items()),
    "isEmpty": operator.not_,
    "keySet": JsonArray,
    "size": len,
    "toString": str,
}
METHODS[Headers] = METHODS[JsonObject]
METHODS[int] = METHODS[float] = METHODS[bool] = {"toString": printed}
