"""What API Gateway's control plane does with deployments: each is a snapshot of its API.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

import copy
import functools
from typing import Any

from moto.apigateway.models import APIGatewayBackend, Deployment, RestAPI, Stage
from moto.core.exceptions import JsonRESTError

from sandbox.api_gateway import ApiGateway
from sandbox.pace import CLOCK


class ActiveStages(JsonRESTError):  # type: ignore[misc]
    """Recorded answer of DeleteDeployment."""

    code = 400

    def __init__(self) -> None:
        text = "Active stages pointing to this deployment must be moved or deleted"
        super().__init__("BadRequestException", text)


class RefusingApiGateway(ApiGateway):
    # moto finds a backend's URLs beside its class.
    __module__ = APIGatewayBackend.__module__

    def create_deployment(
        self, function_id: str, name: str, description: str = "", stage_variables: Any = None
    ) -> Deployment:
        """A stage that is there keeps its settings, and is only pointed at the new deployment."""
        api = self.get_rest_api(function_id)
        stage = api.stages.get(name)
        deployment = super().create_deployment(function_id, name, description, stage_variables)
        deployment.snapshot = snapshot(api)
        if name and stage is None:
            api.stages[name].made_at = CLOCK.now()
        if stage is not None:
            stage.deployment_id = deployment.id
            stage.variables = stage_variables or stage.variables
            api.stages[name] = stage
        return deployment

    def create_stage(self, *args: Any, **kwargs: Any) -> Stage:
        stage = super().create_stage(*args, **kwargs)
        stage.made_at = CLOCK.now()
        return stage

    def delete_deployment(self, function_id: str, deployment_id: str) -> Deployment:
        """moto looks at the stage that the deployment was made for, AWS at those that point to it."""
        api = self.get_rest_api(function_id)
        if any(stage.deployment_id == deployment_id for stage in api.stages.values()):
            raise ActiveStages
        if deployment_id in api.deployments:
            api.deployments[deployment_id].stage_name = None
        return super().delete_deployment(function_id, deployment_id)


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
