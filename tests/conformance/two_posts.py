"""An API for tests of the data plane: what it is asked is answered by one function that echoes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.conformance.cloud import Answer, Cloud

FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')
BROKEN = (500, "InternalServerErrorException", b'{"message":"Internal server error"}')
THROTTLED = (429, "TooManyRequestsException", b'{"message":"Too Many Requests"}')
PASSED = (200, "", b"{}")


def told(answer: Answer) -> tuple[int, str, bytes]:
    return answer.status, answer.error_type, answer.content


def passes(answer: Answer) -> bool:
    return answer.status == 200


def is_throttled(answer: Answer) -> bool:
    return answer.status == 429


def closed_api(cloud: Cloud, function: str, **choices: Any) -> str:
    """Its id. POST /first and POST /second are deployed to Prod, and may not call the function."""
    api = cloud.api()
    root = cloud.apigateway.get_resources(restApiId=api)["items"][0]["id"]
    for path in ("first", "second"):
        resource = cloud.apigateway.create_resource(restApiId=api, parentId=root, pathPart=path)["id"]
        of: Any = {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}
        cloud.apigateway.put_method(**of, **{"authorizationType": "NONE", **choices})
        cloud.apigateway.put_method_response(**of, statusCode="200")
        uri = cloud.integration_uri(function)
        cloud.apigateway.put_integration(**of, type="AWS", integrationHttpMethod="POST", uri=uri)
        cloud.apigateway.put_integration_response(**of, statusCode="200")
    cloud.deploy(api)
    return api


def open_api(cloud: Cloud, function: str, **choices: Any) -> str:
    """Like closed_api, but everybody may call it."""
    api = closed_api(cloud, function, **choices)
    cloud.allow_api(function, api)
    return api


def at_once(cloud: Cloud, count: int, url: str, **headers: str) -> tuple[int, int]:
    """How many passed, and how many were throttled."""
    with ThreadPoolExecutor(count) as workers:
        answers = [told(each) for each in workers.map(lambda _: cloud.call(url, **headers), range(count))]
    assert set(answers) <= {PASSED, THROTTLED}
    return answers.count(PASSED), answers.count(THROTTLED)
