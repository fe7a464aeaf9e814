"""What IAM refuses."""

from __future__ import annotations

from moto.iam.models import IAMBackend


class Iam(IAMBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = IAMBackend.__module__
