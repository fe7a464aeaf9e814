"""The integration of a method: what it is sent, who carries it out, and what is made of its answer.

Lambda functions are called, by themselves (`AWS`) or as a proxy (`AWS_PROXY`), and `MOCK` answers without anybody.
Nothing leaves this machine: HTTP integrations and other services are taken for a broken configuration.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

from moto.apigateway.models import Integration
from moto.awslambda.models import LambdaFunction
from werkzeug.wrappers import Response

from sandbox.gateway import proxy
from sandbox.gateway.call import Call
from sandbox.gateway.context import template_context
from sandbox.gateway.integration_request import is_asynchronous, sent
from sandbox.gateway.integration_response import Answer, error_message, respond
from sandbox.gateway.invoke_permission import permitted
from sandbox.gateway.responses import Refused
from sandbox.runtime.functions import (
    LARGEST_ASYNCHRONOUS_BYTES,
    LARGEST_EVENT_BYTES,
    Functions,
    NotInvocable,
    NotJson,
    headers,
)
from sandbox.runtime.pool import LONGEST_LINE, TooManyRequests


class Integrations:
    """Carries out calls by their method's integration. Thread-safe."""

    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        # The gateway gives up before a function does; whoever waits in line is in here.
        self.workers = ThreadPoolExecutor(2 * LONGEST_LINE)

    def answer(self, call: Call) -> Response:
        """Raises Refused."""
        integration = call.method.method_integration
        kind = integration.integration_type if integration else None
        if kind == "AWS_PROXY":
            return proxy.response(self.called(call, proxy.event(call)).body)
        if kind not in ("AWS", "MOCK"):
            raise Refused("API_CONFIGURATION_ERROR")
        context = template_context(call)
        body = sent(call, context)
        if kind == "MOCK":
            return respond(call, context, mocked(body))
        return respond(call, context, self.called(call, body, waits=not is_asynchronous(call, context)))

    def called(self, call: Call, event: bytes, *, waits: bool = True) -> Answer:
        """What the function says of this event; nothing if nobody waits for it. Raises Refused."""
        function = self.function(call)
        if len(event) > (LARGEST_EVENT_BYTES if waits else LARGEST_ASYNCHRONOUS_BYTES):
            raise Refused("REQUEST_TOO_LARGE")
        try:
            if not waits:
                self.functions.run_later(function, event)
                return Answer("", "")
            running = self.workers.submit(self.functions.run, function, event)
            invocation = running.result(int(call.method.method_integration.timeout_in_millis) / 1000)
        except TimeoutError as error:
            raise Refused("INTEGRATION_TIMEOUT") from error
        except NotJson as error:
            # The status on AWS is not verified; the text is Lambda's own.
            raise Refused("BAD_REQUEST_BODY", str(error)) from error
        except (NotInvocable, TooManyRequests) as error:
            raise Refused("API_CONFIGURATION_ERROR") from error
        payload = invocation.payload.decode(errors="replace")
        return Answer(payload, error_message(payload), headers(invocation))

    def function(self, call: Call) -> LambdaFunction:
        """Raises Refused: it is not there, API Gateway may not call it, or is told to call it by GET."""
        integration = call.method.method_integration
        found = self.functions.find(call.region, function_arn(integration, call.stage.variables))
        if found is None or integration.http_method != "POST" or not permitted(call, found):
            raise Refused("API_CONFIGURATION_ERROR")
        return found


def mocked(body: bytes) -> Answer:
    """The status that the request template says is what the patterns are compared with.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    try:
        status = json.loads(body).get("statusCode")
    except (ValueError, AttributeError):
        status = None
    if type(status) is not int:
        raise Refused("API_CONFIGURATION_ERROR")
    return Answer("", str(status))


def function_arn(integration: Integration, stage_variables: dict[str, str]) -> str:
    """Of an integration's `.../functions/ARN/invocations`, in which `${stageVariables.NAME}` may stand.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
    """
    arn = str(integration.uri).partition("/functions/")[2].removesuffix("/invocations")
    return re.sub(r"\$\{stageVariables\.(\w+)\}", lambda name: stage_variables.get(name[1], ""), arn)
