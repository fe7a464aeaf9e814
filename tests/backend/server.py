"""The port in front of the sandbox."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from stack.waiting import Clock
from tests.backend.calls import INVOKE_URL, Asked, Call, Calls, is_writing
from tests.backend.faults import Dropped, Fault

PATIENCE_SECONDS = 60
HOP_BY_HOP = {"content-length", "connection", "transfer-encoding", "date", "server"}


class Backend:
    """A port in front of the sandbox: writes the calls down, and lets faults happen to them.

    `calls` are those that came, `before_last_write` and `last_seen` what reads were answered.
    """

    def __init__(self, sandbox_port: int, clock: Clock = time) -> None:
        self.sandbox_port, self.clock = sandbox_port, clock
        self.calls = Calls()
        self.faults: list[Fault] = []
        self.before_last_write: dict[Any, Response] = {}
        self.last_seen: dict[Any, Response] = {}
        self._latest: dict[Any, Response] = {}
        self._lock = threading.Lock()
        self.server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=Handler)
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_port)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def asked(self) -> list[Asked]:
        """What of AWS was called."""
        return [call.asked for call in self.calls if isinstance(call, Call) and call != INVOKE_URL]

    def on(self, operation: str, *, nth: int = 1, after: str = "") -> Fault:
        """A fault for the calls of this operation: from the nth on, or from the first call of `after` on.

        "*" stands for every operation.
        """
        fault = Fault(self, operation, nth, after)
        self.faults.append(fault)
        return fault

    @contextlib.contextmanager
    def holding(self, operation: str) -> Iterator[threading.Event]:
        """The next call of this operation is carried out, but not answered before the block is left.

        Gives the event that the call is done.
        """
        done, go_on = threading.Event(), threading.Event()
        self.on(operation).then(lambda: (done.set(), go_on.wait(PATIENCE_SECONDS)))
        try:
            yield done
        finally:
            go_on.set()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        call = Call.of(request)
        with self._lock:
            fault = next((fault for fault in self.faults if fault.takes(call)), None)
            if fault:
                fault.acted.append(call)
            if call:
                self.calls.append(call)
        try:
            response = fault.act(call, lambda: self._carry_out(call)) if fault else self._carry_out(call)
        except Dropped:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise
        return response(environ, start_response)

    def _carry_out(self, call: Call) -> Response:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.sandbox_port)) as sandbox:
            environ = call.request.environ
            sandbox.request(environ["REQUEST_METHOD"], environ["RAW_URI"], call.body, dict(call.request.headers))
            answer = sandbox.getresponse()
            headers = [(key, value) for key, value in answer.getheaders() if key.lower() not in HOP_BY_HOP]
            response = Response(answer.read(), answer.status, headers)
        with self._lock:
            if is_writing(call):
                self.before_last_write = dict(self._latest)
            else:
                self._latest[call.key] = response
                if response.status_code < 400:
                    self.last_seen[call.key] = response
        return response


class Handler(WSGIRequestHandler):
    """Keeps connections open and sends each answer in one piece, as the sandbox does."""

    protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True

    def log_request(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def backend_for(sandbox_port: int, clock: Clock = time) -> Iterator[Backend]:
    backend = Backend(sandbox_port, clock)
    serving = threading.Thread(target=backend.server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield backend
    finally:
        backend.server.shutdown()
        backend.server.server_close()
        serving.join()
