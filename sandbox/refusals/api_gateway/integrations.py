"""Integrations of methods, and their responses.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateIntegration-Patch
"""

from __future__ import annotations

import re
from typing import Any

from moto.apigateway.exceptions import (
    IntegrationMethodNotDefined,
    InvalidArn,
    InvalidIntegrationArn,
)
from moto.apigateway.models import Integration, IntegrationResponse, Method

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, NotFound, not_one_of, validation
from sandbox.refusals.api_gateway.calls import Call
from sandbox.refusals.api_gateway.fields import Field, patched
from sandbox.refusals.api_gateway.methods import NO_CONTENT_TYPE, NO_PARAMETER

TYPES = ("HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS")
PASSTHROUGH = ("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER")
TIMEOUT_MS = range(50, 29_001)


def timeout(value: str) -> int:
    """https://github.com/aws/aws-cdk/issues/31063"""
    if not re.fullmatch(r"\d{1,9}", value) or int(value) not in TIMEOUT_MS:
        raise BadRequest(f"Timeout should be between {TIMEOUT_MS[0]} ms and {TIMEOUT_MS[-1]} ms")
    return int(value)


def passthrough(value: str) -> str:
    """That others are rejected: https://github.com/awsdocs/amazon-api-gateway-developer-guide/pull/63"""
    if value and value not in PASSTHROUGH:  # the text is from experience
        raise BadRequest(f"Invalid passthrough behavior specified. Valid options are {','.join(PASSTHROUGH)}")
    return value


OF_INTEGRATION = {
    "uri": Field("uri"),
    "httpMethod": Field("http_method"),
    "timeoutInMillis": Field("timeout_in_millis", timeout),
    "passthroughBehavior": Field("passthrough_behaviour", passthrough),
    "contentHandling": Field("content_handling"),
    "credentials": Field("credentials"),
    "cacheNamespace": Field("cache_namespace"),
    "connectionType": Field("connection_type"),
    "requestTemplates": Field("request_templates", absent=NO_CONTENT_TYPE),
    "requestParameters": Field("request_parameters", absent=NO_PARAMETER),
}
OF_RESPONSE = {
    "selectionPattern": Field("selection_pattern"),
    "contentHandling": Field("content_handling"),
    "responseTemplates": Field("response_templates", absent=NO_CONTENT_TYPE),
    "responseParameters": Field("response_parameters", absent=NO_PARAMETER),
}


class Integrations(Call):
    def put_integration(self) -> Any:
        """Overwrites one that is there, with its responses. LocalStack's recording: apigateway
        test_put_integration_response_validation"""
        self.find_method()
        return super().put_integration()

    def get_integration(self) -> Any:
        return answer(200, self.find_integration().to_json())

    def delete_integration(self) -> Any:
        self.find_integration()
        return super().delete_integration()

    def update_integration(self) -> Any:
        changed: Integration = patched(self.find_integration(), OF_INTEGRATION, self.patches())
        check_uri(changed.integration_type, changed.http_method, changed.uri or "")
        self.find_method().method_integration = changed
        return answer(200, changed.to_json())

    def put_integration_response(self) -> Any:
        """Overwrites. LocalStack's recording: apigateway test_lifecycle_integration_response"""
        self.status()
        self.find_integration()
        return super().put_integration_response()

    def get_integration_response(self) -> Any:
        return answer(200, self.find_integration_response().to_json())

    def delete_integration_response(self) -> Any:
        """LocalStack's recording: apigateway test_delete_integration_response_errors"""
        if self.uri_match["http_method"] not in self.find_resource().resource_methods:
            raise NotFound("Invalid Integration identifier specified")
        self.find_integration_response()
        return super().delete_integration_response()

    def update_integration_response(self) -> Any:
        changed = patched(self.find_integration_response(), OF_RESPONSE, self.patches())
        check_parameters(self.find_method(), self.status(), changed.response_parameters or {})
        self.find_integration().integration_responses = {
            **(self.find_integration().integration_responses or {}),
            self.status(): changed,
        }
        return answer(200, changed.to_json())

    def find_integration_response(self) -> IntegrationResponse:
        """LocalStack's recording: apigateway test_integration_response_wrong_status_code"""
        status, responses = self.status(), self.find_integration().integration_responses or {}
        if status not in responses:
            raise NotFound("Invalid Response status code specified")
        return responses[status]


def check_type(kind: str | None) -> None:
    """LocalStack's recording: apigateway test_put_integration_wrong_type"""
    if kind not in TYPES:
        raise validation([not_one_of(TYPES, kind, "putIntegrationInput.type")])


def check_uri(kind: str, verb: str | None, uri: str) -> None:
    """LocalStack's recordings: apigateway test_put_integration_validation, test_put_integration_aws_proxy_uri"""
    if kind != "MOCK" and not verb:
        raise IntegrationMethodNotDefined
    if kind in ("AWS", "AWS_PROXY"):
        if not re.match(r"arn:[a-z-]+:", uri):
            raise InvalidArn
        if not re.match(r"arn:[a-z-]+:apigateway:[^:]+:[^:]+:(path|action)/", uri):
            raise InvalidIntegrationArn


def check_parameters(method: Method, status: str, parameters: dict[str, str]) -> None:
    """A header that the method response does not declare.

    https://github.com/awslabs/aws-solutions-constructs/issues/1130
    https://github.com/amazon-archives/aws-apigateway-importer/issues/121
    """
    if not parameters:
        return
    declared = method.method_responses.get(status)
    if declared is None:
        errors = ["No method response exists for method."]
    else:
        unknown = [name for name in parameters if name not in (declared.response_parameters or {})]
        errors = [f"Invalid mapping expression parameter specified: {name}" for name in unknown]
    if errors:
        raise BadRequest(
            f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{', '.join(errors)}]"
        )
