"""A client that costs little, since it shares the processors with what it measures: one thread, keep-alive sockets."""

from __future__ import annotations

import selectors
import socket
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

STALL_MS = 40  # what a delayed acknowledgement takes, where a server forgets TCP_NODELAY


@dataclass
class Client:
    """One connection, and what has come of the answer that it waits for."""

    connection: socket.socket
    sent_at: float = 0.0
    received: bytes = b""

    def send(self, request: bytes) -> None:
        self.sent_at, self.received = time.perf_counter(), b""
        self.connection.sendall(request)

    def complete(self) -> bool:
        """Takes what is there; whether that was the end of the answer. Raises AssertionError: it is not a 200."""
        self.received += self.connection.recv(65536)
        headers, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return False
        if not headers.startswith(b"HTTP/1.1 200 "):
            raise AssertionError(self.received.decode(errors="replace"))
        length = headers.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
        return len(body) >= int(length)


@dataclass
class Load:
    """`taken_ms` of each request, and the seconds of all."""

    taken_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.taken_ms) / self.seconds

    @property
    def stalls(self) -> int:
        return sum(taken >= STALL_MS for taken in self.taken_ms)


def post(url: str, body: bytes) -> bytes:
    """The bytes of a request."""
    place = urlsplit(url)
    lines = f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    return f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


def load(url: str, body: bytes, clients: int, requests: int) -> Load:
    """So many clients, each of which sends its next request as soon as it is answered."""
    request, place, measured, left = post(url, body), urlsplit(url), Load(), requests
    selector = selectors.DefaultSelector()
    connections = [socket.create_connection((place.hostname, place.port)) for _ in range(clients)]
    for connection in connections:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, Client(connection))
    started = time.perf_counter()
    for key in list(selector.get_map().values())[:requests]:
        key.data.send(request)
    left = requests - min(clients, requests)
    while len(measured.taken_ms) < requests:
        for key, _ in selector.select():
            if key.data.complete():
                measured.taken_ms.append((time.perf_counter() - key.data.sent_at) * 1000)
                if left:
                    left -= 1
                    key.data.send(request)
    measured.seconds = time.perf_counter() - started
    for connection in connections:
        connection.close()
    return measured
