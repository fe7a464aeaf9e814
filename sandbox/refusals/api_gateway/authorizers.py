"""Authorizers are kept and told; the invoke URL does not call them.

https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAuthorizer.html
"""

from __future__ import annotations

from typing import Any

from moto.apigateway.exceptions import AuthorizerNotFoundException
from moto.apigateway.models import Authorizer

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest
from sandbox.refusals.api_gateway.calls import Call
from sandbox.refusals.api_gateway.fields import Field, patched


def seconds(value: str) -> int:
    """The text is from experience."""
    if not value.isdecimal() or int(value) > LONGEST_SECONDS:
        raise BadRequest(f"Authorizer result ttl must be between 0 and {LONGEST_SECONDS} seconds")
    return int(value)


LONGEST_SECONDS = 3600
OF_AUTHORIZER = {
    "name": Field("name"),
    "type": Field("type"),
    "authType": Field("auth_type"),
    "authorizerUri": Field("authorizer_uri"),
    "authorizerCredentials": Field("authorizer_credentials"),
    "authorizerResultTtlInSeconds": Field("authorizer_result_ttl", seconds),
    "identitySource": Field("identity_source"),
    "identityValidationExpression": Field("identity_validation_expression"),
}


class Authorizers(Call):
    def update_authorizer(self) -> Any:
        changed = patched(self.find_authorizer(), OF_AUTHORIZER, self.patches())
        self.find_api().authorizers[changed.id] = changed
        return answer(200, changed.to_json())

    def delete_authorizer(self) -> Any:
        self.find_authorizer()
        return super().delete_authorizer()

    def find_authorizer(self) -> Authorizer:
        authorizer = self.find_api().authorizers.get(self.uri_match["authorizer_id"])
        if authorizer is None:
            raise AuthorizerNotFoundException
        return authorizer
