"""What Lambda's control plane refuses, and the states that its functions go through."""

from __future__ import annotations

from moto.awslambda.models import LambdaBackend


class Lambda(LambdaBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = LambdaBackend.__module__
