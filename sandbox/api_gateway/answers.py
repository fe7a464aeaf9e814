"""What API Gateway's control plane answers: moto's answers with AWS's statuses and pages, and what moto lacks.

An operation is a method here, named as in botocore's model. https://docs.aws.amazon.com/apigateway/latest/api/
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.apigateway.responses import APIGatewayResponse

from sandbox.api_gateway.document import Document
from sandbox.api_gateway.errors import BadRequest
from sandbox.api_gateway.patches import check_operations
from sandbox.api_gateway.rest_apis import key_source, told
from sandbox.api_gateway.tags import owner, tag, untag

PAGE, LARGEST_PAGE = 25, 500  # https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html
Answer = tuple[int, dict[str, Any], str]


class Answers(APIGatewayResponse):  # type: ignore[misc]
    """Named in the place of moto's own by `ApiGateway.url_paths`."""

    def page(self, items: list[dict[str, Any]]) -> Answer:
        """The page of `items` that was asked for, by `position` and `limit`."""
        position = str(self._get_param("position", "0"))
        if not position.isdecimal():  # AWS's words are not known
            raise BadRequest("Invalid position specified")
        start = int(position)
        end = start + min(max(int(self._get_param("limit", PAGE)), 1), LARGEST_PAGE)
        more = {"position": str(end)} if end < len(items) else {}
        return answer(200, {"item": items[start:end], **more})

    def patches(self) -> list[dict[str, Any]]:
        """Those of an Update call, each with an `op` that is one, and a `path`. Raises Validation."""
        action = self._get_action()
        patches = [{"op": "", "path": "", **patch} for patch in json.loads(self.body).get("patchOperations") or []]
        check_operations(patches, f"{action[0].lower()}{action[1:]}")
        return patches

    def create_rest_api(self) -> Answer:
        said = json.loads(self.body)
        if said.get("cloneFrom"):
            raise BadRequest("The sandbox clones no API; AWS does")
        if source := said.get("apiKeySource"):
            key_source(source)
        api = self.backend.create_rest_api(
            said["name"],
            said.get("description"),
            api_key_source=said.get("apiKeySource"),
            endpoint_configuration=said.get("endpointConfiguration"),
            tags=said.get("tags"),
            policy=said.get("policy"),
            minimum_compression_size=said.get("minimumCompressionSize"),
            disable_execute_api_endpoint=said.get("disableExecuteApiEndpoint"),
        )
        api.binaryMediaTypes, api.version = said.get("binaryMediaTypes") or [], said.get("version")
        return answer(201, told(api))

    def import_rest_api(self) -> Answer:
        endpoint_type = self._get_param("endpointConfigurationTypes")
        api, warnings = self.backend.import_rest_api(self._document(), self._fails_on_warnings(), endpoint_type)
        return answer(201, told(api, warnings))

    def put_rest_api(self) -> Answer:
        mode = self._get_param("mode", "merge")
        api, warnings = self.backend.put_rest_api(self._api(), self._document(), self._fails_on_warnings(), mode)
        return answer(200, told(api, warnings))

    def get_rest_api(self) -> Answer:
        return answer(200, told(self.backend.get_rest_api(self._api())))

    def get_rest_apis(self) -> Answer:
        return self.page([told(api) for api in self.backend.list_apis()])

    def update_rest_api(self) -> Answer:
        api = self.backend.update_rest_api(self._api(), self.patches())
        return answer(200, {"tags": {}, **told(api)})

    def delete_rest_api(self) -> Answer:
        self.backend.delete_rest_api(self._api())
        return answer(202)

    def get_models(self) -> Answer:
        return self.page([model.to_json() for model in self.backend.get_models(self._api())])

    def update_model(self) -> Answer:
        return answer(200, self.backend.update_model(self._api(), self._last(), self.patches()).to_json())

    def delete_model(self) -> Answer:
        super().delete_model()
        return answer(202)

    def get_request_validators(self) -> Answer:
        return self.page([each.to_dict() for each in self.backend.get_request_validators(self._api())])

    def update_request_validator(self) -> Answer:
        validator = self.backend.update_request_validator(self._api(), self._last(), self.patches())
        return answer(200, validator.to_dict())

    def update_gateway_response(self) -> Answer:
        return answer(200, self.backend.update_gateway_response(self._api(), self._last(), self.patches()).to_json())

    def put_gateway_response(self) -> Answer:
        _, _, body = super().put_gateway_response()
        return answer(201, json.loads(body))

    def delete_gateway_response(self) -> Answer:
        super().delete_gateway_response()
        return answer(202)

    def get_tags(self) -> Answer:
        return answer(200, {"tags": owner(self.backend, self._arn()).tags or {}})

    def tag_resource(self) -> Answer:
        tag(owner(self.backend, self._arn()), json.loads(self.body)["tags"])
        return answer(204)

    def untag_resource(self) -> Answer:
        untag(owner(self.backend, self._arn()), self.querystring["tagKeys"])
        return answer(204)

    def _api(self) -> str:
        return str(self.path.split("/")[2])

    def _last(self) -> str:
        return unquote(self.path.rpartition("/")[2])

    def _document(self) -> Document:
        if self._get_param("basepath", "ignore") != "ignore":
            raise BadRequest("The sandbox knows basepath=ignore only; AWS takes prepend and split as well")
        return Document(self.body)

    def _fails_on_warnings(self) -> bool:
        return str(self._get_param("failonwarnings")).lower() == "true"

    def _arn(self) -> str:
        return unquote(self.path).removeprefix("/tags/")


def answer(status: int, body: Any = None) -> Answer:
    # moto reads the status from the headers
    return status, {"status": status}, "" if body is None else json.dumps(body)
