"""People's mistakes and other people's doings, met by the commands: one clear text each, and a way on."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import EndpointConnectionError

from provision.__main__ import main as provision
from sandbox.process import Sandbox
from stack.aws import Aws
from stack.step import StepError
from teardown.__main__ import main as teardown
from tests.backend import PATIENCE_SECONDS, Backend
from tests.command_lines import IN_PLACE, NEW, as_aws, asked_by, called, config_file, outcomes, whole
from tests.conftest import PROJECT, Bench, command, free_port, running_sandbox
from tests.faults import FakeClock
from tests.inventory import inventory

VERBS = {"provision": provision, "teardown": teardown}
both = pytest.mark.parametrize("verb", VERBS)
NOT_TRIED = "     not tried: it would fail in the same way"


@pytest.fixture
def answer(monkeypatch, capsys) -> Callable[..., tuple[int, str]]:
    """answer(verb, ..., SANDBOX_PORT=1) is the exit code and what stderr says; stdout says nothing."""

    def run(verb: str, *arguments: str, **environment: object) -> tuple[int, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        code = VERBS[verb](list(arguments))
        shown = capsys.readouterr()
        assert shown.out == ""
        return code, shown.err

    return run


# The session and the region


def operations(verb: str, bench: Bench, door: Backend, *arguments: str) -> list[str]:
    """service:operation of each operation of an undisturbed run, in the order in which they come first."""
    return [f"{service}:{name}" for service, name, _ in asked_by(verb, bench, door, "--one-by-one", *arguments)]


def expired(verb: str, at: str, bench: Bench, door: Backend, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run whose session expires at the first call of this operation: it says so and stops."""
    door.calls.clear()
    door.on(at).deny("ExpiredToken" if at.startswith("iam:") else "ExpiredTokenException", "expired")
    done = called(verb, bench, "--one-by-one", *arguments, port=door.port)
    door.faults.clear()
    asked = [f"{service}:{name}" for service, name, _ in door.asked]
    assert at in asked, (at, done.stdout)
    # The one thing that is still tried: not to leave the smoke test's item behind.
    assert set(asked[asked.index(at) + 1 :]) <= {"dynamodb:DeleteItem"}, (at, asked)
    assert done.returncode == 1, (at, done.stdout)
    assert "your session has expired: log in again" in done.stdout, at
    failed = outcomes(done.stdout).index("failed")
    assert set(outcomes(done.stdout)[failed + 1 :]) <= {"blocked"}, (at, done.stdout)
    return done


def test_a_session_that_expires_again_and_again_stops_each_provision_at_once_and_the_last_one_ends_well(
    make_bench, door
):
    bench = make_bench()
    for at in operations("provision", make_bench(), door):
        if at != "tagging:GetResources":  # which is asked when all is done
            expired("provision", at, bench, door)
    assert called("provision", bench).returncode == 0
    assert outcomes(called("provision", bench).stdout) == IN_PLACE


def test_a_session_that_expires_again_and_again_stops_each_teardown_at_once_and_the_last_one_ends_well(
    make_bench, door
):
    bench = whole(make_bench())
    for at in operations("teardown", whole(make_bench()), door, "--yes"):
        if at not in {"dynamodb:Scan", "tagging:GetResources"}:  # which only look
            done = expired("teardown", at, bench, door, "--yes")
            assert done.stdout.splitlines()[-1].startswith("left: "), at
    done = called("teardown", bench, "--yes")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left")
    assert inventory(bench.lab.aws, bench.prefix) == []


def test_what_was_not_tried_is_named_as_left(make_bench, door):
    bench = whole(make_bench())
    done = expired("teardown", "dynamodb:DeleteTable", bench, door, "--yes")
    words = ["deleted", "deleted", "failed", "blocked", "blocked", "blocked", "blocked"]
    assert outcomes(done.stdout) == words
    assert done.stdout.count(NOT_TRIED) == 4
    lab = bench.lab
    assert done.stdout.splitlines()[-1] == (
        f"left: DynamoDB table {lab.table_name}, Lambda function {lab.function_name} (not tried), "
        f"IAM role {lab.role_name} (not tried), IAM policy {lab.policy_name} (not tried), "
        f"Log group {lab.log_group_name} (not tried)"
    )


@both
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("ExpiredToken", "your session has expired: log in again (`aws sso login`, `aws configure`)"),
        ("InvalidClientTokenId", "or the region is one of those that are off until the account enables them"),
        (
            "OptInRequired",
            "the region or service is not enabled in this account: enable it (`aws account enable-region",
        ),
        ("AccessDenied", "your user lacks sts:GetCallerIdentity"),
    ],
)
def test_who_may_not_begin_is_told_so_before_anything_else_is_called(door, answer, verb, code, said):
    door.on("GetCallerIdentity").deny(code)
    exit_code, told = answer(verb, "--target", "aws", "--yes", **as_aws(door.port))
    assert exit_code == 2
    assert said in told
    assert told.count("\n") == 1
    assert door.calls == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("operation", "code", "said"),
    [
        ("GetFunction", "UnrecognizedClientException", "or name another region, or log in again (`aws sso login`"),
        ("GetFunction", "AuthFailure", "the region is one of those that are off until the account enables them"),
        ("DescribeTable", "OptInRequired", "or name another region"),
    ],
)
def test_a_region_that_is_off_stops_the_run_and_is_told(make_bench, door, operation, code, said):
    door.on(operation).deny(code)
    done = called("provision", make_bench(), port=door.port)
    failed = outcomes(done.stdout).index("failed")
    assert outcomes(done.stdout) == [*["blocked"] * failed, "failed", *["blocked"] * (7 - failed)]
    assert not door.calls.writing
    assert said in done.stdout
    assert done.returncode == 1


# What others do to the stack


@pytest.fixture
def made(bench) -> Bench:
    assert called("provision", bench).returncode == 0
    return bench


def test_what_vanishes_under_a_runs_hands_is_told_with_the_likely_reason(made, door, tmp_path, monkeypatch):
    monkeypatch.setattr("stack.others.VISIBLE_WITHIN_SECONDS", 1)
    door.on("UpdateStage").deny("NotFoundException", "Invalid stage identifier specified")
    slower = config_file(tmp_path, "api: {throttle: {burst: 7}}")
    done = called("provision", made, "--config", slower, port=door.port)
    assert outcomes(done.stdout) == [*IN_PLACE[:6], "failed", "blocked"]
    assert "waiting for another run to leave the Deployment Prod alone (UpdateStage: NotFoundException)" in done.stdout
    assert "Another run is at work on the same stack: when it has ended, run the same again" in done.stdout
    assert done.returncode == 1


def test_a_table_that_vanishes_under_the_smoke_test_is_told_with_the_likely_reason(made, door):
    door.on("GetItem").deny("ResourceNotFoundException", "Requested resource not found")
    done = called("provision", made, port=door.port)
    assert outcomes(done.stdout) == [*IN_PLACE[:7], "failed"]
    assert (
        "GetItem: ResourceNotFoundException: Requested resource not found -> it was there a moment ago; another run is "
        "probably at work on the same stack: run the same again when that one has ended"
    ) in done.stdout
    assert done.returncode == 1


def test_a_table_with_another_key_is_left_alone_and_the_ways_on_are_told(made, door, tmp_path):
    other = ("--config", config_file(tmp_path, "table: {partition_key: isbn}"))
    for flags in ((*other, "--plan"), other):
        done = called("provision", made, *flags, port=door.port)
        assert outcomes(done.stdout)[4:] == ["failed", *outcomes(done.stdout)[5:7], "blocked"]
        assert f"{made.lab.table_name} has the key id (HASH S), but table.partition_key asks for isbn." in done.stdout
        assert "keep the key, choose another table.name, or tear down first, which deletes all items" in done.stdout
        assert done.returncode == 1
    assert {"CreateTable", "UpdateTable", "DeleteTable"}.isdisjoint(door.calls)


def switch_off(bench: Bench) -> None:
    lab = bench.lab
    lab.aws.lambda_.put_function_concurrency(FunctionName=lab.function_name, ReservedConcurrentExecutions=0)


def test_a_function_that_somebody_switched_off_is_told_at_once_and_stays_so_until_one_ends_it(made):
    switch_off(made)
    done = called("provision", made)
    assert outcomes(done.stdout) == ["unchanged"] * 3 + ["failed"] + ["unchanged"] * 2 + ["blocked"] * 2
    name = made.lab.function_name
    assert f"{name} is switched off: its reserved concurrency is 0, so that nobody can call it." in done.stdout
    assert "waiting for" not in done.stdout
    assert done.returncode == 1
    live = made.lab.aws.lambda_.get_function(FunctionName=name)
    assert live["Concurrency"] == {"ReservedConcurrentExecutions": 0}

    told = re.search("`(aws lambda .*)`", done.stdout)[1]
    keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
    tools = {**os.environ, **keys, "PATH": f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["/bin/sh", "-c", told], env=tools, timeout=PATIENCE_SECONDS, check=True)
    assert outcomes(called("provision", made).stdout) == IN_PLACE


def test_a_function_that_is_switched_off_before_the_smoke_test_is_not_waited_for(made):
    switch_off(made)
    made.said.clear()
    with pytest.raises(StepError, match="is switched off: its reserved concurrency is 0"):
        made.step("smoke").up()
    assert made.said == []


# The sandbox and its port


@contextlib.contextmanager
def working(verb: str, sandbox: Sandbox, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, at the moment when it waits for something."""
    with subprocess.Popen(
        [sys.executable, "-m", verb, *arguments],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(sandbox.port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert any("waiting for" in line for line in process.stdout), process.stderr.read()
            yield process
        finally:
            process.kill()


def kill(sandbox: Sandbox) -> None:
    os.kill(sandbox.status()["pid"], signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_sandbox_that_is_killed_under_a_run_is_told_and_the_next_run_ends_well(tmp_path):
    pace = ("--config", config_file(tmp_path, "sandbox: {pace: aws}"))
    with running_sandbox() as sandbox:
        port = {"SANDBOX_PORT": str(sandbox.port)}
        with working("provision", sandbox, *pace) as process:
            kill(sandbox)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert (outcomes(out)[0], len(outcomes(out))) == ("failed", 6)
        assert set(outcomes(out)) == {"failed", "blocked"}
        assert "Could not connect to the endpoint URL" in out
        assert out.splitlines()[-1] == (
            "The sandbox has ended, and what it held with it. Run the same again: it starts a new one."
        )
        assert (process.returncode, err) == (1, "")
        assert outcomes(command("provision", **port).stdout) == NEW

        with working("teardown", sandbox, *pace, "--yes") as process:
            kill(sandbox)
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
        assert {"failed"} <= set(outcomes(out)) <= {"failed", "blocked", "deleted"}
        assert out.splitlines()[-1] == "The sandbox has ended, and what it held with it: nothing of this is left."
        assert (process.returncode, err) == (1, "")
        again = command("teardown", **port)
        assert (again.returncode, again.stdout) == (0, "the sandbox is not running\nnothing to do\n")


def nobody_listens(request: AWSRequest, **_: object) -> None:
    raise EndpointConnectionError(endpoint_url=request.url)


@pytest.mark.parametrize(("verb", "call"), [("up", "CreateRestApi"), ("down", "DeleteRestApi")])
def test_an_answer_is_not_waited_for_where_nobody_took_the_call(bench, verb, call):
    if verb == "down":
        bench.step("api").up()
    lab = bench.new_lab()
    lab.aws.client("apigateway", attempts=1).meta.events.register(f"before-send.apigateway.{call}", nobody_listens)
    clock = lab.clock = FakeClock()
    with pytest.raises(EndpointConnectionError):
        getattr(bench.step("api", lab), verb)()
    assert clock.sleeps == []


def test_a_call_that_nobody_takes_on_this_machine_is_made_once():
    iam = Aws.at(f"http://127.0.0.1:{free_port()}", "us-east-1").iam
    sent: list[str] = []
    iam.meta.events.register("before-send", lambda request, **_: sent.append(request.url))
    with pytest.raises(EndpointConnectionError):
        iam.list_roles()
    assert len(sent) == 1


class Unplugged:
    """An HTTP session of which nobody takes the requests."""

    def send(self, request: AWSRequest) -> None:
        nobody_listens(request)


def test_the_smoke_test_does_not_wait_for_a_sandbox_that_has_ended(bench, monkeypatch):
    bench.step("api").up()
    monkeypatch.setattr(bench.lab.aws, "http_session", lambda *_, **__: Unplugged())
    clock = bench.lab.clock = FakeClock()
    with pytest.raises(EndpointConnectionError):
        bench.step("smoke").up()
    assert clock.sleeps == []


@contextlib.contextmanager
def web_server() -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"service": "another", "pid": 1}')

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@contextlib.contextmanager
def silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextlib.contextmanager
def hasty_server() -> Iterator[int]:
    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                listener.accept()[0].close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


@both
@pytest.mark.parametrize(
    ("stranger", "said"),
    [
        (web_server, "is taken by another program. End that program"),
        (silent_server, "does not answer: another program, or a sandbox that is still starting. Try again, end it"),
        (hasty_server, "is taken by another program. End that program"),
    ],
)
def test_a_port_that_something_else_holds_is_told(answer, stranger, said, verb):
    with stranger() as port:
        code, told = answer(verb, "--yes", SANDBOX_PORT=port)
    assert code == 1
    assert told.startswith(f"port {port} of 127.0.0.1 ")
    assert said in told
    assert "SANDBOX_PORT=" in told


# config.yaml


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def holding(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content if isinstance(content, bytes) else content.encode())


LAUGHS = "a: &a [x]\n" + "".join(
    f"{b}: &{b} [{f'*{a}, ' * 9}*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
UNUSABLE = {
    "a tab": (holding("table:\n\tname: x\n"), ":2: holds a tab; write spaces instead"),
    "a key twice": (
        holding("stack: a\nregion: eu-west-1\nstack: b\n"),
        ":3: stack: stands here twice, allowed is once",
    ),
    "a list for a map": (holding("stack: a\nfunction:\n  - memory_mb: 256\n"), ":2: function: a list does not fit"),
    "a map for a text": (holding("table:\n  name: {first: x}\n"), ":2: table.name: a group of keys does not fit"),
    "a list": (holding("- region: us-east-1\n"), ":1: is a list, allowed are keys with values"),
    "a scalar": (holding("us-east-1\n"), ":1: is a text, allowed are keys with values"),
    "a picture": (holding(b"\x89PNG\r\n\x1a\n" + bytes(range(256))), ":1: is not UTF-8 text"),
    "UTF-16": (holding("region: us-east-1\n".encode("utf-16")), ":1: is not UTF-8 text; save it in that encoding"),
    "UTF-16 without a mark": (holding("region: us-east-1\n".encode("utf-16-le")), ":1: holds a NUL byte"),
    "an anchor": (holding("region: &r us-east-1\n"), ":1: is an anchor or alias (& or *)"),
    "a billion laughs": (holding(LAUGHS), ":1: is an anchor or alias (& or *)"),
    "10 MB": (holding("region: us-east-1 # " + "x" * 10_000_000), ": is larger than 64 KiB"),
    "10 MB of brackets": (holding("[" * 10_000_000), ": is larger than 64 KiB"),
    "a folder": (folder, ": is a directory, not a file"),
    "a pipe": (pipe, ": is a device or a pipe, not a file"),
    "nothing": (lambda path: None, ": there is no such file"),
    "a region that does not exist": (
        holding("stack: a\nregion: us-esat-1\n"),
        ':2: region: "us-esat-1" is not a region of AWS (or too new for this boto3), did you mean us-east-1?',
    ),
}


@both
@pytest.mark.parametrize("kind", UNUSABLE)
def test_an_unusable_config_file_is_one_line_and_nothing_is_called(tmp_path, no_sandbox, answer, kind, verb):
    write, said = UNUSABLE[kind]
    path = tmp_path / "config.yaml"
    write(path)
    code, told = answer(verb, "--config", str(path), SANDBOX_PORT=no_sandbox)
    assert code == 2
    assert told.startswith(f"{path}{said}")
    assert told.count("\n") == 1


@both
def test_a_region_that_does_not_exist_is_told_before_the_first_call(no_sandbox, answer, verb):
    code, told = answer(verb, "--region", "us-esat-1", SANDBOX_PORT=no_sandbox)
    assert code == 2
    assert told == '--region: "us-esat-1" is not a region of AWS (or too new for this boto3), did you mean us-east-1?\n'


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_config_file_that_may_not_be_read_is_told(tmp_path, no_sandbox, answer):
    path = tmp_path / "config.yaml"
    path.touch(mode=0)
    told = f"{path}: cannot be read: Permission denied\n"
    assert answer("provision", "--config", str(path), SANDBOX_PORT=no_sandbox) == (2, told)
