"""The sandbox's process seen from outside: start it, find it, end it. Loads neither moto nor boto3.

The sandbox outlives the command that started it: provision in one terminal, curl in another, teardown in a third. It is
known by its port and by what it answers there; there is no pid file that could lie.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRODUCT = "lambda-apigateway-lab sandbox"
HEALTH, STOP, PACE = "/_sandbox/health", "/_sandbox/stop", "/_sandbox/pace"
DEFAULT_PORT = 4599
START_BUDGET_SECONDS = 30
PROJECT = Path(__file__).parents[1]


class SandboxError(Exception):
    """The sandbox cannot be reached or started. The message says why and what to do."""


class BadPort(SandboxError):
    """SANDBOX_PORT is no port."""


def configured_port() -> int:
    """SANDBOX_PORT, or the usual one. Raises BadPort."""
    text = os.environ.get("SANDBOX_PORT", str(DEFAULT_PORT))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise BadPort(f"SANDBOX_PORT: {text!r} is not a port; a number from 1 to 65535")
    return int(text)


@dataclass(frozen=True)
class Sandbox:
    """The sandbox on one port of 127.0.0.1, running or not."""

    port: int

    @classmethod
    def configured(cls) -> Sandbox:
        return cls(configured_port())

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return PROJECT / ".sandbox" / f"{self.port}.log"

    def status(self, timeout_seconds: float = 5) -> dict[str, Any] | None:
        """{"service", "pid", "endpoint"}, or None when nothing listens. Raises SandboxError for a stranger."""
        try:
            answer = self._ask("GET", HEALTH, timeout_seconds)
        except ConnectionRefusedError:
            return None
        except TimeoutError as error:
            raise SandboxError(
                f"port {self.port} of 127.0.0.1 is taken, and what holds it does not answer: another program, or a "
                "sandbox that is still starting. Try again, end it, or name another port: SANDBOX_PORT=4600"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._stranger() from error
        if not isinstance(answer, dict) or answer.get("service") != PRODUCT:
            raise self._stranger()
        return answer

    def start(self) -> dict[str, Any]:
        """Starts it unless it runs; returns its status. Two callers at once start one."""
        with self.starting() as wait:
            return wait()

    @contextlib.contextmanager
    def starting(self) -> Iterator[Callable[[], dict[str, Any]]]:
        """As `start`, but one can do something else meanwhile; what this gives waits for the status.

        Who leaves it by an error or by Ctrl-C leaves behind no sandbox that was started here.
        """
        running = self.status(START_BUDGET_SECONDS)
        if running:
            yield lambda: running
            return
        self.log_file.parent.mkdir(exist_ok=True)
        self.log_file.write_bytes(b"")  # a new sandbox, a new log; two that start at once append to the same
        with self.log_file.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "sandbox.server", str(self.port)],
                cwd=PROJECT,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **detached(),
            )
        try:
            yield functools.partial(self._wait, child, time.monotonic() + START_BUDGET_SECONDS)
        except BaseException:
            child.terminate()
            child.wait()
            raise

    def _wait(self, child: subprocess.Popen[bytes], give_up: float) -> dict[str, Any]:
        while time.monotonic() < give_up:
            ended = child.poll() is not None
            running = self.status(give_up - time.monotonic())
            if running:
                child.returncode = child.returncode or 0  # it goes on without us, so nobody waits for it
                return running
            if ended:
                raise SandboxError(f"the sandbox did not start; its log tells why: {self.log_file}")
            time.sleep(0.02)
        raise SandboxError(f"the sandbox did not answer within {START_BUDGET_SECONDS} s; its log: {self.log_file}")

    def stop(self) -> bool:
        """Ends it and waits until its port is free; False when it was not running."""
        if self.status() is None:
            return False
        with contextlib.suppress(OSError, http.client.HTTPException):  # it may end before it has answered
            self._ask("POST", STOP, 5)
        give_up = time.monotonic() + START_BUDGET_SECONDS
        while self._listens():
            if time.monotonic() > give_up:
                raise SandboxError(f"the sandbox does not end; its log: {self.log_file}")
            time.sleep(0.02)
        return True

    def keep(self, pace: str) -> None:
        """From now on it takes the time that `pace` says: `instant` or `aws`. Raises SandboxError."""
        try:
            kept = self._ask("POST", f"{PACE}/{pace}", 5)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._stranger() from error
        if kept != {"pace": pace}:
            raise SandboxError("this sandbox is of another version: end it with `python -m sandbox stop`")

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _ask(self, method: str, path: str, timeout_seconds: float) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=max(timeout_seconds, 0.1))
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def _stranger(self) -> SandboxError:
        return SandboxError(
            f"port {self.port} of 127.0.0.1 is taken by another program. "
            "End that program, or name another port: SANDBOX_PORT=4600"
        )


def detached() -> dict[str, Any]:
    """Popen arguments for a process of its own, so that a Ctrl-C in this terminal does not reach it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def environment() -> dict[str, str]:
    """The user's environment without anything of AWS: a profile that does not exist would stop moto."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
