"""Runs functions: a pool of execution environments that are started, reused and ended as on Lambda.

invoke() takes the warm environment that was used last, or starts one. There are at most `max_environments` in
all: an idle one of another function makes room; when all are busy, the caller waits in line for as long as the
function's timeout and then gets TooManyRequests. An environment that failed to import, ran out of time or
crashed is discarded; one whose handler raised is kept. Cost: processor time does not grow with memory_mb,
and a failed import is not tried a second time.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

import hashlib
import io
import shutil
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.runtime.environment import Environment
from sandbox.runtime.invocation import Function, Invocation, report

__all__ = ["Function", "Invocation", "Runtime", "TooManyRequests"]

UNZIPPED_LIMIT_BYTES = 262_144_000
LONGEST_LINE = 128


class TooManyRequests(Exception):
    """Every environment stayed busy for as long as the function's timeout, or too many wait for one already."""


class Runtime:
    """Thread-safe. `credentials(function)` gives the three AWS_ variables of its role's session."""

    # awslambdaric has a compiled part that builds on Linux only
    client = "awslambdaric" if sys.platform == "linux" else "own"

    def __init__(
        self,
        scratch: Path,
        endpoint_url: str,
        credentials: Callable[[Function], Mapping[str, str]],
        write_log: Callable[[Function, str, list[tuple[int, str]]], None],
        max_environments: int = 10,
    ):
        self._scratch = scratch
        self._endpoint_url = endpoint_url
        self._credentials = credentials
        self._write_log = write_log
        self._max_environments = max_environments
        self._changed = threading.Condition()
        self._unpacking = threading.Lock()
        self._closed = False
        # as they are now: what runs under another value is outdated
        self._functions: dict[str, Function] = {}
        # most recently used last
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._in_line = 0

    def invoke(self, function: Function, event: bytes) -> Invocation:
        environment = self._take(function)
        answered = False
        try:
            if not environment.started:
                self._start(environment)
            # Lambda calls a function with {} when there is no payload
            run = environment.run(event or b"{}")
            answered = run.outcome.kind in ("response", "error")
        finally:
            self._give_back(environment, answered)
        invocation, log = report(function, run)
        self._write_log(function, environment.log_stream, log)
        return invocation

    def forget(self, arn: str) -> None:
        """The function is deleted or changed: its environments end, busy ones when they have answered."""
        with self._changed:
            self._functions.pop(arn, None)
            outdated = self._remove_idle(self._is_outdated)
        for environment in outdated:
            environment.discard()

    def close(self) -> None:
        """Ends every process and removes what was unpacked. Invocations under way answer with a crash."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            idle = self._remove_idle(lambda environment: True)
            for environment in (*idle, *self._busy):
                environment.kill()
        for environment in idle:
            environment.discard()
        with self._changed:
            self._changed.wait_for(lambda: not self._busy)
        shutil.rmtree(self._scratch / "code", ignore_errors=True)
        shutil.rmtree(self._scratch / "environments", ignore_errors=True)

    def _take(self, function: Function) -> Environment:
        """A warm environment, or a new one that is not started yet. Raises TooManyRequests."""
        give_up = time.monotonic() + function.timeout_seconds
        with self._changed:
            self._functions[function.arn] = function
            while True:
                if self._closed:
                    raise RuntimeError("the runtime is closed: start the sandbox again")
                for environment in reversed(self._idle):
                    if environment.function == function and environment.alive:
                        self._idle.remove(environment)
                        self._busy.add(environment)
                        return environment
                if len(self._busy) < self._max_environments:
                    break
                self._wait_in_line(give_up)
            surplus = self._remove_idle(lambda found: self._is_outdated(found) or not found.alive)
            if len(self._busy) + len(self._idle) >= self._max_environments:
                surplus.append(self._idle.pop(0))
            environment = Environment(function, self._scratch / "environments" / uuid.uuid4().hex)
            self._busy.add(environment)
        for unwanted in surplus:
            unwanted.discard()
        return environment

    def _wait_in_line(self, give_up: float) -> None:
        if self._in_line >= LONGEST_LINE:
            raise TooManyRequests("Rate Exceeded.")
        self._in_line += 1
        try:
            if not self._changed.wait(give_up - time.monotonic()):
                raise TooManyRequests("Rate Exceeded.")
        finally:
            self._in_line -= 1

    def _give_back(self, environment: Environment, answered: bool) -> None:
        with self._changed:
            keep = answered and not self._closed and not self._is_outdated(environment)
            if keep:
                self._busy.remove(environment)
                self._idle.append(environment)
                self._changed.notify_all()
        if not keep:
            environment.discard()
            with self._changed:
                self._busy.remove(environment)
                self._changed.notify_all()

    def _is_outdated(self, environment: Environment) -> bool:
        return self._functions.get(environment.function.arn) != environment.function

    def _remove_idle(self, unwanted: Callable[[Environment], bool]) -> list[Environment]:
        removed = [environment for environment in self._idle if unwanted(environment)]
        self._idle = [environment for environment in self._idle if environment not in removed]
        return removed

    def _start(self, environment: Environment) -> None:
        function = environment.function
        reach = {**self._credentials(function), "AWS_ENDPOINT_URL": self._endpoint_url}
        environment.start(self.client, self._unpack(function.code), reach)
        with self._changed:
            # close() may have passed before there was a process to kill
            if self._closed:
                environment.kill()

    def _unpack(self, code: bytes) -> Path:
        """The folder of this zip, unpacked when first seen. zipfile keeps every entry inside the folder."""
        root = self._scratch / "code" / hashlib.sha256(code).hexdigest()[:16]
        with self._unpacking:
            if not root.exists():
                with zipfile.ZipFile(io.BytesIO(code)) as archive:
                    size = sum(entry.file_size for entry in archive.infolist())
                    if size > UNZIPPED_LIMIT_BYTES:
                        raise ValueError(f"the zip unpacks to {size} bytes, Lambda takes {UNZIPPED_LIMIT_BYTES}")
                    partial = root.with_suffix(".partial")
                    archive.extractall(partial)
                partial.rename(root)
        return root
