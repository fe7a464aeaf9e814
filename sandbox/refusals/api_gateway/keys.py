"""API keys and the account's settings, of which each region has one set.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
"""

from __future__ import annotations

import time
from typing import Any

from moto.apigateway.exceptions import ApiKeyNotFoundException
from moto.apigateway.models import ApiKey
from moto.iam.models import iam_backends

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest
from sandbox.refusals.api_gateway.calls import Call
from sandbox.refusals.api_gateway.fields import Field, flag, patched

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html
LONGEST_VALUE = 128
OF_KEY = {
    "name": Field("name"),
    "description": Field("description"),
    "enabled": Field("enabled", flag),
    "customerId": Field("customer_id"),
}


class ApiKeys(Call):
    def create_api_key(self) -> Any:
        """Names may repeat, values may not. https://github.com/rrahul963/serverless-add-api-key/issues/27"""
        if len(self._get_param("value") or "") > LONGEST_VALUE:  # the text is from experience
            raise BadRequest(f"API Key value should be at most {LONGEST_VALUE} characters")
        return super().create_api_key()

    def get_api_keys(self) -> Any:
        keys = [key.to_json() for key in self.backend.get_api_keys(name=self._get_param("name"))]
        hidden = set() if self._get_bool_param("includeValues") else {"value"}
        return self.page([{name: value for name, value in key.items() if name not in hidden} for key in keys])

    def update_api_key(self) -> Any:
        """Tells no value. LocalStack's recording: apigateway test_api_key_required_for_methods"""
        key = self.find_key()
        vars(key).update(vars(patched(key, OF_KEY, self.patches())))
        key.last_updated_date = int(time.time())
        return answer(200, {name: value for name, value in key.to_json().items() if name != "value"})

    def delete_api_key(self) -> Any:
        """Its plans lose it."""
        key = self.find_key()
        for keys in self.backend.usage_plan_keys.values():
            keys.pop(key.id, None)
        return super().delete_api_key()

    def find_key(self) -> ApiKey:
        key = self.backend.keys.get(self.uri_match["api_Key"])
        if key is None:
            raise ApiKeyNotFoundException
        return key

    def update_account(self) -> Any:
        fields = {"cloudwatchRoleArn": Field("cloudwatch_role_arn", self.usable_role)}
        self.backend.account = patched(self.backend.account, fields, self.patches())
        return answer(200, self.backend.account.to_json())

    def usable_role(self, arn: str) -> str:
        """https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/apigateway/account.go"""
        roles = iam_backends[self.current_account][self.partition].roles.values()
        role = next((role for role in list(roles) if role.arn == arn), None)
        if arn and (role is None or "apigateway.amazonaws.com" not in role.assume_role_policy_document):
            raise BadRequest(
                "The role ARN does not have required permissions configured. Please grant trust permission for "
                "API Gateway and add the required role policy."
            )
        return arn
