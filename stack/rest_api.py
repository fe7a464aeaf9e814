"""Step 6, the REST API: a definition that nobody can call yet.

CreateRestApi carries name, tags and endpoint type, so that the API bears our tags from its first moment; one PutRestApi
brings everything else. API names are not unique, so ours is found by tags. CreateRestApi is never idempotent: it is
sent without SDK retries, and healed by looking again.
https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from stack.api_definition import definition, live_method, only
from stack.aws import error_code, or_none
from stack.lifecycle import Resource, StepError
from stack.openapi import document
from stack.outcome import Changes, Shape
from stack.waiting import NotYet

ENDPOINT_TYPE = "REGIONAL"
CREATE_BUDGET_SECONDS = 300
# One DeleteRestApi per 30 s and account, for everybody together; it cannot be raised.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
DELETE_BUDGET_SECONDS = 3600


class RestApi(Resource):
    number, key, title = 6, "api", "REST API"

    @property
    def name(self) -> str:
        return self.lab.api_name

    def ids(self) -> list[str]:
        """The ids of all APIs that carry our tags, oldest first. More than one is a twin."""
        return [api["id"] for api in self._ours()]

    def id(self) -> str | None:
        """The id of our API, or None. Raises StepError for twins."""
        api = self._one(self._ours())
        return api["id"] if api else None

    def wanted(self) -> Shape:
        return {**definition(document(self.lab)), "endpoint_type": ENDPOINT_TYPE, "tags": self.tags}

    def find(self) -> Shape | None:
        api = self._one(self._ours())
        if api is None:
            return None
        shape = {"name": api["name"], "description": api.get("description")}
        return shape | self._live_definition(api["id"]) | self._facts(api)

    def _ours(self) -> list[Any]:
        pages = self.aws.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
        ours = [
            api for page in pages for api in page["items"] if self.identity.items() <= dict(api.get("tags", {})).items()
        ]
        return sorted(ours, key=lambda api: (api["createdDate"], api["id"]))

    def _one(self, ours: list[Any]) -> Any:
        if len(ours) > 1:
            ids = ", ".join(api["id"] for api in ours)
            raise StepError(
                f"{len(ours)} APIs carry our tags: {ids}. Only one can be the lab's. Delete the others "
                "(`aws apigateway delete-rest-api --rest-api-id ID`) or run the teardown, which deletes all"
            )
        return ours[0] if ours else None

    def _facts(self, api: Any) -> Shape:
        """What the API itself tells, beside its definition."""
        return {
            "endpoint_type": api["endpointConfiguration"]["types"][0],
            "tags": self.own_tags(api.get("tags", {})),
        }

    def _live_definition(self, api_id: str) -> Shape:
        """The definition as API Gateway gives it back, in the shape of `definition`."""
        apigateway = self.aws.apigateway
        resources = apigateway.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
        validators = {
            each["id"]: each
            for page in apigateway.get_paginator("get_request_validators").paginate(restApiId=api_id)
            for each in page["items"]
        }
        models = {
            each["name"]: json.loads(each["schema"])
            for page in apigateway.get_paginator("get_models").paginate(restApiId=api_id)
            for each in page["items"]
        }
        wanted = definition(document(self.lab))
        methods = {
            f"{verb} {resource['path']}": live_method(method, validators)
            for page in resources
            for resource in page["items"]
            for verb, method in resource.get("resourceMethods", {}).items()
        }
        return {
            "methods": methods,
            # AWS adds models of its own (Empty, Error) and may add keywords to a schema.
            "models": {name: only(models.get(name), schema) for name, schema in wanted["models"].items()},
        }

    def create(self) -> Shape:
        api = self.patience.until_done(self._create_once, budget_seconds=CREATE_BUDGET_SECONDS, first_delay_seconds=1)
        self._put(api["id"])
        return self.wanted() | self._facts(api)

    def _create_once(self) -> Any:
        """One CreateRestApi, or the API that an earlier one made although its answer was lost."""
        lost = False
        try:
            made = self.aws.client("apigateway", once=True).create_rest_api(
                name=self.name, endpointConfiguration={"types": [ENDPOINT_TYPE]}, tags=self.tags
            )
        except (ConnectionError, HTTPClientError):
            lost = True
        except ClientError as error:
            if error_code(error) == "TooManyRequestsException":
                raise NotYet("API Gateway's quota: one CreateRestApi per 3 s and account") from error
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise
            lost = True
        ours = self._ours()
        if lost:
            if not ours:
                raise NotYet("API Gateway to answer CreateRestApi")
            return ours[0]
        # Reads may lag behind the create; what was made is known all the same.
        if made["id"] not in {api["id"] for api in ours}:
            return made
        if ours[0]["id"] != made["id"]:
            self.notes.append(f"another run made the API {ours[0]['id']} first; deleted the twin {made['id']}")
            self._delete_api(made["id"])
        return ours[0]

    def update(self, changes: Changes) -> Shape:
        api_id = self.id()
        if api_id is None:
            raise StepError(f"{self.name} vanished while it was being updated. Run the same again")
        fields = {field.split(".")[0] for field in changes}
        if fields & {"name", "description", "methods", "models"}:
            self._put(api_id)
        if "endpoint_type" in changes:
            live, wanted = changes["endpoint_type"]
            operation = {"op": "replace", "path": f"/endpointConfiguration/types/{live}", "value": wanted}
            self.aws.apigateway.update_rest_api(restApiId=api_id, patchOperations=[operation])  # type: ignore[list-item]
        if "tags" in fields:
            self.aws.apigateway.tag_resource(resourceArn=self.lab.api_arn(api_id), tags=self.tags)
        return self.wanted()

    def _put(self, api_id: str) -> None:
        def attempt() -> Any:
            try:
                return self.aws.apigateway.put_rest_api(
                    restApiId=api_id, mode="overwrite", body=json.dumps(document(self.lab))
                )
            except ClientError as error:
                if error_code(error) == "ConflictException":
                    raise NotYet("API Gateway to finish another change of the API") from error
                raise

        answer = self.patience.until_done(attempt, budget_seconds=120)
        # A dropped extension is a hole, so what AWS warns of is shown. Which warnings a harmless document
        # draws is not known, so they do not fail the step.
        self.notes += [f"API Gateway warns: {warning}" for warning in answer.get("warnings", [])]

    def identify(self) -> Shape | None:
        """Teardown deletes twins as well: all that `ids` finds carry our tags."""
        ours = self._ours()
        return self._facts(ours[0]) if ours else None

    def is_gone(self) -> bool:
        return not self._ours()

    def delete(self) -> None:
        for api_id in self.ids():
            self._delete_api(api_id)

    def _delete_api(self, api_id: str) -> None:
        def attempt() -> None:
            try:
                or_none(self.aws.client("apigateway", once=True).delete_rest_api, restApiId=api_id)
            except ClientError as error:
                if error_code(error) == "TooManyRequestsException":
                    raise NotYet("API Gateway's quota: one DeleteRestApi per 30 s and account") from error
                raise

        self.patience.until_done(
            attempt,
            budget_seconds=DELETE_BUDGET_SECONDS,
            first_delay_seconds=30,
            longest_delay_seconds=60,
        )
