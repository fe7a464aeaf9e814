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

    def put_integration(self, *args: Any, **kwargs: Any) -> Integration:
        """LocalStack's recording: apigateway test_lambda_aws_integration."""
        integration = super().put_integration(*args, **kwargs)
        integration.passthrough_behaviour = integration.passthrough_behaviour or "WHEN_NO_MATCH"
        integration.timeout_in_millis = integration.timeout_in_millis or DEFAULT_TIMEOUT_MS
        return integration
