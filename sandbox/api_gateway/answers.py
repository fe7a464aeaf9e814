"""What API Gateway's control plane answers: moto's answers with AWS's statuses and pages, and what moto lacks.

An operation is a method here, named as in botocore's model. https://docs.aws.amazon.com/apigateway/latest/api/
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.responses import APIGatewayResponse

from sandbox.api_gateway.tags import owner, tag, untag

PAGE, LARGEST_PAGE = 25, 500  # https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html
Answer = tuple[int, dict[str, Any], str]


class Answers(APIGatewayResponse):  # type: ignore[misc]
    """Named in the place of moto's own by `ApiGateway.url_paths`."""

    def page(self, items: list[dict[str, Any]]) -> Answer:
        """The page of `items` that was asked for, by `position` and `limit`."""
        start = int(self._get_param("position", "0"))
        end = start + min(int(self._get_param("limit", PAGE)), LARGEST_PAGE)
        more = {"position": str(end)} if end < len(items) else {}
        return answer(200, {"item": items[start:end], **more})

    def get_tags(self) -> Answer:
        return answer(200, {"tags": owner(self.backend, self._arn()).tags or {}})

    def tag_resource(self) -> Answer:
        tag(owner(self.backend, self._arn()), json.loads(self.body)["tags"])
        return answer(204)

    def untag_resource(self) -> Answer:
        untag(owner(self.backend, self._arn()), self.querystring["tagKeys"])
        return answer(204)

    def _arn(self) -> str:
        return unquote(self.path).removeprefix("/tags/")


def answer(status: int, body: Any = None) -> Answer:
    # moto reads the status from the headers
    return status, {"status": status}, "" if body is None else json.dumps(body)
