"""The Runtime API of one execution environment, as AWS documents it for whoever writes a runtime.

The process asks `/next` for an event and posts what became of it: a response, an error, or that its import
failed. Whoever runs the environment waits on `outcomes`, where the end of the process arrives as well: there is
one place to wait, and nothing polls. Cost: a port, a thread, and a thread for each connection of the process.
"""

import contextlib
import queue
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Literal

INVOCATION = "/2018-06-01/runtime/invocation"
INIT_ERROR = "/2018-06-01/runtime/init/error"
RESPONSE_LIMIT_BYTES = 6_291_556


@dataclass(frozen=True)
class Outcome:
    """What became of an event. `body` is what the process posted, `status` how it exited (-9: killed)."""

    kind: Literal["response", "error", "init error", "too large", "exit", "timeout"]
    body: bytes = b""
    status: int = 0


class RuntimeApi(socketserver.ThreadingTCPServer):
    """A server for one process. `init_over` is set as soon as the process has shown how its import went."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self.events: queue.SimpleQueue[tuple[Mapping[str, str], bytes] | None] = queue.SimpleQueue()
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.init_over = threading.Event()
        self.request_id = ""
        self.ended = False

    def offer(self, request_id: str, function_arn: str, timeout_seconds: int, event: bytes) -> None:
        """The next event for the process. Its deadline counts from now."""
        self.request_id = request_id
        now_ms = time.time() * 1000
        trace = f"Root=1-{int(now_ms / 1000):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(now_ms + timeout_seconds * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": function_arn,
            "Lambda-Runtime-Trace-Id": trace,
        }
        self.events.put((headers, event))

    def serve(self) -> None:
        with self:
            while not self.ended:
                self.handle_request()

    def end(self, outcome: Outcome) -> None:
        """The process is gone: whoever waits for it learns how it ended, and the port is given back."""
        self.outcomes.put(outcome)
        self.init_over.set()
        self.events.put(None)
        self.ended = True
        # serve() waits for a connection without a timeout: this one wakes it
        with contextlib.suppress(OSError):
            socket.create_connection(self.server_address[:2]).close()  # type: ignore[arg-type]


class Exchange(BaseHTTPRequestHandler):
    """A connection of the process to its Runtime API."""

    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    # or each answer waits 40 ms for the other side's delayed acknowledgement
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        # a process that is killed leaves its connections half used
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        if self.path != f"{INVOCATION}/next":
            self._answer(404, b'{"errorMessage":"Unknown path","errorType":"InvalidRequest"}')
            return
        self.server.init_over.set()
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        self._answer(200, event[1], event[0])

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        body = self.rfile.read(length)
        if len(body) < length:
            # the process ended while it was posting
            self.close_connection = True
            return
        outcome = self._outcome(body)
        if outcome is None:
            self._answer(400, b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
            return
        self.server.outcomes.put(outcome)
        self.server.init_over.set()
        if outcome.kind == "too large":
            self._answer(413, b'{"errorType":"RequestEntityTooLarge"}')
        else:
            self._answer(202, b'{"status":"OK"}')

    def _outcome(self, body: bytes) -> Outcome | None:
        current = f"{INVOCATION}/{self.server.request_id}"
        if self.path == INIT_ERROR:
            return Outcome("init error", body)
        if self.path == f"{current}/error":
            return Outcome("error", body)
        if self.path == f"{current}/response":
            return Outcome("response", body) if len(body) <= RESPONSE_LIMIT_BYTES else Outcome("too large")
        return None

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"Content-Type": "application/json"}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: the function's log is the log."""
