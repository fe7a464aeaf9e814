"""The settings of a REST API: what it is made with, how it is patched, and how it is told.

https://docs.aws.amazon.com/apigateway/latest/api/API_RestApi.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.apigateway.models import APIGatewayBackend, RestAPI

from sandbox.api_gateway import patches, policy, tags
from sandbox.api_gateway.errors import BadRequest, NotFound, not_one_of, validation

MOST_BYTES = 10 * 1024 * 1024
KEY_SOURCES = ("AUTHORIZER", "HEADER")
ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")
ADDRESS_TYPES = ("ipv4", "dualstack")
PRIVATE_IS_DUALSTACK = "Only dualstack ipAddressType is supported for Private APIs."


class RestApis(APIGatewayBackend):  # type: ignore[misc]
    def get_rest_api(self, function_id: str) -> RestAPI:
        """LocalStack's recording: apigateway test_update_rest_api_invalid_api_id."""
        if function_id not in self.apis:
            raise NotFound(f"Invalid API identifier specified {self.account_id}:{function_id}")
        return self.apis[function_id]

    def create_rest_api(self, name: str, description: str | None, **choices: Any) -> RestAPI:
        """LocalStack's recordings: apigateway test_create_rest_api_with_optional_params, test_create_rest_api_*"""
        endpoint = choices.pop("endpoint_configuration", None) or {"types": ["EDGE"]}
        check_values(endpoint)
        if description == "":
            raise BadRequest("Description cannot be an empty string")
        compression = compression_size(choices.pop("minimum_compression_size", None))
        tags.check(choices.get("tags") or {})
        text = choices.pop("policy", None)
        api = super().create_rest_api(name, description, endpoint_configuration=checked_endpoint(endpoint), **choices)
        try:
            api.policy = policy.kept(text, api)
        except BadRequest:
            del self.apis[api.id]
            raise
        api.minimum_compression_size = compression
        return api

    def delete_rest_api(self, function_id: str) -> RestAPI:
        self.get_rest_api(function_id)
        return super().delete_rest_api(function_id)

    def update_rest_api(self, function_id: str, patch_operations: list[dict[str, Any]]) -> RestAPI:
        """All of the patches or none. Lists and dictionaries are replaced, never changed."""
        api = self.get_rest_api(function_id)
        before = dict(vars(api))
        try:
            for operation in patch_operations:
                patch(api, operation)
        except Exception:
            vars(api).update(before)
            raise
        return api


def check_values(endpoint: dict[str, Any]) -> None:
    """Raises Validation. LocalStack's recording: apigateway test_create_rest_api_with_endpoint_configuration."""
    where, errors = "createRestApiInput.endpointConfiguration", []
    types, address_type = endpoint.get("types") or [], endpoint.get("ipAddressType") or "ipv4"
    if not set(types) <= set(ENDPOINT_TYPES):
        allowed = "Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"
        errors.append(f"Value '[{', '.join(types)}]' at '{where}.types' failed to satisfy constraint: {allowed}")
    if address_type not in ADDRESS_TYPES:
        errors.append(not_one_of(ADDRESS_TYPES, address_type, f"{where}.ipAddressType"))
    if errors:
        raise validation(errors)


def checked_endpoint(endpoint: dict[str, Any]) -> dict[str, Any]:
    """With its ipAddressType. Raises BadRequest."""
    types = endpoint.get("types", ["EDGE"])
    if not types:
        raise BadRequest("REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.")
    if len(types) > 1:
        raise BadRequest("Cannot create an api with multiple Endpoint Types.")
    address_type = endpoint.get("ipAddressType") or ("dualstack" if types == ["PRIVATE"] else "ipv4")
    if types == ["PRIVATE"] and address_type != "dualstack":
        raise BadRequest(PRIVATE_IS_DUALSTACK)
    return {**endpoint, "types": types, "ipAddressType": address_type}


def compression_size(value: Any) -> int | None:
    """Raises BadRequest. LocalStack's recording: apigateway test_update_rest_api_compression."""
    if value is None:
        return None
    if not str(value).isdecimal() or not 0 <= int(value) <= MOST_BYTES:
        raise BadRequest(f"Invalid minimum compression size, must be between 0 and {MOST_BYTES}")
    return int(value)


def key_source(value: Any) -> str:
    """Raises Validation, in moto's words."""
    if value not in KEY_SOURCES:
        raise validation([not_one_of(KEY_SOURCES, value, "createRestApiInput.apiKeySource")])
    return str(value)


# {path: (attribute, its value from the patch's)}
REPLACEABLE: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "/name": ("name", str),
    "/description": ("description", lambda value: value or None),
    "/apiKeySource": ("api_key_source", key_source),
    "/minimumCompressionSize": ("minimum_compression_size", compression_size),
    "/disableExecuteApiEndpoint": ("disableExecuteApiEndpoint", lambda value: value == "true"),
}


def patch(api: RestAPI, operation: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRestApi-Patch"""
    op, path, value = operation["op"], operation.get("path"), operation.get("value")
    if (op, path) == ("remove", "/description"):
        api.description = None
    elif path in REPLACEABLE:
        patches.must_replace(operation)
        attribute, read = REPLACEABLE[path]
        setattr(api, attribute, read(value))
    elif path == "/policy":
        patches.must_replace(operation)
        api.policy = policy.kept(value, api)
    else:
        match patches.split(path):
            case ["binaryMediaTypes", kind]:
                patch_media_types(api, op, kind, value)
            case ["endpointConfiguration", *what]:
                patch_endpoint(api, operation, what)
            case _:
                raise patches.no_such_path(operation)


def patch_media_types(api: RestAPI, op: str, kind: str, value: str | None) -> None:
    """LocalStack's recording: apigateway test_update_rest_api_operation_add_remove."""
    others = [each for each in api.binaryMediaTypes if each != kind]
    new: dict[str, list[str | None]] = {"add": [kind], "replace": [value], "remove": []}
    if op not in new:
        raise BadRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
    api.binaryMediaTypes = others + new[op]


def patch_endpoint(api: RestAPI, operation: dict[str, Any], what: list[str]) -> None:
    """LocalStack's recording: apigateway test_update_rest_api_ip_address_type."""
    endpoint, value = dict(api.endpoint_configuration), operation.get("value")
    match what:
        case ["types", _]:
            if operation["op"] not in {"add", "remove", "replace"}:
                raise BadRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
            if operation["op"] != "replace" or value not in ENDPOINT_TYPES:
                raise BadRequest(f"Invalid EndpointTypes specified. Valid options are {','.join(ENDPOINT_TYPES)}")
            endpoint["types"] = [value]
            if value == "PRIVATE":
                endpoint["ipAddressType"] = "dualstack"
        case ["ipAddressType"]:
            patches.must_replace(operation)
            if value not in ADDRESS_TYPES:
                raise BadRequest("ipAddressType must be either ipv4 or dualstack.")
            endpoint["ipAddressType"] = value
        case _:
            raise patches.no_such_path(operation)
    api.endpoint_configuration = checked_endpoint(endpoint)


def told(api: RestAPI, warnings: list[str] | None = None) -> dict[str, Any]:
    """As the answers show it: what is not set is left out.

    LocalStack's recording: apigateway test_list_and_delete_apis
    """
    shown = {
        "id": api.id,
        "name": api.name,
        "description": api.description,
        "createdDate": api.create_date,
        "version": api.version,
        "binaryMediaTypes": api.binaryMediaTypes,
        "apiKeySource": api.api_key_source,
        "endpointConfiguration": api.endpoint_configuration,
        "policy": policy.told(api.policy),
        "tags": api.tags,
        "rootResourceId": api.root_resource_id,
        "warnings": warnings,
    }
    shown = {key: value for key, value in shown.items() if value}
    if api.minimum_compression_size is not None:
        shown["minimumCompressionSize"] = api.minimum_compression_size
    return {**shown, "disableExecuteApiEndpoint": api.disableExecuteApiEndpoint}
