"""The backend that is registered in the place of moto's own, before its first use."""

from __future__ import annotations

from typing import Any

from moto.apigateway.models import APIGatewayBackend, Integration
from moto.apigateway.responses import APIGatewayResponse

from sandbox.api_gateway.answers import Answers
from sandbox.api_gateway.imports import Imports

DEFAULT_TIMEOUT_MS = 29_000


class ApiGateway(Imports):
    # moto finds a backend's URLs beside its class.
    __module__ = APIGatewayBackend.__module__

    @property
    def url_paths(self) -> dict[str, Any]:
        """moto's, of which ours answer those of API Gateway."""
        moto = {path: handler for path, handler in super().url_paths.items() if not path.startswith("/tags/")}
        ours = {path: Answers.dispatch for path, handler in moto.items() if handler == APIGatewayResponse.dispatch}
        return {**moto, **ours, "/tags/(?P<arn>.+)": Answers.dispatch}

    def put_integration(self, function_id: str, resource_id: str, *args: Any, **kwargs: Any) -> Integration:
        """LocalStack's recordings: apigateway test_lambda_aws_integration and test_import_swagger_api."""
        integration = super().put_integration(function_id, resource_id, *args, **kwargs)
        integration.cache_namespace = integration.cache_namespace or resource_id
        if integration.integration_type.startswith("HTTP"):
            integration.connection_type = integration.connection_type or "INTERNET"
        integration.passthrough_behaviour = integration.passthrough_behaviour or "WHEN_NO_MATCH"
        integration.timeout_in_millis = integration.timeout_in_millis or DEFAULT_TIMEOUT_MS
        return integration
