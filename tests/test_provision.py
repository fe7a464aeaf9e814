"""`python -m provision` as its users meet it: a process with arguments, streams, an exit code, at times a terminal."""

from __future__ import annotations

import contextlib
import http.client
import io
import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest

from provision.__main__ import main as provision
from provision.__main__ import step_number
from sandbox.process import HEALTH, Sandbox
from stack import STACK
from stack.aws import Aws
from teardown.__main__ import main as teardown
from tests.conftest import PROJECT, Bench, Calls, command, free_port

PATIENCE_SECONDS = 60
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


# Tools


@cache
def rest_operations(service: str) -> list[tuple[str, re.Pattern[str], dict[str, list[str]], str]]:
    """(HTTP method, path, query that it needs, operation) of a REST service, those with a query first."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for name in model.operation_names:
        rule = model.operation_model(name).http
        path, _, query = rule["requestUri"].partition("?")
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path.rstrip("/")) + "/?")
        found.append((rule["method"], pattern, parse_qs(query), name))
    return sorted(found, key=lambda each: not each[2])


def operation(method: str, url: str, headers: Any, body: bytes) -> str:
    """The AWS operation of a request, or "" for the invoke URL and the sandbox's own paths."""
    if "X-Amz-Target" in headers:
        return headers["X-Amz-Target"].rpartition(".")[2]
    signed = re.search(r"Credential=[^/]*/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    if signed is None:
        return ""
    if signed[1] in {"iam", "sts"}:
        return parse_qs(body.decode())["Action"][0]
    path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
    return next(
        name
        for verb, pattern, needed, name in rest_operations(signed[1])
        if verb == method and pattern.fullmatch(path) and needed.items() <= query.items()
    )


class Door:
    """A port in front of the sandbox: writes down the AWS calls that come through, and can hold or refuse one."""

    def __init__(self, sandbox_port: int) -> None:
        self.sandbox_port = sandbox_port
        self.calls = Calls()
        self.refused: dict[str, str] = {}
        """{operation: code} of calls that are answered with that error and never reach the sandbox."""
        self.afterwards: dict[str, Callable[[], Any]] = {}
        """{operation: what is done once, after the sandbox has answered and before the caller knows}"""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @contextlib.contextmanager
    def holding(self, name: str) -> Iterator[threading.Event]:
        """The first call of this operation is carried out, but not answered before the block is left.

        `name` may be a text in the body of a call of the invoke URL. Gives the event that the call is done.
        """
        done, go_on = threading.Event(), threading.Event()
        self.afterwards[name] = lambda: (done.set(), go_on.wait(PATIENCE_SECONDS))
        try:
            yield done
        finally:
            go_on.set()

    def _handler(door) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version, wbufsize, disable_nagle_algorithm = "HTTP/1.1", -1, True

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = operation(self.command, self.path, self.headers, body)
                if name:
                    door.calls.append(name)
                if name in door.refused:
                    status, headers, answer = self.refusal(door.refused[name])
                else:
                    status, headers, answer = self.forwarded(body)
                keys = [key for key in door.afterwards if key == name or (not name and key.encode() in body)]
                for key in keys:
                    door.afterwards.pop(key)()
                self.send_response(status)
                for key, value in headers:
                    if key.lower() not in {"content-length", "connection", "transfer-encoding", "date", "server"}:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(OSError):  # the caller may be gone
                    self.wfile.write(answer)
                    self.wfile.flush()

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

            def forwarded(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
                with contextlib.closing(http.client.HTTPConnection("127.0.0.1", door.sandbox_port)) as sandbox:
                    sandbox.request(self.command, self.path, body, dict(self.headers))
                    answer = sandbox.getresponse()
                    return answer.status, answer.getheaders(), answer.read()

            def refusal(self, code: str) -> tuple[int, list[tuple[str, str]], bytes]:
                answer = json.dumps({"__type": code, "message": f"refused by the test: {code}"}).encode()
                return 403, [("x-amzn-ErrorType", code), ("Content-Type", "application/json")], answer

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@contextlib.contextmanager
def door_to(sandbox_port: int) -> Iterator[Door]:
    opened = Door(sandbox_port)
    serving = threading.Thread(target=opened.server.serve_forever, kwargs={"poll_interval": 0.02})
    serving.start()
    try:
        yield opened
    finally:
        opened.server.shutdown()
        opened.server.server_close()
        serving.join()


@pytest.fixture
def door(sandbox) -> Iterator[Door]:
    with door_to(sandbox.port) as opened:
        yield opened


def run(
    verb: str, bench: Bench, *arguments: str, port: int = 0, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The verb for the stack of this bench; nothing that a person should not see may be in what it prints."""
    port = port or bench.sandbox.port
    done = command(verb, "--prefix", bench.prefix, *arguments, SANDBOX_PORT=str(port), **environment)
    assert "Traceback" not in done.stdout + done.stderr
    assert "should not have happened" not in done.stderr
    return done


def called(verb: str, bench: Bench, *arguments: str, port: int = 0) -> subprocess.CompletedProcess[str]:
    """As `run`, but in this process, which saves half a second where another process shows nothing more."""
    out, err = io.StringIO(), io.StringIO()
    main = {"provision": provision, "teardown": teardown}[verb]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setenv("SANDBOX_PORT", str(port or bench.sandbox.port))
        code = main(["--prefix", bench.prefix, *arguments])
    assert "should not have happened" not in err.getvalue()
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


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


def interrupted(door: Door, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, stopped with Ctrl-C when the call `name` is done and its answer is still on its way."""
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
            process.send_signal(signal.SIGINT)
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


@dataclass
class Made:
    """A stack that tests may look at, but not change, and what was printed when it was made."""

    bench: Bench
    first: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def made(sandbox) -> Iterator[Made]:
    bench = Bench(sandbox)
    yield Made(bench, run("provision", bench))
    bench.clean()


# What it prints


def test_eight_lines_come_in_the_documented_order(made):
    prefix = made.bench.prefix
    names = [
        f"{prefix}lambda-custom-policy",
        f"{prefix}lambda-apigateway-role",
        f"{prefix}LambdaFunctionOverHttps",
        f"{prefix}LambdaFunctionOverHttps",
        f"{prefix}lambda-apigateway",
        f"{prefix}DynamoDBOperations",
        "Prod",
        "POST /Prod/DynamoDBManager",
    ]
    assert rows(made.first.stdout) == list(zip("12345678", STEPS, names, NEW, strict=True))
    assert made.first.returncode == 0
    assert made.first.stderr == ""


def test_the_first_line_says_what_is_made_where(made):
    expected = (
        f"{made.bench.prefix}lambda-apigateway in the sandbox on this machine, account 123456789012, region us-east-1"
    )
    assert made.first.stdout.splitlines()[0] == expected


def test_the_curl_command_works_as_it_is_printed(made):
    line = hint(made.first.stdout, "Try it")
    assert line.startswith("curl ")
    assert line.endswith(hint(made.first.stdout, "Invoke URL"))
    answer = pasted(line.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1), made.bench.sandbox.port)
    body, status = answer.stdout.rsplit("\n", 1)
    assert (status, answer.stderr) == ("200", "")
    assert json.loads(body) == {"Items": [], "Count": 0, "ScannedCount": 0}


def test_the_log_command_works_as_it_is_printed(made):
    shown = pasted(hint(made.first.stdout, "Logs"), made.bench.sandbox.port)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.search(rf"{made.bench.prefix}LambdaFunctionOverHttps: START RequestId: ", shown.stdout)


def test_the_teardown_command_works_as_it_is_printed(made):
    shown = pasted(f"{hint(made.first.stdout, 'Tear down')} --plan", made.bench.sandbox.port)
    assert (shown.returncode, shown.stderr) == (3, "")
    assert f"{made.bench.prefix}lambda-apigateway " in shown.stdout


def test_the_hints_can_be_pasted_where_python_lives_in_a_folder_with_a_space(made, tmp_path):
    folder = tmp_path / "my venv"
    folder.symlink_to(Path(sys.prefix), target_is_directory=True)
    shown = subprocess.run(
        [folder / "bin" / "python", "-m", "provision", "--prefix", made.bench.prefix, "--until", "1"],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(made.bench.sandbox.port)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in (hint(shown, "Logs"), f"{hint(shown, 'Tear down')} --help", f"{hint(shown, 'Go on')} --help"):
        answer = pasted(line, made.bench.sandbox.port)
        assert (answer.returncode, answer.stderr) == (0, ""), line


@on_a_terminal
def test_on_a_terminal_the_same_lines_come_in_colour(made):
    environment = {"SANDBOX_PORT": str(made.bench.sandbox.port)}
    with terminal("provision", "--prefix", made.bench.prefix, "--until", "4", **environment) as (screen, process):
        text = read_until(screen, None)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in text
    for title, name, outcome in [row[1:] for row in rows(made.first.stdout)][:4]:
        word = "unchanged" if outcome == "created" else outcome
        assert re.search(rf"{title} +{re.escape(name)} +\d+\.\d s  {word}", text), text


def test_a_name_that_the_stream_cannot_write_stops_nothing(make_bench, tmp_path):
    given = ("--config", config_file(tmp_path, 'api: {name: "Łódź"}'), "--plan")
    plan = run("provision", make_bench(), *given, PYTHONIOENCODING="ascii")
    assert len(rows(plan.stdout)) == 8
    assert plan.returncode == 3


# The second run


def test_the_second_run_changes_nothing_and_calls_nothing_that_writes(made, door):
    second = run("provision", made.bench, port=door.port)
    assert outcomes(second.stdout) == IN_PLACE
    assert (second.returncode, second.stderr) == (0, "")
    assert {"GetRole", "GetFunction", "DescribeTable", "GetRestApis", "Invoke"} <= set(door.calls)
    assert door.calls.writing == []


# --plan


def test_the_plan_of_what_is_in_place_is_empty(made, door):
    plan = run("provision", made.bench, "--plan", port=door.port)
    assert outcomes(plan.stdout) == [word.replace("passed", "would run") for word in IN_PLACE]
    assert plan.stdout.splitlines()[-1] == "Everything is in place; nothing would change."
    assert plan.returncode == 0
    assert door.calls.writing == []


def test_the_plan_of_what_is_not_there_shows_every_field_and_writes_nothing(make_bench, door):
    bench = make_bench()
    plan = called("provision", bench, "--plan", port=door.port)
    assert outcomes(plan.stdout) == [{"created": "would create", "passed": "would run"}[word] for word in NEW]
    for line in (
        "document.Items.Effect (none) -> Allow",
        'trust.Lambda.Action (none) -> ["sts:AssumeRole"]',
        "memory_mb (none) -> 512",
        "log_group.retention_days (none) -> 7",
        "key.id (none) -> HASH S",
        "endpoint_type (none) -> REGIONAL",
        "throttle.burst (none) -> 20",
        f"tags.stack (none) -> {bench.prefix}lambda-apigateway",
    ):
        assert f"\n     {line}\n" in plan.stdout
    assert plan.stdout.splitlines()[-1] == "6 of 8 steps would change something. Nothing was written."
    assert (plan.returncode, plan.stderr) == (3, "")
    assert door.calls.writing == []
    assert "Invoke" not in door.calls


def test_changed_memory_is_planned_and_then_made(make_bench, door, tmp_path):
    bench = make_bench()
    called("provision", bench, "--until", "function")
    less = ("--config", config_file(tmp_path, "function: {memory_mb: 256}"), "--until", "3")

    plan = called("provision", bench, *less, "--plan", port=door.port)
    assert outcomes(plan.stdout) == ["unchanged", "unchanged", "would update"]
    assert [line.strip() for line in plan.stdout.splitlines() if " -> " in line] == ["memory_mb 512 -> 256"]
    assert plan.returncode == 3
    assert door.calls.writing == []

    done = called("provision", bench, *less, port=door.port)
    assert outcomes(done.stdout) == ["unchanged", "unchanged", "updated: memory_mb 512 -> 256"]
    assert done.returncode == 0
    assert door.calls.writing == ["UpdateFunctionConfiguration"]


# --until


@pytest.mark.parametrize("step", STACK, ids=lambda step: step.key)
def test_a_step_goes_by_its_number_its_key_and_its_title(step):
    names = (str(step.number), step.key, step.title, step.title.lower(), step.key.upper())
    assert {step_number(name) for name in names} == {step.number}


def test_until_stops_after_the_step_and_says_how_to_go_on(make_bench):
    bench = make_bench()
    first = called("provision", bench, "--until", "IAM role")
    assert outcomes(first.stdout) == ["created"] * 2
    assert "Invoke URL" not in first.stdout
    assert "curl" not in first.stdout
    second = pasted(hint(first.stdout, "Go on"), bench.sandbox.port)
    assert outcomes(second.stdout) == ["unchanged", "unchanged", "created"]


# --json


def test_json_is_one_document_on_stdout_and_the_progress_goes_to_stderr(made):
    done = run("provision", made.bench, "--json")
    document = json.loads(done.stdout)
    assert set(document) == {"steps", "outputs"}
    assert [step["number"] for step in document["steps"]] == list(range(1, 9))
    assert [step["step"] for step in document["steps"]] == STEPS
    assert [step["outcome"] for step in document["steps"]] == IN_PLACE
    for step in document["steps"]:
        assert {"number", "step", "name", "outcome", "changes", "seconds"} <= set(step)
        assert step["name"]
        assert step["changes"] == {}
        assert 0 <= step["seconds"] < PATIENCE_SECONDS
    url = document["outputs"]["invoke_url"]
    assert document["outputs"] == {
        "invoke_url": url,
        "api_id": url.split("/")[5],
        "function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:{made.bench.prefix}LambdaFunctionOverHttps",
        "table": f"{made.bench.prefix}lambda-apigateway",
        "region": "us-east-1",
        "account": "123456789012",
    }
    assert outcomes(done.stderr) == IN_PLACE
    assert hint(done.stderr, "Invoke URL") == hint(made.first.stdout, "Invoke URL") == url


def test_json_of_a_plan_tells_live_and_wanted(made, tmp_path):
    less = config_file(tmp_path, "function: {memory_mb: 256}")
    done = called("provision", made.bench, "--config", less, "--plan", "--json")
    changes = {step["step"]: step["changes"] for step in json.loads(done.stdout)["steps"] if step["changes"]}
    assert changes == {"Lambda function": {"memory_mb": {"live": 512, "wanted": 256}}}
    assert done.returncode == 3


# What fails


def test_a_foreign_table_stops_what_needs_it_and_nothing_else_and_then_it_goes_on(make_bench):
    bench = make_bench()
    dynamodb, name = bench.lab.aws.dynamodb, bench.lab.table_name
    key = {"AttributeName": "id"}
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
        KeySchema=[{**key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "owner", "Value": "bob"}],
    )
    try:
        first = run("provision", bench, "--json")
    finally:
        dynamodb.delete_table(TableName=name)
    steps = json.loads(first.stdout)["steps"]
    assert [step["outcome"] for step in steps] == [*NEW[:4], "failed", *NEW[5:7], "blocked"]
    reason = " ".join(steps[4]["notes"])
    assert f"{name} exists, but is not ours: expected the tag stack={bench.prefix}lambda-apigateway" in reason
    assert f"--adopt {name}" in reason
    assert reason in first.stderr
    assert steps[7]["notes"] == ["needs step 5"]
    assert "Mend what is named above and run the same again." in first.stderr
    assert first.returncode == 1

    second = called("provision", bench)
    assert outcomes(second.stdout) == [*IN_PLACE[:4], "created", *IN_PLACE[5:]]
    assert second.returncode == 0


NOTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}],
}


def test_what_the_failing_steps_error_says_can_be_done(make_bench):
    bench = make_bench()
    bench.lab.aws.iam.create_policy(PolicyName=bench.lab.policy_name, PolicyDocument=json.dumps(NOTHING))
    refused = called("provision", bench, "--until", "2")
    assert outcomes(refused.stdout) == ["failed", "blocked"]
    flags = re.search(r"If it is yours to manage: (--adopt \S+)", refused.stdout)[1]
    adopted = called("provision", bench, "--until", "2", *flags.split())
    assert outcomes(adopted.stdout)[0].startswith("updated: ")
    assert outcomes(adopted.stdout)[1] == "created"
    assert outcomes(called("provision", bench, "--until", "2").stdout) == ["unchanged"] * 2


def test_a_refused_call_names_step_call_and_permission(make_bench, door):
    bench = make_bench()
    door.refused["CreateFunction"] = "AccessDeniedException"
    done = called("provision", bench, "--until", "5", port=door.port)
    assert outcomes(done.stdout) == ["created", "created", "failed", "blocked", "created"]
    assert "     CreateFunction: AccessDeniedException: refused by the test" in done.stdout
    assert "your user lacks that permission" in done.stdout
    assert done.returncode == 1


def test_expired_credentials_stop_everything_at_once(make_bench, door):
    bench = make_bench()
    door.refused["DescribeTable"] = "ExpiredTokenException"
    done = called("provision", bench, port=door.port)
    assert outcomes(done.stdout) == [*NEW[:4], "failed", "blocked", "blocked", "blocked"]
    assert "your session has expired: log in again" in done.stdout
    assert done.returncode == 1


def test_steps_that_are_done_stay_done_where_the_api_may_not_be_looked_up(make_bench, door):
    bench = make_bench()
    door.refused["GetRestApis"] = "AccessDeniedException"
    done = called("provision", bench, "--until", "1", "--json", port=door.port)
    assert done.returncode == 0
    assert [step["outcome"] for step in json.loads(done.stdout)["steps"]] == ["created"]


def test_a_reader_that_goes_away_is_no_defect_and_the_next_run_heals(make_bench):
    bench = make_bench()
    shown = pasted(f"{sys.executable} -m provision --until 3 --prefix {bench.prefix} | head -n 1", bench.sandbox.port)
    assert shown.stderr == ""
    assert len(shown.stdout.splitlines()) == 1
    assert called("provision", bench, "--until", "3").returncode == 0


# Flags over the file


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_the_region_is_where_everything_is_and_arns_follow_its_partition(make_bench, region, partition):
    bench = make_bench(region=region)
    done = called("provision", bench, "--region", region, "--json")
    assert done.returncode == 0, done.stderr
    outputs, lab = json.loads(done.stdout)["outputs"], bench.lab
    assert outputs["region"] == region
    assert outputs["function_arn"] == f"arn:{partition}:lambda:{region}:123456789012:function:{lab.function_name}"
    assert lab.aws.iam.get_role(RoleName=lab.role_name)["Role"]["Arn"].startswith(f"arn:{partition}:iam::")
    assert lab.aws.dynamodb.describe_table(TableName=lab.table_name)["Table"]["TableArn"].split(":")[3] == region
    assert hint(done.stderr, "Tear down").endswith(f"--region {region} --prefix {bench.prefix}")


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "execute-api.eu-west-1.amazonaws.com"), ("cn-north-1", "execute-api.cn-north-1.amazonaws.com.cn")],
)
def test_on_aws_the_invoke_url_follows_the_partition(region, host):
    assert Aws.configured(region).invoke_url("abc", "Prod", "x") == f"https://abc.{host}/Prod/x"


def test_the_same_stack_in_another_region_is_told_to_take_a_prefix(made):
    done = called("provision", made.bench, "--region", "eu-west-1", "--until", "2")
    assert outcomes(done.stdout) == ["failed", "blocked"]
    assert "It belongs to the same stack in us-east-1." in done.stdout
    assert "set another `prefix` in config.yaml" in done.stdout
    assert done.returncode == 1


def test_flags_override_the_file_and_the_file_its_defaults(make_bench, tmp_path):
    bench = make_bench(region="eu-west-1", table={"name": "elsewhere"})
    text = "prefix: nobody-\nregion: us-west-2\ntarget: aws\ntable: {name: elsewhere}\n"
    flags = ("--config", config_file(tmp_path, text), "--region", "eu-west-1", "--target", "sandbox")
    done = called("provision", bench, *flags, "--plan")
    assert done.stdout.startswith(f"{bench.prefix}lambda-apigateway in the sandbox")
    assert rows(done.stdout)[4][2] == f"{bench.prefix}elsewhere"
    assert "region eu-west-1" in done.stdout


# Bad input


@dataclass(frozen=True)
class Bad:
    """Arguments that are refused, and what must be said about them. `config` is the text of a config file."""

    arguments: tuple[str, ...]
    said: str
    config: str | None = None
    verbs: tuple[str, ...] = ("provision",)


BOTH = ("provision", "teardown")
BAD = [
    Bad(("--until", "nine"), "there is no step 'nine'; the steps are 1 or policy, 2 or role, 3"),
    Bad(("--until", "0"), "there is no step '0'; the steps are 1 or policy"),
    Bad(("--until", "3"), "unrecognized arguments: --until 3", verbs=("teardown",)),
    Bad(("--until",), "expected one argument"),
    Bad(("--nonsense",), "unrecognized arguments: --nonsense", verbs=BOTH),
    Bad(("--target", "gcp"), "invalid choice: 'gcp' (choose from"),
    Bad(("--region", "useast1"), '--region: "useast1" is not a region of AWS, did you mean us-east-1?'),
    Bad(("--prefix", "a/b"), '--prefix: "a/b" holds "/"'),
    Bad(("--prefix", "ä-"), "--prefix: "),
    Bad(("--profile", "ada"), "--profile: the sandbox takes no credentials; add --target aws"),
    Bad(("--config", "nowhere.yaml"), "nowhere.yaml: there is no such file"),
    Bad((), ":2: function.memory_mb: 64 is too small", config="function:\n  memory_mb: 64\n", verbs=BOTH),
    Bad(("--json",), ":1: regoin: ", config="regoin: us-east-1\n"),
    Bad(("--plan",), ":3: ", config="table:\n  name: x\n name: y\n"),
    Bad(("--yes",), ":2: function.handler: ", config="function:\n  handler: app.handler\n"),
    Bad(("--target", "aws"), "no AWS credentials found: `aws configure`", verbs=BOTH),
    Bad(("--target", "aws", "--json", "--yes"), "--target sandbox needs none"),
    Bad(("--target", "aws", "--profile", "ada"), "(ada) could not be found"),
]


@pytest.fixture
def no_sandbox() -> Iterator[int]:
    """A port on which no sandbox runs, and none may be started."""
    sandbox = Sandbox(free_port())
    yield sandbox.port
    started = sandbox.stop()
    sandbox.log_file.unlink(missing_ok=True)
    assert not started, "a sandbox was started"


def test_bad_input_is_answered_with_exit_code_2_and_one_clear_text_before_anything_is_called(tmp_path, no_sandbox):
    cases = [(number, bad, verb) for number, bad in enumerate(BAD) for verb in bad.verbs]

    def answer(case: tuple[int, Bad, str]) -> subprocess.CompletedProcess[str]:
        number, bad, verb = case
        arguments = list(bad.arguments)
        if bad.config is not None:
            path = tmp_path / f"{number}-{verb}.yaml"
            path.write_text(bad.config, encoding="utf-8")
            arguments += ["--config", str(path)]
        return command(verb, *arguments, SANDBOX_PORT=str(no_sandbox), HOME=str(tmp_path))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(answer, cases))
    for (number, bad, verb), done in zip(cases, answers, strict=True):
        what = (verb, bad, done)
        path = f"{tmp_path}/{number}-{verb}.yaml" if bad.config is not None else ""
        assert done.returncode == 2, what
        assert f"{path}{bad.said}" in done.stderr, what
        assert done.stdout == "", what
        assert "Traceback" not in done.stderr, what
        assert "should not have happened" not in done.stderr, what
        assert len(done.stderr.split("error: ")[-1].splitlines()) == 1, what


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def lambda_handler(event, context):\n    return (\n", "lambda_function.py:2: '(' was never closed"),
        ("import json\n", "lambda_function.py: defines no `lambda_handler`, which function.handler"),
    ],
    ids=["syntax error", "no handler"],
)
def test_a_function_that_cannot_work_is_found_before_anything_is_called(tmp_path, no_sandbox, source, said):
    project = copy_of_the_project(tmp_path)
    (project / "lambda_function.py").write_text(source, encoding="utf-8")
    done = command("provision", cwd=project, SANDBOX_PORT=str(no_sandbox))
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_port_that_another_program_holds_is_not_mistaken_for_the_sandbox():
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        threading.Thread(target=answer_nonsense, args=(stranger,), daemon=True).start()
        done = command("provision", SANDBOX_PORT=str(stranger.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken by another program" in done.stderr
    assert "SANDBOX_PORT=" in done.stderr
    assert "Traceback" not in done.stderr


def answer_nonsense(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example.com\r\n")


@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_help_documents_flags_and_exit_codes(verb):
    text = command(verb, "--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "130"):
        assert re.search(rf"^  {code}", text[text.index("exit codes:") :], re.MULTILINE), code
    for flag in ("--config", "--target", "--region", "--prefix", "--profile", "--plan", "--yes", "--json", "--adopt"):
        assert flag in text


# The real AWS


def as_aws(port: int) -> dict[str, str]:
    """What makes a port on this machine AWS, as far as boto3 can tell. No sandbox may be looked for."""
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "SANDBOX_PORT": "1",
    }


def aws_command(verb: str, bench: Bench, *arguments: str, port: int) -> subprocess.CompletedProcess[str]:
    return command(verb, "--prefix", bench.prefix, "--target", "aws", *arguments, **as_aws(port))


def test_on_aws_the_same_steps_go_all_the_way(make_bench, door):
    bench = make_bench()
    done = aws_command("provision", bench, "--yes", port=door.port)
    assert outcomes(done.stdout) == NEW
    assert (done.returncode, done.stderr) == (0, "")
    assert hint(done.stdout, "Invoke URL").startswith(f"http://127.0.0.1:{door.port}/_aws/execute-api/")
    assert "anybody on the internet who knows the URL can call the API" in done.stdout
    assert hint(done.stdout, "Logs").startswith(f"aws logs tail {bench.lab.log_group_name} --region us-east-1")
    assert "CreateRestApi" in door.calls

    gone = pasted(f"env {assignments(door.port)} {hint(done.stdout, 'Tear down')} --yes", door.port)
    assert gone.stdout.splitlines()[-1] == "nothing left"
    assert gone.returncode == 0


def assignments(port: int) -> str:
    return " ".join(f"{name}={value}" for name, value in as_aws(port).items())


def test_on_aws_without_a_terminal_and_without_yes_nothing_is_made(make_bench, door):
    done = aws_command("provision", make_bench(), port=door.port)
    assert done.returncode == 2
    assert done.stderr.strip().startswith("Nothing was made: there is no terminal to ask at. Add --yes")
    assert door.calls.writing == []


def test_on_aws_a_plan_needs_no_consent(make_bench, door):
    done = aws_command("provision", make_bench(), "--plan", port=door.port)
    assert done.returncode == 3
    assert door.calls.writing == []


@on_a_terminal
@pytest.mark.parametrize("answer", ["n\n", "\x04"], ids=["n", "ctrl-d"])
def test_on_aws_at_a_terminal_anything_but_yes_makes_nothing(make_bench, door, answer):
    given = ("provision", "--prefix", make_bench().prefix, "--target", "aws")
    shown = at_a_terminal(answer, *given, **as_aws(door.port))
    assert shown.returncode == 2
    assert "account 123456789012, region us-east-1" in shown.text
    assert "Nothing was made." in shown.text
    assert "Traceback" not in shown.text
    assert door.calls.writing == []


@on_a_terminal
def test_on_aws_at_a_terminal_yes_goes_on(make_bench, door):
    given = ("provision", "--prefix", make_bench().prefix, "--target", "aws", "--until", "2")
    shown = at_a_terminal("y\n", *given, **as_aws(door.port))
    assert shown.returncode == 0
    assert "anybody on the internet" not in shown.text
    assert len(re.findall(r"\d\.\d s  created", shown.text)) == 2
    assert set(door.calls.writing) == {"CreatePolicy", "CreateRole", "AttachRolePolicy"}


# Ctrl-C


@on_a_terminal
@pytest.mark.parametrize(
    ("call", "step", "word"),
    [("CreateFunction", 3, "unchanged"), ("CreateRestApi", 6, "updated: ")],
)
def test_after_ctrl_c_the_next_run_heals(make_bench, door, call, step, word):
    bench = make_bench()
    stopped = interrupted(door, call, "provision", "--prefix", bench.prefix)
    assert stopped.returncode == 130
    assert len(rows(stopped.stdout)) == step - 1
    assert stopped.stderr.startswith("Stopped. What was done stays done: the same command goes on from there")
    assert "Traceback" not in stopped.stderr

    door.calls.clear()
    healed = called("provision", bench, port=door.port)
    assert healed.returncode == 0, healed.stdout
    assert outcomes(healed.stdout)[: step - 1] == IN_PLACE[: step - 1]
    assert outcomes(healed.stdout)[step - 1].startswith(word)
    assert call not in door.calls


@on_a_terminal
def test_ctrl_c_in_the_smoke_test_leaves_no_item_behind(make_bench, door):
    bench = make_bench()
    stopped = interrupted(door, '"operation": "update"', "provision", "--prefix", bench.prefix)
    assert stopped.returncode == 130
    assert bench.lab.aws.dynamodb.scan(TableName=bench.lab.table_name)["Count"] == 0


@on_a_terminal
@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_ctrl_c_while_python_still_loads_shows_no_traceback(verb, no_sandbox):
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", verb],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(no_sandbox)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        list(itertools.takewhile(lambda line: "botocore.exceptions" not in line, process.stderr))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in err
    assert process.returncode in {130, -signal.SIGINT}  # a shell shows both as 130


def test_the_door_of_these_tests_knows_every_call(made, door):
    assert operation("GET", HEALTH, {}, b"") == ""
    aws = Aws.at(f"http://127.0.0.1:{door.port}", "us-east-1")
    aws.apigateway.get_rest_apis()
    aws.lambda_.list_functions()
    aws.iam.get_role(RoleName=made.bench.lab.role_name)
    aws.logs.describe_log_groups()
    assert door.calls == ["GetRestApis", "ListFunctions", "GetRole", "DescribeLogGroups"]
