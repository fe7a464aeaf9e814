"""Which rights a call of a service needs, read from the request: actions, resources, and the context of conditions.

DynamoDB and CloudWatch Logs to the point; of other services the action, on whatever resource where the request does not
name it in one place. What is not known is asked for as `service:*`, which only a policy that allows all of it grants.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.loaders import create_loader
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request

from sandbox.permissions import dynamodb_rights
from sandbox.permissions.evaluation import Asked
from sandbox.permissions.identities import ACCOUNT
from sandbox.wire import query

FUNCTION = re.compile(r"/functions/(?:arn:[^/]+:function:)?(?P<name>[^/:]+)")


def needed(request: Request, service: str, region: str) -> list[Asked]:
    """Everything that must be allowed for this request; [] when it needs no permission."""
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if target and service == "dynamodb":
        return list(dynamodb_rights.needed(target, body(request), region))
    if target and service == "logs":
        return list(logs(target, body(request), region))
    if target:
        return [Asked(f"{service}:{target}", "*")]
    if action := query(request).get("Action"):
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
        free = (service, action) == ("sts", "GetCallerIdentity")
        return [] if free else [Asked(f"{service}:{action}", query(request).get("RoleArn", "*"))]
    if service == "lambda":
        return [lambda_(request, region)]
    if service == "apigateway":
        # https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
        resource = f"arn:{get_partition(region)}:apigateway:{region}::{unquote(request.path)}"
        return [Asked(f"apigateway:{request.method}", resource)]
    return [Asked(f"{service}:*", "*")]


def logs(operation: str, sent: Mapping[str, Any], region: str) -> Iterator[Asked]:
    """Logs asks of a group with the name of a stream, which may be empty: https://github.com/vectordotdev/vector/issues/714"""
    group = str(sent.get("logGroupName") or sent.get("logGroupIdentifier") or sent.get("resourceArn") or "")
    yield Asked(f"logs:{operation}", stream_arn(region, group, str(sent.get("logStreamName", ""))))


def stream_arn(region: str, group: str, stream: str) -> str:
    """`group` is a name, or an ARN with or without `:*`."""
    name = group.partition(":log-group:")[2].removesuffix(":*") if group.startswith("arn:") else group
    return f"arn:{get_partition(region)}:logs:{region}:{ACCOUNT}:log-group:{name}:log-stream:{stream}"


def lambda_(request: Request, region: str) -> Asked:
    """https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html"""
    path = unquote(request.path)
    named = FUNCTION.search(path)
    function = f"arn:{get_partition(region)}:lambda:{region}:{ACCOUNT}:function:{named['name']}" if named else "*"
    for method, pattern, operation in lambda_operations():
        if method == request.method and pattern.fullmatch(path):
            action = "InvokeFunction" if operation == "Invoke" else operation
            return Asked(f"lambda:{action}", function)
    return Asked("lambda:*", function)


@functools.cache
def lambda_operations() -> list[tuple[str, re.Pattern[str], str]]:
    """(method, path, name) of each operation of Lambda's API that is not a variant of another."""
    operations = create_loader().load_service_model("lambda", "service-2")["operations"]
    calls = [(name, each["http"]) for name, each in operations.items() if not name.startswith("InvokeW")]
    path = re.compile(r"\{\w+\}")
    return [
        (http["method"], re.compile(path.sub("[^/]+", http["requestUri"]).rstrip("/") + "/?"), name)
        for name, http in calls
    ]


def body(request: Request) -> dict[str, Any]:
    """{} for what is no JSON object: the service tells."""
    try:
        sent = json.loads(request.get_data() or b"{}")
    except ValueError:
        return {}
    return sent if isinstance(sent, dict) else {}
