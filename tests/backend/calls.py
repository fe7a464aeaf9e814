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


Asked = tuple[str, str, str]
"""(service, operation, HTTP verb) of a call."""


class Call(str):
    """The operation, with what else is known of the request."""

    request: Request
    service: str
    body: bytes

    @classmethod
    def of(cls, request: Request) -> Call:
        """ "" for what is no call: the sandbox's own paths."""
        signed_for = service(request)
        invoked = request.path.startswith(PREFIX)
        name = INVOKE_URL if invoked else wire.operation(request, signed_for)[1] if signed_for else None
        call = cls(name or "")
        call.request, call.service, call.body = request, signed_for, request.get_data()
        return call

    @property
    def asked(self) -> Asked:
        return self.service, str(self), self.request.method

    def is_named(self, name: str) -> bool:
        """By `CreateRole`, `iam:CreateRole`, or for the invoke URL also `POST update`."""
        if self == INVOKE_URL and name != INVOKE_URL:
            verb, _, operation = name.partition(" ")
            return verb == self.request.method and f'"operation": "{operation}"'.encode() in self.body
        return name in {str(self), f"{self.service}:{self}"}

    @property
    def key(self) -> tuple[str, str, bytes]:
        """Equal for calls that ask the same."""
        return str(self), self.request.full_path, self.body

    def error(self, code: str, message: str, status: int) -> Response:
        """An error in the protocol of the call's service."""
        return wire.error(self.request, code, message, status=status)


def is_writing(name: str) -> bool:
    return name not in {"", INVOKE_URL} and not name.startswith(READING)


class Calls(list[str]):
    """The operations that were called, in order: `CreateRole`, `GetFunction`, ..."""

    @property
    def writing(self) -> list[str]:
        return [name for name in self if is_writing(name)]


def json_response(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")
