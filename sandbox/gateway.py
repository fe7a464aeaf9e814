"""The invoke URL: what API Gateway's data plane does with a request, from moto's API Gateway state.

Stage, resource and method are looked up, the request is validated, and the method's integration answers it.
"""

from __future__ import annotations

import json
import logging
import uuid

import jsonschema
from moto.apigateway.models import Method, Resource, RestAPI, apigateway_backends
from werkzeug.wrappers import Request, Response

from sandbox.call import Call
from sandbox.functions import Functions, NotJson, strict_json
from sandbox.gateway_responses import Refused
from sandbox.identities import ACCOUNT
from sandbox.integration import DEFAULT_TYPE, Integrations
from sandbox.pace import CLOCK

PREFIX = "/_aws/execute-api/"
LARGEST_BODY_BYTES = 10 * 1024 * 1024
log = logging.getLogger("sandbox.gateway")


class Gateway:
    def __init__(self, functions: Functions) -> None:
        self.integrations = Integrations(functions)

    def answer(self, request: Request) -> Response:
        request_id = str(uuid.uuid4())
        try:
            response = self._answer(request, request_id)
        except Exception as error:
            if not isinstance(error, Refused):
                log.exception("%s", request.path)
            refused = error if isinstance(error, Refused) else Refused("API_CONFIGURATION_ERROR")
            default = refused.response
            response = Response(json.dumps({"message": refused.message}), default.status)
            response.headers["x-amzn-ErrorType"] = default.error_type
            response.mimetype = DEFAULT_TYPE
        response.headers["x-amzn-RequestId"] = request_id
        return response

    def _answer(self, request: Request, request_id: str) -> Response:
        api_id, _, rest = request.path.removeprefix(PREFIX).partition("/")
        stage, _, path = rest.partition("/")
        api = find_api(api_id)
        if api is None or stage not in api.stages:  # stage names are case-sensitive
            raise Refused("INVALID_API_KEY")
        if CLOCK.now() - api.stages[stage].made_at < CLOCK.pace.stage_seconds:
            raise Refused("MISSING_AUTHENTICATION_TOKEN")
        deployed = api.deployments[api.stages[stage].deployment_id].snapshot
        resource, method = find_method(deployed, f"/{path}", request.method)
        call = Call(
            request=request,
            request_id=request_id,
            api=deployed,
            stage=api.stages[stage],
            resource=resource,
            method=method,
            path=f"/{path}",
            context={"requestId": request_id},
        )
        if len(request.get_data()) > LARGEST_BODY_BYTES:
            raise Refused("REQUEST_TOO_LARGE")
        validate(call)
        return self.integrations.answer(call)


def find_api(api_id: str) -> RestAPI | None:
    """An id is unique over all regions here."""
    for backend in list(apigateway_backends[ACCOUNT].values()):
        if api_id in backend.apis:
            return backend.apis[api_id]
    return None


def find_method(api: RestAPI, path: str, verb: str) -> tuple[Resource, Method]:
    resource = next((each for each in list(api.resources.values()) if each.get_path() == path), None)
    methods = resource.resource_methods if resource else {}
    method = methods.get(verb) or methods.get("ANY")
    if resource is None or method is None:
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    return resource, method


def validate(call: Call) -> None:
    """A content type without a model is not validated at all, as on AWS."""
    validator = call.api.request_validators.get(call.method.request_validator_id or "")
    models = call.method.request_models or {}
    name = models.get(call.request.mimetype or DEFAULT_TYPE) or models.get("$default")
    if validator is None or not validator.validate_request_body or name is None:
        return
    try:
        schema = json.loads(call.api.models[name].schema)
        jsonschema.Draft4Validator(schema).validate(strict_json(call.request.get_data()))
    except (NotJson, jsonschema.ValidationError) as error:
        raise Refused("BAD_REQUEST_BODY") from error
