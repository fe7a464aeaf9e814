"""API Gateway's mapping templates: VTL with `$input`, `$util` and `$context`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import base64
import functools
import json
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import airspeed
from jsonpath_ng import parser

ESCAPES = {char: f"\\{char}" for char in "\"'\\/"} | {
    char: f"\\{name}" for char, name in zip("\b\f\n\r\t", "bfnrt", strict=True)
}


@functools.lru_cache(maxsize=256)
def _path(expression: str) -> Any:
    return parser.parse(expression)


@functools.lru_cache(maxsize=256)
def _template(text: str) -> airspeed.Template:
    return airspeed.Template(text)


class Input:
    """`$input`: the body that is mapped."""

    def __init__(self, body: str) -> None:
        self.body = body or "{}"

    def path(self, expression: str) -> Any:
        found = [match.value for match in _path(expression).find(json.loads(self.body))]
        return found[0] if found else ""

    def json(self, expression: str) -> str:
        return json.dumps(self.path(expression))


class Util:
    """`$util`, with Apache Commons' escaping: every apostrophe and everything outside ASCII too."""

    def escapeJavaScript(self, text: str) -> str:
        return _ascii("".join(ESCAPES.get(char, char) for char in str(text)))

    def parseJson(self, text: str) -> Any:
        return json.loads(text)

    def urlEncode(self, text: str) -> str:
        return quote_plus(text, safe="*").replace("~", "%7E")  # as Java does

    def urlDecode(self, text: str) -> str:
        return unquote_plus(text)

    def base64Encode(self, text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    def base64Decode(self, text: str) -> str:
        return base64.b64decode(text).decode()


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


def render(template: str, body: str, context: dict[str, Any]) -> str:
    """The template applied to a body (JSON text)."""
    names = {"input": Input(body), "util": Util(), "context": context}
    return str(_template(template).merge(names))
