"""From the invoke URL to a method: the API, its stage, what was deployed there, the resource that fits the path best.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from moto.apigateway.models import Method, Resource, RestAPI, apigateway_backends
from werkzeug.wrappers import Request

from sandbox.gateway.call import Call
from sandbox.gateway.responses import Refused
from sandbox.pace import CLOCK
from sandbox.permissions.identities import ACCOUNT

PREFIX = "/_aws/execute-api/"
# The methods that API Gateway knows, by the same page.
ANY = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}

NOWHERE, NOTHING = Resource("", ACCOUNT, "", "", "", None), Method("", "NONE")


def arrive(request: Request, context: dict[str, Any]) -> Call:
    """The call before a method is looked for. Slashes before the stage and before the path do not count.

    (LocalStack's recording of test_lambda_aws_proxy_integration.)
    """
    _, _, sent = request.environ["REQUEST_URI"].partition("?")[0].partition(PREFIX)
    api_id, _, rest = sent.partition("/")
    stage_name, _, path = rest.lstrip("/").partition("/")
    api = find_api(api_id)
    stage = api.stages.get(unquote(stage_name)) if api else None
    if api is None or stage is None:  # names of stages are case-sensitive
        raise Refused("INVALID_API_KEY")
    if CLOCK.now() - stage.made_at < CLOCK.pace.stage_seconds:
        raise Refused("MISSING_AUTHENTICATION_TOKEN")
    deployed = api.deployments[stage.deployment_id].snapshot
    if deployed.disableExecuteApiEndpoint:
        raise Refused("INVALID_API_KEY")
    return Call(request, deployed, stage, NOWHERE, NOTHING, f"/{path.lstrip('/')}", context=context)


def find_api(api_id: str) -> RestAPI | None:
    """An id is unique over all regions here."""
    for backend in list(apigateway_backends[ACCOUNT].values()):
        if api_id in backend.apis:
            return backend.apis[api_id]
    return None


def route(call: Call) -> Call:
    """The call with its resource, method and path parameters. Raises Refused.

    A resource that lacks the method is passed over for one that fits the path less well (LocalStack's recording of
    test_proxy_routing_with_hardcoded_resource_sibling), and one with ANY is not.
    """
    verb = call.request.method
    for resource, parameters in candidates(call.api, call.path):
        methods = resource.resource_methods
        method = methods.get(verb) or (methods.get("ANY") if verb in ANY else None)
        if method is not None:
            return replace(call, resource=resource, method=method, path_parameters=parameters)
    raise Refused("MISSING_AUTHENTICATION_TOKEN")


def candidates(api: RestAPI, path: str) -> Iterator[tuple[Resource, dict[str, str]]]:
    """The resources that fit the path with their path parameters, the most specific one first.

    A slash at the end does not count.
    """
    segments = path.strip("/").split("/")
    fitting = []
    for resource in list(api.resources.values()):
        parts = resource.get_path().strip("/").split("/")
        parameters = fit(parts, segments)
        if parameters is not None:
            fitting.append(([rank(part) for part in parts], resource, parameters))
    for _, resource, parameters in sorted(fitting, key=lambda each: each[0]):
        yield resource, parameters


def rank(part: str) -> int:
    """0 of a fixed segment, 1 of `{id}`, 2 of `{proxy+}`."""
    return 2 if part.endswith("+}") else 1 if part.startswith("{") else 0


def fit(parts: list[str], segments: list[str]) -> dict[str, str] | None:
    """The path parameters of a path in a resource's path, or None. None of them is empty."""
    parameters: dict[str, str] = {}
    for place, part in enumerate(parts):
        kind, rest = rank(part), segments[place:]
        if not rest or (kind and not rest[0]):
            return None
        if kind == 2:
            return {**parameters, part[1:-2]: "/".join(rest)}
        if kind == 1:
            parameters[part[1:-1]] = rest[0]
        elif part != unquote(rest[0]):
            return None
    return parameters if len(parts) == len(segments) else None
