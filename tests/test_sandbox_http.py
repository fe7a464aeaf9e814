"""The invoke URL as strangers' HTTP clients see it: bytes on a socket."""

import contextlib
import json
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.gateway.gateway import LARGEST_BODY_BYTES
from sandbox.server import LONGEST_BODY_BYTES
from tests.conformance.two_posts import open_api

TOO_LONG = b'{"message":"Request Too Long"}'


class Wire:
    """One connection. `path` is that of a method that echoes."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.path, self.host = parts.path, parts.netloc
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=30)
        self.reader = self.socket.makefile("rb")

    def send(self, *lines, body=b""):
        self.socket.sendall("\r\n".join([*lines, f"Host: {self.host}", "", ""]).encode() + body)

    def post(self, body, *headers):
        self.send(f"POST {self.path} HTTP/1.1", f"Content-Length: {len(body)}", *headers, body=body)

    def head(self):
        """(status, headers in lower case)"""
        status = int(self.reader.readline().split()[1])
        lines = iter(self.reader.readline, b"\r\n")
        return status, dict(line.decode().rstrip("\r\n").lower().split(": ", 1) for line in lines)

    def answer(self):
        """(status, headers in lower case, body)"""
        status, headers = self.head()
        return status, headers, self.reader.read(int(headers["content-length"]))


@pytest.fixture(scope="module")
def url(shared):
    function = shared.function()
    return shared.url(open_api(shared, function), "first")


@pytest.fixture
def wire(url):
    opened = Wire(url)
    with contextlib.closing(opened.socket):
        yield opened


def echoes(wire):
    """Whether the connection still serves."""
    wire.post(b"[1]")
    return wire.answer()[::2] == (200, b"[1]")


def test_a_head_is_answered_without_a_body_and_the_connection_goes_on(wire):
    wire.send(f"HEAD {wire.path} HTTP/1.1")
    status, headers = wire.head()
    assert (status, headers["content-length"]) == (403, str(len('{"message":"Missing Authentication Token"}')))
    assert echoes(wire)


def test_a_verb_that_nobody_knows_is_answered_and_the_connection_goes_on(wire):
    wire.send(f"BREW {wire.path} HTTP/1.1", "Content-Length: 3", body=b"tea")
    assert wire.answer()[::2] == (403, b'{"message":"Missing Authentication Token"}')
    assert echoes(wire)


def test_an_old_client_gets_its_answer_and_an_end(wire):
    wire.send(f"POST {wire.path} HTTP/1.0", "Content-Length: 3", body=b"[1]")
    assert wire.answer()[::2] == (200, b"[1]")
    assert wire.reader.read() == b""


def test_the_whole_url_may_be_asked_for(wire):
    wire.send(f"POST http://{wire.host}{wire.path} HTTP/1.1", "Content-Length: 3", body=b"[1]")
    assert wire.answer()[::2] == (200, b"[1]")


def test_a_body_may_come_in_pieces_without_its_length(wire):
    wire.send(f"POST {wire.path} HTTP/1.1", "Transfer-Encoding: chunked", body=b"2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n")
    assert wire.answer()[::2] == (200, b"[1]")
    assert echoes(wire)


def test_who_asks_whether_to_go_on_is_told_so(wire):
    wire.send(f"POST {wire.path} HTTP/1.1", "Content-Length: 3", "Expect: 100-continue")
    assert wire.head() == (100, {})
    wire.socket.sendall(b"[1]")
    assert wire.answer()[::2] == (200, b"[1]")


@pytest.mark.parametrize("in_chunks", [False, True])
def test_too_long_a_body_is_refused_and_the_connection_goes_on(wire, in_chunks):
    body = b" " * (LARGEST_BODY_BYTES + 1)
    if in_chunks:
        chunks = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
        wire.send(f"POST {wire.path} HTTP/1.1", "Transfer-Encoding: chunked", body=chunks)
    else:
        wire.post(body)
    status, headers, content = wire.answer()
    assert (status, content, headers["content-type"]) == (413, TOO_LONG, "application/json")
    assert echoes(wire)


def test_what_is_longer_than_any_call_is_not_even_read(wire):
    wire.send(f"POST {wire.path} HTTP/1.1", f"Content-Length: {LONGEST_BODY_BYTES + 1}")
    assert wire.answer()[0] == 413


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_too_long_a_body_takes_no_memory(sandbox, wire):
    pid = sandbox.status()["pid"]
    before = resident_mb(pid)
    body = b" " * (90 * 2**20)
    wire.post(body)
    assert wire.answer()[0] == 413
    assert resident_mb(pid) - before < 30


def resident_mb(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20


def test_header_names_of_an_answer_are_those_of_aws(wire):
    wire.send(f"GET {wire.path} HTTP/1.1")
    status, headers, content = wire.answer()
    assert status == 403
    assert json.loads(content) == {"message": "Missing Authentication Token"}
    assert set(headers) == {
        *("content-length", "content-type", "date"),
        *("x-amz-apigw-id", "x-amzn-errortype", "x-amzn-requestid"),
    }
