"""APIs of integrations, for the conformance tests: one document with a method for each case, and its function."""

from __future__ import annotations

from typing import Any

from tests.conformance.cloud import Answer, Cloud

JSON = "application/json"
# The function does what its event says, and otherwise gives the event back.
SCRIPT = """
import decimal, os, time
def lambda_handler(event, context):
    asked = event if isinstance(event, dict) else {}
    if "raise" in asked:
        raise Exception(asked["raise"])
    if "return" in asked:
        return asked["return"]
    if "numbers" in asked:
        return [decimal.Decimal(text) for text in asked["numbers"]]
    if "unwritable" in asked:
        return {1, 2}
    if "exit" in asked:
        os._exit(asked["exit"])
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    return event
"""
PASSED_ON = {"default": {"statusCode": "200"}}


class Api:
    """One deployed API; `paths` = {path: the fields of its integration that are not as usual}.

    The first path is one that works.
    """

    def __init__(self, cloud: Cloud, paths: dict[str, dict[str, Any]], function: str = "", **choices: Any) -> None:
        self.cloud = cloud
        self.function = function or cloud.function(SCRIPT)
        self.id = cloud.api(document({path: self._method(fields) for path, fields in paths.items()}))
        cloud.allow_api(self.function, self.id)
        cloud.deploy(self.id, **choices)
        first = next(iter(paths))
        # On AWS the deployment and the function's permission take a moment: until then 403, then 500.
        cloud.call_until(lambda answer: answer.status not in {403, 500}, self.url(first), "{}", content_type=JSON)

    def _method(self, fields: dict[str, Any]) -> dict[str, Any]:
        usual = {
            "type": "aws",
            "httpMethod": "POST",
            "uri": self.cloud.integration_uri(self.function),
            "passthroughBehavior": "when_no_match",
            "responses": PASSED_ON,
        }
        return method({**usual, **fields})

    def url(self, path: str) -> str:
        return self.cloud.url(self.id, path)

    def post(self, path: str, body: bytes | str | None = None, content_type: str = JSON, **headers: str) -> Answer:
        """With content_type="" the request names none."""
        if content_type:
            headers["content_type"] = content_type
        return self.cloud.call(self.url(path), body, **headers)


def method(integration: dict[str, Any]) -> dict[str, Any]:
    """It declares what its integration names: the statuses, the headers of the answer, the headers of the request."""
    answers: dict[str, Any] = {} if integration["responses"] else {"200": {"description": "answer"}}
    for response in integration["responses"].values():
        headers = [name.rpartition(".")[2] for name in response.get("responseParameters", {})]
        declared = {"headers": {name: {"schema": {"type": "string"}} for name in headers}} if headers else {}
        answers[response["statusCode"]] = {"description": "answer", **declared}
    mapped = [
        name.rpartition(".")[2] for name in integration.get("requestParameters", {}).values() if "header." in name
    ]
    parameters = [{"name": name, "in": "header", "schema": {"type": "string"}} for name in mapped]
    return {"parameters": parameters, "responses": answers, "x-amazon-apigateway-integration": integration}


def document(methods: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Each is POST, but for those that say "verb"."""
    info = {"title": "conformance", "description": "conformance", "version": "1"}
    paths = {path: {each.pop("verb", "post"): each} for path, each in methods.items()}
    return {"openapi": "3.0.1", "info": info, "paths": paths}
