"""What API Gateway knows about a request, as `$context` of the mapping templates and as a proxy event's requestContext.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
Recorded: LS:apigateway test_lambda_aws_proxy_integration
"""

from __future__ import annotations

import time
from typing import Any

from sandbox.gateway.call import Call
from sandbox.gateway.velocity import Headers, JsonObject, in_java
from sandbox.permissions.identities import ACCOUNT

# All but the caller's address, program and API key belong to ways of authorization that are not imitated.
IDENTITY = (
    "accessKey",
    "accountId",
    "caller",
    "cognitoAuthenticationProvider",
    "cognitoAuthenticationType",
    "cognitoIdentityId",
    "cognitoIdentityPoolId",
    "principalOrgId",
    "user",
    "userArn",
)


def request_context(call: Call) -> dict[str, Any]:
    """What `call.context` already tells wins."""
    now = time.time()
    request = call.request
    identity = dict.fromkeys(IDENTITY) | {
        "sourceIp": request.remote_addr,
        "userAgent": request.headers.get("User-Agent"),
    }
    return {
        "accountId": ACCOUNT,
        "apiId": call.api.id,
        "deploymentId": call.stage.deployment_id,
        "domainName": request.host,
        "domainPrefix": call.api.id,
        "httpMethod": request.method,
        "path": f"/{call.stage.name}{call.path}",
        "protocol": request.environ.get("SERVER_PROTOCOL"),
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": call.resource.id,
        "resourcePath": call.resource.get_path(),
        "stage": call.stage.name,
        **call.context,
        "identity": identity | call.context.get("identity", {}),
    }


def template_context(call: Call) -> JsonObject:
    """`$context`, with the places for what a template may override."""
    overrides: dict[str, Any] = {
        "requestOverride": {"header": {}, "path": {}, "querystring": {}},
        "responseOverride": {"header": {}},
    }
    context: JsonObject = in_java(request_context(call) | overrides)
    return context


def parameters(call: Call) -> JsonObject:
    """`$input.params()`: of a parameter that comes several times the last counts."""
    request = call.request
    query = {name: values[-1] for name, values in request.args.lists()}
    places: JsonObject = in_java({"path": call.path_parameters, "querystring": query})
    return JsonObject(places, header=Headers(request.headers.items()))


def variable(source: str, call: Call, context: JsonObject) -> Any:
    """What a mapping of parameters names: a constant in quotes, or a variable. None where there is none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """
    if source.startswith("'"):
        return source.strip("'")
    place, _, name = source.partition(".")
    if place == "stageVariables":
        return call.stage.variables.get(name)
    if place != "context":
        return call.parameter(source)
    value: Any = context
    for part in name.split("."):
        value = value.get(part) if isinstance(value, JsonObject) else None
    return value
