"""What an integration is sent: the request's body, as it came or as a request template makes it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
"""

from __future__ import annotations

from moto.apigateway.models import Integration

from sandbox.gateway.call import Call
from sandbox.gateway.context import parameters, variable
from sandbox.gateway.responses import JSON, Refused
from sandbox.gateway.templates import BodyNotJson, Names, render
from sandbox.gateway.velocity import JsonObject

INVOCATION_TYPE = "X-Amz-Invocation-Type"


def sent(call: Call, context: JsonObject) -> bytes:
    """Raises Refused: a content type that is not let through, or a body that the template cannot read."""
    body: bytes = call.request.get_data()
    template = request_template(call.method.method_integration, call.request.mimetype)
    if template is None:
        return body
    names = Names(body.decode(errors="replace"), context, parameters(call), call.stage.variables)
    try:
        return render(template, names).encode()
    except BodyNotJson as error:
        # The status on AWS is not verified.
        raise Refused("BAD_REQUEST_BODY", f"Could not parse request body into json: {error}") from error


def request_template(integration: Integration, content_type: str) -> str | None:
    """None: the body passes as it is. A request that names no type is taken for JSON."""
    templates = {kind: text for kind, text in (integration.request_templates or {}).items() if text}
    template = templates.get(content_type or JSON)
    behavior = integration.passthrough_behaviour
    if template is None and (behavior == "NEVER" or (behavior == "WHEN_NO_TEMPLATES" and templates)):
        raise Refused("UNSUPPORTED_MEDIA_TYPE")
    return template


def is_asynchronous(call: Call, context: JsonObject) -> bool:
    """The one header that matters to Lambda, by the request parameters or by a template's override.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
    """
    parameters = call.method.method_integration.request_parameters or {}
    mapped = variable(parameters.get(f"integration.request.header.{INVOCATION_TYPE}", ""), call, context)
    return bool(context["requestOverride"]["header"].get(INVOCATION_TYPE, mapped) == "Event")
