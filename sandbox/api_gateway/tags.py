"""Tags of what API Gateway has. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging.html"""

from __future__ import annotations

import re
from typing import Any

from moto.apigateway.models import APIGatewayBackend

from sandbox.api_gateway.errors import BadRequest, NotFound

# Letters, digits, spaces and + - = . _ : / @, at most fifty tags of 128 and 256 characters:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
CHARACTERS = re.compile(r"[\w\s+\-=.:/@]*")
MOST_TAGS, LONGEST_KEY, LONGEST_VALUE = 50, 128, 256


def owner(backend: APIGatewayBackend, arn: str) -> Any:
    """The API, stage, usage plan or API key of an ARN. Raises NotFound."""
    path = arn.partition("::/")[2].split("/")
    match path:
        case ["restapis", api_id]:
            return backend.get_rest_api(api_id)
        case ["restapis", api_id, "stages", name]:
            return backend.get_stage(api_id, name)
        case ["usageplans", plan_id] if plan_id in backend.usage_plans:
            return backend.usage_plans[plan_id]
        case ["apikeys", key_id] if key_id in backend.keys:
            return backend.keys[key_id]
    raise NotFound("Invalid Tag Resource identifier specified")


def tag(owner: Any, tags: dict[str, str]) -> None:
    """Adds and changes. Raises BadRequest."""
    merged = {**(owner.tags or {}), **tags}
    check(merged)
    owner.tags = merged


def untag(owner: Any, keys: list[str]) -> None:
    owner.tags = {key: value for key, value in (owner.tags or {}).items() if key not in keys}


def check(tags: dict[str, str]) -> None:
    """Raises BadRequest. But for the first, AWS's words are not known: https://github.com/serverless/serverless/issues/9223"""
    for key, value in tags.items():
        if key.lower().startswith("aws:"):
            raise BadRequest("Invalid tag key. Tag keys cannot start with 'aws:' (case insensitive)")
        if not 0 < len(key) <= LONGEST_KEY or not CHARACTERS.fullmatch(key):
            raise BadRequest(f"Invalid tag key {key}")
        if len(value) > LONGEST_VALUE or not CHARACTERS.fullmatch(value):
            raise BadRequest(f"Invalid tag value {value}")
    if len(tags) > MOST_TAGS:
        raise BadRequest(f"A resource has at most {MOST_TAGS} tags")
