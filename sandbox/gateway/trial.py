"""API Gateway's TestInvokeMethod, the console's Test: a method is tried as it is, without a deployment or a key.

It comes from a stage of its own, so that a permission for one stage alone does not let it in (from experience).
https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html
"""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import Any

from moto.apigateway.models import Stage, apigateway_backends
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from sandbox import wire
from sandbox.gateway.call import Call
from sandbox.gateway.integration import Integrations
from sandbox.gateway.responses import Refused, respond
from sandbox.gateway.routing import fit
from sandbox.gateway.validation import validate
from sandbox.permissions.identities import ACCOUNT

PATH = re.compile(r"/restapis/(?P<api>[^/]+)/resources/(?P<resource>[^/]+)/methods/(?P<verb>[A-Z]+)/?")
STAGE = "test-invoke-stage"


def trial(request: Request, region: str, integrations: Integrations) -> Response | None:
    """The answer to a TestInvokeMethod; None for what is none."""
    named = PATH.fullmatch(request.path) if request.method == "POST" else None
    if named is None:
        return None
    api = apigateway_backends[ACCOUNT][region].apis.get(named["api"])
    resource = api.resources.get(named["resource"]) if api else None
    method = resource.resource_methods.get(named["verb"]) if resource else None
    if resource is None or method is None:
        what = "Method" if resource else "Resource"
        message = f"Invalid {what} identifier specified"
        return wire.error(request, "NotFoundException", message, status=404)
    asked = json.loads(request.get_data() or b"{}")
    tried = sent(asked, named["verb"], resource.get_path())
    context = {"requestId": str(uuid.uuid4()), "extendedRequestId": uuid.uuid4().hex}
    stage = Stage(name=STAGE, variables=asked.get("stageVariables"))
    parameters = fit(resource.get_path().strip("/").split("/"), tried.path.strip("/").split("/")) or {}
    call = Call(tried, api, stage, resource, method, tried.path, parameters, context)
    return told(call, integrations)


def sent(asked: dict[str, Any], verb: str, path: str) -> Request:
    """The request that is tried."""
    several = [(name, value) for name, values in (asked.get("multiValueHeaders") or {}).items() for value in values]
    headers = [*(asked.get("headers") or {}).items(), *several]
    where = asked.get("pathWithQueryString") or path
    body = (asked.get("body") or "").encode()
    return Request(EnvironBuilder(path=where, method=verb, headers=headers, data=body).get_environ())


def told(call: Call, integrations: Integrations) -> Response:
    started = time.monotonic()
    try:
        validate(call)
        answer = integrations.answer(call)
    except Refused as refused:
        answer = respond(refused, call)
    several: dict[str, list[str]] = {}
    for name, value in answer.headers:
        several.setdefault(name, []).append(value)
    lines = [
        f"Execution log for request {call.context['requestId']}",
        f"HTTP Method: {call.request.method}, Resource Path: {call.path}",
        f"Method request body before transformations: {call.request.get_data(as_text=True)}",
        f"Method response body after transformations: {answer.get_data(as_text=True)}",
        f"Method completed with status: {answer.status_code}",
    ]
    shown = {
        "status": answer.status_code,
        "body": answer.get_data(as_text=True),
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "log": "\n".join(lines),
        "latency": int((time.monotonic() - started) * 1000),
    }
    return Response(json.dumps(shown), mimetype="application/json")
