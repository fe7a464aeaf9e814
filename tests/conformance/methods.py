"""What tests of methods and of integrations share: a resource of one's own, and patches."""

from __future__ import annotations

from typing import Any

from tests.conformance.cloud import Cloud


def place(cloud: Cloud, api: str) -> dict[str, str]:
    """What names a method GET of a resource of its own; the method is not there yet."""
    root = cloud.apigateway.get_rest_api(restApiId=api)["rootResourceId"]
    made = cloud.apigateway.create_resource(restApiId=api, parentId=root, pathPart=cloud.name())
    cloud.later(cloud.apigateway.delete_resource, restApiId=api, resourceId=made["id"])
    return {"restApiId": api, "resourceId": made["id"], "httpMethod": "GET"}


def patch(op: str, path: str, value: str | None = None) -> list[dict[str, Any]]:
    return [{"op": op, "path": path, **({} if value is None else {"value": value})}]
