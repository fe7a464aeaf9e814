"""The Lambda proxy integration: the function gets the whole request, and says the whole response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Recorded: LS:apigateway test_lambda_aws_proxy_integration, test_aws_proxy_response_payload_format_validation
"""

from __future__ import annotations

import json
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from sandbox.gateway.call import Call
from sandbox.gateway.context import request_context
from sandbox.gateway.headers import outgoing
from sandbox.gateway.responses import JSON, Refused

FIELDS = {"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"}
NOT_FORWARDED = {"connection", "content-length"}


class Malformed(Exception):
    """The function failed, or answered in another form. On AWS the reason is in the execution log only."""


def event(call: Call) -> bytes:
    """In the format 1.0."""
    request = call.request
    headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_FORWARDED}
    # the sandbox's plain HTTP stands for HTTPS
    headers |= {"X-Forwarded-For": str(request.remote_addr), "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https"}
    query = dict(request.args.lists())
    told = {
        "resource": call.resource.get_path(),
        "path": call.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": call.path_parameters or None,
        "stageVariables": call.stage.variables or None,
        "requestContext": request_context(call),
        "body": request.get_data().decode(errors="replace") or None,
        "isBase64Encoded": False,
    }
    return json.dumps(told).encode()


def response(payload: str) -> Response:
    """A body in base64 is passed as it is: no media type is binary. Raises Refused."""
    try:
        return told(json.loads(payload))
    except (ValueError, TypeError, Malformed) as error:
        raise Refused("DEFAULT_5XX") from error


def told(answer: Any) -> Response:
    if not isinstance(answer, dict) or not answer.keys() <= FIELDS:
        raise Malformed("not an object, or with more fields than these")
    body, status = answer.get("body"), int(answer.get("statusCode") or 200)
    if not isinstance(body, str | None):
        raise Malformed("the body is no text")
    if not 200 <= status <= 599:
        raise Malformed("no status that ends a request")
    headers = Headers({"Content-Type": JSON})
    headers.update({name: header(value) for name, value in named(answer, "headers").items()})
    for name, values in named(answer, "multiValueHeaders").items():
        if not isinstance(values, list):
            raise Malformed(f"the values of {name} are no list")
        headers.setlist(name, [header(value) for value in values])
    return Response(body or "", status, outgoing(headers))


def named(answer: dict[str, Any], field: str) -> dict[str, Any]:
    """An object of the answer, which may be left out."""
    found = answer.get(field) or {}
    if not isinstance(found, dict):
        raise Malformed(f"{field} is no object")
    return found


def header(value: Any) -> str:
    if not isinstance(value, str | bool):
        raise Malformed("the value of a header is no text")
    return value if isinstance(value, str) else json.dumps(value)
