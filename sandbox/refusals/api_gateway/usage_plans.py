"""Usage plans: which stages they are for, and how fast and how often their keys may call.

https://docs.aws.amazon.com/apigateway/latest/api/API_UsagePlan.html
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateUsagePlan-Patch
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.apigateway.exceptions import UsagePlanNotFoundException
from moto.apigateway.models import UsagePlan, UsagePlanKey

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, Conflict, NotFound
from sandbox.api_gateway.patches import split
from sandbox.refusals.api_gateway.calls import Call, check_room

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
PLANS_PER_REGION = 300
PERIODS = ("DAY", "WEEK", "MONTH")
OF_STAGE = "/apiStages/<apidId:stageName>/throttle"
# {op: the paths that AWS names in its refusal}, of which https://github.com/boto/boto3/issues/2629 quotes `remove`
PATHS: Mapping[str, tuple[str, ...]] = {
    "add": ("/apiStages",),
    "remove": (
        "/apiStages",
        "/quota",
        "/throttle",
        "/productCode",
        f"{OF_STAGE}/<resourcePath>/<httpMethod>",
        OF_STAGE,
    ),
    "replace": (
        "/name",
        "/description",
        "/productCode",
        "/quota/limit",
        "/quota/offset",
        "/quota/period",
        "/throttle/rateLimit",
        "/throttle/burstLimit",
        f"{OF_STAGE}/<resourcePath>/<httpMethod>/rateLimit",
        f"{OF_STAGE}/<resourcePath>/<httpMethod>/burstLimit",
    ),
}
OF_METHOD = re.compile(
    r"/apiStages/(?P<stage>[^/]+)/throttle(/(?P<path>[^/]+)/(?P<verb>[A-Z]+)(/(?P<field>rateLimit|burstLimit))?)?"
)
READ: Mapping[str, Callable[[str], Any]] = {"limit": int, "offset": int, "burstLimit": int, "rateLimit": float}
ATTRIBUTES = {"name": "name", "description": "description", "productCode": "product_code"}


class UsagePlans(Call):
    def create_usage_plan(self) -> Any:
        for each in self._get_param("apiStages") or []:
            self.check_stage(each.get("apiId"), each.get("stage"))
        check_limits(self._get_param("quota") or {}, self._get_param("throttle") or {})
        check_room(self.backend.usage_plans, PLANS_PER_REGION, "Usage Plans", "region")
        plan = self.backend.create_usage_plan(json.loads(self.body))
        if plan.quota:
            plan.quota.setdefault("offset", 0)
        return answer(201, plan.to_json())

    def get_usage_plans(self) -> Any:
        plans = self.backend.get_usage_plans(api_key_id=self._get_param("keyId"))
        return self.page([plan.to_json() for plan in plans])

    def get_usage_plan(self) -> Any:
        return answer(200, self.find_plan().to_json())

    def update_usage_plan(self) -> Any:
        """All patches, or none. A stage is named by its value, `API:STAGE`. https://github.com/boto/boto3/issues/2629"""
        plan = self.find_plan()
        changed = copy.deepcopy(plan)
        for patch in self.patches():
            op, path, value = patch["op"], patch["path"], patch.get("value") or ""
            if path == "/apiStages" and op in ("add", "remove"):
                self.link(changed, op, value)
            elif (method := OF_METHOD.fullmatch(path)) and op == ("replace" if method["field"] else "remove"):
                throttle_method(changed, method, value)
            else:
                change(changed, op, path, value)
        check_limits(changed.quota, changed.throttle)
        vars(plan).update(vars(changed))  # the same plan: what its keys have used is still counted
        return answer(200, plan.to_json())

    def link(self, plan: UsagePlan, op: str, value: str) -> None:
        """Puts a stage into a plan, or takes it out."""
        api_id, _, stage = value.partition(":")
        if not stage:
            raise BadRequest("Invalid API Stage specified")
        linked = {(each["apiId"], each["stage"]) for each in plan.api_stages}
        if op == "add":
            self.check_stage(api_id, stage)
            if (api_id, stage) not in linked:
                plan.api_stages.append({"apiId": api_id, "stage": stage})
            return
        if (api_id, stage) not in linked:  # https://github.com/aws/aws-cdk/issues/6169
            text = f"Invalid API Stage {{api: {api_id}, stage: {stage}}} specified for usageplan {plan.id}"
            raise BadRequest(text)
        plan.api_stages = [each for each in plan.api_stages if (each["apiId"], each["stage"]) != (api_id, stage)]

    def delete_usage_plan(self) -> Any:
        """https://github.com/aws/aws-sdk-js/issues/3841"""
        plan = self.find_plan()
        if plan.api_stages:
            first = plan.api_stages[0]
            raise BadRequest(
                f"Cannot delete Usage Plan {plan.id} because there are API Stages associated with it, "
                f"including {first['apiId']}:{first['stage']}"
            )
        self.backend.usage_plan_keys.pop(plan.id, None)
        return super().delete_usage_plan()

    def create_usage_plan_key(self) -> Any:
        """A key is in one plan of a stage only; the texts are from experience."""
        plan, key_id = self.find_plan(), self._get_param("keyId")
        for other_id, keys in self.backend.usage_plan_keys.items():
            if key_id in keys and other_id == plan.id:
                raise Conflict("Usage Plan Key already exists")
            shared = [each for each in self.backend.usage_plans[other_id].api_stages if each in plan.api_stages]
            if key_id in keys and shared:
                raise Conflict(
                    f"Usage Plan {plan.id} cannot be added because API Key {key_id} cannot reference multiple Usage "
                    f"Plans with the same API Stage: {shared[0]['apiId']}:{shared[0]['stage']}"
                )
        return super().create_usage_plan_key()

    def get_usage_plan_keys(self) -> Any:
        keys = self.backend.get_usage_plan_keys(self.find_plan().id, name=self._get_param("name"))
        return self.page([key.to_json() for key in keys])

    def get_usage_plan_key(self) -> Any:
        return answer(200, self.find_plan_key().to_json())

    def delete_usage_plan_key(self) -> Any:
        self.find_plan_key()
        return super().delete_usage_plan_key()

    def find_plan(self) -> UsagePlan:
        plan = self.backend.usage_plans.get(self.uri_match["usageplanId"])
        if plan is None:
            raise UsagePlanNotFoundException
        return plan

    def find_plan_key(self) -> UsagePlanKey:
        key = self.backend.usage_plan_keys.get(self.find_plan().id, {}).get(self.uri_match["keyId"])
        if key is None:
            raise NotFound("Invalid API Key identifier specified")
        return key

    def check_stage(self, api_id: str | None, stage: str | None) -> None:
        """The text is from experience."""
        api = self.backend.apis.get(api_id)
        if api is None or stage not in api.stages:
            raise NotFound(f"API Stage not found: {api_id}:{stage}")


def change(plan: UsagePlan, op: str, path: str, value: str) -> None:
    """A patch of anything but the linked stages."""
    name, _, field = path[1:].partition("/")
    if path not in PATHS.get(op, ()):
        raise BadRequest(
            f"Invalid patch path  '{path}' specified for op '{op}'. Must be one of: [{', '.join(PATHS.get(op, ()))}]"
        )
    if name in ATTRIBUTES:
        setattr(plan, ATTRIBUTES[name], None if op == "remove" else value)
    elif op == "remove":
        setattr(plan, name, {})
    else:
        getattr(plan, name)[field] = number(field, value)


def throttle_method(plan: UsagePlan, method: re.Match[str], value: str) -> None:
    """Sets a limit of one method (`/pets/GET`) of a linked stage; without a field removes all of that method's, and
    without a method all of that stage's.

    https://docs.aws.amazon.com/apigateway/latest/api/API_ApiStage.html
    """
    stage = next((each for each in plan.api_stages if f"{each['apiId']}:{each['stage']}" == method["stage"]), None)
    if stage is None:
        raise BadRequest("Invalid API Stage specified")
    [path] = split(f"/{method['path'] or ''}")
    throttle = stage.setdefault("throttle", {})
    if method["field"]:
        throttle.setdefault(f"{path}/{method['verb']}", {})[method["field"]] = number(method["field"], value)
    elif method["path"]:
        throttle.pop(f"{path}/{method['verb']}", None)
    else:
        throttle.clear()


def number(field: str, value: str) -> Any:
    try:
        return READ.get(field, str)(value)
    except ValueError as error:
        raise BadRequest(f"Invalid value specified for {field}: {value}") from error


def check_limits(quota: Mapping[str, Any], throttle: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/api/API_QuotaSettings.html; the texts are from experience."""
    if quota and quota.get("period") not in PERIODS:
        raise BadRequest("Usage Plan quota period must be one of: DAY, WEEK, MONTH")
    if any(value < 0 for name, value in [*quota.items(), *throttle.items()] if name in READ):
        raise BadRequest("Usage Plan limits must not be negative")
