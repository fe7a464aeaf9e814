"""The answers that API Gateway gives by itself: by type, as their defaults say it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GatewayResponse:
    """`error_type` is the x-amzn-ErrorType header."""

    kind: str
    status: int
    error_type: str
    message: str


DEFAULTS = {
    response.kind: response
    for response in (
        GatewayResponse("BAD_REQUEST_BODY", 400, "BadRequestException", "Invalid request body"),
        GatewayResponse(
            "MISSING_AUTHENTICATION_TOKEN",
            403,
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ),
        GatewayResponse("INVALID_API_KEY", 403, "ForbiddenException", "Forbidden"),
        GatewayResponse("REQUEST_TOO_LARGE", 413, "RequestTooLargeException", "Request Too Long"),
        GatewayResponse("API_CONFIGURATION_ERROR", 500, "InternalServerErrorException", "Internal server error"),
        GatewayResponse("INTEGRATION_TIMEOUT", 504, "InternalServerErrorException", "Endpoint request timed out"),
    )
}


class Refused(Exception):
    """API Gateway answers by itself: Refused("BAD_REQUEST_BODY"), or with a message other than the default."""

    def __init__(self, kind: str, message: str | None = None) -> None:
        super().__init__(kind)
        self.response = DEFAULTS[kind]
        self.message = message or self.response.message
