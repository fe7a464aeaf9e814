"""JSON patches, as API Gateway's Update calls take them.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

from typing import Any

from sandbox.api_gateway.errors import BadRequest, not_one_of, validation

OPERATIONS = ("add", "remove", "move", "test", "replace", "copy")


def split(path: str | None) -> list[str]:
    """The parts of a JSON pointer: "/binaryMediaTypes/image~1png" are "binaryMediaTypes" and "image/png"."""
    return [part.replace("~1", "/").replace("~0", "~") for part in (path or "").split("/")[1:]]


def check_operations(operations: list[dict[str, Any]], call: str) -> None:
    """Raises Validation. LocalStack's recording: apigateway test_update_rest_api_concatenation_of_errors."""
    errors = [
        not_one_of(OPERATIONS, operation["op"], f"{call}Input.patchOperations.{number}.member.op")
        for number, operation in enumerate(operations, 1)
        if operation["op"] not in OPERATIONS
    ]
    if errors:
        raise validation(errors)


def only_replaces(operation: dict[str, Any], paths: tuple[str, ...]) -> None:
    """Raises BadRequest unless one of `paths` is replaced. LocalStack's recording: apigateway test_update_model."""
    told = f"Invalid patch path  '{operation.get('path')}' specified for op '{operation['op']}'."
    if operation["op"] != "replace":
        raise BadRequest(f"{told} Please choose supported operations")
    if operation.get("path") not in paths:
        raise BadRequest(f"{told} Must be one of: [{', '.join(paths)}]")


def must_replace(operation: dict[str, Any]) -> None:
    """Raises BadRequest. LocalStack's recording: apigateway test_update_rest_api_compression."""
    if operation["op"] != "replace":
        raise BadRequest("Invalid patch operation specified. Must be one of: [replace]")


def no_such_path(operation: dict[str, Any]) -> BadRequest:
    """LocalStack's recording: apigateway test_update_rest_api_behaviour and test_update_gateway_response."""
    return BadRequest(f"Invalid patch path {operation.get('path') or 'null'}")
