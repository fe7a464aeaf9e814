"""The functions of the sandbox, run by AWS's own client and by ours: one corpus of handlers, the same answers."""

import contextlib
import dataclasses
import http.client
import io
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.runtime import environment as environment_module
from sandbox.runtime import keeper
from sandbox.runtime import pool as pool_module
from sandbox.runtime.environment import Environment
from sandbox.runtime.pool import Function, Runtime, TooManyRequests
from sandbox.runtime.runtime_api import INVOCATION, Outcome, RuntimeApi
from tests.conftest import until

PROJECT = Path(__file__).parents[1]
HANDLERS = Path(__file__).with_name("handlers")
CLIENTS = ["awslambdaric", "own"] if sys.platform == "linux" else ["own"]
ENDPOINT = "http://127.0.0.1:9"
SESSION = {"AWS_ACCESS_KEY_ID": "ASIASANDBOX", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}

MOUNT = ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]
# root does it as it is, others as the root of a user namespace of their own
UNSHARE = shutil.which("unshare")
MAY_MOUNT = UNSHARE is not None and any(
    subprocess.run([UNSHARE, *user, *MOUNT], capture_output=True, check=False).returncode == 0
    for user in ([], ["--user", "--map-root-user"])
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells and does it")
DAEMON = pytest.param("start a daemon", marks=linux)
both_clients = pytest.mark.skipif(len(CLIENTS) < 2, reason="awslambdaric exists for Linux only")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs process groups and inherited sockets")


def zip_of(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


CODE = zip_of(
    {path.name: path.read_bytes() for path in sorted(HANDLERS.glob("*.py"))}
    | {
        "breaks_syntax.py": "def handler(event, context)\n    return 1\n",
        "folder/inside.py": "from answers import handler\n",
    }
)


def function(handler="answers.handler", **changes):
    lab = Function(
        name="lab",
        arn="arn:aws:lambda:eu-central-1:123456789012:function:lab",
        region="eu-central-1",
        account="123456789012",
        handler=handler,
        runtime="python3.13",
        memory_mb=128,
        timeout_seconds=3,
        code=CODE,
    )
    return dataclasses.replace(lab, **changes)


class Lab:
    """A runtime, and what it wrote to the log."""

    def __init__(self, scratch, client=CLIENTS[0], **options):
        self.scratch = scratch
        self.log = []
        self.runtime = Runtime(scratch, ENDPOINT, lambda _: SESSION, self._write, **options)
        self.runtime.client = client

    def _write(self, function, stream, events):
        self.log.append((function.name, stream, events))

    def invoke(self, event, **changes):
        return self.runtime.invoke(function(**changes), json.dumps(event).encode())

    def answer(self, case, **changes):
        return json.loads(self.invoke({"case": case}, **changes).payload)

    def comparable(self, answer):
        """Payload, error and log without what differs between any two runs, and without the client's own frame."""
        log = re.sub(rb"\tDuration: .*", b"", answer.log_tail)
        log = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", b"TIME", log)
        # AWS's client adds an advertisement for its documentation, and its own frames to the traceback of a crash
        log = re.sub(rb"\[WARNING\]\tTIME\t\tLAMBDA_WARNING.*\n\n?", b"", log)
        log = re.sub(rb"Traceback \(most recent call last\):\n(  .*\n)+", b"TRACEBACK\n", log)
        whole = [answer.payload, log, (answer.function_error or "").encode()]
        return [self._normal(part) if part else part for part in whole]

    def _normal(self, part):
        part = re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", b"REQUEST-ID", part)
        part = part.replace(os.fsencode(self.scratch), b"SCRATCH")
        # how deep a client itself is differs by a call
        part = re.sub(rb"repeated \d+ more times", b"repeated N more times", part)
        return re.sub(rb'File (\\?)"[^"]*(?:bootstrap|loop)\.py\1", line \d+', b"CLIENT", part)


@pytest.fixture(scope="module")
def labs(tmp_path_factory):
    """Both clients, each with its warm environments, for tests that leave these as they are."""
    made = [Lab(tmp_path_factory.mktemp(client), client) for client in CLIENTS]
    yield made
    for lab in made:
        lab.runtime.close()


@pytest.fixture
def lab(tmp_path):
    made = Lab(tmp_path)
    yield made
    made.runtime.close()


@pytest.fixture(params=CLIENTS)
def each_lab(request, labs):
    return labs[CLIENTS.index(request.param)]


@pytest.fixture
def meeting():
    """Where handlers/meets.py calls: accept() gives a connection that ends with the process behind it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def accept(meeting):
    connection, _ = meeting.accept()
    connection.settimeout(10)
    with connection.makefile() as lines:
        pid = int(lines.readline())
    return connection, pid


def wait_until_gone(connection):
    """EOF, or a reset: the other end is closed, so whoever held it has ended."""
    with connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(1) == b""


def join_all_but(before):
    """The threads of an environment end when it does."""
    until(lambda: not set(threading.enumerate()) - before)


def same(labs, event, **changes):
    """The answer, once it is certain that both clients give it."""
    answers = [lab.runtime.invoke(function(**changes), event) for lab in labs]
    told = [lab.comparable(answer) for lab, answer in zip(labs, answers, strict=True)]
    assert all(other == told[0] for other in told)
    return answers[0]


def case(name):
    return json.dumps({"case": name}).encode()


# --- the same answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("returned", "payload"),
    [
        ("null", "null"),
        ("true", "true"),
        ("int", "12345678901234567890"),
        ("float", "1.1"),
        ("string", '"quote \\" slash / \\\\ \\u0000 \u2028"'),
        ("unicode", '"grün 🍏"'),
        ("list", "[1, [2, []], {}]"),
        ("dict", '{"b": 1, "a": {"c": null}}'),
        ("tuple", "[1, 2]"),
        ("int keys", '{"1": "one", "null": "none", "false": "false"}'),
        ("decimals", "[1, 1.50, 1E+2, 0.1234567890123456789012345678901234567]"),
        ("decimal nan", "[NaN, NaN, Infinity]"),
        ("nan", "[NaN, -Infinity]"),
        ("bytes inside", '{"a": "text"}'),
        ("big int", str(2**200)),
        ("tiny float", "5e-324"),
        ("enum of int", "15"),
        ("named tuple", '{"x": 1, "y": 2}'),
        ("deep", "[" * 501 + "]" * 501),
        ("stdin", '""'),
        ("close stdout", "null"),
        ("exit in a thread", '"still here"'),
        ("post under another id", "400"),
        ("post an init error", "400"),
    ],
)
def test_what_a_handler_returns_is_marshalled_as_by_aws(labs, returned, payload):
    answer = same(labs, case(returned))
    assert (answer.payload.decode(), answer.function_error) == (payload, None)


def test_returned_bytes_are_passed_through(labs):
    assert same(labs, case("bytes")).payload == b"raw \xff bytes"


def test_an_older_runtime_escapes_what_is_not_ascii(labs):
    assert same(labs, case("unicode"), runtime="python3.11").payload == b'"gr\\u00fcn \\ud83c\\udf4f"'


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ("set", "Object of type set is not JSON serializable"),
        ("datetime", "Object of type datetime is not JSON serializable"),
        ("date", "Object of type date is not JSON serializable"),
        ("bytearray", "Object of type bytearray is not JSON serializable"),
        ("complex", "Object of type complex is not JSON serializable"),
        ("object", "Object of type object is not JSON serializable"),
        ("generator", "Object of type generator is not JSON serializable"),
        ("circular", "Circular reference detected"),
        ("tuple keys", "keys must be str, int, float, bool or None, not tuple"),
        ("bad bytes inside", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_json_has_no_words_for_is_a_marshal_error(labs, returned, reason):
    answer = same(labs, case(returned))
    assert json.loads(answer.payload) == {
        "errorMessage": f"Unable to marshal response: {reason}",
        "errorType": "Runtime.MarshalError",
        "requestId": answer.request_id,
        "stackTrace": [],
    }
    assert answer.function_error == "Unhandled"


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        ("raise own", "OutOfStock", "no apples left"),
        ("raise chained", "OutOfStock", "no such shelf"),
        ("raise two lines", "ValueError", "first line\nsecond line"),
        ("raise empty", "OutOfStock", ""),
        ("raise unicode", "ValueError", "grün 🍏"),
        ("raise encoding", "UnicodeEncodeError", "'utf-8' codec can't encode character '\\ud800' in position 0"),
        ("raise group", "ExceptionGroup", "two at once (2 sub-exceptions)"),
        ("recurse", "RecursionError", "maximum recursion depth exceeded"),
        ("no such case", "KeyError", "'no such case'"),
    ],
)
def test_what_a_handler_raises_is_told_as_by_aws(labs, raised, kind, message):
    answer = same(labs, case(raised))
    told = json.loads(answer.payload)
    assert (told["errorType"], told["requestId"]) == (kind, answer.request_id)
    assert told["errorMessage"].startswith(message)
    assert "answers.py" in told["stackTrace"][0]
    assert f"[ERROR] {kind}" in answer.log_tail.decode()
    assert answer.function_error == "Unhandled"


@pytest.mark.parametrize("handler", ["answers.too_few_arguments", "answers.not_callable"])
def test_a_handler_that_cannot_be_called_is_told_as_by_aws(labs, handler):
    told = json.loads(same(labs, b"{}", handler=handler).payload)
    assert told["errorType"] == "TypeError"
    assert len(told["stackTrace"]) == 1


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("fails_to_import.handler", "Runtime.ImportModuleError", "Unable to import module 'fails_to_import': No mod"),
        ("nowhere.handler", "Runtime.ImportModuleError", "Unable to import module 'nowhere': No module named"),
        ("breaks_syntax.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'breaks_syntax': "),
        ("answers.nothing", "Runtime.HandlerNotFound", "Handler 'nothing' missing on module 'answers'"),
        ("answers", "Runtime.MalformedHandlerName", "Bad handler 'answers': not enough values to unpack"),
        ("sys.exit", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("raises_at_import.handler", "RuntimeError", "no table configured"),
    ],
)
def test_a_failed_import_is_told_as_by_aws(labs, handler, kind, message):
    answer = same(labs, b"{}", handler=handler)
    told = json.loads(answer.payload)
    assert (told["errorType"], told["requestId"]) == (kind, "")
    assert told["errorMessage"].startswith(message)
    assert f"Status: error\tError Type: {kind}\t" in answer.log_tail.decode()
    assert answer.function_error == "Unhandled"


def test_a_handler_may_lie_in_a_folder(labs):
    assert same(labs, case("true"), handler="folder/inside.handler").payload == b"true"


@pytest.mark.parametrize("event", [b'{"a":', b"\xff", b"nothing", b"[NaN]", b'{"case": "null"}}'])
def test_a_malformed_event_never_reaches_the_handler(labs, event):
    told = json.loads(same(labs, event).payload)
    assert told["errorType"] == "Runtime.UnmarshalError"
    assert told["errorMessage"].startswith("Unable to unmarshal input: ")


def test_no_payload_is_an_empty_event(labs):
    assert json.loads(same(labs, b"").payload)["errorMessage"] == "'case'"


@pytest.mark.parametrize(
    "value", ["1.10", "1E400", '"\\ud83c\\udf4f"', '{"a": 1, "a": 2}', '"' + "x" * 5_000_000 + '"']
)
def test_an_event_is_read_as_by_aws(labs, value):
    assert same(labs, b'{"case": "echo", "value": ' + value.encode() + b"}").function_error is None


@pytest.mark.parametrize("printed", ["print without newline", "print lines", "print half a character", "log"])
def test_what_is_printed_and_logged_reads_the_same(labs, printed):
    assert same(labs, case(printed)).function_error is None


def test_very_much_may_be_printed(labs):
    for lab in labs:
        lab.invoke({"case": "print much"})
        lines = [line for _, line in lab.log[-1][2]]
        assert lines[1:-2] == [f"{number} {'x' * 40}" for number in range(20_000)]


def test_of_very_much_that_is_printed_the_beginning_is_kept(labs, monkeypatch):
    monkeypatch.setattr(environment_module, "LARGEST_OUTPUT_BYTES", 1000)
    lines = same(labs, case("print much")).log_tail.decode().splitlines()
    assert lines[1] == f"0 {'x' * 40}"
    assert lines[-3] == "927890 bytes more were printed, and are not kept here"


def test_an_event_has_one_outcome():
    """The second is refused, and is not taken for that of the next event."""
    api = RuntimeApi(lambda frozen: None)
    serving = threading.Thread(target=api.serve)
    serving.start()
    api.offer("an-id", "arn", 3, b"{}")
    statuses = []
    for body in (b"1", b"2"):
        connection = http.client.HTTPConnection(api.address)
        connection.request("POST", f"{INVOCATION}/an-id/response", body)
        statuses.append(connection.getresponse().status)
        connection.close()
    api.end(Outcome("exit"))
    serving.join()
    assert statuses == [202, 400]
    assert [api.outcomes.get_nowait() for _ in range(2)] == [Outcome("response", b"1"), Outcome("exit")]


@posix
def test_what_is_printed_until_the_timeout_is_read_when_the_process_has_ended(lab, meeting, monkeypatch):
    """Or a function that prints faster than it is read would be read for ever."""
    alive, read = [], Environment._printed
    monkeypatch.setattr(Environment, "_printed", lambda self: alive.append(self.alive) or read(self))
    event = {"port": meeting.getsockname()[1], "then": "spin"}
    lab.invoke(event, handler="meets.handler", timeout_seconds=1)
    assert alive == [True, False]


def test_the_context_is_the_same(labs):
    shown, identity, trace_context, name = json.loads(same(labs, case("context")).payload)
    assert "function_name=lab,memory_limit_in_mb=128,function_version=$LATEST" in shown
    assert (identity, trace_context, name) == (None, {}, "lab")


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("exit", "Runtime exited with error: exit status 1"),
        ("exit 0", "Runtime exited without providing a reason"),
        ("_exit", "Runtime exited with error: exit status 7"),
        ("interrupt", "Runtime exited with error: signal: interrupt"),
        ("lone surrogate", "Runtime exited with error: exit status 1"),
        ("generator exit", "Runtime exited with error: exit status 1"),
        ("raise unspeakable", "Runtime exited with error: exit status 1"),
        pytest.param("abort", "Runtime exited with error: signal: aborted", marks=posix),
    ],
)
def test_a_process_that_ends_is_told_as_by_aws(labs, how, reason):
    answer = same(labs, case(how))
    expected = {"errorType": "Runtime.ExitError", "errorMessage": f"RequestId: {answer.request_id} Error: {reason}"}
    assert json.loads(answer.payload) == expected
    assert list(json.loads(answer.payload)) == ["errorType", "errorMessage"]
    assert answer.function_error == "Unhandled"


def test_an_exit_in_the_import_is_told_as_by_aws(labs):
    answer = same(labs, b"{}", handler="exits_at_import.handler")
    assert b"Runtime exited with error: exit status 4" in answer.payload


def test_an_import_that_takes_its_time_is_waited_for(labs, monkeypatch):
    """What it takes beyond the limit is taken from the first invocation."""
    monkeypatch.setattr(environment_module, "INIT_LIMIT_SECONDS", 0.05)
    assert same(labs, b"{}", handler="slow_to_import.handler").payload == b'"at last"'


def test_an_import_that_takes_too_long_is_a_timeout(labs, monkeypatch):
    monkeypatch.setattr(environment_module, "INIT_LIMIT_SECONDS", 0.05)
    answer = same(labs, b"{}", handler="never_imported.handler", timeout_seconds=1)
    assert json.loads(answer.payload)["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")


def test_a_response_may_be_6291556_bytes_and_not_one_more(labs):
    assert len(same(labs, case("largest")).payload) == 6_291_556
    answers = [lab.invoke({"case": "too large"}) for lab in labs]
    assert {answer.payload for answer in answers} == {
        b'{"errorType":"Function.ResponseSizeTooLarge","errorMessage":'
        b'"Response payload size exceeded maximum allowed payload size (6291556 bytes)."}'
    }


@posix
def test_a_timeout_is_told_as_by_aws_and_ends_the_process(each_lab, meeting):
    event = {"port": meeting.getsockname()[1], "then": "spin"}
    answer = each_lab.invoke(event, handler="meets.handler", timeout_seconds=1)
    told = f"RequestId: {answer.request_id} Error: Task timed out after 1.00 seconds"
    assert json.loads(answer.payload) == {"errorType": "Sandbox.Timedout", "errorMessage": told}
    line = rf"\n\d{{4}}-\d\d-\d\dT[\d:.]+Z {answer.request_id} Task timed out after 1\.00 seconds\n"
    assert re.search(line, answer.log_tail.decode())
    assert b"\tStatus: timeout\t" in answer.log_tail
    assert answer.duration_ms == 1000
    wait_until_gone(accept(meeting)[0])


# --- what a function sees ----------------------------------------------------------------------------------------


def test_nothing_of_the_users_shell_is_inherited(tmp_path, monkeypatch):
    shell = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "of the user",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.eu-central-1.amazonaws.com",
        "HTTP_PROXY": "http://proxy",
        "https_proxy": "http://proxy",
        "PYTHONPATH": str(PROJECT),
        "PYTHONSTARTUP": "startup.py",
        "HOME": "/home/user",
    }
    for name, value in shell.items():
        monkeypatch.setenv(name, value)
    lab = Lab(tmp_path)
    seen = lab.answer("where", variables=(("TABLE", "lab"), ("AWS_REGION", "elsewhere")))
    lab.runtime.close()
    assert not {name: value for name, value in shell.items() if seen["environ"].get(name) == value}
    assert str(PROJECT) not in seen["path"]
    assert str(PROJECT / "sandbox") not in seen["path"]
    assert seen["path"][0] == seen["cwd"] == seen["environ"]["LAMBDA_TASK_ROOT"]
    expected = SESSION | {
        "TABLE": "lab",
        "AWS_REGION": "eu-central-1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/lab",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    assert {name: seen["environ"].get(name) for name in expected} == expected
    assert not {name for name in seen["environ"] if name.lower().endswith("_proxy") and name != "NO_PROXY"}
    assert seen["temporary"] == "/tmp" if MAY_MOUNT else seen["temporary"].startswith(str(tmp_path))


def test_boto3_reaches_the_sandbox_and_the_project_cannot_be_imported(each_lab):
    assert json.loads(each_lab.invoke({}, handler="uses_boto3.handler").payload) == {
        "endpoint": ENDPOINT,
        "region": "eu-central-1",
        "credentials": list(SESSION.values()),
        "found": [],
    }


@pytest.mark.skipif(not MAY_MOUNT, reason="this kernel gives nobody a /tmp of one's own")
def test_a_tmp_of_ones_own_lasts_as_long_as_the_environment(each_lab):
    one, other = ({"variables": (("TEST", name),)} for name in ("one's tmp", "other's tmp"))
    write = {"case": "write to /tmp", "name": f"{uuid.uuid4()}.txt"}
    assert [json.loads(each_lab.invoke(write, **one).payload) for _ in range(2)] == [[], [write["name"]]]
    assert json.loads(each_lab.invoke(write, **other).payload) == []
    assert not Path("/tmp", write["name"]).exists()


@pytest.mark.skipif(not MAY_MOUNT, reason="this kernel gives nobody mounts of one's own")
def test_a_function_writes_to_tmp_only(each_lab):
    told = json.loads(each_lab.invoke({"case": "write beside the code"}).payload)
    assert (told["errorType"], told["errorMessage"]) == ("OSError", "[Errno 30] Read-only file system: 'beside.txt'")


@posix
def test_no_file_of_a_functions_grows_without_end(each_lab):
    """What it prints is one, too."""
    told = json.loads(each_lab.invoke({"case": "make a large file", "mb": 600}).payload)
    assert told["errorMessage"] == "[Errno 27] File too large"


@pytest.mark.skipif(not MAY_MOUNT, reason="this kernel gives nobody mounts of one's own")
def test_python_and_its_packages_may_be_reached_through_a_link_below_tmp(lab, tmp_path, monkeypatch):
    linked = tmp_path / "linked"
    linked.symlink_to(sys.prefix)
    monkeypatch.setattr(sys, "executable", str(linked / "bin" / "python"))
    assert lab.answer("true") is True


@pytest.mark.skipif(sys.platform != "linux" or os.getuid() != 0, reason="only root reads what belongs to others")
def test_root_reads_code_that_belongs_to_somebody_else(lab, tmp_path):
    try:
        os.chown(tmp_path, 65534, 65534)
    except OSError:
        pytest.skip("root of a container that has no other users")
    tmp_path.chmod(0o700)
    assert lab.answer("true") is True


@linux
def test_an_environment_stands_still_between_invocations(each_lab):
    """A thread of the function's goes on while one is under way, and not in between: the counts are the proof."""
    own = {"variables": (("TEST", "ticks"),)}
    first = each_lab.answer("count in the background", **own)
    waited = threading.Event().wait(0.5)
    second = each_lab.answer("count in the background", **own)
    assert not waited
    assert 0 < first < second < first + 200  # 500 more, if it had gone on


@linux
@pytest.mark.parametrize("case", ["use memory", "use more and more memory"])
def test_more_memory_than_the_function_has_is_told_as_by_aws(each_lab, case):
    answer = each_lab.invoke({"case": case, "mb": 150}, timeout_seconds=30)
    told = f"RequestId: {answer.request_id} Error: Runtime exited with error: signal: killed"
    assert json.loads(answer.payload) == {"errorType": "Runtime.OutOfMemory", "errorMessage": told}
    assert b"\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t" in answer.log_tail
    assert b"\tStatus: error\tError Type: Runtime.OutOfMemory\t" in answer.log_tail
    assert each_lab.answer("count") == 1


@linux
def test_memory_is_limited_during_the_import_too(each_lab):
    told = json.loads(each_lab.invoke({}, handler="hogs_at_import.handler").payload)
    assert told["errorType"] == "Runtime.OutOfMemory"


@linux
def test_memory_up_to_the_limit_is_the_functions(each_lab):
    answer = each_lab.invoke({"case": "use memory", "mb": 150}, memory_mb=256)
    assert answer.function_error is None


def test_the_log_is_written_in_lambdas_format(tmp_path):
    lab = Lab(tmp_path)
    cold, warm = lab.invoke({"case": "print lines"}), lab.invoke({"case": "null"})
    lab.runtime.close()
    (name, stream, events), (_, warm_stream, warm_events) = lab.log
    assert name == "lab"
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert stream == warm_stream
    lines = [line for _, line in events]
    start, end = f"START RequestId: {cold.request_id} Version: $LATEST", f"END RequestId: {cold.request_id}"
    assert lines[:-1] == [start, "one", "two", "", "four: grün", "to stderr", end]
    measured = r"Duration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: \d+ MB\t"
    assert re.fullmatch(rf"REPORT RequestId: {cold.request_id}\t{measured}Init Duration: \d+\.\d\d ms\t", lines[-1])
    assert re.fullmatch(rf"REPORT RequestId: {warm.request_id}\t{measured}", warm_events[-1][1])
    assert [timestamp for timestamp, _ in events] == sorted(timestamp for timestamp, _ in events)
    assert cold.log_tail == "".join(f"{line}\n" for line in lines).encode()
    assert (cold.cold, warm.cold) == (True, False)
    assert cold.billed_ms >= cold.duration_ms


def test_a_traceback_is_one_event_in_the_log(lab):
    lab.invoke({"case": "raise own"})
    told = lab.log[0][2][1][1]
    assert told.startswith("[ERROR] OutOfStock: no apples left\nTraceback (most recent call last):\n\u00a0\u00a0File")


@linux
def test_the_memory_of_the_process_is_reported(each_lab):
    used = re.search(rb"Max Memory Used: (\d+) MB", each_lab.invoke({"case": "null"}).log_tail)
    assert 5 < int(used[1]) < 200


def test_the_log_tail_is_the_last_4_kb(lab):
    answer = lab.invoke(
        {"case": "echo", "value": 1}, code=zip_of({"answers.py": "def handler(e, c): print('x' * 9000)"})
    )
    assert len(answer.log_tail) == 4096
    assert answer.log_tail.endswith(b"\t\n")


# --- the pool ------------------------------------------------------------------------------------------------------


def test_a_warm_environment_is_used_again_and_kept_after_an_exception(each_lab):
    own = {"variables": (("TEST", "warm"),)}
    assert [each_lab.answer("count", **own) for _ in range(3)] == [1, 2, 3]
    assert each_lab.answer("raise own", **own)["errorType"] == "OutOfStock"
    assert each_lab.answer("count", **own) == 4


@pytest.mark.parametrize("how", ["exit", "too large"])
def test_a_crash_is_followed_by_a_fresh_environment(each_lab, how):
    own = {"variables": (("TEST", how),)}
    assert each_lab.answer("count", **own) == 1
    assert each_lab.answer(how, **own)["errorType"] in ("Runtime.ExitError", "Function.ResponseSizeTooLarge")
    assert each_lab.answer("count", **own) == 1


def test_another_revision_gets_a_fresh_environment_and_ends_the_old_one(lab, meeting):
    event = {"port": meeting.getsockname()[1], "then": "stay"}
    lab.invoke(event, handler="meets.handler")
    old, _ = accept(meeting)
    assert lab.answer("count", revision="2") == 1
    wait_until_gone(old)
    assert len(list((lab.scratch / "environments").iterdir())) == 1


def test_forget_ends_idle_environments_at_once_and_busy_ones_when_they_have_answered(lab, meeting):
    arn, port = function().arn, meeting.getsockname()[1]
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(lab.invoke, {"port": port, "then": "wait"}, handler="meets.handler")
        busy_connection, busy_pid = accept(meeting)
        lab.invoke({"port": port, "then": "stay"}, handler="meets.handler")
        idle_connection, _ = accept(meeting)
        lab.runtime.forget(arn)
        wait_until_gone(idle_connection)
        busy_connection.sendall(b"!")
        assert json.loads(busy.result().payload) == busy_pid
        wait_until_gone(busy_connection)


def test_four_requests_at_once_have_four_environments(lab, meeting):
    event = {"port": meeting.getsockname()[1], "then": "wait"}
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(lab.invoke, event, handler="meets.handler") for _ in range(4)]
        together = [accept(meeting) for _ in range(4)]
        for connection, _ in together:
            connection.sendall(b"!")
            connection.close()
        pids = {pid for _, pid in together}
        assert {json.loads(answer.result().payload) for answer in answers} == pids
    assert len(pids) == 4
    assert all(answer.result().cold for answer in answers)


def test_a_request_too_many_waits_in_line_until_its_timeout(tmp_path, meeting):
    lab = Lab(tmp_path, max_environments=1)
    with ThreadPoolExecutor() as threads:
        event = {"port": meeting.getsockname()[1], "then": "wait"}
        first = threads.submit(lab.invoke, event, handler="meets.handler", timeout_seconds=10)
        connection, pid = accept(meeting)
        with pytest.raises(TooManyRequests):
            lab.invoke({"case": "null"}, timeout_seconds=1)
        waiting = threads.submit(lab.answer, "null")
        connection.sendall(b"!")
        assert (json.loads(first.result().payload), waiting.result()) == (pid, None)
        wait_until_gone(connection)
    lab.runtime.close()


def test_an_idle_environment_makes_room_for_another_function(tmp_path, meeting):
    lab = Lab(tmp_path, max_environments=1)
    lab.invoke({"port": meeting.getsockname()[1], "then": "stay"}, handler="meets.handler")
    connection, _ = accept(meeting)
    assert lab.answer("null", arn="arn:of-another-function") is None
    wait_until_gone(connection)
    lab.runtime.close()


def test_an_environment_that_died_while_idle_is_not_used_again(lab, meeting):
    before = set(threading.enumerate())
    event = {"port": meeting.getsockname()[1], "then": "stay"}
    lab.invoke(event, handler="meets.handler")
    connection, pid = accept(meeting)
    os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # what stands still takes no other
    wait_until_gone(connection)
    join_all_but(before)
    assert lab.invoke(event, handler="meets.handler").cold


def test_an_environment_that_cannot_start_leaves_nothing_behind(lab, monkeypatch):
    made = []

    def remembered(freeze):
        made.append(RuntimeApi(freeze))
        return made[-1]

    monkeypatch.setattr(environment_module, "RuntimeApi", remembered)
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", str(lab.scratch / "no python"))
        with pytest.raises(FileNotFoundError):
            lab.invoke({"case": "true"})
    assert [api.fileno() for api in made] == [-1]
    assert list((lab.scratch / "environments").iterdir()) == []
    assert lab.answer("true") is True


def test_close_ends_every_process_and_thread_and_empties_the_scratch_folder(tmp_path, meeting):
    before = set(threading.enumerate())
    lab = Lab(tmp_path)
    port = meeting.getsockname()[1]
    with ThreadPoolExecutor() as threads:
        busy = threads.submit(lab.invoke, {"port": port, "then": "spin"}, handler="meets.handler", timeout_seconds=60)
        connections = [accept(meeting)[0]]
        lab.invoke({"port": port, "then": "stay"}, handler="meets.handler", timeout_seconds=60)
        connections.append(accept(meeting)[0])
        lab.runtime.close()
        lab.runtime.close()
        assert b"signal: killed" in busy.result().payload
    for connection in connections:
        wait_until_gone(connection)
    assert list(tmp_path.iterdir()) == []
    join_all_but(before)
    with pytest.raises(RuntimeError, match="closed"):
        lab.invoke({})


@posix
@pytest.mark.parametrize("then", ["start a child", "start a child and exit", "stop its parent", DAEMON])
def test_what_a_function_started_ends_with_its_environment(lab, meeting, then):
    lab.invoke({"port": meeting.getsockname()[1], "then": then}, handler="meets.handler")
    connection, _ = accept(meeting)
    lab.runtime.close()
    wait_until_gone(connection)


def test_where_nobody_tells_the_keeper_knows_of_no_children(monkeypatch):
    monkeypatch.setattr(os, "getpid", lambda: 0)
    assert keeper.children() == []


@posix
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("then", ["stay", "spin", "spin in C", "start a child", DAEMON])
def test_no_process_survives_a_kill_of_the_sandbox(tmp_path, meeting, client, then):
    event = {"port": meeting.getsockname()[1], "then": then}
    program = (
        "import sys, json, pathlib, test_runtime\n"
        "lab = test_runtime.Lab(pathlib.Path(sys.argv[1]), sys.argv[2])\n"
        "lab.invoke(json.loads(sys.argv[3]), handler='meets.handler', timeout_seconds=60)\n"
        "print('answered', flush=True)\n"
        "input()\n"
    )
    environ = {"PYTHONPATH": f"{PROJECT}{os.pathsep}{PROJECT / 'tests'}"}
    command = [sys.executable, "-c", program, str(tmp_path), client, json.dumps(event)]
    with subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sandbox:
        connection, _ = accept(meeting)
        if not then.startswith("spin"):
            assert sandbox.stdout.readline() == b"answered\n"
        sandbox.kill()
        wait_until_gone(connection)


# --- code and cost -------------------------------------------------------------------------------------------------


def test_a_zip_cannot_write_outside_its_folder(lab, tmp_path):
    code = zip_of({"answers.py": "def handler(e, c): pass", "../../../outside.py": "", "/outside.py": ""})
    lab.invoke({}, code=code)
    assert not list(tmp_path.parent.glob("outside.py"))
    found = list(tmp_path.rglob("outside.py"))
    assert [path.parent.parent for path in found] == [tmp_path / "code"]


def test_a_zip_that_unpacks_to_more_than_lambda_takes_is_refused(lab, monkeypatch):
    monkeypatch.setattr(pool_module, "UNZIPPED_LIMIT_BYTES", 10)
    with pytest.raises(ValueError, match="unpacks to"):
        lab.invoke({})
    assert not list(lab.scratch.rglob("*.py"))


def test_a_warm_invocation_does_not_wait_for_a_delayed_acknowledgement(each_lab):
    each_lab.invoke({"case": "null"})
    taken_ms = []
    for _ in range(20):
        started = time.perf_counter()
        each_lab.invoke({"case": "null"})
        taken_ms.append((time.perf_counter() - started) * 1000)
    assert statistics.median(taken_ms) < 20
