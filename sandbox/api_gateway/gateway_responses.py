"""How an API words what API Gateway answers by itself: its own gateway responses, and the defaults of the others.

A type that an API does not set takes after its DEFAULT_4XX or DEFAULT_5XX.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
LocalStack's recordings: apigateway test_gateway_response_crud, test_gateway_response_put,
test_gateway_response_validation and test_update_gateway_response.
"""

from __future__ import annotations

from typing import Any

from moto.apigateway.models import GatewayResponse, RestAPI

from sandbox.api_gateway import patches
from sandbox.api_gateway.errors import BadRequest, NotFound, not_one_of, validation
from sandbox.api_gateway.models import Validators

# In the order in which AWS lists them; the defaults have no status of their own.
STATUSES = {
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "BAD_REQUEST_BODY": "400",
    "INVALID_SIGNATURE": "403",
    "INVALID_API_KEY": "403",
    "BAD_REQUEST_PARAMETERS": "400",
    "AUTHORIZER_FAILURE": "500",
    "UNAUTHORIZED": "401",
    "INTEGRATION_TIMEOUT": "504",
    "ACCESS_DENIED": "403",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "WAF_FILTERED": "403",
    "QUOTA_EXCEEDED": "429",
    "THROTTLED": "429",
    "API_CONFIGURATION_ERROR": "500",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "INTEGRATION_FAILURE": "504",
    "EXPIRED_TOKEN": "403",
}
TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


class GatewayResponses(Validators):
    def get_gateway_response(self, rest_api_id: str, response_type: str) -> GatewayResponse:
        check_type(response_type)
        return effective(self.get_rest_api(rest_api_id), response_type)

    def get_gateway_responses(self, rest_api_id: str) -> list[GatewayResponse]:
        api = self.get_rest_api(rest_api_id)
        return [effective(api, kind) for kind in sorted(STATUSES)]

    def put_gateway_response(
        self, rest_api_id: str, response_type: str, status_code: Any, response_parameters: Any, response_templates: Any
    ) -> GatewayResponse:
        check_type(response_type)
        return super().put_gateway_response(
            rest_api_id,
            response_type,
            status_code or STATUSES[response_type],
            response_parameters or {},
            response_templates or dict(TEMPLATES),
        )

    def delete_gateway_response(self, rest_api_id: str, response_type: str) -> None:
        check_type(response_type)
        if response_type not in self.get_rest_api(rest_api_id).gateway_responses:
            raise NotFound("Gateway response type not defined on api")
        super().delete_gateway_response(rest_api_id, response_type)

    def update_gateway_response(
        self, rest_api_id: str, response_type: str, operations: list[dict[str, Any]]
    ) -> GatewayResponse:
        """All of the patches or none."""
        check_type(response_type)
        api = self.get_rest_api(rest_api_id)
        response = effective(api, response_type)
        response.default_response = False
        for operation in operations:
            patch(response, operation)
        api.gateway_responses[response_type] = response
        return response


def effective(api: RestAPI, kind: str) -> GatewayResponse:
    """What applies to a type: its own, else what DEFAULT_4XX or DEFAULT_5XX say, else AWS's default. A copy."""
    status = STATUSES[kind]
    set_by = api.gateway_responses.get(kind)
    general = api.gateway_responses.get(f"DEFAULT_{status[0]}XX") if status else None
    source = set_by or general
    if source:
        status = source.status_code or status
        parameters, templates = dict(source.response_parameters), dict(source.response_templates)
    else:
        parameters, templates = {}, dict(TEMPLATES)
    response = GatewayResponse(kind, status, parameters, templates)
    response.default_response = set_by is None
    return response


def check_type(kind: str) -> None:
    if kind not in STATUSES:
        raise validation([not_one_of(STATUSES, kind, "responseType")])


def patch(response: GatewayResponse, operation: dict[str, Any]) -> None:
    op, value = operation["op"], operation.get("value")
    match patches.split(operation.get("path")):
        case ["statusCode"] if op == "replace":
            response.status_code = value
        case ["responseParameters" | "responseTemplates" as where, name] if op in {"add", "replace", "remove"}:
            entries = response.response_parameters if where == "responseParameters" else response.response_templates
            if op != "add" and name not in entries:
                raise NotFound("Invalid parameter name specified")
            if op == "remove":
                del entries[name]
            elif value:
                entries[name] = value
            else:
                raise BadRequest(f"Invalid null or empty value in {where}")
        case _:
            raise patches.no_such_path(operation)
