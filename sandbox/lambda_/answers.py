"""Lambda's answers on the wire: its status codes, and its errors, which carry a Type.

The body of an error says `Message` when something is not found and `message` otherwise; those of the front end carry
no Type. LS:lambda test_ops_on_nonexisting_fn, test_permission_exceptions, test_create_lambda_exceptions.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.responses import LambdaResponse
from moto.core.responses import TYPE_RESPONSE

WITHOUT_TYPE = {"ValidationException", "RequestEntityTooLargeException", "AccessDeniedException"}
# LS:lambda TestLambdaSizeLimits::test_oversized_request_create_lambda
LARGEST_REQUEST_BYTES = 70_167_211


class Refusal(LambdaClientError):  # type: ignore[misc]
    """An error of the Lambda API."""

    def __init__(self, status: int, code: str, message: str | None) -> None:
        super().__init__(code, message)
        self.code = status


class Invalid(Refusal):
    def __init__(self, message: str) -> None:
        super().__init__(400, "InvalidParameterValueException", message)


def error_body(code: str, message: str | None) -> str:
    key = "Message" if code == "ResourceNotFoundException" else "message"
    return json.dumps({key: message} if code in WITHOUT_TYPE else {"Type": "User", key: message})


class Answers(LambdaResponse):  # type: ignore[misc]
    def call_action(self) -> TYPE_RESPONSE:
        status, headers, body = super().call_action()
        code = headers.get("X-Amzn-ErrorType")
        return status, headers, error_body(code, json.loads(body)["message"]) if code else body

    def create_function(self) -> TYPE_RESPONSE:
        self._require_size("CreateFunction")
        made = self.backend.create_function(self.json_body)
        return 201, {"status": 201}, json.dumps(made.get_configuration(on_create=True))

    def update_function_code(self) -> TYPE_RESPONSE:
        self._require_size("UpdateFunctionCode")
        return super().update_function_code()

    def _require_size(self, operation: str) -> None:
        if len(self.body) >= LARGEST_REQUEST_BYTES:
            text = f"Request must be smaller than {LARGEST_REQUEST_BYTES} bytes for the {operation} operation"
            raise Refusal(413, "RequestEntityTooLargeException", text)

    def add_permission(self) -> TYPE_RESPONSE:
        return 201, {"status": 201}, super().add_permission()

    def remove_permission(self) -> TYPE_RESPONSE:
        *_, name, _, sid = self.path.split("/")
        asked = self.querystring
        self.backend.remove_permission(
            unquote(name), unquote(sid), asked.get("RevisionId", [""])[0], asked.get("Qualifier", [None])[0]
        )
        return 204, {"status": 204}, ""

    def put_function_concurrency(self) -> TYPE_RESPONSE:
        reserved = self.json_body["ReservedConcurrentExecutions"]
        self.backend.put_function_concurrency(unquote(self.path.split("/")[-2]), reserved)
        return 200, {}, json.dumps({"ReservedConcurrentExecutions": reserved})

    def tag_resource(self) -> TYPE_RESPONSE:
        super().tag_resource()
        return 204, {"status": 204}, ""
