"""API Gateway's control plane: its calls, with what AWS refuses, and the state behind them, where a deployment is a
snapshot of its API.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

import copy
import functools
import threading
import time
from typing import Any

from moto.apigateway.models import (
    APIGatewayBackend,
    Deployment,
    Integration,
    IntegrationResponse,
    Resource,
    RestAPI,
    Stage,
)
from moto.apigateway.utils import ApigwDeploymentIdentifier

from sandbox.api_gateway import ApiGateway
from sandbox.api_gateway.answers import Answers
from sandbox.pace import CLOCK
from sandbox.quotas import ACCOUNT_QUOTAS, quota_name
from sandbox.refusals.api_gateway.authorizers import Authorizers
from sandbox.refusals.api_gateway.calls import LimitExceeded, check_room
from sandbox.refusals.api_gateway.deployments import Deployments
from sandbox.refusals.api_gateway.integrations import (
    Integrations,
    check_parameters,
    check_type,
    check_uri,
    passthrough,
    timeout,
)
from sandbox.refusals.api_gateway.keys import ApiKeys
from sandbox.refusals.api_gateway.methods import Methods
from sandbox.refusals.api_gateway.resources import Resources, check_place
from sandbox.refusals.api_gateway.stages import Stages
from sandbox.refusals.api_gateway.usage_plans import UsagePlans

# Of EDGE and of all others; https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
APIS_PER_REGION, RESOURCES_PER_API = {True: 120, False: 600}, 300
ONE_AT_A_TIME = threading.Lock()


class ApiGatewayCalls(Resources, Methods, Integrations, Authorizers, Deployments, Stages, UsagePlans, ApiKeys):
    """Named in the place of `Answers` by `RefusingApiGateway.url_paths`.

    One call at a time: none sees what another has half made.
    """

    def call_action(self) -> Any:
        ACCOUNT_QUOTAS.spend(self.region, quota_name(self._get_action(), self.body, self.querystring))
        with ONE_AT_A_TIME:
            return super().call_action()


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

    def create_resource(self, function_id: str, parent_resource_id: str, path_part: str) -> Resource:
        api = self.get_rest_api(function_id)
        check_place(api, api.resources[parent_resource_id], path_part)
        check_room(api.resources, RESOURCES_PER_API, "Resources", "API")
        return super().create_resource(function_id, parent_resource_id, path_part)

    def put_integration(self, function_id: str, resource_id: str, *said: Any, **choices: Any) -> Integration:
        _, kind, uri = said
        check_type(kind)
        check_uri(kind, choices["integration_method"], uri or "")
        passthrough(choices["passthrough_behavior"] or "")
        if choices["timeout_in_millis"] is not None:
            timeout(str(choices["timeout_in_millis"]))
        return super().put_integration(function_id, resource_id, *said, **choices)

    def put_integration_response(self, *said: Any) -> IntegrationResponse:
        function_id, resource_id, verb, status, _, _, parameters, _ = said
        check_parameters(self.get_method(function_id, resource_id, verb), status, parameters or {})
        return super().put_integration_response(*said)

    def create_deployment(
        self, function_id: str, name: str, description: str = "", stage_variables: Any = None
    ) -> Deployment:
        """A stage that is there keeps its settings, and is only pointed at the new deployment.

        Without moto's own, which shows the stage before its deployment is whole, and keeps mocks of every URL for ever.
        """
        api = self.get_rest_api(function_id)
        identifier = ApigwDeploymentIdentifier(self.account_id, self.region_name, stage_name=name)
        deployment = Deployment(identifier.generate(list(api.deployments)), name, description)
        deployment.snapshot = snapshot(api)
        api.deployments[deployment.id] = deployment
        if stage := api.stages.get(name):
            stage.variables = stage_variables or stage.variables
            stage.deployment_id = deployment.id
        elif name:
            api.stages[name] = began(Stage(name=name, deployment_id=deployment.id, variables=stage_variables))
        return deployment

    def create_stage(self, function_id: str, stage_name: str, deployment_id: str, **choices: Any) -> Stage:
        """Without moto's own, for the same reason."""
        stage = began(Stage(name=stage_name, deployment_id=deployment_id, **choices))
        self.get_rest_api(function_id).stages[stage_name] = stage
        return stage

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
