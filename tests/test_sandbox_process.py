"""The sandbox as a process: the commands that start, find and end it, and what it leaves behind: nothing."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from sandbox import process, server
from sandbox.__main__ import main
from sandbox.process import Sandbox, SandboxError
from tests.conftest import PROJECT, Bench, command, free_port, running_sandbox, until

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
posix = pytest.mark.skipif(sys.platform == "win32", reason="needs sessions and signals")

HANGS = """
import threading

def lambda_handler(event, context):
    if event["operation"] == "hang":
        threading.Event().wait()
    return event["payload"]
"""


def run(verb, port, *options, **environment):
    return command("sandbox", verb, *options, SANDBOX_PORT=str(port), **environment)


def parents():
    """{pid: parent's pid} of all processes that have not ended."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                found[int(path.parent.name)] = int(parent)
    return found


def descendants(pid):
    alive = parents()
    children = {child for child, parent in alive.items() if parent == pid}
    return children.union(*(descendants(child) for child in children))


def servers_on(port):
    """The processes that serve, or try to serve, this port."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().split(b"\0")[1:4] == [b"-m", b"sandbox.server", str(port).encode()]:
                found.append(int(path.parent.name))
    return found


@pytest.fixture
def port():
    """A free port; whatever is started there is ended afterwards, and its log removed."""
    sandbox = Sandbox(free_port())
    yield sandbox.port
    with contextlib.suppress(SandboxError):
        sandbox.stop()
    sandbox.log_file.unlink(missing_ok=True)


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where sandboxes that are started here put their temporary files."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@contextlib.contextmanager
def listener(answer):
    """The port of a server that is not the sandbox: it sends these bytes to everyone, or nothing at all for None."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:

        def serve():
            waiting = []
            with contextlib.suppress(OSError):  # the listener is closed: that is the end
                while True:
                    connection, _ = listening.accept()
                    waiting.append(connection)
                    if answer is not None:
                        connection.recv(65_536)
                        connection.sendall(answer)
                        connection.close()
            for connection in waiting:
                connection.close()

        pool.submit(serve)
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)


# --- the commands --------------------------------------------------------------------------------------------------


def test_status_tells_where_it_runs(sandbox):
    told = run("status", sandbox.port)
    pid = sandbox.status()["pid"]
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"the sandbox runs at http://127.0.0.1:{sandbox.port}, process {pid}\n"


def test_status_as_json(sandbox, port):
    told = run("status", sandbox.port, "--json")
    expected = {"running": True, "endpoint": sandbox.endpoint_url, "pid": sandbox.status()["pid"]}
    assert (told.returncode, json.loads(told.stdout)) == (0, expected)
    told = run("status", port, "--json")
    expected = {"running": False, "endpoint": f"http://127.0.0.1:{port}", "pid": None}
    assert (told.returncode, json.loads(told.stdout)) == (3, expected)


def test_what_does_not_run_is_told_so(port):
    told = [run(verb, port) for verb in ("status", "stop", "logs")]
    assert [each.returncode for each in told] == [3, 0, 0]
    assert [each.stdout for each in told] == [
        "the sandbox is not running\n",
        "the sandbox is not running\n",
        f"the sandbox on port {port} has no log in this folder\n",
    ]
    assert not Sandbox(port).log_file.exists()


def test_a_second_start_changes_nothing(sandbox):
    before = sandbox.status()
    told = run("start", sandbox.port)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"the sandbox runs at {sandbox.endpoint_url}, process {before['pid']}\n"
    assert sandbox.status() == before


def test_the_log_tells_of_requests(sandbox):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as connection:
        connection.request("GET", "/a-path-of-its-own")
        connection.getresponse().read()
    told = until(
        lambda: [
            line for line in run("logs", sandbox.port, "--requests").stdout.splitlines() if "/a-path-of-its-own" in line
        ]
    )
    assert "GET /a-path-of-its-own 403" in told[0]
    assert f"ready, process {sandbox.status()['pid']}" in run("logs", sandbox.port, "--requests").stdout
    assert "/a-path-of-its-own" not in run("logs", sandbox.port).stdout


@pytest.mark.parametrize("arguments", [[], ["begin"], ["start", "--port=1"]])
def test_wrong_arguments_are_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m sandbox" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["start", "status", "stop", "logs"])
@pytest.mark.parametrize("text", ["abc", "", "0", "65536", "99999", "-1", "4599.0", " 4599", "4599 ", "0x11f7", "²"])
def test_what_is_no_port_is_told_so(verb, text, monkeypatch, capsys):
    monkeypatch.setenv("SANDBOX_PORT", text)
    assert main([verb]) == 2
    assert capsys.readouterr().err == f"SANDBOX_PORT: {text!r} is not a port; a number from 1 to 65535\n"


def test_without_a_choice_it_is_the_usual_port(monkeypatch):
    monkeypatch.delenv("SANDBOX_PORT", raising=False)
    assert Sandbox.configured().endpoint_url == "http://127.0.0.1:4599"
    monkeypatch.setenv("SANDBOX_PORT", "65535")
    assert Sandbox.configured().endpoint_url == "http://127.0.0.1:65535"


def test_the_commands_load_neither_moto_nor_boto3():
    script = "import sys, sandbox.__main__; print({'moto', 'boto3', 'werkzeug'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


# --- a port that somebody else has ---------------------------------------------------------------------------------

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
STRANGERS = {
    "says hello": HELLO,
    "speaks JSON": b'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"service": "other"}',
    "speaks a JSON list": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    "speaks JSON null": b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
    "finds nothing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "breaks off": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
    "speaks no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "hangs up": b"",
    "speaks no text": b"\xff\xfe\x00" * 100,
}


@pytest.mark.parametrize("verb", ["start", "status", "stop"])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_port_that_is_taken_is_told_so(stranger, verb, monkeypatch, capsys):
    with listener(STRANGERS[stranger]) as taken:
        monkeypatch.setenv("SANDBOX_PORT", str(taken))
        assert main([verb]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"port {taken} of 127.0.0.1 is taken by another program. End that program, or name")
    assert "SANDBOX_PORT=" in told.err


def test_a_port_that_is_taken_is_told_in_one_line():
    with listener(HELLO) as taken:
        told = run("start", taken)
    assert (told.returncode, told.stdout) == (1, "")
    assert len(told.stderr.splitlines()) == 1
    assert not Sandbox(taken).log_file.exists()


def test_a_port_whose_owner_never_answers_is_told_so(monkeypatch, capsys):
    monkeypatch.setattr(process, "START_BUDGET_SECONDS", 0.2)
    with listener(None) as taken:
        monkeypatch.setenv("SANDBOX_PORT", str(taken))
        assert main(["start"]) == 1
        with pytest.raises(SandboxError, match="is taken, and what holds it does not answer"):
            Sandbox(taken).status(timeout_seconds=0.1)
    assert "is taken, and what holds it does not answer" in capsys.readouterr().err


def test_a_port_that_is_taken_and_does_not_listen_is_told_so(port):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", port))
        told = run("start", port)
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == f"the sandbox did not start; its log tells why: {Sandbox(port).log_file}\n"
    assert f"port {port}: " in Sandbox(port).log_file.read_text()


def test_a_sandbox_that_never_answers_is_not_waited_for_for_ever(port, monkeypatch, capsys):
    asked, ended = [], []
    monkeypatch.setattr(process, "START_BUDGET_SECONDS", 0.2)
    monkeypatch.setattr(Sandbox, "status", lambda self, timeout_seconds=5: asked.append(timeout_seconds))
    still_starting = SimpleNamespace(
        poll=lambda: None, terminate=lambda: ended.append("told"), wait=lambda: ended.append("waited for")
    )
    monkeypatch.setattr(process.subprocess, "Popen", lambda *_, **__: still_starting)
    monkeypatch.setenv("SANDBOX_PORT", str(port))
    assert main(["start"]) == 1
    assert "the sandbox did not answer within 0.2 s; its log: " in capsys.readouterr().err
    assert len(asked) > 1
    assert ended == ["told", "waited for"]


# --- the process ---------------------------------------------------------------------------------------------------


@linux
def test_two_that_start_at_the_same_instant_are_one(port):
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: run("start", port), range(2)))
    assert [(each.returncode, each.stderr) for each in told] == [(0, "")] * 2
    assert told[0].stdout == told[1].stdout
    pid = Sandbox(port).status()["pid"]
    assert until(lambda: servers_on(port) == [pid])


def local_addresses():
    """Other addresses of this machine, by which others could reach it. Nothing is sent to find them."""
    yield "127.0.0.2"
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        yield probe.getsockname()[0]


@linux
def test_it_listens_on_this_machine_only(sandbox):
    for address in {*local_addresses()} - {"127.0.0.1"}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, sandbox.port), timeout=5)
    with contextlib.suppress(OSError), pytest.raises(ConnectionRefusedError):
        socket.create_connection(("::1", sandbox.port), timeout=5)


@linux
def test_it_survives_the_terminal(sandbox):
    pid = sandbox.status()["pid"]
    assert os.getsid(pid) == os.getpgid(pid) == pid
    open_files = [str(Path(f"/proc/{pid}/fd/{number}").readlink()) for number in range(3)]
    assert open_files == [os.devnull, str(sandbox.log_file), str(sandbox.log_file)]


@linux
def test_the_users_configuration_does_not_disturb_it(scratch, monkeypatch, port, tmp_path):
    """And when it is stopped, nothing is left of it, warm functions included."""
    broken = tmp_path / "config"
    broken.write_text("[profile\nthis is no configuration")
    disturbing = {
        "AWS_PROFILE": "nonexistent",
        "AWS_DEFAULT_REGION": "nowhere",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_CA_BUNDLE": "/nonexistent",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"), "http://127.0.0.1:9"),
    }
    told = run("start", port, **disturbing)
    assert told.returncode == 0, told.stderr
    own = Sandbox(port)
    pid = own.status()["pid"]
    bench = Bench(own)
    bench.up_to("smoke")
    functions = descendants(pid)
    assert functions
    assert list(scratch.iterdir())
    told = run("stop", port, **disturbing)
    assert (told.returncode, told.stdout) == (0, "the sandbox is stopped\n")
    until(lambda: pid not in parents())
    assert not functions & parents().keys()
    assert list(scratch.iterdir()) == []
    assert own.status() is None


@linux
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(scratch, number):
    with running_sandbox() as own:
        pid = own.status()["pid"]
        Bench(own).up_to("echo")
        functions = descendants(pid)
        assert functions
        os.kill(pid, number)
        until(lambda: pid not in parents())
        assert not functions & parents().keys()
        assert list(scratch.iterdir()) == []
        assert "Traceback" not in own.log_file.read_text()


@linux
def test_stop_ends_a_function_that_hangs(scratch, tmp_path):
    with running_sandbox() as own:
        pid = own.status()["pid"]
        bench = Bench(own, function={"timeout_seconds": 25})
        bench.lab.source = tmp_path / "lambda_function.py"
        bench.lab.source.write_text(HANGS)
        bench.up_to("echo")

        path = f"/2015-03-31/functions/{bench.lab.function_name}/invocations"

        def hang():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", own.port)
                with contextlib.closing(connection):
                    connection.request("POST", path, b'{"operation": "hang"}')
                    connection.getresponse().read()

        caller = threading.Thread(target=hang)
        caller.start()
        functions = until(lambda: descendants(pid))
        assert own.stop()
        caller.join(20)
        assert not caller.is_alive()
        until(lambda: pid not in parents())
        assert not functions & parents().keys()
        assert list(scratch.iterdir()) == []


@linux
def test_it_is_started_anew_after_a_stop(scratch):
    with running_sandbox() as own:
        first = own.status()["pid"]
        assert own.stop()
        assert own.status() is None
        assert run("start", own.port).returncode == 0
        assert own.status()["pid"] != first


class Interrupted(BaseException):
    pass


def test_a_start_that_is_broken_off_leaves_none_behind(port):
    own = Sandbox(port)
    children = []
    with pytest.MonkeyPatch.context() as patch:
        popen = subprocess.Popen
        patch.setattr(subprocess, "Popen", lambda *args, **more: children.append(popen(*args, **more)) or children[0])
        with pytest.raises(Interrupted), own.starting():
            raise Interrupted
    assert children[0].returncode is not None
    assert own.status() is None
    own.log_file.unlink()


# --- nobody needs it -------------------------------------------------------------------------------------------------


@posix
def test_it_ends_when_nobody_uses_it(scratch, port):
    """Being asked whether it runs is no use."""
    script = f"import sys; from sandbox import server; server.IDLE_SECONDS = 1; sys.exit(server.serve({port}))"
    with subprocess.Popen([sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.DEVNULL) as own:
        try:
            until(lambda: own.poll() is not None or Sandbox(port).status())
            while own.poll() is None:
                with contextlib.suppress(SandboxError):  # it may end while it is asked
                    until(lambda: Sandbox(port).status() is None or own.poll() is not None)
            assert own.wait(10) == 0
        finally:
            own.kill()
    assert list(scratch.iterdir()) == []


def test_each_use_starts_its_idle_time_anew(monkeypatch):
    app, clock, killed = SimpleNamespace(last_used=0.0), SimpleNamespace(now=0.0), []
    uses = iter([1000.0, 5000.0])

    def sleep(seconds):
        assert seconds > 0
        clock.now += seconds
        app.last_used = next(uses, app.last_used)

    monkeypatch.setattr(server, "IDLE_SECONDS", 3600)
    monkeypatch.setattr(server, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=sleep))
    monkeypatch.setattr(server, "os", SimpleNamespace(kill=lambda *told: killed.append(told), getpid=lambda: 42))
    server.end_when_idle(app)
    assert killed == [(42, signal.SIGTERM)]
    assert clock.now == 5000 + 3600


def test_it_keeps_the_pace_that_it_is_told(scratch):
    with running_sandbox() as own:
        own.keep("aws")
        with pytest.raises(SandboxError, match="of another version"):
            own.keep("no-such-pace")
        own.keep("instant")


def test_a_stranger_keeps_no_pace(no_sandbox):
    with pytest.raises(SandboxError, match="taken by another program"):
        Sandbox(no_sandbox).keep("aws")
