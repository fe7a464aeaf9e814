"""Step 6, the REST API: a definition that nobody can call yet.

CreateRestApi carries name, tags and endpoint type, so that the API bears our tags from its first moment; one PutRestApi
brings everything else. API names are not unique, so ours is found by tags. CreateRestApi is never idempotent: it is
sent without SDK retries, and healed by looking again; twins.py says which of two stays.
https://docs.aws.amazon.com/apigateway/latest/api/API_PutRestApi.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from stack.api_definition import definition, live_definition, live_methods
from stack.aws import FEW_ATTEMPTS, or_none
from stack.lifecycle import Resource
from stack.openapi import document
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS
from stack.outcome import Changes, Shape, differences
from stack.stage import foreign
from stack.step import StepError
from stack.transient import LOSABLE, is_lost, not_now
from stack.twins import age, are_fresh, look_seconds, only_one, rivals
from stack.usage_plans import require_unlinked
from stack.waiting import GaveUp, NotYet

ENDPOINT_TYPE = "REGIONAL"
# One CreateRestApi per 3 s and one DeleteRestApi per 30 s for everybody in the account together: a class of 200 takes
# ten minutes to come and more than an hour and a half to go.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
CREATE_BUDGET_SECONDS = 1800
DELETE_BUDGET_SECONDS = 4 * 3600
LOST_ANSWER_SECONDS = 10
UNFINISHED = {"UPDATING", "PENDING"}
TWINS_BUDGET_SECONDS = 120


class RestApi(Resource):
    number, key, title = 6, "api", "REST API"

    adoptable = False  # an API is found by its tags: what does not carry them is another API
    _is_uploaded = False
    """Whether the definition is to be read back."""
    _going: list[str]
    """The ids that the last `identify` saw."""

    @property
    def name(self) -> str:
        return self.lab.api_name

    @property
    def identity(self) -> dict[str, str]:
        return self.lab.api_identity

    def id(self, twins_budget_seconds: float = TWINS_BUDGET_SECONDS) -> str | None:
        """The id of our API, or None. Raises Twins."""
        api = self._the_one(twins_budget_seconds)
        return api["id"] if api else None

    def id_that_is_made(self) -> str:
        """For the steps after this one: the list may lag. Raises StepError."""

        def look() -> str:
            if api_id := self.id():
                return api_id
            raise NotYet(f"API Gateway to list the REST API {self.name}")

        try:
            return self.patience.until_done(look, budget_seconds=VISIBLE_WITHIN_SECONDS)
        except GaveUp as gave_up:
            raise StepError(f"there is no REST API {self.name}; step 6 makes it. {AT_WORK}") from gave_up

    def document(self) -> dict[str, Any]:
        return document(self.lab)

    def wanted(self) -> Shape:
        return {**definition(self.document()), "endpoint_type": ENDPOINT_TYPE, "tags": self.tags}

    def find(self) -> Shape | None:
        api = self._the_one(TWINS_BUDGET_SECONDS)
        self.lab.api_id = api["id"] if api else None
        if api is None:
            return None
        shape = {"name": api["name"], "description": api.get("description")}
        return shape | live_definition(self.lab, api["id"], definition(self.document())) | self._facts(api)

    def _ours(self) -> list[Any]:
        pages = self.aws.apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
        ours = [api for page in pages for api in page.get("items", []) if self._is_ours(api.get("tags", {}))]
        return sorted(ours, key=age)

    def _is_ours(self, tags: Mapping[str, str]) -> bool:
        """An API that was made before there was a tag `stack-name` is ours by the others."""
        return self.identity.items() <= {"stack-name": self.lab.config.stack, **tags}.items()

    def _the_one(self, twins_budget_seconds: float) -> Any:
        """Our API, or None. Raises Twins; where one of them is fresh, its maker has this time to delete it."""

        def look() -> Any:
            if are_fresh(ours := self._ours()):
                raise NotYet("another run to delete the API that it made beside ours")
            return only_one(ours)

        with suppress(GaveUp):
            return self.patience.until_done(look, budget_seconds=twins_budget_seconds)
        return only_one(self._ours())

    def _facts(self, api: Any) -> Shape:
        """What the API itself tells, beside its definition."""
        return {
            "endpoint_type": api["endpointConfiguration"]["types"][0],
            "tags": self.own_tags(api.get("tags", {})),
        }

    def create(self) -> Shape:
        api = self.patience.until_done(self._create_once, budget_seconds=CREATE_BUDGET_SECONDS, first_delay_seconds=1)
        self.lab.api_id = api["id"]
        return {"name": api["name"], **self._facts(api)}

    def _create_once(self) -> Any:
        """One CreateRestApi, or the API that an earlier one made although its answer was lost."""
        try:
            made = self.aws.client("apigateway", attempts=1).create_rest_api(
                name=self.name, endpointConfiguration={"types": [self.wanted()["endpoint_type"]]}, tags=self.tags
            )
        except LOSABLE as error:
            if isinstance(error, ClientError) and (not_yet := not_now(error)):
                raise not_yet from error
            if not is_lost(error):
                raise
            return self._found_after_a_lost_answer(error)
        return self._the_one_that_stays(made)

    def _the_one_that_stays(self, made: Any) -> Any:
        """The API just made; or one that another run made before it or with it, and then `made` is deleted."""

        def has_rivals() -> bool:
            return bool(rivals(made, self._ours()))  # which may not show `made` yet

        def alone() -> Any:
            if has_rivals():
                raise NotYet("another run, which made the API in the same second, to keep it or to delete it")
            return made

        if not (found := rivals(made, self._ours())):
            self.lab.just_made.add(self.key)
            return made
        with suppress(GaveUp):
            return self.patience.until_done(alone, budget_seconds=look_seconds(made, found))
        if not self._delete_api(made["id"], only_while=has_rivals):
            return made
        others = [api for api in self._ours() if api["id"] != made["id"]]
        if not others:
            raise NotYet("another run to make the API: each has deleted its own")
        self.notes.append(f"the API {others[0]['id']} was there first; deleted the twin {made['id']}")
        return others[0]

    def _found_after_a_lost_answer(self, error: Exception) -> Any:
        def look() -> Any:
            ours = self._ours()
            if not ours:
                raise NotYet("API Gateway to show what a CreateRestApi without an answer has made")
            return ours

        try:
            first, *others = self.patience.until_done(look, budget_seconds=LOST_ANSWER_SECONDS)
        except GaveUp:
            raise NotYet("API Gateway to answer CreateRestApi") from error
        for api in others:  # more than one answer was lost
            self.notes.append(f"the API {first['id']} was there first; deleted the twin {api['id']}")
            self._delete_api(api["id"])
        return first

    def update(self, changes: Changes) -> None:
        api_id = str(self.lab.api_id)
        fields = {field.split(".")[0] for field in changes}
        if fields & {"name", "description", "methods", "models"}:
            self._put(api_id)
        if "endpoint_type" in changes:
            live, wanted = changes["endpoint_type"]
            operation = {"op": "replace", "path": f"/endpointConfiguration/types/{live}", "value": wanted}
            self.steadily(self.aws.apigateway.update_rest_api, restApiId=api_id, patchOperations=[operation])
        if "tags" in fields:
            arn = self.lab.api_arn(api_id)
            self.steadily(self.aws.apigateway.tag_resource, resourceArn=arn, tags=self.tags)

    def _put(self, api_id: str) -> None:
        answer = self.steadily(
            self.aws.client("apigateway", attempts=FEW_ATTEMPTS).put_rest_api,
            budget_seconds=CREATE_BUDGET_SECONDS,
            restApiId=api_id,
            mode="overwrite",
            body=json.dumps(self.document()),
        )
        # An import goes on after its answer (https://github.com/hashicorp/terraform-provider-aws/issues/45905).
        if answer.get("apiStatus") in UNFINISHED:
            self.steadily(self._require_available, api_id=api_id)
        # A dropped extension is a hole, so what AWS warns of is shown, and in `settle` what it keeps in another form.
        # Which of both a harmless document draws is not known, so they do not fail the step.
        self.notes += [f"API Gateway warns: {warning}" for warning in answer.get("warnings", [])]
        self._is_uploaded = True

    def _require_available(self, api_id: str) -> None:
        status = self.aws.apigateway.get_rest_api(restApiId=api_id).get("apiStatus")
        if status in UNFINISHED:
            raise NotYet(f"API Gateway to finish the import (it is {status})")

    def settle(self) -> None:
        if not self._is_uploaded:
            return
        live, wanted = live_methods(self.lab, str(self.lab.api_id)), definition(self.document())["methods"]
        for field, (kept, _) in differences(live, wanted, "methods.").items():
            self.notes.append(f"API Gateway keeps another {field} than was sent: {kept}")
        self._is_uploaded = False

    def require_ours(self, live: Shape) -> None:
        """It was found by our tags."""

    def identify(self) -> Shape | None:
        """Teardown deletes twins as well: they all carry our tags."""
        ours = self._ours()
        self._going = [api["id"] for api in ours]
        return self._facts(ours[0]) if ours else None

    def require_unused(self) -> None:
        self.lab.side_by_side(partial(require_unlinked, self.aws, self._going), self._tell_stages)

    def _tell_stages(self) -> None:
        """Notes what goes with the API although somebody else has made it."""
        for api_id in self._going:
            answer = or_none(self.aws.apigateway.get_stages, restApiId=api_id)
            for name in foreign(self.lab, answer.get("item", [])) if answer else []:
                self.note(f"with its stage {name}, which does not carry our tags")

    def delete(self) -> None:
        for api_id in self._going:
            self._delete_api(api_id)

    def _delete_api(self, api_id: str, only_while: Callable[[], bool] = lambda: True) -> bool:
        """False where `only_while`, asked before each try, no longer holds; then it stays."""

        def attempt() -> bool:
            if not only_while():
                return False
            try:
                or_none(self.aws.client("apigateway", attempts=1).delete_rest_api, restApiId=api_id)
            except LOSABLE as error:
                if isinstance(error, ClientError) and (not_yet := not_now(error)):
                    raise type(not_yet)(f"{not_yet} (one DeleteRestApi per 30 s)") from error
                if not is_lost(error):
                    raise
                raise NotYet("API Gateway to answer DeleteRestApi") from error
            return True

        return self.patience.until_done(
            attempt, budget_seconds=DELETE_BUDGET_SECONDS, first_delay_seconds=30, longest_delay_seconds=60
        )
