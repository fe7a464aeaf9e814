"""The integration of a method: the function runs on the request, and a response is chosen by what it answers.

A pattern is matched against the whole `errorMessage`.
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
"""

from __future__ import annotations

import fnmatch
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from moto.apigateway.models import IntegrationResponse
from werkzeug.wrappers import Response

from sandbox.call import Call
from sandbox.functions import Functions, NotJson
from sandbox.gateway_responses import Refused
from sandbox.identities import ACCOUNT
from sandbox.runtime import LONGEST_LINE, TooManyRequests
from sandbox.templates import render

DEFAULT_TYPE = "application/json"


class Integrations:
    """Carries out calls by their method's integration. Thread-safe."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        # The gateway gives up before a function does; whoever waits in line is in here.
        self.workers = ThreadPoolExecutor(2 * LONGEST_LINE)

    def answer(self, call: Call) -> Response:
        """Raises Refused."""
        integration = call.method.method_integration
        if integration is None or integration.integration_type != "AWS":
            raise Refused("API_CONFIGURATION_ERROR")
        body = call.request.get_data()
        found = self.functions.find(call.region, function_arn(integration.uri))
        allowed = found and permitted(found.policy.statements, call.method_arn)
        if found is None or integration.http_method != "POST" or not allowed:
            raise Refused("API_CONFIGURATION_ERROR")
        try:
            running = self.workers.submit(self.functions.run, found, body)
            payload = running.result(int(integration.timeout_in_millis) / 1000).payload.decode()
        except TimeoutError as error:
            raise Refused("INTEGRATION_TIMEOUT") from error
        except NotJson as error:
            # The status on AWS is not verified; the text is Lambda's own.
            raise Refused("BAD_REQUEST_BODY", str(error)) from error
        except TooManyRequests as error:
            raise Refused("API_CONFIGURATION_ERROR") from error
        chosen = choose(integration.integration_responses or {}, error_message(payload))
        template = (chosen.response_templates or {}).get(DEFAULT_TYPE)
        if template:
            payload = render(template, payload, call.context)
        return Response(payload, int(chosen.status_code), mimetype=DEFAULT_TYPE)


def function_arn(uri: str) -> str:
    """Of an integration's `.../functions/ARN/invocations`."""
    return uri.partition("/functions/")[2].removesuffix("/invocations")


def permitted(statements: list[dict[str, Any]], source_arn: str) -> bool:
    """Whether the function's resource policy lets API Gateway in from this stage, method and path."""
    for statement in statements:
        arns, accounts = (
            [value for key, value in statement.get("Condition", {}).get(operator, {}).items() if key.lower() == name]
            for operator, name in (("ArnLike", "aws:sourcearn"), ("StringEquals", "aws:sourceaccount"))
        )
        if (
            statement["Effect"] == "Allow"
            and statement["Principal"] in ("*", {"Service": "apigateway.amazonaws.com"})
            and statement["Action"] in ("lambda:InvokeFunction", "lambda:*", "*")
            and all(fnmatch.fnmatchcase(source_arn, pattern) for pattern in arns)
            and all(account == ACCOUNT for account in accounts)
        ):
            return True
    return False


def error_message(payload: str) -> str:
    """The `errorMessage` of an answer, or "". A handler that returns one is taken for failed, too."""
    try:
        answer = json.loads(payload) if "errorMessage" in payload else None
    except ValueError:  # a handler that returns bytes decides alone what they are
        return ""
    return str(answer.get("errorMessage") or "") if isinstance(answer, dict) else ""


def choose(responses: dict[str, IntegrationResponse], message: str) -> IntegrationResponse:
    """The response whose pattern matches the whole message, else the one without a pattern."""
    for response in responses.values():
        if message and response.selection_pattern and re.fullmatch(response.selection_pattern, message):
            return response
    default = next((each for each in responses.values() if not each.selection_pattern), None)
    if default is None:
        raise Refused("API_CONFIGURATION_ERROR")
    return default
