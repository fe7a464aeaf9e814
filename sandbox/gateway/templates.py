"""API Gateway's mapping templates: VTL with `$input`, `$util`, `$context` and `$stageVariables`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed
from airspeed.operators import TemplateError
from jsonpath_ng.ext import parser

from sandbox.gateway.velocity import JsonObject, compact, in_java, printed

ESCAPES = {char: f"\\{char}" for char in "\"'\\/"} | {
    char: f"\\{name}" for char, name in zip("\b\f\n\r\t", "bfnrt", strict=True)
}
# Such a path can lead to many places, so that it always gives an array: "What is returned when?" in
# https://github.com/json-path/JsonPath
INDEFINITE = re.compile(r"\.\.|\*|\?\(|\[[^\]'\"]*[,:]")


class BodyNotJson(Exception):
    """`$input.path` or `$input.json` in a template for a body that is none."""


@dataclass(frozen=True)
class Names:
    """What a template may name beside `$util`. `context` is changed by a template that sets an override.

    `body` is text; `params` has the maps `path`, `querystring` and `header`.
    """

    body: str
    context: JsonObject = field(default_factory=JsonObject)
    params: JsonObject = field(default_factory=lambda: in_java({"path": {}, "querystring": {}, "header": {}}))
    stage_variables: Mapping[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=256)
def _path(expression: str) -> Any:
    return parser.parse(expression)


@functools.lru_cache(maxsize=256)
def _template(text: str) -> airspeed.Template:
    return airspeed.Template(text)


class Input:
    """`$input`: the body that is mapped, and the parameters of the request."""

    def __init__(self, body: str, params: JsonObject) -> None:
        self.body = body or "{}"
        self._params = params

    def path(self, expression: str) -> Any:
        return in_java(value_at(expression, self._parsed))

    def json(self, expression: str) -> str:
        return compact(value_at(expression, self._parsed))

    def params(self, name: str | None = None) -> Any:
        """All of them, or the one of this name: from the path, else the query, else the headers."""
        if name is None:
            return self._params
        found = (self._params[place].get(name) for place in ("path", "querystring", "header"))
        return next((value for value in found if value is not None), "")

    @functools.cached_property
    def _parsed(self) -> Any:
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BodyNotJson(str(error)) from error


class Util:
    """`$util`, with Apache Commons' escaping: every apostrophe and everything outside ASCII too."""

    def escapeJavaScript(self, value: Any) -> str:
        return _ascii("".join(ESCAPES.get(char, char) for char in printed(value)))

    def parseJson(self, text: str) -> Any:
        return in_java(json.loads(text))

    def urlEncode(self, text: str) -> str:
        return quote_plus(text, safe="*").replace("~", "%7E")  # as Java does

    def urlDecode(self, text: str) -> str:
        return unquote_plus(text)

    def base64Encode(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    def base64Decode(self, text: str) -> str:
        return base64.b64decode(text).decode()


def value_at(expression: str, document: Any) -> Any:
    """What the JSONPath leads to; "" where it leads nowhere."""
    found = [match.value for match in _path(expression).find(document)]
    if INDEFINITE.search(expression):
        return found
    return found[0] if found else ""


def _ascii(text: str) -> str:
    """Everything outside printable ASCII as UTF-16 escapes, as Java writes it."""
    units = []
    for char in text:
        if " " <= char <= "\x7f":
            units.append(char)
            continue
        encoded = char.encode("utf-16-be", "surrogatepass")
        units += [f"\\u{encoded[i : i + 2].hex().upper()}" for i in range(0, len(encoded), 2)]
    return "".join(units)


def render(template: str, names: Names) -> str:
    """Raises BodyNotJson, and airspeed's TemplateError for a template that cannot be rendered."""
    space = {
        "input": Input(names.body, names.params),
        "util": Util(),
        "context": names.context,
        "stageVariables": in_java(dict(names.stage_variables)),
    }
    try:
        return str(_template(template).merge(space))
    except TemplateError as error:
        if isinstance(error.__cause__, BodyNotJson):
            raise error.__cause__ from None
        raise
