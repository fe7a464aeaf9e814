"""What a method answers: the integration response that fits what the integration said, its template and its headers.

A pattern is matched against the whole `errorMessage` of a function.
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.apigateway.models import IntegrationResponse
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from sandbox.gateway.call import Call
from sandbox.gateway.context import parameters, variable
from sandbox.gateway.headers import outgoing
from sandbox.gateway.responses import JSON, Refused
from sandbox.gateway.templates import Names, render, value_at
from sandbox.gateway.velocity import JsonObject, compact, printed

HEADER = "method.response.header."
# An escaped character or a class, which stay as they are, or a dot.
DOT = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\.", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """Of an integration. `outcome` is what the patterns are compared with."""

    body: str
    outcome: str
    headers: Mapping[str, str] = field(default_factory=dict)


def respond(call: Call, context: JsonObject, answer: Answer) -> Response:
    """Raises Refused: no response fits, or the method does not have its status."""
    chosen = choose(call.method.method_integration.integration_responses or {}, answer.outcome)
    if str(chosen.status_code) not in call.method.method_responses:
        raise Refused("API_CONFIGURATION_ERROR")
    context["awsEndpointRequestId"] = answer.headers.get("x-amzn-RequestId")
    content_type, template = response_template(chosen, call.request.headers.get("Accept", ""))
    body = answer.body
    if template:
        body = render(template, Names(body, context, parameters(call), call.stage.variables))
    overrides = context["responseOverride"]
    headers = Headers()
    for name, source in (chosen.response_parameters or {}).items():
        value = mapped(source, call, context, answer)
        if name.startswith(HEADER) and value is not None:
            headers[name.removeprefix(HEADER)] = value
    for name, value in overrides["header"].items():
        headers[name] = printed(value)
    response = Response(body, overridden(overrides.get("status")) or int(chosen.status_code), mimetype=content_type)
    response.headers.update(outgoing(headers))
    return response


def error_message(payload: str) -> str:
    """The `errorMessage` of an answer, or "". A handler that returns one is taken for failed, too."""
    try:
        answer = json.loads(payload) if "errorMessage" in payload else None
    except (ValueError, RecursionError):  # a handler that returns bytes decides alone what they are
        return ""
    return str(answer.get("errorMessage") or "") if isinstance(answer, dict) else ""


def choose(responses: dict[str, IntegrationResponse], outcome: str) -> IntegrationResponse:
    """The response whose pattern matches the whole outcome, else the one without a pattern.

    A success is an empty outcome, which `.*` fits and `.+` does not.
    """
    for response in responses.values():
        if response.selection_pattern and in_python(response.selection_pattern).fullmatch(outcome):
            return response
    default = next((each for each in responses.values() if not each.selection_pattern), None)
    if default is None:
        raise Refused("API_CONFIGURATION_ERROR")
    return default


@functools.lru_cache(maxsize=256)
def in_python(pattern: str) -> re.Pattern[str]:
    """A dot of Java's stops at every kind of line end.

    https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
    """
    if "(?s)" in pattern:
        return re.compile(pattern)
    return re.compile(DOT.sub(lambda found: found[1] or r"[^\n\r\x85\u2028\u2029]", pattern))


def response_template(chosen: IntegrationResponse, accept: str) -> tuple[str, str]:
    """(content type, template); without a template the body passes as it is."""
    templates = {kind: text for kind, text in (chosen.response_templates or {}).items() if text}
    wanted = accept.partition(",")[0].partition(";")[0].strip().lower()
    for kind in (wanted, JSON, *templates):
        if kind in templates:
            return kind, templates[kind]
    return JSON, ""


def overridden(status: Any) -> int | None:
    """Anything but an integer from 100 to 599 is ignored."""
    return status if type(status) is int and 100 <= status <= 599 else None


def mapped(source: str, call: Call, context: JsonObject, answer: Answer) -> str | None:
    """What a response parameter takes: a header or the body of the answer, or what `variable` knows.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """
    place, _, name = source.removeprefix("integration.response.").partition(".")
    if place == "header":
        value: Any = answer.headers.get(name)
    elif place == "body":
        value = value_at(f"$.{name}", json.loads(answer.body or "{}")) if name else answer.body
    else:
        value = variable(source, call, context)
    if value in (None, ""):
        return None
    return compact(value) if isinstance(value, dict | list) else printed(value)
