"""One port, three kinds of requests: the invoke URL, the Invoke API, and everything else, which is moto's.

The port runs code that is uploaded to it, so it listens to programs and not to web pages: a request that a browser
sends for a foreign page, or under a name that is not this machine's, is refused.
"""

from __future__ import annotations

import collections
import functools
import io
import itertools
import json
import logging
import os
import re
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from moto.core import responses
from moto.core.model_instances import model_data
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Request, Response

from sandbox import refusals, serialization
from sandbox.gateway import gateway, routing
from sandbox.gateway.trial import trial
from sandbox.pace import CLOCK, PACES
from sandbox.permissions import rights, trust
from sandbox.process import HEALTH, PACE, PRODUCT, STOP
from sandbox.runtime.functions import Functions
from sandbox.wire import error, operation, query

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
CHANGED = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)(?:/code|/configuration)?/?")
FAILED = "the sandbox failed; `python -m sandbox logs --requests` tells why"
log = logging.getLogger("sandbox.request")


class App:
    """A WSGI application. `last_used` is when the last request came, in time.monotonic() seconds."""

    def __init__(self, scratch: Path, endpoint_url: str) -> None:
        refusals.register()
        self.functions = Functions(scratch, endpoint_url)
        self.gateway = gateway.Gateway(self.functions)
        self.moto = moto_server()
        self.endpoint_url = endpoint_url
        self.last_used = self.started = time.monotonic()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        started = time.monotonic()
        request = Request(environ)
        try:
            response = self._answer(request, environ)
        except Exception:
            log.exception("%s %s", request.method, request.path)
            response = error(request, "InternalFailure", FAILED, status=500)
        if request.path not in {HEALTH, STOP}:
            self.last_used = time.monotonic()
            milliseconds = (self.last_used - started) * 1000
            log.info("%s %s %s %.0f ms", request.method, request.path, response.status_code, milliseconds)
        return response(environ, start_response)

    def _answer(self, request: Request, environ: dict[str, Any]) -> Response:
        if is_foreign(request):
            return Response("the sandbox serves programs on this machine only\n", 403)
        if request.path == HEALTH:
            return json_response({"service": PRODUCT, "pid": os.getpid(), "endpoint": self.endpoint_url})
        if request.path.startswith(f"{PACE}/") and request.method == "POST":
            CLOCK.pace = PACES.get(request.path.rpartition("/")[2], CLOCK.pace)
            return json_response({"pace": CLOCK.pace.name})
        if request.path == STOP and request.method == "POST":
            os.kill(os.getpid(), signal.SIGTERM)
            return json_response({"stopping": os.getpid()})
        if request.path.startswith(routing.PREFIX):
            return self.gateway.answer(request)
        if (refusal := serialization.refusal(request, service(request))) is not None:
            return refusal
        for refusing in (rights.refusal, trust.refusal):
            if (refusal := refusing(request, self.functions.identities, scope(request))) is not None:
                return refusal
        if service(request) == "apigateway" and (tried := trial(request, region(request), self.gateway.integrations)):
            return tried
        return self.functions.invoke(request, region(request)) or self._moto(request, environ)

    def _moto(self, request: Request, environ: dict[str, Any]) -> Response:
        changed = CHANGED.fullmatch(request.path) if request.method in {"PUT", "DELETE"} else None
        found = self.functions.find(region(request), unquote(changed["name"])) if changed else None
        environ["wsgi.input"] = io.BytesIO(request.get_data())
        try:
            response = Response.from_app(self.moto, environ, buffered=True)
        except (NotImplementedError, ImportError):  # moto's services want packages that are not here
            return not_imitated(request)
        except Exception:
            if operation(request, service(request))[1] is None:
                return not_imitated(request)
            raise
        if found and response.status_code < 400:
            self.functions.runtime.forget(found.function_arn)
        return not_imitated(request) if is_page(response) else response


def moto_server() -> Any:
    """moto's. By itself it lists its folders and methods for each request, and keeps whatever it has ever made."""
    for model in itertools.chain.from_iterable(models.values() for models in model_data.values()):
        model.instances_tracked = collections.deque(maxlen=0)
    server = DomainDispatcherApplication(service_app)
    server.get_backend_for_host = functools.lru_cache(maxsize=256)(server.get_backend_for_host)
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    return server


def service_app(module: Any) -> Any:
    """moto's, of one of its modules; None is what it finds for a service that it does not know."""
    if module is None:
        raise NotImplementedError
    return create_backend_app(module)


def not_imitated(request: Request) -> Response:
    """The answer to a call that AWS has and moto has not, or that AWS has not either. No SDK tries a 501 again."""
    name, asked = operation(request, service(request))
    if asked is None:
        named = request.headers.get("X-Amz-Target") or query(request).get("Action")
        unknown = named or f"{request.method} {request.path}: is a parameter in it empty?"
        return error(request, "UnknownOperationException", f"{name} has no operation {unknown}", status=404)
    message = f"The sandbox does not imitate {name}'s {asked}"
    return error(request, "NotImplemented", message, status=501)


def is_page(response: Response) -> bool:
    """Whether this is a page of moto's web server, which answers so where it knows no such path."""
    return response.status_code >= 300 and response.get_data()[:9].lower() == b"<!doctype"


def json_response(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body), status, mimetype="application/json")


def is_foreign(request: Request) -> bool:
    """Whether a browser sends this for a page from elsewhere, or under a name that resolves to this machine."""
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        return True
    origin = request.headers.get("Origin")
    return not is_here(f"//{request.host}") or (origin is not None and not is_here(origin))


@functools.lru_cache(maxsize=256)
def is_here(url: str) -> bool:
    """Whether its host is this machine."""
    try:
        name = urlsplit(url).hostname
    except ValueError:
        return False
    return name in LOOPBACK or str(name).endswith(".localhost")


def scope(request: Request) -> list[str]:
    """[key, date, region, service, "aws4_request"] of a SigV4 signature, in header or query; [] without one."""
    _, _, credential = request.headers.get("Authorization", "").partition("Credential=")
    parts = (credential.split(",")[0] or request.args.get("X-Amz-Credential", "")).split("/")
    return parts if len(parts) == 5 else []


def service(request: Request) -> str:
    """As the signature names it; "" without one."""
    return scope(request)[3] if scope(request) else ""


def region(request: Request) -> str:
    return scope(request)[2] if scope(request) else "us-east-1"
