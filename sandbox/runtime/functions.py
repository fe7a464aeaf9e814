"""The functions of moto's Lambda, run for real: the Invoke API, the role's credentials, the log lines.

moto keeps what CreateFunction and its siblings say; its own backend without Docker would answer with the payload that
it was sent, whatever the code. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from sandbox.lambda_.answers import error_body
from sandbox.lambda_.names import parsed, unreachable
from sandbox.lambda_.roles import NOT_ASSUMABLE, is_assumable
from sandbox.pace import CLOCK
from sandbox.permissions.identities import ACCOUNT, Identities, find_role, term
from sandbox.runtime.log_streams import LogStreams
from sandbox.runtime.pool import Function, Invocation, Runtime, TooManyRequests

INVOCATIONS = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations/?$")
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html: 6 MB, and 1 MB for what is invoked asynchronously
LARGEST_EVENT_BYTES, LARGEST_ASYNCHRONOUS_BYTES = 6_291_456, 1_048_576
UNDECRYPTABLE = (
    "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's "
    "KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: The ciphertext refers to a customer master key "
    "that does not exist, does not exist in this region, or you are not allowed to access."
)
log = logging.getLogger("sandbox.function")


class NotJson(Exception):
    """An event is not JSON. The message is Lambda's."""


class NotInvocable(Exception):
    """The function cannot be run as it is now: `status` and `code` of the Invoke API's error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def strict_json(body: bytes) -> Any:
    """What RFC 8259 calls JSON: no NaN, no Infinity, no broken UTF-8; nothing is `{}`. Raises NotJson."""

    def refuse(constant: str) -> None:
        raise ValueError(f"Unrecognized token '{constant}'")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse, parse_int=whole) if body else {}
    except (ValueError, RecursionError) as error:
        raise NotJson(f"Could not parse request body into json: {error}") from error


def whole(digits: str) -> int | float:
    """JSON does not mind thousands of digits. Python does, and so does the runtime, but only once it has the event."""
    return int(digits) if len(digits) < sys.int_info.default_max_str_digits else float(digits)


class Functions:
    """Finds functions in moto's state and runs them. Thread-safe."""

    def __init__(self, scratch: Path, endpoint_url: str) -> None:
        self.runtime = Runtime(scratch, endpoint_url, self.credentials, self.write_log)
        self.identities = Identities()
        self._log_streams = LogStreams()
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def find(self, region: str, name_or_arn: str, qualifier: str | None = None) -> LambdaFunction | None:
        """moto's function, or None. An ARN's region and qualifier win."""
        named = parsed(name_or_arn)
        if named is None:
            return None
        try:
            backend = lambda_backends[ACCOUNT][named.region or region]
            return backend.get_function(named.name, named.qualifier or qualifier)
        except LambdaClientError:
            return None

    def run(self, found: LambdaFunction, event: bytes) -> Invocation:
        """One invocation. Raises NotJson, NotInvocable and TooManyRequests before the function is run."""
        strict_json(event)
        require_invocable(found)
        with self._counted(found):
            return self.runtime.invoke(described(found), event)

    @contextlib.contextmanager
    def _counted(self, found: LambdaFunction) -> Iterator[None]:
        """Of a function with reserved concurrency, no more run at once. Raises TooManyRequests.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
        """
        arn, reserved = found.function_arn, found.reserved_concurrency
        with self._lock:
            if reserved is not None and self._running[arn] >= reserved:
                raise TooManyRequests("Rate Exceeded.")
            self._running[arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[arn] -= 1

    def invoke(self, request: Request, region: str) -> Response | None:
        """Answers the Invoke API; None for what is no invocation."""
        match = INVOCATIONS.search(request.path)
        if match is None:
            return None
        name = unquote(match["name"])
        named = parsed(name)
        if named is None:
            return refused(400, "ValidationException", f"'{name}' at 'functionName' is no name of a function")
        elsewhere = unreachable(named, region)
        if elsewhere:
            return refused(404, "ResourceNotFoundException", elsewhere)
        qualifier = request.args.get("Qualifier") or named.qualifier
        found = self.find(region, name, qualifier)
        if found is None:
            arn = f"arn:{get_partition(region)}:lambda:{region}:{ACCOUNT}:function:{named.name}"
            unknown = f"Function not found: {arn}:{qualifier}" if qualifier else f"Function not found: {arn}"
            return refused(404, "ResourceNotFoundException", unknown)
        return self._answer(found, request)

    def _answer(self, found: LambdaFunction, request: Request) -> Response:
        event = request.get_data()
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if too_large := said_of_size(kind, len(event)):
            return refused(413, "RequestEntityTooLargeException", too_large)
        if kind == "DryRun":
            return Response(status=204)
        if kind not in {"RequestResponse", "Event"}:
            return refused(400, "ValidationException", f"'{kind}' at 'invocationType' is no type of invocation")
        try:
            if kind == "Event":
                self.run_later(found, event)
                return Response(status=202)
            return answered(self.run(found, event), request.headers.get("X-Amz-Log-Type") == "Tail")
        except NotJson as error:
            return refused(400, "InvalidRequestContentException", str(error))
        except NotInvocable as error:
            return refused(error.status, error.code, str(error))
        except TooManyRequests:
            return refused(429, "TooManyRequestsException", "Rate Exceeded.")

    def run_later(self, found: LambdaFunction, event: bytes) -> None:
        """One invocation that nobody waits for. Raises NotJson."""
        strict_json(event)
        threading.Thread(target=self._run_unheard, args=(found, event), daemon=True).start()

    def _run_unheard(self, found: LambdaFunction, event: bytes) -> None:
        try:
            self.run(found, event)
        except (NotInvocable, TooManyRequests) as error:
            log.warning("%s: an asynchronous event was dropped: %s", found.function_name, error)

    def credentials(self, function: Function) -> Mapping[str, str]:
        found = self.find(function.region, function.arn)
        return self.identities.session(function, found.role if found else "").variables

    def write_log(self, function: Function, stream: str, lines: list[tuple[int, str]]) -> None:
        group = function.log_group or f"/aws/lambda/{function.name}"
        session = self.identities.latest(function.arn)
        if session is not None:
            self._log_streams.write(session, function.region, group, stream, lines)
        for _, line in lines:
            log.info("%s: %s", function.name, line.rstrip("\n"))


def said_of_size(kind: str, length: int) -> str | None:
    """Why an event of so many bytes is refused, if it is.

    The words: https://github.com/pelmers/streetwarp-web/issues/14, https://github.com/ASFHyP3/hyp3/issues/2241
    """
    if length > LARGEST_EVENT_BYTES:
        return f"Request must be smaller than {LARGEST_EVENT_BYTES} bytes for the InvokeFunction operation"
    if kind == "Event" and length > LARGEST_ASYNCHRONOUS_BYTES:
        limit = f"(limit {LARGEST_ASYNCHRONOUS_BYTES} bytes)"
        return f"{length} byte payload is too large for the Event invocation type {limit}"
    return None


def described(found: LambdaFunction) -> Function:
    """moto's function as the runtime wants it."""
    return Function(
        name=found.function_name,
        arn=found.function_arn,
        region=found.region,
        account=found.account_id,
        handler=found.handler or "",
        runtime=found.run_time or "",
        memory_mb=int(found.memory_size),
        timeout_seconds=int(found.timeout),
        code=found.code_bytes,
        variables=tuple(sorted(found.environment_vars.items())),
        log_group=found.logs_group_name,
        # with another term come other credentials, and so other environments
        revision=f"{found.code_sha_256} {found.changed_at} {found.role} {term(CLOCK.now())}",
    )


def require_invocable(found: LambdaFunction) -> None:
    """Raises NotInvocable while the function is Pending, without its role, and with another role of the same name."""
    if found.is_pending:  # https://github.com/remotion-dev/remotion/issues/1186
        text = "The function is currently in the following state: Pending"
        raise NotInvocable(409, "ResourceConflictException", f"The operation cannot be performed at this time. {text}")
    if not is_assumable(find_role(found.role), found.function_arn):
        # https://github.com/aws/chalice/issues/1342
        raise NotInvocable(403, "AccessDeniedException", NOT_ASSUMABLE)
    if not found.is_decryptable:  # https://github.com/serverless/examples/issues/279
        raise NotInvocable(502, "KMSAccessDeniedException", UNDECRYPTABLE)


def answered(invocation: Invocation, with_log: bool) -> Response:
    response = Response(invocation.payload, 200, headers(invocation))
    if with_log:
        response.headers["X-Amz-Log-Result"] = base64.b64encode(invocation.log_tail).decode()
    return response


def headers(invocation: Invocation) -> dict[str, str]:
    """Of the Invoke API's answer."""
    failed = {"X-Amz-Function-Error": invocation.function_error} if invocation.function_error else {}
    return {
        "Content-Type": "application/json",
        "Content-Length": str(len(invocation.payload)),
        "x-amzn-RequestId": invocation.request_id,
        "X-Amz-Executed-Version": "$LATEST",
        **failed,
    }


def refused(status: int, code: str, message: str) -> Response:
    """An error of the Lambda API."""
    return Response(error_body(code, message), status, {"x-amzn-ErrorType": code}, mimetype="application/json")
