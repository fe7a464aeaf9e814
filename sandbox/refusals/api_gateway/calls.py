"""One call of API Gateway's control plane: the things that it names, or AWS's words for what is not there.

moto parses a call and hands it to its backend. The classes of the files beside this one stand in between: each checks
first, in AWS's order and words, and leaves the call to moto then.
"""

from __future__ import annotations

import re
from collections.abc import Sized

from moto.apigateway.models import Integration, Method, Resource, RestAPI
from moto.core.exceptions import JsonRESTError

from sandbox.api_gateway.answers import Answers
from sandbox.api_gateway.errors import NotFound, Validation


class LimitExceeded(JsonRESTError):  # type: ignore[misc]
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""

    code = 429

    def __init__(self, things: str, owner: str) -> None:
        text = f"Maximum number of {things} for this {owner} has been reached."
        super().__init__("LimitExceededException", f"{text} Please contact AWS if you need additional {things}.")


def check_room(things: Sized, most: int, names: str, owner: str) -> None:
    """Whether there may be one more. Raises LimitExceeded."""
    if len(things) >= most:
        raise LimitExceeded(names, owner)


class Call(Answers):
    """A call, with what its URL names. `uri_match` has the names of the service model: {"restapi_id": ...}."""

    def find_api(self) -> RestAPI:
        return self.backend.get_rest_api(self.uri_match["restapi_id"])

    def find_resource(self) -> Resource:
        """The text is the same for an unknown API. LocalStack's recording: apigateway test_put_method_validation"""
        api = self.backend.apis.get(self.uri_match["restapi_id"])
        resource = api and api.resources.get(self.uri_match["resource_id"])
        if not resource:
            raise NotFound("Invalid Resource identifier specified")
        return resource

    def find_method(self) -> Method:
        """LocalStack's recording: apigateway test_method_lifecycle"""
        method = self.find_resource().resource_methods.get(self.uri_match["http_method"])
        if method is None:
            raise NotFound("Invalid Method identifier specified")
        return method

    def find_integration(self) -> Integration:
        """LocalStack's recording: apigateway test_get_integration_non_existent"""
        integration = self.find_method().method_integration
        if integration is None:
            raise NotFound("Invalid Integration identifier specified")
        return integration

    def status(self) -> str:
        """LocalStack's recording: apigateway test_integration_response_invalid_statuscode"""
        status = str(self.uri_match["status_code"])
        if not re.fullmatch(r"[1-5]\d\d", status):
            raise Validation(
                f"1 validation error detected: Value '{status}' at 'statusCode' failed to satisfy constraint: "
                r"Member must satisfy regular expression pattern: [1-5]\d\d"
            )
        return status
