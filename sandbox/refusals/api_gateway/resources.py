"""Resources of a REST API: their paths are a tree, in which siblings bear different names.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html
"""

from __future__ import annotations

import re
from typing import Any

from moto.apigateway.exceptions import InvalidResourcePathException
from moto.apigateway.models import Resource, RestAPI

from sandbox.api_gateway.answers import answer
from sandbox.api_gateway.errors import BadRequest, Conflict, NotFound
from sandbox.api_gateway.patches import only_replaces
from sandbox.refusals.api_gateway.calls import Call

PATH_PART = re.compile(r"\{?[a-zA-Z0-9._\-:]+\+?\}?")  # as moto has it
PATCHABLE = ("/parentId", "/pathPart")


class Resources(Call):
    def create_resource(self) -> Any:
        self.uri_match["resource_id"] = self.uri_match["parent_id"]
        self.find_resource()
        if not self._get_param("pathPart"):  # the text is from experience
            raise BadRequest("Resource's path part must be specified")
        return super().create_resource()

    def get_resources(self) -> Any:
        return self.page([self.shown(each) for each in self.backend.get_resources(self.uri_match["restapi_id"])])

    def get_resource(self) -> Any:
        return answer(200, self.shown(self.find_resource()))

    def shown(self, resource: Resource) -> dict[str, Any]:
        """Without `embed=methods` a method is told by its verb only.

        https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html
        """
        told: dict[str, Any] = resource.to_dict()
        if "resourceMethods" in told and "methods" not in self.querystring.get("embed", []):
            told["resourceMethods"] = {verb: {} for verb in told["resourceMethods"]}
        return told

    def update_resource(self) -> Any:
        """All patches, or none. LocalStack's recordings: apigateway test_update_resource_behaviour,
        test_update_resource_on_root"""
        resource, api = self.find_resource(), self.find_api()
        parent_id, name = resource.parent_id, resource.path_part
        for patch in self.patches():
            path, value = patch["path"], patch.get("value", "")
            only_replaces(patch, PATCHABLE)
            if parent_id is None:
                raise BadRequest(f"Root resource cannot update its {path[1:]}.")
            if path == "/pathPart":
                name = value
            else:
                check_parent(api, resource, value)
                parent_id = value
            check_place(api, api.resources[parent_id], name, resource)
        resource.parent_id, resource.path_part = parent_id, name
        return answer(200, self.shown(resource))

    def delete_resource(self) -> Any:
        """What is below goes too. LocalStack's recording: apigateway test_delete_resource"""
        resource, api = self.find_resource(), self.find_api()
        if resource.parent_id is None:  # the text is from experience
            raise BadRequest("Root resource cannot be deleted")
        for each in below(api, resource):
            api.resources.pop(each.id)
        return answer(202)


def check_place(api: RestAPI, parent: Resource, name: str, moved: Resource | None = None) -> None:
    """Whether a resource may be there. LocalStack's recordings: apigateway test_create_proxy_resource_validation,
    test_update_resource_behaviour"""
    if not PATH_PART.fullmatch(name):
        raise InvalidResourcePathException
    siblings = [each for each in api.resources.values() if each.parent_id == parent.id and each is not moved]
    if parent.path_part.endswith("+}"):
        raise BadRequest(f"Cannot create a child of a resource with a greedy path variable: {parent.path_part}")
    if any(each.path_part == name for each in siblings):
        raise Conflict(f"Another resource with the same parent already has this name: {name}")
    variable = next((each.path_part for each in siblings if each.path_part.startswith("{")), None)
    if variable and name.startswith("{"):
        raise BadRequest(
            f"A sibling ({variable}) of this resource already has a variable path part -- only one is allowed"
        )


def check_parent(api: RestAPI, resource: Resource, parent_id: str) -> None:
    parent = api.resources.get(parent_id)
    if parent is None:
        raise NotFound("Invalid Resource identifier specified")
    if parent in below(api, resource):
        raise BadRequest("Resources cannot be cyclical.")


def below(api: RestAPI, resource: Resource) -> list[Resource]:
    """The resource and all that hangs on it."""
    found = [resource]
    for each in found:
        found += [child for child in api.resources.values() if child.parent_id == each.id]
    return found
