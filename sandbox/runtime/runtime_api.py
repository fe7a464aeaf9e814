"""The Runtime API of one execution environment, as AWS documents it for whoever writes a runtime.

The process asks `/next` for an event and posts what became of it: a response, an error, or that its import
failed. Whoever runs the environment waits on `outcomes`, where the end of the process arrives as well: there is
one place to wait. Cost: a port, a thread, and a thread for each connection of the process.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import contextlib
import queue
import secrets
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

INVOCATION = "/2018-06-01/runtime/invocation"
INIT_ERROR = "/2018-06-01/runtime/init/error"
JSON = {"Content-Type": "application/json"}
RESPONSE_LIMIT_BYTES = 6_291_556


@dataclass(frozen=True)
class Outcome:
    """What became of an event. `body` is what the process posted, `status` how it exited (-9: killed)."""

    kind: Literal["response", "error", "init error", "too large", "exit", "timeout", "out of memory"]
    body: bytes = b""
    status: int = 0


class RuntimeApi(socketserver.ThreadingTCPServer):
    """A server for one process. `init_over` is set as soon as the process has shown how its import went."""

    daemon_threads = True

    def __init__(self, freeze: Callable[[bool], None]) -> None:
        """`freeze(True)` is called when the process waits for an event, `freeze(False)` before it gets one."""
        super().__init__(("127.0.0.1", 0), Exchange)
        self.address = f"127.0.0.1:{self.server_address[1]}"
        self.events: queue.SimpleQueue[tuple[Mapping[str, str], bytes] | None] = queue.SimpleQueue()
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.init_over = threading.Event()
        self._awaited = ""
        self.ended = False
        self._freeze = freeze
        self._lock = threading.Lock()

    def offer(self, request_id: str, function_arn: str, timeout_seconds: int, event: bytes) -> None:
        """The next event for the process. Its deadline counts from now."""
        now_ms = time.time() * 1000
        trace = f"Root=1-{int(now_ms / 1000):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0"
        headers = {
            **JSON,
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int(now_ms + timeout_seconds * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": function_arn,
            "Lambda-Runtime-Trace-Id": trace,
        }
        with self._lock:
            self._awaited = request_id
            self._freeze(False)
            self.events.put((headers, event))

    def next(self) -> tuple[Mapping[str, str], bytes] | None:
        """The next event, or None at the end. The process stands still until there is one."""
        with self._lock:
            if self.events.empty():
                self._freeze(True)
        return self.events.get()

    def accept(self, path: str, body: bytes) -> Outcome | None:
        """What the process posts. None for what nobody waits for: an event has one outcome, and an import too."""
        with self._lock:
            outcome = self._outcome(path, body)
            if outcome is not None:
                self._awaited = ""
                self.outcomes.put(outcome)
                self.init_over.set()
        return outcome

    def _outcome(self, path: str, body: bytes) -> Outcome | None:
        awaited = f"{INVOCATION}/{self._awaited}"
        if path == INIT_ERROR and not self.init_over.is_set():
            return Outcome("init error", body)
        if path == f"{awaited}/error":
            return Outcome("error", body)
        if path == f"{awaited}/response":
            return Outcome("response", body) if len(body) <= RESPONSE_LIMIT_BYTES else Outcome("too large")
        return None

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


class Exchange(socketserver.StreamRequestHandler):
    """A connection of the process to its Runtime API.

    Not http.server's: AWS's client puts a stack trace of up to 1 MB into a header, which that one refuses.
    """

    server: RuntimeApi
    # or each answer waits 40 ms for the other side's delayed acknowledgement
    disable_nagle_algorithm = True

    def handle(self) -> None:
        # a process that is killed leaves its connections half used
        with contextlib.suppress(ConnectionError):
            while self._exchange():
                pass

    def _exchange(self) -> bool:
        """Answers one request. False when the connection is over."""
        method, _, rest = self.rfile.readline().decode("latin-1").partition(" ")
        path, length = rest.partition(" ")[0], 0
        while header := self.rfile.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self.rfile.read(length)
        if not path or len(body) < length:  # the process ended while it was posting
            return False
        if method == "GET":
            return self._give_next(path)
        self._take_outcome(path, body)
        return True

    def _give_next(self, path: str) -> bool:
        if path != f"{INVOCATION}/next":
            self._answer("404 Not Found", b'{"errorMessage":"Unknown path","errorType":"InvalidRequest"}')
            return True
        self.server.init_over.set()
        event = self.server.next()
        if event is not None:
            self._answer("200 OK", event[1], event[0])
        return event is not None

    def _take_outcome(self, path: str, body: bytes) -> None:
        outcome = self.server.accept(path, body)
        if outcome is None:
            self._answer("400 Bad Request", b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}')
            return
        if outcome.kind == "too large":
            self._answer("413 Payload Too Large", b'{"errorType":"RequestEntityTooLarge"}')
        else:
            self._answer("202 Accepted", b'{"status":"OK"}')

    def _answer(self, status: str, body: bytes, headers: Mapping[str, str] = JSON) -> None:
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)
