"""What goes into an invocation and what comes out of it, for the caller and in the log, in AWS's words.

The words are those of 2025 and later: the import is billed, and the REPORT line of a failure ends in its
status. Cost: INIT_START and INIT_REPORT lines are left out; Max Memory Used counts the process and not what it
starts, and is 0 where nobody can be asked (after a crash, on macOS, on Windows).
"""

import json
import math
import signal
import time
from dataclasses import dataclass

from sandbox.runtime.runtime_api import RESPONSE_LIMIT_BYTES, Outcome

LOG_TAIL_BYTES = 4096


@dataclass(frozen=True)
class Function:
    """Everything the runtime needs to know of a function. Equal values may share warm environments."""

    name: str
    arn: str
    region: str
    account: str
    handler: str
    runtime: str
    memory_mb: int
    timeout_seconds: int
    code: bytes
    variables: tuple[tuple[str, str], ...] = ()
    log_group: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Run:
    """One event as its environment saw it. `earlier` was printed before the event, mostly by the import.

    `init_ms` is None in a warm environment.
    """

    request_id: str
    outcome: Outcome
    started_ms: int
    duration_ms: float
    init_ms: float | None
    earlier: bytes
    output: bytes
    peak_memory_mb: int


@dataclass(frozen=True)
class Invocation:
    """`function_error` is X-Amz-Function-Error; `log_tail` is what LogType=Tail gives, before base64."""

    request_id: str
    payload: bytes
    function_error: str | None
    log_tail: bytes
    duration_ms: float
    billed_ms: int
    cold: bool


def report(function: Function, run: Run) -> tuple[Invocation, list[tuple[int, str]]]:
    """The answer, and the log as (timestamp in ms, event without its newline)."""
    ended_ms = int(run.started_ms + run.duration_ms)
    # a process that is out of time is billed to its limit, not to the moment when it was gone
    duration_ms = min(run.duration_ms, function.timeout_seconds * 1000)
    billed_ms = math.ceil(duration_ms + (run.init_ms or 0))
    payload, explanation, status = explain(run, function.timeout_seconds, ended_ms)
    measured = [
        f"REPORT RequestId: {run.request_id}",
        f"Duration: {duration_ms:.2f} ms",
        f"Billed Duration: {billed_ms} ms",
        f"Memory Size: {function.memory_mb} MB",
        f"Max Memory Used: {run.peak_memory_mb} MB",
        *([f"Init Duration: {run.init_ms:.2f} ms"] if run.init_ms is not None else []),
        *status,
    ]
    before = [*log_events(run.earlier), f"START RequestId: {run.request_id} Version: $LATEST"]
    after = [
        *log_events(run.output),
        *explanation,
        f"END RequestId: {run.request_id}",
        "\t".join(measured) + "\t",
    ]
    log = [(run.started_ms, event) for event in before] + [(ended_ms, event) for event in after]
    invocation = Invocation(
        request_id=run.request_id,
        payload=payload,
        function_error=None if run.outcome.kind == "response" else "Unhandled",
        log_tail="".join(f"{event}\n" for _, event in log).encode()[-LOG_TAIL_BYTES:],
        duration_ms=duration_ms,
        billed_ms=billed_ms,
        cold=run.init_ms is not None,
    )
    return invocation, log


def log_events(printed: bytes) -> list[str]:
    """One event a line, as in CloudWatch; a carriage return divides the lines within one, as in a traceback."""
    text = printed.decode(errors="replace").replace("\r\n", "\n").removesuffix("\n")
    return [event.replace("\r", "\n") for event in text.split("\n")] if text else []


def explain(run: Run, timeout_seconds: int, now_ms: int) -> tuple[bytes, list[str], list[str]]:
    """The payload, what the log says about a failure, and how the REPORT line ends."""
    outcome = run.outcome
    if outcome.kind == "timeout":
        message = f"Task timed out after {timeout_seconds:.2f} seconds"
        now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_ms / 1000)) + f".{now_ms % 1000:03d}Z"
        payload = error_payload("Sandbox.Timedout", f"RequestId: {run.request_id} Error: {message}")
        return payload, [f"{now} {run.request_id} {message}"], ["Status: timeout"]
    if outcome.kind == "out of memory":
        # https://github.com/adobe/helix-html2md-service/issues/1001 quotes the answer
        message = f"RequestId: {run.request_id} Error: {exit_reason(-signal.SIGKILL)}"
        kind = "Runtime.OutOfMemory"
        return error_payload(kind, message), [message, "Runtime.ExitError"], ["Status: error", f"Error Type: {kind}"]
    if outcome.kind == "exit":
        kind, message = (
            "Runtime.ExitError",
            f"RequestId: {run.request_id} Error: {exit_reason(outcome.status)}",
        )
        return error_payload(kind, message), [message, kind], ["Status: error", f"Error Type: {kind}"]
    if outcome.kind == "too large":
        kind, limit = "Function.ResponseSizeTooLarge", f"({RESPONSE_LIMIT_BYTES} bytes)"
        message = f"Response payload size exceeded maximum allowed payload size {limit}."
        return error_payload(kind, message), [], ["Status: error", f"Error Type: {kind}"]
    if outcome.kind == "init error":
        kind = json.loads(outcome.body)["errorType"]
        return outcome.body, [], ["Status: error", f"Error Type: {kind}"]
    return outcome.body, [], []


def exit_reason(status: int) -> str:
    if status == 0:
        return "Runtime exited without providing a reason"
    how = f"exit status {status}" if status > 0 else f"signal: {(signal.strsignal(-status) or '').lower()}"
    return f"Runtime exited with error: {how}"


def error_payload(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}, separators=(",", ":")).encode()
