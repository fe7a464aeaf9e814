"""Deployments of a REST API: what cannot be deployed, and what is still in use.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

from typing import Any

from moto.apigateway.exceptions import NoMethodDefined
from moto.apigateway.models import Deployment

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, NotFound
from sandbox.refusals.api_gateway.calls import Call, check_room
from sandbox.refusals.api_gateway.fields import Field, patched
from sandbox.refusals.api_gateway.stages import STAGES_PER_API, check_name


class Deployments(Call):
    def create_deployment(self) -> Any:
        """The texts are from experience."""
        api, stage = self.find_api(), self._get_param("stageName")
        if stage:
            check_name(stage)
        if stage and stage not in api.stages:
            check_room(api.stages, STAGES_PER_API, "Stages", "API")
        methods = [method for each in api.resources.values() for method in each.resource_methods.values()]
        if not methods:
            raise NoMethodDefined
        if any(method.method_integration is None for method in methods):
            raise BadRequest("No integration defined for method")
        return super().create_deployment()

    def get_deployments(self) -> Any:
        return self.page([each.to_json() for each in self.find_api().deployments.values()])

    def get_deployment(self) -> Any:
        return answer(200, self.find_deployment().to_json())

    def update_deployment(self) -> Any:
        changed = patched(self.find_deployment(), {"description": Field("description")}, self.patches())
        self.find_api().deployments[changed.id] = changed
        return answer(200, changed.to_json())

    def delete_deployment(self) -> Any:
        """LocalStack's recording: apigateway test_create_delete_deployments"""
        deployment = self.find_deployment()
        if any(stage.deployment_id == deployment.id for stage in self.find_api().stages.values()):
            raise BadRequest("Active stages pointing to this deployment must be moved or deleted")
        self.find_api().deployments.pop(deployment.id)
        return answer(202)

    def find_deployment(self) -> Deployment:
        deployment = self.find_api().deployments.get(self.uri_match["deployment_id"])
        if deployment is None:
            raise NotFound("Invalid Deployment identifier specified")
        return deployment
