"""The comparable part of an API's definition, once from the OpenAPI document and once from the live API.

Both come in the same shape, so that a method, an integration or a response that was changed or deleted behind our back
shows itself field by field. https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from stack.aws import Aws
from stack.lab import Lab
from stack.outcome import Shape


def definition(api: dict[str, Any]) -> Shape:
    """The comparable part of an OpenAPI document: what a reader of the live API can find again."""
    validators = api["x-amazon-apigateway-request-validators"]
    methods = {}
    for path, operations in api["paths"].items():
        for verb, operation in operations.items():
            uploaded = operation["x-amazon-apigateway-integration"]
            bodies = operation["requestBody"]["content"]
            validator = validators[operation["x-amazon-apigateway-request-validator"]]
            methods[f"{verb.upper()} {path}"] = {
                "authorization": "NONE",
                "api_key_required": False,
                "validates_body": validator["validateRequestBody"],
                "request_models": {kind: model_name(body["schema"]) for kind, body in bodies.items()},
                "method_responses": sorted(operation["responses"]),
                "integration": {
                    "type": uploaded["type"].upper(),
                    "http_method": uploaded["httpMethod"],
                    "uri": uploaded["uri"],
                    "passthrough": uploaded["passthroughBehavior"].upper(),
                    "timeout_ms": uploaded["timeoutInMillis"],
                    "request_templates": uploaded.get("requestTemplates", {}),
                },
                "responses": {
                    response["statusCode"]: {
                        "pattern": pattern,
                        "templates": response.get("responseTemplates", {}),
                    }
                    for pattern, response in uploaded["responses"].items()
                },
            }
    info = api["info"]
    # Only what requests are validated against: the schemas of answers change nothing that API Gateway does.
    used = {name for method in methods.values() for name in method["request_models"].values()}
    models = {name: api["components"]["schemas"][name] for name in sorted(used)}
    return {"name": info["title"], "description": info["description"], "methods": methods, "models": models}


def live_definition(lab: Lab, api_id: str, wanted: Shape) -> Shape:
    """The definition as API Gateway gives it back, in the shape of `wanted`."""
    methods, models = lab.side_by_side(
        partial(live_methods, lab, api_id), partial(items, lab.aws, "get_models", api_id)
    )
    schemas = {each["name"]: json.loads(each["schema"]) for each in models if each["name"] in wanted["models"]}
    return {
        "methods": methods,
        # AWS adds models of its own (Empty, Error) and may add keywords to a schema.
        "models": {name: only(schemas.get(name), schema) for name, schema in wanted["models"].items()},
    }


def live_methods(lab: Lab, api_id: str) -> Shape:
    """All that the definition says but its models."""
    resources, validators = lab.side_by_side(
        partial(items, lab.aws, "get_resources", api_id, embed=["methods"]),
        partial(items, lab.aws, "get_request_validators", api_id),
    )
    known = {each["id"]: each for each in validators}
    return {
        f"{verb} {resource['path']}": live_method(method, known)
        for resource in resources
        for verb, method in resource.get("resourceMethods", {}).items()
    }


def items(aws: Aws, operation: Any, api_id: str, **more: Any) -> list[Any]:
    pages = aws.apigateway.get_paginator(operation).paginate(restApiId=api_id, **more)
    return [each for page in pages for each in page.get("items", [])]


def live_method(method: Any, validators: dict[str, Any]) -> Shape:
    """A method as GetResources gives it, in the shape of `definition`."""
    live = method.get("methodIntegration") or {}
    validator = validators.get(method.get("requestValidatorId", ""), {})
    return {
        "authorization": method.get("authorizationType"),
        "api_key_required": method.get("apiKeyRequired", False),
        "validates_body": validator.get("validateRequestBody", False),
        "request_models": method.get("requestModels") or {},
        "method_responses": sorted(method.get("methodResponses") or {}),
        "integration": {
            "type": live.get("type"),
            "http_method": live.get("httpMethod"),
            "uri": live.get("uri"),
            "passthrough": live.get("passthroughBehavior"),
            "timeout_ms": live.get("timeoutInMillis"),
            "request_templates": live.get("requestTemplates") or {},
        },
        "responses": {
            status: {
                "pattern": response.get("selectionPattern") or "default",
                "templates": response.get("responseTemplates") or {},
            }
            for status, response in (live.get("integrationResponses") or {}).items()
        },
    }


def model_name(schema: dict[str, str]) -> str:
    return schema["$ref"].rsplit("/", 1)[1]


def only(live: Any, wanted: Any) -> Any:
    """The part of a live schema that the wanted one speaks of, key by key. AWS sorts `required`."""
    if isinstance(live, list) and isinstance(wanted, list) and sorted(live) == sorted(wanted):
        return wanted
    if isinstance(live, dict) and isinstance(wanted, dict):
        return {key: only(live[key], wanted[key]) for key in wanted if key in live}
    return live
