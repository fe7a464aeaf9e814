"""One request on its way through the gateway: what was asked of which method of which deployment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from moto.apigateway.models import Method, Resource, RestAPI, Stage
from moto.utilities.utils import get_partition
from werkzeug.wrappers import Request

from sandbox.permissions.identities import ACCOUNT


@dataclass(frozen=True)
class Call:
    """`api` is the definition that the request meets; `path` begins with `/`, is without the stage, and as it was sent.

    `path_parameters` are as they were sent, too. Until a method is found, `resource` and `method` are empty ones.
    `context` is the part of `$context` that the gateway finds out on the way, with the two ids of the request.
    """

    request: Request
    api: RestAPI
    stage: Stage
    resource: Resource
    method: Method
    path: str
    path_parameters: dict[str, str] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        return str(self.api.region_name)

    @property
    def method_arn(self) -> str:
        """What the invoke permission's SourceArn and a resource policy's Resource are compared with.

        Its path is decoded, as the method was found by it.
        """
        api = f"arn:{get_partition(self.region)}:execute-api:{self.region}:{ACCOUNT}:{self.api.id}"
        return f"{api}/{self.stage.name}/{self.request.method}/{unquote(self.path.strip('/'))}"

    def parameter(self, name: str) -> str | None:
        """Of a name like `method.request.querystring.id`; of several values the last."""
        place, _, key = name.removeprefix("method.request.").partition(".")
        if place == "header":
            return self.request.headers.get(key)
        if place == "querystring":
            return next(reversed(self.request.args.getlist(key)), None)
        return self.path_parameters.get(key) if place == "path" else None
