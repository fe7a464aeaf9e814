"""The invoke URL: the way of a request through the data plane.

AWS's order is known in parts: authorization before keys, which an authorizer may name, a plan's throttle before the
stage's, and parameters before the body; the rest is a guess.
"""

from __future__ import annotations

import base64
import logging
import os
import uuid

from werkzeug.wrappers import Request, Response

from sandbox.gateway.authorization import authorize
from sandbox.gateway.integration import Integrations
from sandbox.gateway.responses import Refused, respond
from sandbox.gateway.routing import arrive, route
from sandbox.gateway.throttling import Buckets, throttle
from sandbox.gateway.usage import Usage
from sandbox.gateway.validation import validate
from sandbox.runtime.functions import Functions

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
LARGEST_BODY_BYTES = 10 * 1024 * 1024
log = logging.getLogger("sandbox.gateway")


class Gateway:
    """Thread-safe."""

    def __init__(self, functions: Functions) -> None:
        self.integrations = Integrations(functions)
        self.buckets = Buckets()
        self.usage = Usage(self.buckets)

    def answer(self, request: Request) -> Response:
        request_id, extended_id = str(uuid.uuid4()), base64.b64encode(os.urandom(11)).decode()
        call = None
        try:
            # First, since no API can style this answer; so nothing of the body is read.
            if (request.content_length or 0) > LARGEST_BODY_BYTES:
                raise Refused("REQUEST_TOO_LARGE")
            call = arrive(request, {"requestId": request_id, "extendedRequestId": extended_id})
            call = route(call)
            authorize(call, self.integrations.functions.identities)
            call = self.usage.admit(call)
            throttle(call, self.buckets)
            validate(call)
            response = self.integrations.answer(call)
        except Refused as refused:
            response = respond(refused, call)
        except Exception:
            log.exception("%s", request.path)
            response = respond(Refused("API_CONFIGURATION_ERROR"), call)
        response.headers["x-amzn-RequestId"] = request_id
        response.headers["x-amz-apigw-id"] = extended_id
        return response
