"""The invoke URL: what API Gateway's data plane does with a request, from moto's API Gateway state.

Stage, resource and method are looked up, the body is validated, the invoke permission is evaluated with its SourceArn,
the function runs on the body as it came, and an integration response is chosen by its pattern against the whole
`errorMessage`. https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
"""

from __future__ import annotations

import fnmatch
import json
import logging
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
from moto.apigateway.models import Integration, IntegrationResponse, Method, RestAPI, apigateway_backends
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request, Response

from sandbox.functions import ACCOUNT, Functions, NotJson, strict_json
from sandbox.runtime import LONGEST_LINE, TooManyRequests
from sandbox.templates import render

PREFIX = "/_aws/execute-api/"
DEFAULT_TYPE = "application/json"
LARGEST_BODY_BYTES = 10 * 1024 * 1024
log = logging.getLogger("sandbox.gateway")


class Refused(Exception):
    """API Gateway's own answer: (status, x-amzn-ErrorType, message).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """


FORBIDDEN = 403, "ForbiddenException", "Forbidden"
NO_SUCH_METHOD = 403, "MissingAuthenticationTokenException", "Missing Authentication Token"
INVALID_BODY = 400, "BadRequestException", "Invalid request body"
TOO_LARGE = 413, "RequestTooLargeException", "Request Too Long"
GAVE_UP = 504, "InternalServerErrorException", "Endpoint request timed out"
BROKEN = 500, "InternalServerErrorException", "Internal server error"


class Gateway:
    def __init__(self, functions: Functions) -> None:
        self.functions = functions
        # The gateway gives up before a function does; whoever waits in line is in here.
        self.workers = ThreadPoolExecutor(2 * LONGEST_LINE)

    def answer(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        try:
            response = self._answer(request, request_id)
        except Exception as error:
            if not isinstance(error, Refused):
                log.exception("%s", request.path)
            status, kind, message = error.args if isinstance(error, Refused) else BROKEN
            response = Response(json.dumps({"message": message}), status, {"x-amzn-ErrorType": kind})
            response.mimetype = DEFAULT_TYPE
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        api_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
        stage, _, path = rest.partition("/")
        api = find_api(api_id)
        if api is None or stage not in api.stages:  # stage names are case-sensitive
            raise Refused(*FORBIDDEN)
        method = find_method(api, f"/{path}", request.method)
        body = request.get_data()
        if len(body) > LARGEST_BODY_BYTES:
            raise Refused(*TOO_LARGE)
        validate(api, method, request.mimetype or DEFAULT_TYPE, body)
        integration = method.method_integration
        if integration is None or integration.integration_type != "AWS":
            raise Refused(*BROKEN)
        arn = f"arn:{get_partition(api.region_name)}:execute-api:{api.region_name}:{ACCOUNT}:{api_id}"
        source_arn = f"{arn}/{stage}/{method.http_method}/{path}"
        return self._integrate(integration, body, api.region_name, source_arn, request_id)

    def _integrate(
        self, integration: Integration, body: bytes, region: str, source_arn: str, request_id: str
    ) -> Response:
        found = self.functions.find(region, function_arn(integration.uri))
        if found is None or integration.http_method != "POST" or not permitted(found.policy.statements, source_arn):
            raise Refused(*BROKEN)
        try:
            running = self.workers.submit(self.functions.run, found, body)
            payload = running.result(int(integration.timeout_in_millis) / 1000).payload.decode()
        except TimeoutError as error:
            raise Refused(*GAVE_UP) from error
        except NotJson as error:
            # The status on AWS is not verified; the text is Lambda's own.
            raise Refused(400, "BadRequestException", str(error)) from error
        except TooManyRequests as error:
            raise Refused(*BROKEN) from error
        chosen = choose(integration.integration_responses or {}, error_message(payload))
        template = (chosen.response_templates or {}).get(DEFAULT_TYPE)
        if template:
            payload = render(template, payload, {"requestId": request_id})
        return Response(payload, int(chosen.status_code), mimetype=DEFAULT_TYPE)


def find_api(api_id: str) -> RestAPI | None:
    """An id is unique over all regions here."""
    for backend in list(apigateway_backends[ACCOUNT].values()):
        if api_id in backend.apis:
            return backend.apis[api_id]
    return None


def find_method(api: RestAPI, path: str, verb: str) -> Method:
    resource = next((each for each in list(api.resources.values()) if each.get_path() == path), None)
    methods = resource.resource_methods if resource else {}
    method = methods.get(verb) or methods.get("ANY")
    if method is None:
        raise Refused(*NO_SUCH_METHOD)
    return method


def validate(api: RestAPI, method: Method, content_type: str, body: bytes) -> None:
    """A content type without a model is not validated at all, as on AWS."""
    validator = api.request_validators.get(method.request_validator_id or "")
    models = method.request_models or {}
    name = models.get(content_type) or models.get("$default")
    if validator is None or not validator.validate_request_body or name is None:
        return
    try:
        jsonschema.Draft4Validator(json.loads(api.models[name].schema)).validate(strict_json(body))
    except (NotJson, jsonschema.ValidationError) as error:
        raise Refused(*INVALID_BODY) from error


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
        raise Refused(*BROKEN)
    return default
