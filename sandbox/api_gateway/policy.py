"""An API's resource policy: who may call it from where.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
"""

from __future__ import annotations

import json
from typing import Any

from moto.apigateway.models import RestAPI
from moto.utilities.utils import get_partition

from sandbox.api_gateway.errors import BadRequest

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
LONGEST_POLICY = 8_192
# Its text: https://github.com/hashicorp/terraform-provider-aws/issues/29392
INVALID = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."


def kept(text: str | None, api: RestAPI) -> str | None:
    """The policy as it is kept, `execute-api:/...` written out; None for an empty one. Raises BadRequest.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
    """
    if not text:
        return None
    try:
        policy = json.loads(text)
        statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
        for statement in statements:
            if statement["Effect"] not in {"Allow", "Deny"} or not statement["Principal"] or not statement["Action"]:
                raise BadRequest(INVALID)
            statement["Resource"] = written_out(statement["Resource"], api)
    except (ValueError, TypeError, KeyError) as error:
        raise BadRequest(INVALID) from error
    if len(text) > LONGEST_POLICY:
        raise BadRequest(INVALID)
    return json.dumps(policy, separators=(",", ":"))


def as_text(policy: Any) -> str:
    """A document's x-amazon-apigateway-policy, which may be an object or its text."""
    return policy if isinstance(policy, str) else json.dumps(policy)


def written_out(resource: Any, api: RestAPI) -> Any:
    if isinstance(resource, list):
        return [written_out(each, api) for each in resource]
    arn = f"arn:{get_partition(api.region_name)}:execute-api:{api.region_name}:{api.account_id}:{api.id}/"
    return resource.replace("execute-api:/", arn, 1) if resource.startswith("execute-api:/") else resource


def told(text: str | None) -> str | None:
    """As an answer shows it: JSON text with its quotes escaped once more (terraform-provider-aws unquotes it)."""
    return json.dumps(text)[1:-1] if text else None
