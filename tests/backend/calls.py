"""The calls that come to the backend, each known by its operation."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox import wire
from sandbox.app import service
from sandbox.gateway.routing import PREFIX

INVOKE_URL = "execute-api:Invoke"
READING = ("Get", "List", "Describe", "Scan", "Invoke")


class Call(str):
    """The operation, with what else is known of the request."""

    request: Request
    service: str
    body: bytes

    @classmethod
    def of(cls, request: Request) -> Call:
        signed_for = service(request)
        invoked = request.path.startswith(PREFIX)
        name = INVOKE_URL if invoked else wire.operation(request, signed_for)[1] if signed_for else None
        call = cls(name or "")
        call.request, call.service, call.body = request, signed_for, request.get_data()
        return call

    def is_named(self, name: str) -> bool:
        return name in {str(self), f"{self.service}:{self}"}

    @property
    def writes(self) -> bool:
        return bool(self) and self != INVOKE_URL and not self.startswith(READING)

    @property
    def key(self) -> tuple[str, str, bytes]:
        """Equal for calls that ask the same."""
        return str(self), self.request.full_path, self.body

    def error(self, code: str, message: str, status: int) -> Response:
        """An error in the protocol of the call's service."""
        return wire.error(self.request, code, message, status=status)


class Calls(list[Call]):
    """The operations that were called, in order: `CreateRole`, `GetFunction`, ..."""

    @property
    def writing(self) -> list[Call]:
        return [call for call in self if call.writes]


def json_response(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
