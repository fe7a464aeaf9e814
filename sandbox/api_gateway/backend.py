"""moto's API Gateway, completed: what an import carries is kept, and reads spell it as AWS does.

moto's PutRestApi keeps resources, methods, integrations and their responses, and drops models, request validators,
request and response models, name and description; it stores `aws` and `when_no_match` in the case they came in.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from moto.apigateway.models import APIGatewayBackend, Integration, Method, MethodResponse, RestAPI
from moto.apigateway.responses import APIGatewayResponse

from sandbox.api_gateway.answers import Answers
from sandbox.api_gateway.errors import NotFound

PREFIX = "x-amazon-apigateway-"
DEFAULT_TIMEOUT_MS = 29_000
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "any")
# Each API that the control plane makes brings these two (recorded answers of GetModels).
BUILT_IN_MODELS: dict[str, dict[str, Any]] = {
    "Empty": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Empty Schema",
        "type": "object",
    },
    "Error": {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}},
    },
}


class ApiGateway(APIGatewayBackend):  # type: ignore[misc]
    """Registered instead of moto's own backend before its first use."""

    # moto finds a backend's URLs beside its class.
    __module__ = APIGatewayBackend.__module__

    @property
    def url_paths(self) -> dict[str, Any]:
        """moto's, of which ours answer those of API Gateway."""
        moto = {path: handler for path, handler in super().url_paths.items() if not path.startswith("/tags/")}
        ours = {path: Answers.dispatch for path, handler in moto.items() if handler == APIGatewayResponse.dispatch}
        return {**moto, **ours, "/tags/(?P<arn>.+)": Answers.dispatch}

    def get_rest_api(self, function_id: str) -> RestAPI:
        if function_id not in self.apis:
            raise NotFound(f"Invalid API identifier specified {self.account_id}:{function_id}")
        return self.apis[function_id]

    def create_rest_api(self, *args: Any, **kwargs: Any) -> RestAPI:
        api = super().create_rest_api(*args, **kwargs)
        for name, schema in BUILT_IN_MODELS.items():
            add_model(api, name, schema)
        return api

    def put_rest_api(
        self, function_id: str, api_doc: dict[str, Any], fail_on_warnings: bool, mode: str = "merge"
    ) -> RestAPI:
        api_doc = spelled_as_stored(api_doc)
        api = super().put_rest_api(function_id, api_doc, fail_on_warnings, mode)
        if mode == "overwrite":
            api.name = api_doc["info"]["title"]
            api.description = api_doc["info"].get("description", "")
            api.root_resource_id = api.default.id
            api.models.clear()
            api.request_validators.clear()
        self._keep_models(api, api_doc)
        self._keep_methods(api, api_doc, self._keep_validators(api, api_doc))
        return api

    def delete_rest_api(self, function_id: str) -> RestAPI:
        self.get_rest_api(function_id)  # refuses an unknown id in AWS's words
        return super().delete_rest_api(function_id)

    def put_integration(self, *args: Any, **kwargs: Any) -> Integration:
        if not args:  # an import; a mock integration has neither
            kwargs = {"uri": None, "integration_method": None, **kwargs}
        integration = super().put_integration(*args, **kwargs)
        integration.passthrough_behaviour = integration.passthrough_behaviour or "WHEN_NO_MATCH"
        integration.timeout_in_millis = integration.timeout_in_millis or DEFAULT_TIMEOUT_MS
        return integration

    @staticmethod
    def _keep_models(api: RestAPI, document: dict[str, Any]) -> None:
        for name, schema in document.get("components", {}).get("schemas", {}).items():
            add_model(api, name, schema)

    @staticmethod
    def _keep_validators(api: RestAPI, document: dict[str, Any]) -> dict[str, str]:
        """{name: id}"""
        return {
            name: api.create_request_validator(
                name, validator.get("validateRequestBody", False), validator.get("validateRequestParameters", False)
            ).id
            for name, validator in document.get(f"{PREFIX}request-validators", {}).items()
        }

    @staticmethod
    def _keep_methods(api: RestAPI, document: dict[str, Any], validators: dict[str, str]) -> None:
        for path, verb, operation in operations(document):
            method: Method = api.get_resource_for_path(path).resource_methods[verb]
            method.authorization_type = method.authorization_type or "NONE"
            validator = operation.get(f"{PREFIX}request-validator", document.get(f"{PREFIX}request-validator", ""))
            method.request_validator_id = validators.get(validator)
            method.request_models = models_by_type(operation.get("requestBody", {}).get("content", {}))
            for status, response in operation.get("responses", {}).items():
                models = models_by_type(response.get("content", {}))
                method.method_responses[status] = MethodResponse(status, models, {})


def add_model(api: RestAPI, name: str, schema: dict[str, Any]) -> None:
    api.add_model(name=name, description="", schema=json.dumps(in_order(schema)), content_type="application/json")


def in_order(schema: Any) -> Any:
    """A schema as an import stores it: `required` is sorted (recorded answers of GetModels)."""
    if not isinstance(schema, dict):
        return schema
    return {key: sorted(value) if key == "required" else in_order(value) for key, value in schema.items()}


def models_by_type(content: dict[str, Any]) -> dict[str, str]:
    """{content type: name of the model}"""
    return {
        content_type: body["schema"]["$ref"].rsplit("/", 1)[1]
        for content_type, body in content.items()
        if "$ref" in body.get("schema", {})
    }


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, verb as stored, operation) of a document that is `spelled_as_stored`."""
    for path, item in document.get("paths", {}).items():
        for verb, operation in item.items():
            if verb in VERBS:
                yield path, verb.upper(), operation


def spelled_as_stored(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the enumerations of its integrations in capitals, and nothing but verbs below its paths."""
    document = copy.deepcopy(document)
    for path, item in document.get("paths", {}).items():
        if f"{PREFIX}any-method" in item:
            item["any"] = item[f"{PREFIX}any-method"]
        document["paths"][path] = {verb: operation for verb, operation in item.items() if verb in VERBS}
    for _, _, operation in operations(document):
        integration = operation.get(f"{PREFIX}integration", {})
        for field in ("type", "passthroughBehavior", "contentHandling", "connectionType"):
            if field in integration:
                integration[field] = integration[field].upper()
    return document
