"""The command lines as a person runs them, at a terminal or without one, and what they leave behind."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import botocore.endpoint
import pytest

import commands.opening
from provision.__main__ import main as provision
from stack import build
from stack.aws import Aws
from stack.lab import Lab
from teardown.__main__ import main as teardown
from tests.backend import PATIENCE_SECONDS, Asked, Backend
from tests.conftest import PROJECT, Bench, command

STEPS = [
    "IAM policy",
    "IAM role",
    "Lambda function",
    "Echo test",
    "DynamoDB table",
    "REST API",
    "Deployment",
    "Smoke test",
]
IN_PLACE = ["unchanged"] * 3 + ["passed"] + ["unchanged"] * 3 + ["passed"]
NEW = ["created"] * 3 + ["passed"] + ["created"] * 3 + ["passed"]
on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="there is no pty and no SIGINT for one process")


def run(
    verb: str, bench: Bench, *arguments: str, port: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The verb for the stack of this bench; nothing that a person should not see may be in what it prints."""
    port = port or bench.sandbox.port
    done = command(verb, "--prefix", bench.prefix, *arguments, SANDBOX_PORT=str(port), **environment)
    assert "Traceback" not in done.stdout + done.stderr
    assert "should not have happened" not in done.stderr, done.stderr
    return done


first_at = functools.cache(Aws.at)


def with_clients_of_before(endpoint_url: str, region: str) -> Aws:
    """As `Aws.at`, without making clients anew for each command, which takes most of its time."""
    first = first_at(endpoint_url, region)
    return Aws(first.core, first.session, region, endpoint_url, first._clients)


def called(verb: str, bench: Bench, *arguments: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    """As `run`, but in this process and on the bench's clock: half a second less, and waiting may take no time."""
    out, err = io.StringIO(), io.StringIO()
    main = {"provision": provision, "teardown": teardown}[verb]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("SANDBOX_PORT", str(port or bench.sandbox.port))
        patch.setattr(commands.opening, "Lab", functools.partial(Lab, clock=bench.clock, source=bench.source))
        patch.setattr(commands.opening.Aws, "at", with_clients_of_before)
        patch.setattr(botocore.endpoint, "time", bench.clock)  # between the tries of the SDK
        code = main(["--prefix", bench.prefix, *arguments])
    assert "should not have happened" not in err.getvalue(), err.getvalue()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def as_aws(port: int) -> dict[str, str]:
    """What makes a port on this machine AWS, as far as boto3 can tell. No sandbox may be looked for."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "SANDBOX_PORT": "1",
    }


def asked_by(verb: str, bench: Bench, door: Backend, *arguments: str) -> list[Asked]:
    """Every operation of an undisturbed run, once, but for the one that needs no permission."""
    door.calls.clear()
    assert called(verb, bench, *arguments, port=door.port).returncode in {0, 3}
    found = [asked for asked in dict.fromkeys(door.asked) if asked[0] != "sts"]
    assert len(found) >= len(STEPS), found
    return found


def whole(bench: Bench) -> Bench:
    """A stack of which everything is in place, untested."""
    for step in build(bench.lab):
        if step.in_teardown:
            step.up()
    return bench


@dataclass
class Screen:
    """What a terminal showed, without its colours and movements."""

    text: str
    returncode: int


@contextlib.contextmanager
def terminal(*arguments: str, **environment: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """`python -m ...` with a terminal for its input and output."""
    import pty

    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            env={**os.environ, "TERM": "xterm", **environment},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            try:
                yield ours, process
            finally:
                process.kill()
    finally:
        os.close(ours)


def read_until(descriptor: int, wanted: bytes | None) -> str:
    """What the terminal shows up to and including `wanted`, or until the program has ended."""
    shown = b""
    while wanted is None or wanted not in shown:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE_SECONDS)
        assert ready, f"nothing came after {shown!r}"
        try:
            piece = os.read(descriptor, 65536)
        except OSError:  # Linux says so when the other side is closed
            piece = b""
        if not piece:
            assert wanted is None, f"it ended before {wanted!r}: {shown!r}"
            break
        shown += piece
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown.decode())


def at_a_terminal(answer: str, *arguments: str, **environment: str) -> Screen:
    """The command, whose question is answered with `answer`."""
    with terminal(*arguments, **environment) as (screen, process):
        text = read_until(screen, b"[y/N]")
        os.write(screen, answer.encode())
        text += read_until(screen, None)
        return Screen(text, process.wait(PATIENCE_SECONDS))


def interrupted(door: Backend, name: str, *arguments: str, by: int = signal.SIGINT) -> subprocess.CompletedProcess[str]:
    """The command, stopped with Ctrl-C, or `by` another signal, when the call `name` is done but not answered yet."""
    with (
        door.holding(name) as done,
        subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT,
            env={**os.environ, "SANDBOX_PORT": str(door.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            while not done.wait(0.05):
                assert process.poll() is None, f"it ended without {name}: {process.communicate()}"
            process.send_signal(by)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        finally:
            process.kill()
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def copy_of_the_project(folder: Path) -> Path:
    """The files that git knows, as they are now."""
    git = shutil.which("git") or "git"
    names = subprocess.run([git, "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (PROJECT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, folder / name)
    return folder


def rows(text: str) -> list[tuple[str, str, str, str]]:
    """(number, step, name, outcome) of the lines of the steps, which all tell their seconds."""
    found = re.findall(r"^(\d)  (\S.*?)  +(\S.*?)  +\d+\.\d s  (\S.*)$", text, re.MULTILINE)
    return [tuple(part.strip() for part in row) for row in found]


def waits(text: str) -> list[tuple[str, int, int]]:
    """(what for, seconds so far, seconds at most) of the lines that tell of waiting."""
    found = re.findall(r"^   waiting for (.+), (\d+) s of at most (\d+) s$", text, re.MULTILINE)
    return [(reason, int(spent), int(budget)) for reason, spent, budget in found]


def outcomes(text: str) -> list[str]:
    return [row[3] for row in rows(text)]


def hint(text: str, label: str) -> str:
    """What the last lines say after this label."""
    return re.search(rf"^{label}  +(.+)$", text, re.MULTILINE)[1]


def pasted(line: str, port: int) -> subprocess.CompletedProcess[str]:
    """A line that was printed, given to a shell as it is."""
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(port)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def config_file(folder: Path, text: str) -> str:
    path = folder / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)
