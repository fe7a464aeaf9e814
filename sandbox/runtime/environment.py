"""One execution environment: a process that runs the function, from its start to its end.

The process is `loop.py` in the folder of the unpacked zip, and `keeper.py` keeps it: it ends all of it as soon as the
sandbox closes their pipe, or dies. What it prints goes to a file that is read around each invocation: no thread reads
along and no pipe can fill up. It inherits nothing from the user's shell, so a function cannot reach AWS by mistake. On
Linux it stands still between invocations, and it is killed when it takes more memory than the function has. Cost: two
threads for each environment, and log lines carry the time of their invocation, not their own.
"""

import contextlib
import io
import os
import queue
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

from sandbox.runtime.invocation import Function, Run
from sandbox.runtime.runtime_api import Outcome, RuntimeApi

KEEPER, LOOP = Path(__file__).with_name("keeper.py"), Path(__file__).with_name("loop.py")
# AWS gives the import this long; what it takes beyond is taken from the first invocation
INIT_LIMIT_SECONDS = 10
MEMORY_CHECK_SECONDS = 0.05
STATUS_BYTES = 8192  # more than /proc/PID/status has
# of what an invocation prints, so much is kept: a loop that prints must not fill this machine
LARGEST_OUTPUT_BYTES = 8 * 2**20


class Environment:
    """A process and its Runtime API. kill() may be called at any time, the rest by one thread at a time."""

    def __init__(self, function: Function, folder: Path):
        self.function = function
        self.log_stream = time.strftime("%Y/%m/%d/[$LATEST]", time.gmtime()) + uuid.uuid4().hex
        self._folder = folder
        self._files = contextlib.ExitStack()
        self._memory: io.FileIO | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._peak_memory_mb = 0
        self._function_process = 0
        self._used = False

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def started(self) -> bool:
        return self._process is not None

    def start(self, client: str, task_root: Path, reach: Mapping[str, str]) -> None:
        """`reach` holds the variables that say where AWS is and who calls it."""
        self._api = RuntimeApi(self._freeze)
        self._started = time.monotonic()
        try:
            self._process = self._spawn(client, task_root, reach)
        except (OSError, ValueError):
            self._api.server_close()
            raise
        self._serving = threading.Thread(target=self._api.serve, daemon=True)
        self._watching = threading.Thread(target=self._watch, args=(self._process,), daemon=True)
        self._serving.start()
        self._watching.start()

    def _spawn(self, client: str, task_root: Path, reach: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True)
        # -P -s: nothing of this project and of the user's own packages can be imported
        python = [sys.executable, "-P", "-s", "-u", "-X", "utf8"]
        log = self._folder / "output.log"
        with log.open("ab") as output:
            # without a buffer, which would not see what is appended
            self._output = self._files.enter_context(io.FileIO(log, "r+"))
            return subprocess.Popen(
                [*python, str(KEEPER), str(LOOP), client, self.function.handler],
                cwd=task_root,
                env=self._variables(task_root, temporary, reach),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, event: bytes) -> Run:
        """One event through the process. The caller discards the environment unless it answered."""
        cold, self._used = not self._used, True
        self._wait_for_init()
        started = time.monotonic()
        init_ms = (started - self._started) * 1000 if cold else None
        started_ms, earlier = int(time.time() * 1000), self._printed()
        request_id = str(uuid.uuid4())
        self._api.offer(request_id, self.function.arn, self.function.timeout_seconds, event)
        outcome = self._outcome(started + self.function.timeout_seconds)
        duration_ms = (time.monotonic() - started) * 1000
        if outcome.kind not in ("response", "error"):
            self._end()  # or what it prints would have no end
        return Run(
            request_id=request_id,
            outcome=outcome,
            started_ms=started_ms,
            duration_ms=duration_ms,
            init_ms=init_ms,
            earlier=earlier,
            output=self._printed(),
            peak_memory_mb=min(self._peak_memory_mb, self.function.memory_mb),
        )

    def _wait_for_init(self) -> None:
        """Until the import is over, or has taken too long or too much."""
        give_up = time.monotonic() + INIT_LIMIT_SECONDS
        while not self._api.init_over.wait(min(MEMORY_CHECK_SECONDS, max(0, give_up - time.monotonic()))):
            if time.monotonic() >= give_up or self._measure_memory() > self.function.memory_mb:
                return

    def _outcome(self, deadline: float) -> Outcome:
        """What became of the event until `deadline` (time.monotonic())."""
        outcome = None
        while outcome is None:
            left = deadline - time.monotonic()
            try:
                outcome = self._api.outcomes.get(timeout=max(0, min(left, MEMORY_CHECK_SECONDS)))
            except queue.Empty:
                if left <= 0:
                    return Outcome("timeout")
            if self._measure_memory() > self.function.memory_mb:
                return Outcome("out of memory")
        return outcome

    def kill(self) -> None:
        """The keeper ends when its pipe breaks, and everything with it."""
        if self._process is not None and self._process.stdin:
            self._process.stdin.close()
            if sys.platform != "win32":  # a function may have stopped the keeper
                self._process.send_signal(signal.SIGCONT)

    def discard(self) -> None:
        """Returns when the process is gone, with whatever it started, and its folder too."""
        if self._process is not None:
            self._end()
        self._files.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        self.kill()
        self._watching.join()
        self._serving.join()

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        status = process.wait()
        self.kill()
        self._api.end(Outcome("exit", status=status))

    def _printed(self) -> bytes:
        """What the process has printed since the last call, or the beginning of it."""
        if not self._output_bytes():
            return b""
        self._output.seek(0)
        printed = self._output.read(LARGEST_OUTPUT_BYTES)
        left = self._output_bytes() - len(printed)
        # it appends, so what it prints next starts the file anew
        self._output.truncate(0)
        return printed + f"\n{left} bytes more were printed, and are not kept here".encode() if left > 0 else printed

    def _output_bytes(self) -> int:
        return os.fstat(self._output.fileno()).st_size

    def _measure_memory(self) -> int:
        """The largest resident size so far in MB, 0 where there is no /proc to tell."""
        with contextlib.suppress(OSError):
            self._memory = self._memory or self._files.enter_context(io.FileIO(f"/proc/{self._runs_as()}/status"))
            self._memory.seek(0)
            _, found, size = self._memory.read(STATUS_BYTES).partition(b"VmHWM:")
            if found:  # not of a process that is ending
                self._peak_memory_mb = int(size.split(None, 1)[0]) // 1024
        return self._peak_memory_mb

    def _freeze(self, frozen: bool) -> None:
        """Stops the function's process, or lets it go on; on Linux, where it can be looked up."""
        if process := self._runs_as():
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.killpg(process, signal.SIGSTOP if frozen else signal.SIGCONT)

    def _runs_as(self) -> int:
        """The id of the keeper's child, the function's process; 0 while nobody can tell."""
        if not self._function_process and self._process is not None:
            keeper = self._process.pid
            with contextlib.suppress(OSError):
                children = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
                self._function_process = int(children[0]) if children else 0
        return self._function_process

    def _variables(self, task_root: Path, temporary: Path, reach: Mapping[str, str]) -> dict[str, str]:
        """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
        function = self.function
        replaceable = {"TZ": ":UTC", "LANG": "en_US.UTF-8", "PATH": os.defpath, **dict(function.variables)}
        reserved = {
            "_HANDLER": function.handler,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group or f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "LAMBDA_TASK_ROOT": str(task_root),
            # where boto3 is, as on Lambda
            "LAMBDA_RUNTIME_DIR": sysconfig.get_path("purelib"),
        }
        # what keeps it here: no profile, no instance role, no proxy, no way around AWS_ENDPOINT_URL
        fence = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "NO_PROXY": "*",
            "TMPDIR": str(temporary),
        }
        # Windows starts no interpreter without it
        system = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
        return {**replaceable, **reserved, **fence, **reach, **system}
