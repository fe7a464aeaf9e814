"""Methods of a resource, and the responses that a method declares.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateMethod-Patch
"""

from __future__ import annotations

from typing import Any

from moto.apigateway.models import Method, MethodResponse, RestAPI

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, Conflict, NotFound
from sandbox.api_gateway.models import check_method
from sandbox.refusals.api_gateway.calls import Call
from sandbox.refusals.api_gateway.fields import Field, flag, patched

VERBS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
AUTHORIZATION = ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")
NO_PARAMETER, NO_CONTENT_TYPE = "Invalid parameter name specified", "Content-Type specified was not found"
OF_METHOD = {
    "apiKeyRequired": Field("api_key_required", flag),
    "authorizationType": Field("authorization_type"),
    "authorizerId": Field("authorizer_id"),
    "operationName": Field("operation_name"),
    "requestValidatorId": Field("request_validator_id"),
    "requestModels": Field("request_models", absent=NO_CONTENT_TYPE),
    "requestParameters": Field("request_parameters", flag, absent=NO_PARAMETER),
}
OF_RESPONSE = {
    "responseModels": Field("response_models", absent=NO_CONTENT_TYPE),
    "responseParameters": Field("response_parameters", flag, absent=NO_PARAMETER),
}


class Methods(Call):
    def put_method(self) -> Any:
        """The text of the conflict is from experience."""
        resource, verb = self.find_resource(), self.uri_match["http_method"]
        if verb not in VERBS:
            raise BadRequest(f"Invalid HttpMethod specified. Valid options are {','.join(VERBS)}")
        if verb in resource.resource_methods:
            raise Conflict("Method already exists for this resource")
        wanted = Method(
            verb,
            self._get_param("authorizationType"),
            authorizer_id=self._get_param("authorizerId"),
            request_validator_id=self._get_param("requestValidatorId"),
            request_models=self._get_param("requestModels"),
            request_parameters=self._get_param("requestParameters"),
        )
        check(self.find_api(), wanted)
        return super().put_method()

    def get_method(self) -> Any:
        return answer(200, self.find_method().to_json())

    def delete_method(self) -> Any:
        self.find_method()
        return super().delete_method()

    def update_method(self) -> Any:
        changed = patched(self.find_method(), OF_METHOD, self.patches())
        check(self.find_api(), changed)
        self.find_resource().resource_methods[changed.http_method] = changed
        return answer(200, changed.to_json())

    def put_method_response(self) -> Any:
        """The text of the conflict is from experience."""
        status, method = self.status(), self.find_method()
        if status in method.method_responses:
            raise Conflict("Response already exists for this resource")
        check_method(self.find_api(), None, self._get_param("responseModels"))
        return super().put_method_response()

    def get_method_response(self) -> Any:
        return answer(200, self.find_method_response().to_json())

    def delete_method_response(self) -> Any:
        self.find_method_response()
        return super().delete_method_response()

    def update_method_response(self) -> Any:
        """LocalStack's recording: apigateway test_update_method_response"""
        changed = patched(self.find_method_response(), OF_RESPONSE, self.patches())
        check_method(self.find_api(), None, changed.response_models)
        self.find_method().method_responses[changed.status_code] = changed
        return answer(201, changed.to_json())

    def find_method_response(self) -> MethodResponse:
        """LocalStack's recording: apigateway test_update_method_response_negative_tests"""
        status, method = self.status(), self.find_method()
        if status not in method.method_responses:
            raise NotFound("Invalid Response status code specified")
        return method.method_responses[status]


def check(api: RestAPI, method: Method) -> None:
    """LocalStack's recordings: apigateway test_put_method_validation, test_method_request_parameters"""
    if method.authorization_type not in AUTHORIZATION:  # the text is from experience
        raise BadRequest(f"Invalid authorization type specified. Valid options are {','.join(AUTHORIZATION)}")
    if method.authorization_type in ("CUSTOM", "COGNITO_USER_POOLS") and method.authorizer_id not in api.authorizers:
        raise BadRequest(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires "
            "a valid authorizer."
        )
    check_method(api, method.request_validator_id, method.request_models)
    names = [name.rpartition(".")[2] for name in method.request_parameters or {}]
    if len(names) != len(set(names)):
        raise BadRequest("Parameter names must be unique across querystring, header and path")
