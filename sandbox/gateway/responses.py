"""The answers that API Gateway gives by itself: their defaults, and what a deployed API makes of them.

An API restyles one type, or by DEFAULT_4XX and DEFAULT_5XX all that it leaves alone. Templates know variables, no VTL.
https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.gateway.call import Call
from sandbox.gateway.context import request_context
from sandbox.gateway.headers import in_utf_8

JSON = "application/json"
BODY = '{"message":$context.error.messageString}'
VARIABLE = re.compile(r"\$((?:context|stageVariables)(?:\.\w+)+)")
HEADER = "gatewayresponse.header."


@dataclass(frozen=True)
class GatewayResponse:
    """`error_type` is the x-amzn-ErrorType header; `body` a template."""

    kind: str
    status: int
    error_type: str
    message: str | None = None
    body: str = BODY


INTERNAL = "InternalServerErrorException", "Internal server error"
DEFAULTS = {
    response.kind: response
    for response in (
        # In capitals, by AWS's own page: .../developerguide/apigateway-resource-policies-create-attach.html
        GatewayResponse("ACCESS_DENIED", 403, "AccessDeniedException", body=BODY.replace("message", "Message", 1)),
        GatewayResponse("API_CONFIGURATION_ERROR", 500, *INTERNAL),
        GatewayResponse("AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException"),
        GatewayResponse("AUTHORIZER_FAILURE", 500, "AuthorizerFailureException"),
        GatewayResponse("BAD_REQUEST_BODY", 400, "BadRequestException", "Invalid request body"),
        GatewayResponse("BAD_REQUEST_PARAMETERS", 400, "BadRequestException"),
        # A proxy integration whose function failed, or answered in another form.
        GatewayResponse("DEFAULT_5XX", 502, *INTERNAL),
        GatewayResponse("EXPIRED_TOKEN", 403, "ExpiredTokenException"),
        GatewayResponse("INTEGRATION_FAILURE", 504, *INTERNAL),
        GatewayResponse("INTEGRATION_TIMEOUT", 504, INTERNAL[0], "Endpoint request timed out"),
        GatewayResponse("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden"),
        GatewayResponse("INVALID_SIGNATURE", 403, "InvalidSignatureException"),
        GatewayResponse(
            "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", "Missing Authentication Token"
        ),
        GatewayResponse("QUOTA_EXCEEDED", 429, "LimitExceededException", "Limit Exceeded"),
        GatewayResponse("REQUEST_TOO_LARGE", 413, "RequestTooLargeException", "Request Too Long"),
        GatewayResponse("RESOURCE_NOT_FOUND", 404, "NotFoundException", "Not Found"),
        GatewayResponse("THROTTLED", 429, "TooManyRequestsException", "Too Many Requests"),
        GatewayResponse("UNAUTHORIZED", 401, "UnauthorizedException", "Unauthorized"),
        GatewayResponse("UNSUPPORTED_MEDIA_TYPE", 415, "BadRequestException", "Unsupported Media Type"),
        GatewayResponse("WAF_FILTERED", 403, "ForbiddenException", "Forbidden"),
    )
}


class Refused(Exception):
    """API Gateway answers by itself: Refused("BAD_REQUEST_BODY"), or with a message other than the default.

    `details` is what $context.error.validationErrorString tells.
    """

    def __init__(self, kind: str, message: str | None = None, details: str = "") -> None:
        super().__init__(kind)
        self.response = DEFAULTS[kind]
        self.message = message or self.response.message
        self.details = details


def respond(refused: Refused, call: Call | None) -> Response:
    """As the deployed API styles it. Without a call (no API, no stage): as it is by default."""
    default = refused.response
    styled = style(call, default) if call else None
    status = int(getattr(styled, "status_code", None) or default.status)
    templates = getattr(styled, "response_templates", None) or {JSON: default.body}
    content_type = accepted(templates, call.request) if call else JSON
    error = {
        "message": refused.message,
        "messageString": json.dumps(refused.message, ensure_ascii=False),
        "responseType": default.kind,
        "validationErrorString": refused.details,
    }
    variables = Variables(call, error)
    body = VARIABLE.sub(lambda match: variables[match[1]], templates[content_type])
    response = Response(body, status, content_type=content_type)
    response.headers["x-amzn-ErrorType"] = default.error_type
    for name, source in (getattr(styled, "response_parameters", None) or {}).items():
        response.headers[name.removeprefix(HEADER)] = in_utf_8(" ".join(variables[source].splitlines()))
    return response


def style(call: Call, default: GatewayResponse) -> Any:
    """moto's GatewayResponse for this type, or for all of its hundred; None where the API leaves it alone.

    One cannot be styled: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """
    if default.kind == "REQUEST_TOO_LARGE":
        return None
    of_hundred = f"DEFAULT_{default.status // 100}XX"
    return call.api.gateway_responses.get(default.kind) or call.api.gateway_responses.get(of_hundred)


def accepted(templates: dict[str, str], request: Request) -> str:
    """The content type among those with a template that the client likes best; JSON before others."""
    types = sorted(templates, key=lambda each: each != JSON)
    return request.accept_mimetypes.best_match(types) or types[0]


class Variables:
    """variables["context.error.message"], ["stageVariables.x"], ["method.request.header.x"], ["'a constant'"].

    What is not there is empty.
    """

    def __init__(self, call: Call | None, error: dict[str, Any]) -> None:
        self.call, self.error = call, error

    def __getitem__(self, name: str) -> str:
        if name.startswith("'"):
            return name.strip("'")
        room, _, rest = name.partition(".")
        if self.call is None:
            found: Any = self.error.get(rest.removeprefix("error."))
        elif room == "context":
            found = {**request_context(self.call), "error": self.error}
            for part in rest.split("."):
                found = found.get(part) if isinstance(found, dict) else None
        elif room == "stageVariables":
            found = self.call.stage.variables.get(rest)
        else:
            found = self.call.parameter(name)
        return "" if found is None else str(found)
