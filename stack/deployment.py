"""Step 7, the deployment: a snapshot of the API, the stage that serves it, and the permission that makes it public.

The hash of the document is in the deployment's description. Where the stage serves another one, it is pointed to a
deployment of the wanted document; one is made only if none is there. The invoke permission comes last, for exactly this
stage, method and path; until then nobody can call the function, and by then the throttle is in force. Where config.yaml
has renamed the stage, the new one is made in this way, and then the old one goes.
https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from stack.aws import FEW_ATTEMPTS, is_taken, or_none
from stack.function import Function
from stack.invoke_permission import InvokePermission
from stack.lab import Lab
from stack.lifecycle import Resource
from stack.openapi import document_hash
from stack.outcome import Changes, Shape
from stack.permission import invoke_statement
from stack.rest_api import RestApi
from stack.stage import is_named, own, served, throttle_of
from stack.twins import Twins
from stack.usage_plans import require_unlinked

MARK = "lambda-apigateway-lab document "
# One CreateDeployment per 5 s for everybody in the account together.
DEPLOY_BUDGET_SECONDS = 1800


class Deployment(Resource):
    number, key, title, needs = 7, "deployment", "Deployment", (3, 4, 6)
    adoptable = False  # a stage belongs to its API

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.rest_api = RestApi(lab)
        self.rest_api.patience = self.patience
        self.permission = InvokePermission(self)
        self._api_id: str | None = None
        self._deploys = 0
        """How often CreateDeployment was tried."""

    @property
    def name(self) -> str:
        return self.lab.config.api.stage

    @property
    def api_id(self) -> str:
        """The id that `find` or `create` saw."""
        return str(self._api_id)

    def wanted(self) -> Shape:
        throttle = self.lab.config.api.throttle
        return {
            "stage": self.name,
            "document": document_hash(self.lab),
            "superseded": [],
            "throttle": {"rate_per_second": throttle.rate_per_second, "burst": throttle.burst},
            "permission": invoke_statement(self.lab.invocation_arn(self._api_id or "API-ID")),
            "tags": self.tags,
        }

    def find(self) -> Shape | None:
        if "api" in self.lab.just_made:
            self._api_id = self.lab.api_id
            return None
        self._api_id = self.rest_api.id()
        if self._api_id is None:
            return None
        stages, deployments, permission = self.lab.side_by_side(self._stages, self._deployments, self.permission.find)
        ours = own(self.lab, stages)
        if not ours:
            return None
        return {
            "stage": ", ".join(each["stageName"] for each in ours),
            "document": deployments.get(ours[0]["deploymentId"]),
            "superseded": sorted(set(deployments) - served(stages)),
            "throttle": throttle_of(ours[0]),
            "permission": permission,
            "tags": self.own_tags(ours[0].get("tags", {})),
        }

    def identify(self) -> Shape | None:
        """Nothing where there are twins: their stages go with them."""
        try:
            self._api_id = self.rest_api.id(twins_budget_seconds=0)
        except Twins:
            return None
        if self._api_id is None:
            return None
        stages, function = self.lab.side_by_side(self._stages, Function(self.lab).identify)
        self._going = [stage["stageName"] for stage in own(self.lab, stages)]
        self._may_take_permission = bool(function) and self.identity.items() <= function["tags"].items()
        return {"tags": {}} if self._going else None

    def is_gone(self) -> bool:
        """Not asked: a stage is deleted once that is answered, and what it has left behind goes with the API."""
        return True

    def require_ours(self, live: Shape) -> None:
        """A stage belongs to its API, and the API was found by our tags."""

    def _stages(self) -> Any:
        return self.aws.apigateway.get_stages(restApiId=self.api_id).get("item", [])

    def _deployments(self) -> dict[str, str]:
        """{id: hash of the document} of the deployments that we made."""
        pages = self.aws.apigateway.get_paginator("get_deployments").paginate(restApiId=self.api_id)
        return {
            each["id"]: each["description"].removeprefix(MARK)
            for page in pages
            for each in page.get("items", [])
            if each.get("description", "").startswith(MARK)
        }

    def create(self) -> Shape:
        self._api_id = self._api_id or self.lab.api_id or self.rest_api.id_that_is_made()
        if "function" not in self.lab.just_made:
            # A permission that outlived its stage would open the new one before its throttle is in force.
            self.permission.take()
        deployments = {} if "api" in self.lab.just_made else self._deployments()
        self._create_stage(deployment_id := self._deployed(deployments))
        if self._deploys > 1:  # a try whose answer was lost has made one as well
            deployments = self._deployments()
        return {
            "stage": self.name,
            "document": self.wanted()["document"],
            "superseded": sorted(set(deployments) - {deployment_id}),
            "throttle": None,
            "permission": None,
            "tags": self.tags,
        }

    def _create_stage(self, deployment_id: str) -> None:
        self.lab.just_made.discard("api")
        self.steadily(
            self.aws.apigateway.create_stage,
            restApiId=self.api_id,
            stageName=self.name,
            deploymentId=deployment_id,
            tags=self.tags,
        )

    def _deployed(self, deployments: dict[str, str]) -> str:
        """The id of a deployment of the wanted document: one of these, or a new one."""
        wanted = self.wanted()["document"]
        there = [each for each, document in deployments.items() if document == wanted]
        return there[0] if there else self._deploy(wanted)

    def _deploy(self, document: str) -> str:
        create = self.aws.client("apigateway", attempts=FEW_ATTEMPTS).create_deployment

        def deploy() -> str:
            self._deploys += 1
            answer = create(restApiId=self.api_id, description=MARK + document)
            self._deploys += answer["ResponseMetadata"]["RetryAttempts"]
            return str(answer["id"])

        return self.steadily(deploy, budget_seconds=DEPLOY_BUDGET_SECONDS)

    def update(self, changes: Changes) -> None:
        fields = {field.split(".")[0] for field in changes}
        if has_moved := "stage" in fields and self._move():
            fields = fields - {"document", "tags"} | {"throttle", "permission"}
        patches = []
        if "document" in fields:
            patches.append(("/deploymentId", self._deployed(self._deployments())))
        if "throttle" in fields:
            throttle = self.wanted()["throttle"]
            patches.append(("/*/*/throttling/rateLimit", f"{Decimal(str(throttle['rate_per_second'])):f}"))
            patches.append(("/*/*/throttling/burstLimit", str(throttle["burst"])))
        if patches:
            operations: Any = [{"op": "replace", "path": path, "value": value} for path, value in patches]
            update = self.aws.apigateway.update_stage
            self.steadily(update, restApiId=self.api_id, stageName=self.name, patchOperations=operations)
        if "tags" in fields:
            arn = f"{self.lab.api_arn(self.api_id)}/stages/{self.name}"
            self.steadily(self.aws.apigateway.tag_resource, resourceArn=arn, tags=self.tags)
        if "permission" in fields:
            live = [was for field, (was, _) in changes.items() if field.startswith("permission")]
            is_there = not has_moved and any(was is not None for was in live)
            self.permission.give(self.wanted()["permission"], is_there=is_there)
        if "stage" in fields:
            self._delete_stages([each["stageName"] for each in own(self.lab, self._stages())], keep=self.name)
        if fields & {"stage", "document", "superseded"}:
            self._delete_superseded()

    def _move(self) -> bool:
        """Makes the stage of the new name. False if it is there."""
        ours = own(self.lab, self._stages())
        if ours and is_named(self.lab, ours[0]):
            return False
        self.permission.take()
        try:
            self._create_stage(self._deployed(self._deployments()))
        except ClientError as error:
            if not is_taken(error):  # by a call whose answer was lost, or by another run
                raise
        return True

    def _delete_stages(self, names: Iterable[str], keep: str | None = None) -> None:
        delete = self.aws.apigateway.delete_stage
        for name in names:
            if name != keep:
                self.steadily(or_none, delete, restApiId=self.api_id, stageName=name)

    def _delete_superseded(self) -> None:
        self.steadily(self._delete_unused)

    def _delete_unused(self) -> None:
        """Looked up at each try: another run may have moved the stage to one of them in the meantime."""
        for deployment_id in sorted(set(self._deployments()) - served(self._stages())):
            or_none(self.aws.apigateway.delete_deployment, restApiId=self.api_id, deploymentId=deployment_id)

    def require_unused(self) -> None:
        require_unlinked(self.aws, {self.api_id})

    def delete(self) -> None:
        """A function that is not ours keeps its policy."""
        close = partial(self._delete_stages, self._going)
        self.lab.side_by_side(*([self.permission.take, close] if self._may_take_permission else [close]))
