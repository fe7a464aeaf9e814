"""What CloudWatch Logs refuses."""

from __future__ import annotations

from moto.logs.models import LogsBackend


class Logs(LogsBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = LogsBackend.__module__
