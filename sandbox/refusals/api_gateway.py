"""What API Gateway's control plane refuses."""

from __future__ import annotations

from sandbox.api_gateway import ApiGateway


class RefusingApiGateway(ApiGateway):
    # moto finds a backend's URLs beside its class.
    __module__ = ApiGateway.__module__
