"""A proxy in front of the sandbox that names each operation of AWS, and can refuse, hold or follow up one."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session

PATIENCE_SECONDS = 60
XML_SERVICES = {"iam", "sts"}

Asked = tuple[str, str, str]
"""(service, operation, HTTP verb) of a call."""
READING = ("Get", "List", "Describe", "Scan", "Invoke")


class Calls(list[str]):
    """The operations that were called, in order: `CreateRole`, `GetFunction`, ..."""

    @property
    def writing(self) -> list[str]:
        return [name for name in self if not name.startswith(READING)]


@cache
def rest_operations(service: str) -> list[tuple[str, re.Pattern[str], dict[str, list[str]], str]]:
    """(HTTP method, path, query that it needs, operation) of a REST service, those with a query first."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        rule = model.operation_model(name).http
        path, _, query = rule["requestUri"].partition("?")
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.rstrip("/")) + "/?")
        found.append((rule["method"], pattern, parse_qs(query), name))
    return sorted(found, key=lambda each: not each[2])


def service(headers: Any) -> str:
    """Of a signed request: iam, lambda, ...; "" for any other."""
    signed = re.search(r"Credential=[^/]*/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    return signed[1] if signed else ""


def operation(method: str, url: str, headers: Any, body: bytes) -> str:
    """The AWS operation of a request, or "" for the invoke URL and the sandbox's own paths."""
    if "X-Amz-Target" in headers:
        return headers["X-Amz-Target"].rpartition(".")[2]
    signed = service(headers)
    if not signed:
        return ""
    if signed in XML_SERVICES:
        return parse_qs(body.decode())["Action"][0]
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    return next(
        name
        for verb, pattern, needed, name in rest_operations(signed)
        if verb == method and pattern.fullmatch(path) and needed.items() <= query.items()
    )


class Door:
    """A port in front of the sandbox: writes down the AWS calls that come through, and can hold or refuse one."""

    def __init__(self, sandbox_port: int) -> None:
        self.sandbox_port = sandbox_port
        self.calls = Calls()
        self.asked: list[Asked] = []
        self.refused: dict[str, str] = {}
        """{operation or service:operation: code} of calls that are answered so and never reach the sandbox.

        A text may follow the code: "AccessDenied User: ada is not authorized to perform: iam:PassRole".
        """
        self.afterwards: dict[str, Callable[[], Any]] = {}
        """{operation: what is done once, after the sandbox has answered and before the caller knows}"""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[threading.Event]:
        """The first call of this operation is carried out, but not answered before the block is left.

        `name` may be a text in the body of a call of the invoke URL. Gives the event that the call is done.
        """
        done, go_on = threading.Event(), threading.Event()
        self.afterwards[name] = lambda: (done.set(), go_on.wait(PATIENCE_SECONDS))
        try:
            yield done
        finally:
            go_on.set()

    def _handler(door) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = operation(self.command, self.path, self.headers, body)
                if name:
                    door.calls.append(name)
                    door.asked.append((service(self.headers), name, self.command))
                why = door.refused.get(name) or door.refused.get(f"{service(self.headers)}:{name}")
                if why:
                    status, headers, answer = self.refusal(*why.split(" ", 1))
                else:
                    status, headers, answer = self.forwarded(body)
                keys = [key for key in door.afterwards if key == name or (not name and key.encode() in body)]
                for key in keys:
                    door.afterwards.pop(key)()
                self.send_response(status)
                for key, value in headers:
                    if key.lower() not in {"content-length", "connection", "transfer-encoding", "date", "server"}:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(OSError):  # the caller may be gone
                    self.wfile.write(answer)
                    self.wfile.flush()

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", door.sandbox_port)) as sandbox:
                    sandbox.request(self.command, self.path, body, dict(self.headers))
                    answer = sandbox.getresponse()
                    return answer.status, answer.getheaders(), answer.read()

            def refusal(self, code: str, text: str = "") -> tuple[int, list[tuple[str, str]], bytes]:
                text = text or f"refused by the test: {code}"
                if service(self.headers) in XML_SERVICES:
                    error = f"<Error><Code>{code}</Code><Message>{text}</Message></Error>"
                    answer = f"<ErrorResponse>{error}</ErrorResponse>".encode()
                    return 403, [("Content-Type", "text/xml")], answer
                answer = json.dumps({"__type": code, "message": text}).encode()
                return 403, [("x-amzn-ErrorType", code), ("Content-Type", "application/json")], answer

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextlib.contextmanager
def door_to(sandbox_port: int) -> Iterator[Door]:
    opened = Door(sandbox_port)
    serving = threading.Thread(target=opened.server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield opened
    finally:
        opened.server.shutdown()
        opened.server.server_close()
        serving.join()
