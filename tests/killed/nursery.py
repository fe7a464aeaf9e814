"""A process that has everything imported and forks a child for each command: that starts in 10 ms, not in a second.

Every HTTP exchange of a command is a call: those of the AWS clients with their retries, and those of the invoke URL. A
child can be told to kill itself at its n-th call, or to lose its answer. It has one thread, as a process must that
forks; pytest's has several. Time passes in a child only by what it sleeps, which takes none.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session

import commands.opening
import provision.__main__
import provision.beforehand
import provision.command
import teardown.__main__
import teardown.command  # with what it loads
from stack.aws import ATTEMPTS, FEW_ATTEMPTS, Aws

PROJECT = Path(__file__).parents[2]
UNANSWERED, ANSWERED, LOST = "killed before the answer", "killed after the answer", "the answer is lost"
MAIN = {"provision": provision.__main__.main, "teardown": teardown.__main__.main}
SERVICES = ("iam", "sts", "lambda", "dynamodb", "apigateway", "logs", "resourcegroupstaggingapi")
HANGS_SECONDS = 60
SENDING: list[str] = []
"""The operation whose request comes next; nothing before one of the invoke URL."""


@dataclass(frozen=True)
class Order:
    """One command, and what happens to its `at`-th call, counted from 1: UNANSWERED, ANSWERED or LOST.

    `source` is the file that takes the place of lambda_function.py.
    """

    port: int
    verb: str
    arguments: list[str]
    source: str
    fate: str | None = None
    at: int = 0


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that killed it; its calls in order; what it printed."""

    code: int
    calls: list[str]
    printed: str

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Nursery:
    """The process as seen from a test."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed.nursery"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Order) -> Ended:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the nursery has ended"
        return Ended(**json.loads(answer))

    def close(self) -> None:
        self._process.communicate()


@contextlib.contextmanager
def nursery_open() -> Iterator[Nursery]:
    nursery = Nursery()
    try:
        yield nursery
    finally:
        nursery.close()


def serve() -> None:
    """One line of JSON an order, one an answer, until there are no more."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    Aws.at = functools.cache(Aws.at)
    for line in sys.stdin:
        order = Order(**json.loads(line))
        make_clients(order.port)
        print(json.dumps(asdict(child_of(order))), flush=True)


@functools.cache
def make_clients(port: int) -> None:
    """What takes a child most of its time. They have called nothing, so there is no connection that two could use."""
    aws = Aws.at(f"http://127.0.0.1:{port}", "us-east-1")
    aws.session.events.register("before-send", about_to_send)
    for service in SERVICES:
        for attempts in (ATTEMPTS, FEW_ATTEMPTS, 1):
            aws.client(service, attempts=attempts)


def about_to_send(event_name: str, **_: Any) -> None:
    """A handler of botocore's: the HTTP request itself does not name its operation."""
    SENDING.append(event_name.rpartition(".")[2])


def child_of(order: Order) -> Ended:
    with tempfile.TemporaryFile() as names, tempfile.TemporaryFile() as printed:
        child = os.fork()
        if child == 0:
            obey(order, names.fileno(), printed.fileno())
        _, status = os.waitpid(child, 0)
        texts = []
        for file in (names, printed):
            file.seek(0)
            texts.append(file.read().decode())
    return Ended(os.waitstatus_to_exitcode(status), texts[0].splitlines(), texts[1])


def obey(order: Order, names: int, printed: int) -> None:
    """The child's whole life. It never returns."""
    code = 70
    try:
        signal.alarm(HANGS_SECONDS)
        for stream in (1, 2):
            os.dup2(printed, stream)
        os.environ["SANDBOX_PORT"] = str(order.port)
        pass_time_by_sleeping()
        ship(Path(order.source))
        calls = watch_calls(order, lambda name: os.write(names, f"{name}\n".encode()))
        code = MAIN[order.verb](order.arguments)
        if order.fate == ANSWERED and len(calls) == order.at:
            die()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ship(source: Path) -> None:
    provision.beforehand.SOURCE = source
    commands.opening.Lab = functools.partial(commands.opening.Lab, source=source)


def pass_time_by_sleeping() -> None:
    slept, monotonic = [0.0], time.monotonic

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    time.sleep, time.monotonic = sleep, lambda: monotonic() + slept[0]


def watch_calls(order: Order, tell: Callable[[str], Any]) -> list[str]:
    """The list that the calls are written to, as they are made."""
    calls: list[str] = []
    send = URLLib3Session.send

    def watched(session: URLLib3Session, request: Any) -> Any:
        if order.fate == ANSWERED and len(calls) == order.at:
            die()
        calls.append(name_of(request))
        tell(calls[-1])
        response = send(session, request)
        if len(calls) == order.at:
            if order.fate == UNANSWERED:
                die()
            if order.fate == LOST:
                raise ReadTimeoutError(endpoint_url=request.url)
        return response

    URLLib3Session.send = watched
    return calls


def name_of(request: Any) -> str:
    """`CreateRole`, or `POST create` for a call of the invoke URL."""
    return SENDING.pop() if SENDING else f"{request.method} {json.loads(request.body)['operation']}"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve()
