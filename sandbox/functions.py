"""The functions of moto's Lambda, run for real: the Invoke API, the role's credentials, the log lines.

moto keeps what CreateFunction and its siblings say; its own backend without Docker would answer with the payload that
it was sent, whatever the code. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaFunction, lambda_backends
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from sandbox.identities import ACCOUNT, Identities, term
from sandbox.log_streams import LogStreams
from sandbox.pace import CLOCK
from sandbox.runtime import Function, Invocation, Runtime, TooManyRequests

# NAME, ACCOUNT:function:NAME or a whole ARN, each with or without :QUALIFIER
NAME = re.compile(
    r"(?:(?:arn:[a-z-]+:lambda:(?P<region>[a-z0-9-]+):)?\d{12}:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>[a-zA-Z0-9$_-]+))?"
)
UPLOADS = re.compile(r"/2015-03-31/functions(/[^/]+/code)?/?$")
INVOCATIONS = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)/invocations/?$")
LARGEST_EVENT_BYTES, LARGEST_ASYNCHRONOUS_BYTES = 6_291_556, 1024 * 1024
log = logging.getLogger("sandbox.function")


class NotJson(Exception):
    """An event is not JSON. The message is Lambda's."""


def strict_json(body: bytes) -> Any:
    """What RFC 8259 calls JSON: no NaN, no Infinity, no broken UTF-8; nothing is `{}`. Raises NotJson."""

    def refuse(constant: str) -> None:
        raise ValueError(f"Unrecognized token '{constant}'")

    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse) if body else {}
    except (ValueError, RecursionError) as error:
        raise NotJson(f"Could not parse request body into json: {error}") from error


class Functions:
    """Finds functions in moto's state and runs them. Thread-safe."""

    def __init__(self, scratch: Path, endpoint_url: str) -> None:
        self.runtime = Runtime(scratch, endpoint_url, self.credentials, self.write_log)
        self.identities = Identities()
        self._log_streams = LogStreams()

    def find(self, region: str, name_or_arn: str, qualifier: str | None = None) -> LambdaFunction | None:
        """moto's function, or None. An ARN's region and qualifier win."""
        match = NAME.fullmatch(name_or_arn)
        if match is None:
            return None
        try:
            backend = lambda_backends[ACCOUNT][match["region"] or region]
            return backend.get_function(match["name"], match["qualifier"] or qualifier)
        except LambdaClientError:
            return None

    def run(self, found: LambdaFunction, event: bytes) -> Invocation:
        """One invocation. Raises NotJson and TooManyRequests before the function is run."""
        strict_json(event)
        return self.runtime.invoke(described(found), event)

    def invoke(self, request: Request, region: str) -> Response | None:
        """Answers the Invoke API; None for what is no invocation."""
        match = INVOCATIONS.search(request.path)
        if match is None:
            return None
        name = unquote(match["name"])
        parts = NAME.fullmatch(name)
        if parts is None:
            return refused(400, "ValidationException", f"'{name}' at 'functionName' is no name of a function")
        found = self.find(region, name, request.args.get("Qualifier"))
        if found is None or found.region != region:
            arn = f"arn:{get_partition(region)}:lambda:{region}:{ACCOUNT}:function:{parts['name']}"
            return refused(404, "ResourceNotFoundException", f"Function not found: {arn}")
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
                strict_json(event)
                threading.Thread(target=self._run_later, args=(found, event), daemon=True).start()
                return Response(status=202)
            return answered(self.run(found, event), request.headers.get("X-Amz-Log-Type") == "Tail")
        except NotJson as error:
            return refused(400, "InvalidRequestContentException", str(error))
        except TooManyRequests:
            return refused(429, "TooManyRequestsException", "Rate Exceeded.")

    def _run_later(self, found: LambdaFunction, event: bytes) -> None:
        try:
            self.run(found, event)
        except TooManyRequests:
            log.warning("%s: an asynchronous event was dropped: every environment stayed busy", found.function_name)

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
    """Why an event of so many bytes is refused, if it is. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
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
        revision=f"{found.code_sha_256} {found.last_modified} {found.role} {term(CLOCK.now())}",
    )


def refused_upload(request: Request) -> Response | None:
    """What CreateFunction and UpdateFunctionCode say of bytes that are no zip; moto takes any."""
    if request.method not in {"POST", "PUT"} or not UPLOADS.search(request.path):
        return None
    sent = json.loads(request.get_data() or b"{}")
    encoded = sent.get("ZipFile") or sent.get("Code", {}).get("ZipFile")
    if encoded is None or zipfile.is_zipfile(io.BytesIO(base64.b64decode(encoded))):
        return None
    text = "Could not unzip uploaded file. Please check your file, then try to upload again."
    return refused(400, "InvalidParameterValueException", text)


def answered(invocation: Invocation, with_log: bool) -> Response:
    response = Response(invocation.payload, 200, mimetype="application/json")
    response.headers["x-amzn-RequestId"] = invocation.request_id
    response.headers["X-Amz-Executed-Version"] = "$LATEST"
    if invocation.function_error:
        response.headers["X-Amz-Function-Error"] = invocation.function_error
    if with_log:
        response.headers["X-Amz-Log-Result"] = base64.b64encode(invocation.log_tail).decode()
    return response


def refused(status: int, code: str, message: str) -> Response:
    """An error of the Lambda API."""
    body = json.dumps({"Type": "User", "message": message})
    return Response(body, status, {"x-amzn-ErrorType": code}, mimetype="application/json")
