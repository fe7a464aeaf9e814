"""Models (JSON schemas that bodies are validated against) and request validators (which parts are validated).

https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
from moto.apigateway.models import Model, RequestValidator, RestAPI

from sandbox.api_gateway import patches
from sandbox.api_gateway.errors import BadRequest, Conflict, NotFound
from sandbox.api_gateway.rest_apis import RestApis

# How one model refers to another.
REFERENCE = "https://apigateway.amazonaws.com/restapis/{api}/models/{name}"
EMPTY_SCHEMA = "Model schema must have at least 1 property or array items defined"
# https://github.com/amazon-archives/aws-apigateway-importer/issues/213
INVALID_SCHEMA = (
    "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified{}]"
)
KEYWORDS = {*jsonschema.Draft4Validator.META_SCHEMA["properties"], "$ref", "format"}
DRAFT_4 = {"$schema": "http://json-schema.org/draft-04/schema#"}
# {patch: attribute of a validator}
FLAGS = {
    "/validateRequestParameters": "validate_request_parameters",
    "/validateRequestBody": "validate_request_body",
}
# What an API that is not imported is made with. LocalStack's recording: apigateway test_model_lifecycle.
BUILT_IN: dict[str, dict[str, Any]] = {
    "Empty": {**DRAFT_4, "title": "Empty Schema", "type": "object"},
    "Error": {
        **DRAFT_4,
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}},
    },
}


class Models(RestApis):
    def create_rest_api(self, *args: Any, **kwargs: Any) -> RestAPI:
        api = super().create_rest_api(*args, **kwargs)
        for name, schema in BUILT_IN.items():
            text = f"This is a default {name.lower()} schema model"
            api.add_model(name, text, json.dumps(schema), "application/json")
        return api

    def create_model(self, rest_api_id: str, name: str, content_type: str, description: str, schema: str) -> Model:
        """LocalStack's recording: apigateway test_model_validation."""
        api = self.get_rest_api(rest_api_id)
        check_name(name)
        check_schema(schema)
        if name in api.models:
            raise Conflict("Model name already exists for this REST API")
        return super().create_model(rest_api_id, name, content_type, description, schema)

    def get_model(self, rest_api_id: str, model_name: str) -> Model:
        api = self.apis.get(rest_api_id)
        if api is None or model_name not in api.models:
            raise NotFound(f"Invalid model name specified: {model_name}")
        return api.models[model_name]

    def update_model(self, rest_api_id: str, model_name: str, operations: list[dict[str, Any]]) -> Model:
        """LocalStack's recording: apigateway test_update_model."""
        model = self.get_model(rest_api_id, model_name)
        for operation in operations:
            patches.only_replaces(operation, ("/description", "/schema"))
            if operation["path"] == "/schema":
                check_schema(operation.get("value"))
        for operation in operations:
            setattr(model, operation["path"][1:], operation.get("value"))
        return model

    def delete_model(self, rest_api_id: str, model_name: str) -> None:
        """LocalStack's recording: apigateway test_put_method_model."""
        self.get_model(rest_api_id, model_name)
        api = self.get_rest_api(rest_api_id)
        for user in users(api, model_name):
            raise Conflict(f"Cannot delete model '{model_name}', is referenced in {user}")
        super().delete_model(rest_api_id, model_name)


class Validators(Models):
    def create_request_validator(
        self, restapi_id: str, name: str, body: bool | None, params: bool | None
    ) -> RequestValidator:
        """LocalStack's recording: apigateway test_request_validator_lifecycle."""
        if restapi_id not in self.apis:
            raise BadRequest("Invalid REST API identifier specified")
        return super().create_request_validator(restapi_id, name, bool(body), bool(params))

    def get_request_validator(self, restapi_id: str, validator_id: str) -> RequestValidator:
        """LocalStack's recording: apigateway test_invalid_get_request_validator."""
        api = self.apis.get(restapi_id)
        if api is None or validator_id not in api.request_validators:
            raise NotFound("Invalid Request Validator identifier specified")
        return api.request_validators[validator_id]

    def delete_request_validator(self, restapi_id: str, validator_id: str) -> None:
        self.get_request_validator(restapi_id, validator_id)
        super().delete_request_validator(restapi_id, validator_id)

    def update_request_validator(
        self, restapi_id: str, validator_id: str, patch_operations: list[dict[str, Any]]
    ) -> RequestValidator:
        """LocalStack's recording: apigateway test_invalid_update_request_validator_operations."""
        validator = self.get_request_validator(restapi_id, validator_id)
        for operation in patch_operations:
            patches.only_replaces(operation, ("/name", *FLAGS))
            if operation["path"] == "/name" and not operation.get("value"):
                raise BadRequest("Request Validator name cannot be blank")
        for operation in patch_operations:
            path, value = operation["path"], operation.get("value")
            setattr(validator, FLAGS.get(path, "name"), value == "true" if path in FLAGS else value)
        return validator


def check_name(name: str) -> None:
    """Raises BadRequest. https://github.com/amazon-archives/aws-apigateway-importer/issues/194"""
    if not name:
        raise BadRequest("Model name must be non-empty")
    if not re.fullmatch(r"[A-Za-z0-9]+", name):
        raise BadRequest(f"Model name must be alphanumeric: {name}")


def check_schema(text: str | None) -> None:
    """Raises BadRequest. Of a keyword that is not draft 4's: https://github.com/segurvita/swagger-rm-example"""
    if not text:
        raise BadRequest(EMPTY_SCHEMA)
    try:
        schema = json.loads(text)
        jsonschema.Draft4Validator.check_schema(schema)
    except (ValueError, jsonschema.SchemaError) as error:
        raise BadRequest(INVALID_SCHEMA.format("")) from error
    unknown = sorted({keyword for part in schemas(schema) for keyword in part if keyword not in KEYWORDS})
    if unknown:
        raise BadRequest(INVALID_SCHEMA.format(f". Unsupported keyword(s): {json.dumps(unknown)}"))


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and all within it; what is neither (a default, a list of names) is left out."""
    yield schema
    for keyword, value in schema.items():
        within: list[Any] = []
        if keyword in {"properties", "patternProperties", "definitions", "dependencies"}:
            within = list(value.values())
        elif keyword in {"items", "additionalItems", "additionalProperties", "not", "allOf", "anyOf", "oneOf"}:
            within = value if isinstance(value, list) else [value]
        for each in within:
            if isinstance(each, dict):
                yield from schemas(each)


def check_method(api: RestAPI, validator_id: str | None, models: dict[str, str] | None) -> None:
    """Whether what a method refers to is there. Raises BadRequest.

    LocalStack's recording: apigateway test_put_method_validation
    """
    if validator_id and validator_id not in api.request_validators:
        raise BadRequest("Invalid Request Validator identifier specified")
    for name in (models or {}).values():
        if name not in api.models:
            raise BadRequest(f"Invalid model identifier specified: {name}")


def users(api: RestAPI, name: str) -> Iterator[str]:
    """Who refers to a model; of responses and models AWS's words are not known."""
    for resource in reversed(list(api.resources.values())):
        for verb, method in resource.resource_methods.items():
            if name in (method.request_models or {}).values():
                yield f"method request: {resource.get_path()}/{verb}"
            for status, response in method.method_responses.items():
                if name in (response.response_models or {}).values():
                    yield f"method response: {resource.get_path()}/{verb}/{status}"
    address = json.dumps(REFERENCE.format(api=api.id, name=name))
    for model in api.models.values():
        if model.name != name and address in model.schema:
            yield f"model: {model.name}"
