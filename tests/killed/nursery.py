"""A process that has everything imported and forks a child for each command: that starts in 10 ms, not in a second.

Every HTTP exchange of a command is a call: those of the AWS clients with their retries, and those of the invoke URL. A
child can be told to kill itself at one of them, or to lose its answer. Steps work side by side, so the order of calls
is another one in each run: a call is known by its name and by how many of this name came before. The nursery has one
thread, as a process must that forks; pytest's has several. Time passes in a child only by what it sleeps, which takes
none.
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
import threading
import time
from collections import Counter
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
from stack.waiting import RealClock

PROJECT = Path(__file__).parents[2]
UNANSWERED, ANSWERED, LOST = "killed before the answer", "killed after the answer", "the answer is lost"
MAIN = {"provision": provision.__main__.main, "teardown": teardown.__main__.main}
SERVICES = ("iam", "sts", "lambda", "dynamodb", "apigateway", "logs", "resourcegroupstaggingapi")
HANGS_SECONDS = 60
SEND = URLLib3Session.send

Point = tuple[str, int]
"""A call of a run: its name, `iam.CreateRole` or of the invoke URL `POST create`; and 1 for the first so named."""


@dataclass(frozen=True)
class Order:
    """One command, and what happens to the `nth` of its calls named `call`: UNANSWERED, ANSWERED or LOST.

    `source` is the file that takes the place of lambda_function.py.
    """

    port: int
    verb: str
    arguments: list[str]
    source: str
    fate: str | None = None
    call: str = ""
    nth: int = 0


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal that killed it; its calls as they come; its output."""

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


def about_to_send(event_name: str, request: Any, **_: Any) -> None:
    """A handler of botocore's: the HTTP request itself does not name its operation."""
    request.called = event_name.partition(".")[2]


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
        watch = Watch(order, lambda name: os.write(names, f"{name}\n".encode()))

        def send(session: URLLib3Session, request: Any) -> Any:
            return watch.send(session, request)

        URLLib3Session.send = send
        code = MAIN[order.verb](order.arguments)
        watch.end()
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
    RealClock.sleep = lambda clock, seconds: sleep(seconds)


class Watch:
    """Names the calls of this process, whichever thread makes them, and does to one what is ordered."""

    def __init__(self, order: Order, tell: Callable[[str], Any]) -> None:
        self.order, self.tell = order, tell
        self.times: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.is_due = False

    def send(self, session: URLLib3Session, request: Any) -> Any:
        fate = self.order.fate if self._is_the_one(name_of(request)) else None
        response = SEND(session, request)
        if fate == UNANSWERED:
            die()
        if fate == LOST:
            raise ReadTimeoutError(endpoint_url=request.url)
        self.is_due |= fate == ANSWERED
        return response

    def _is_the_one(self, name: str) -> bool:
        with self.lock:
            self.end()
            self.tell(name)
            self.times[name] += 1
            return (name, self.times[name]) == (self.order.call, self.order.nth)

    def end(self) -> None:
        """What is killed after an answer has gone on to the next call, or has made its last one."""
        if self.is_due:
            die()


def name_of(request: Any) -> str:
    return getattr(request, "called", None) or f"{request.method} {json.loads(request.body)['operation']}"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve()
