"""AWS at a distance: commands as processes, a sandbox of their own, and a port in front of it where calls take time.

They run in a copy of the project, so that its code may be changed. The port adds the latency of a call before it is
carried out, to each call by itself, and writes down when it came and when it was answered. It does not add what a new
TLS connection costs.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from werkzeug.wrappers import Response

from benchmarks.timeline import TimedCall
from sandbox.process import Sandbox
from tests.backend import ALWAYS, Backend, Call, backend_for
from tests.backend.faults import CarryOut

PROJECT = Path(__file__).parents[1]
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True)
class Run:
    """A process that has run: how long, and the calls that it made."""

    wall_seconds: float
    calls: list[TimedCall]


class Distance:
    """`latency_seconds` may be changed between two runs."""

    def __init__(self, folder: Path, sandbox: Sandbox, backend: Backend) -> None:
        self.folder, self.sandbox, self.backend = folder, sandbox, backend
        self.latency_seconds = 0.0
        self._calls: list[TimedCall] = []
        backend.on("*").do(self._take, ALWAYS)

    def _take(self, call: Call, carry_out: CarryOut) -> Response:
        started = time.perf_counter()
        time.sleep(self.latency_seconds)
        response = carry_out()
        if call:
            self._calls.append(TimedCall(str(call), started, time.perf_counter(), response.status_code))
        return response

    def run(self, *arguments: str) -> Run:
        """`python ARGUMENTS` in the copy of the project. Raises RuntimeError with what it printed where it fails."""
        self._calls.clear()
        started = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment() | KEYS | {"AWS_ENDPOINT_URL": self.backend.endpoint_url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wall_seconds = time.perf_counter() - started
        if ran.returncode:
            raise RuntimeError(f"python {' '.join(arguments)} ended with {ran.returncode}:\n{ran.stdout}")
        calls = [
            TimedCall(call.operation, call.started - started, call.ended - started, call.status)
            for call in sorted(self._calls, key=lambda call: call.started)
        ]
        return Run(wall_seconds, calls)

    def change_the_code(self) -> None:
        """One line."""
        with (self.folder / "lambda_function.py").open("a", encoding="utf-8") as source:
            source.write("# changed\n")


def environment() -> dict[str, str]:
    """The user's, with nothing that leads to AWS or through a proxy."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nowhere, "AWS_EC2_METADATA_DISABLED": "true"}


@contextlib.contextmanager
def opened() -> Iterator[Distance]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        copy_project(folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            sandbox = Sandbox(probe.getsockname()[1])
        start, settings = [sys.executable, "-m", "sandbox", "start"], {"SANDBOX_PORT": str(sandbox.port)}
        subprocess.run(start, cwd=folder, env=environment() | settings, stdout=subprocess.DEVNULL, check=True)
        try:
            with backend_for(sandbox.port) as backend:
                yield Distance(folder, sandbox, backend)
        finally:
            sandbox.stop()


def copy_project(folder: Path) -> None:
    """Everything but what git ignores, compiled, so that no run pays for that."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=folder, check=True)
