"""The process in an execution environment: asks the Runtime API for events and runs the handler on each.

main("awslambdaric", HANDLER) hands over to AWS's own client, which exists for Linux only. main("own", HANDLER) is the
stand-in for macOS and Windows and gives the same answers byte for byte: encoder, error shapes and log lines repeat
awslambdaric 4's. Cost: what that client gains later has to be repeated here; left out are SnapStart, the JSON log
format, X-Ray causes, client context and Cognito identity. `keeper.py` runs it by its path, with `-P`: a function can
import its own zip and the installed packages, and nothing of this project.
"""

import decimal
import http.client
import importlib
import itertools
import logging
import math
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

import simplejson

RUNTIME = "/2018-06-01/runtime"
Handler = Callable[[Any, "LambdaContext"], Any]
UNESCAPED = {f"AWS_Lambda_python3.{minor}" for minor in (12, 13, 14, 15)}


class Fault(Exception):
    """An error that the client itself finds, in Lambda's words."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None):
        super().__init__(message)
        self.kind, self.message, self.trace = f"Runtime.{kind}", message, trace or []


class Encoder(simplejson.JSONEncoder):  # type: ignore[misc]  # simplejson has no types
    def __init__(self) -> None:
        ascii_only = os.environ.get("AWS_EXECUTION_ENV") not in UNESCAPED
        super().__init__(use_decimal=False, ensure_ascii=ascii_only, allow_nan=True)

    def default(self, o: object) -> object:
        if isinstance(o, decimal.Decimal):
            # simplejson would write -NaN, which no parser reads
            return math.nan if o.is_nan() else simplejson.raw_json.RawJSON(str(o))
        return super().default(o)


def to_json(value: object) -> str:
    return str(Encoder().encode(value))


class LogHandler(logging.Handler):
    """The root logger of a function: `[INFO]<tab>time<tab>request id<tab>message` on stdout."""

    request_id = ""

    def __init__(self) -> None:
        super().__init__()
        text = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        self.setFormatter(logging.Formatter(text, "%Y-%m-%dT%H:%M:%S"))
        logging.Formatter.converter = time.gmtime

    def emit(self, record: logging.LogRecord) -> None:
        record.aws_request_id = self.request_id
        sys.stdout.write(self.format(record))


class CognitoIdentity:
    cognito_identity_id = cognito_identity_pool_id = None

    def __repr__(self) -> str:
        return "CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None])"


class LambdaContext:
    def __init__(self, headers: http.client.HTTPMessage):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.client_context = None
        self.identity = CognitoIdentity()
        self.tenant_id = None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        return max(0, self._deadline_ms - int(time.time() * 1000))

    def log(self, message: object) -> None:
        sys.stdout.write(str(message))

    def w3c(self) -> dict[str, str]:
        return {}

    def __repr__(self) -> str:
        shown = ((name, value) for name, value in vars(self).items() if not name.startswith("_"))
        return f"LambdaContext([{','.join(f'{name}={value}' for name, value in shown)}])"


def find_handler(handler: str) -> Handler:
    try:
        module_name, function_name = handler.rsplit(".", 1)
    except ValueError as error:
        raise Fault("MalformedHandlerName", f"Bad handler '{handler}': {error}") from error
    if module_name.split(".", maxsplit=1)[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("UserCodeSyntaxError", message, trace) from error
    try:
        found: Handler = getattr(module, function_name)
        return found
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("HandlerNotFound", message) from error


def handle_event_request(request_handler: Handler, body: bytes, lambda_context: LambdaContext) -> bytes | str:
    try:
        event = simplejson.loads(body)
    except Exception as error:
        raise Fault("UnmarshalError", f"Unable to unmarshal input: {error}") from error
    # a handler with the wrong arguments shows this line in its answer: it reads as in AWS's client
    response = request_handler(event, lambda_context)
    if isinstance(response, bytes):
        return response
    try:
        return to_json(response)
    except Exception as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def describe(error: Exception, request_id: str) -> dict[str, Any]:
    if isinstance(error, Fault):
        message, kind, trace = error.message, error.kind, error.trace
    else:
        message, kind, trace = str(error), type(error).__name__, stack_trace(error.__traceback__)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def stack_trace(trace: TracebackType | None) -> list[str]:
    """The frames from the function's first on; when none is the function's, the call of the handler."""
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(trace)]
    theirs = list(itertools.dropwhile(lambda frame: frame[0] == __file__, frames))
    return traceback.format_list(theirs or frames[-1:])  # type: ignore[arg-type]


def log_error(error: dict[str, Any]) -> None:
    """One log event: its lines are divided by carriage returns and indented with no-break spaces."""
    kind, message = error["errorType"], error["errorMessage"]
    lines = [
        f"[ERROR] {kind}: {message}" if message else f"[ERROR] {kind}",
        "Traceback (most recent call last):",
    ]
    for line in itertools.chain.from_iterable(entry.splitlines() for entry in error["stackTrace"]):
        text = line.lstrip(" ")
        lines.append("\u00a0" * (len(line) - len(text)) + text)
    sys.stdout.write("\r".join(lines) + "\n")


def run(handler_name: str) -> None:
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

    def call(method: str, path: str, body: bytes | None = None) -> tuple[http.client.HTTPMessage, bytes]:
        api.request(method, RUNTIME + path, body)
        response = api.getresponse()
        content = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{path}: HTTP {response.status}")
        return response.headers, content

    log = LogHandler()
    logging.getLogger().addHandler(log)
    try:
        handler = find_handler(handler_name)
    except Exception as error:  # noqa: BLE001  whatever the import raised is the answer
        described = describe(error, "")
        log_error(described)
        call("POST", "/init/error", to_json(described).encode())
        sys.exit(1)
    while True:
        headers, event = call("GET", "/invocation/next")
        context = LambdaContext(headers)
        log.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        body: bytes | str
        try:
            outcome, body = "response", handle_event_request(handler, event, context)
        except Exception as error:  # noqa: BLE001  whatever the handler raised is the answer
            described = describe(error, context.aws_request_id)
            log_error(described)
            outcome, body = "error", to_json(described)
        # outside the try: a lone surrogate, which UTF-8 has no bytes for, ends AWS's client as well
        encoded = body.encode() if isinstance(body, str) else body
        call("POST", f"/invocation/{context.aws_request_id}/{outcome}", encoded)


def main(client: str, handler: str) -> None:
    if client == "awslambdaric":
        from awslambdaric.__main__ import main as run_awslambdaric  # noqa: PLC0415  not installed everywhere
    # only now: a module in the zip must not stand in for one of the client's own
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    if client == "awslambdaric":
        run_awslambdaric([client, handler])
    else:
        run(handler)
