"""API Gateway's control plane: its calls, with what AWS refuses, and the state behind them, where a deployment is a
snapshot of its API.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

import copy
import functools
import time
from typing import Any

from moto.apigateway.models import APIGatewayBackend, Deployment, RestAPI, Stage
from moto.core.exceptions import JsonRESTError

from sandbox.api_gateway import ApiGateway
from sandbox.api_gateway.answers import Answers
from sandbox.pace import CLOCK
from sandbox.quotas import ACCOUNT_QUOTAS, quota_name
from sandbox.refusals.api_gateway.calls import LimitExceeded
from sandbox.refusals.api_gateway.deployments import Deployments
from sandbox.refusals.api_gateway.integrations import Integrations
from sandbox.refusals.api_gateway.keys import ApiKeys
from sandbox.refusals.api_gateway.methods import Methods
from sandbox.refusals.api_gateway.resources import Resources
from sandbox.refusals.api_gateway.stages import Stages
from sandbox.refusals.api_gateway.usage_plans import UsagePlans

# EDGE and all others. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
APIS_PER_REGION = {True: 120, False: 600}


class NotImitated(JsonRESTError):  # type: ignore[misc]
    code = 501  # which no SDK tries again

    def __init__(self, action: str) -> None:
        super().__init__("NotImplemented", f"The sandbox does not imitate API Gateway's {action}")


class ApiGatewayCalls(Resources, Methods, Integrations, Deployments, Stages, UsagePlans, ApiKeys):
    """Named in the place of `Answers` by `RefusingApiGateway.url_paths`."""

    def call_action(self) -> Any:
        ACCOUNT_QUOTAS.spend(self.region, quota_name(self._get_action(), self.body, self.querystring))
        try:
            return super().call_action()
        except NotImplementedError as error:
            raise NotImitated(self._get_action()) from error


class RefusingApiGateway(ApiGateway):
    # moto finds a backend's URLs beside its class.
    __module__ = APIGatewayBackend.__module__

    @property
    def url_paths(self) -> dict[str, Any]:
        """That a status code has three digits is not the URL's to say: it is refused in AWS's words."""
        return {
            path.replace(r"\d+", "[^/]+"): ApiGatewayCalls.dispatch if handler == Answers.dispatch else handler
            for path, handler in super().url_paths.items()
        }

    def create_rest_api(self, *args: Any, **kwargs: Any) -> RestAPI:
        api = super().create_rest_api(*args, **kwargs)
        alike = [each for each in self.apis.values() if at_edge(each) == at_edge(api)]
        if len(alike) > APIS_PER_REGION[at_edge(api)]:
            del self.apis[api.id]
            raise LimitExceeded("APIs", "region")
        return api

    def create_deployment(
        self, function_id: str, name: str, description: str = "", stage_variables: Any = None
    ) -> Deployment:
        """A stage that is there keeps its settings, and is only pointed at the new deployment."""
        api = self.get_rest_api(function_id)
        stage = api.stages.get(name)
        deployment = super().create_deployment(function_id, name, description, stage_variables)
        deployment.snapshot = snapshot(api)
        if name and stage is None:
            began(api.stages[name])
        if stage is not None:
            stage.deployment_id = deployment.id
            stage.variables = stage_variables or stage.variables
            api.stages[name] = stage
        return deployment

    def create_stage(self, *args: Any, **kwargs: Any) -> Stage:
        return began(super().create_stage(*args, **kwargs))

    def delete_rest_api(self, function_id: str) -> RestAPI:
        """Its stages go, and with them their links to usage plans."""
        deleted = super().delete_rest_api(function_id)
        for plan in self.usage_plans.values():
            plan.api_stages = [each for each in plan.api_stages if each["apiId"] != function_id]
        return deleted


def at_edge(api: RestAPI) -> bool:
    return "EDGE" in api.endpoint_configuration["types"]


def began(stage: Stage) -> Stage:
    stage.made_at = CLOCK.now()
    stage.created_date = stage.last_updated_date = int(time.time())
    return stage


def snapshot(api: RestAPI) -> RestAPI:
    """The definition as it is now: all of the API but its stages and deployments."""
    bare = copy.copy(api)
    bare.stages, bare.deployments = {}, {}
    paths = {key: resource.get_path() for key, resource in api.resources.items()}
    frozen = copy.deepcopy(bare)
    for key, resource in frozen.resources.items():
        # moto's own asks the live API for the parents
        resource.get_path = functools.partial(str, paths[key])
    return frozen
