"""1.6 Resources of a REST API."""

import pytest

from tests.conformance.cloud import refused


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


@pytest.fixture(scope="module")
def root(shared, api):
    return shared.apigateway.get_rest_api(restApiId=api)["rootResourceId"]


@pytest.fixture
def make(cloud, api, root):
    """make("part") gives the id of a new resource below the root, or below another one."""

    def make(part, parent=None):
        made = cloud.apigateway.create_resource(restApiId=api, parentId=parent or root, pathPart=part)
        cloud.later(cloud.apigateway.delete_resource, restApiId=api, resourceId=made["id"])
        return made["id"]

    return make


def test_siblings_bear_different_names(cloud, make):
    """Source: LS:apigateway test_update_resource_behaviour"""
    parent = make("pets")
    assert make("pets", parent)
    text = "Another resource with the same parent already has this name: pets"
    with refused(409, "ConflictException", text):
        make("pets")


def test_an_unknown_parent_is_told_so(cloud, api):
    """Source: LS:apigateway test_create_resource_parent_invalid"""
    with refused(404, "NotFoundException", "Invalid Resource identifier specified"):
        cloud.apigateway.create_resource(restApiId=api, parentId="fake12", pathPart="pets")


def test_only_one_of_the_siblings_is_a_variable(make):
    """Source: LS:apigateway test_create_proxy_resource_validation"""
    make("{proxy+}")
    text = "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed"
    with refused(400, "BadRequestException", text):
        make("{id}")


def test_nothing_is_below_a_greedy_variable(make):
    """Source: LS:apigateway test_create_proxy_resource_validation"""
    greedy = make("{proxy+}")
    text = "Cannot create a child of a resource with a greedy path variable: {proxy+}"
    with refused(400, "BadRequestException", text):
        make("child", greedy)


def test_what_is_below_a_resource_is_deleted_with_it(cloud, api, make):
    """Source: LS:apigateway test_delete_resource"""
    parent = make("pets")
    child = make("small", parent)
    cloud.apigateway.delete_resource(restApiId=api, resourceId=parent)
    with refused(404, "NotFoundException", "Invalid Resource identifier specified"):
        cloud.apigateway.delete_resource(restApiId=api, resourceId=child)


def test_the_root_is_not_deleted(cloud, api, root):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Root resource cannot be deleted"):
        cloud.apigateway.delete_resource(restApiId=api, resourceId=root)


def test_a_resource_is_renamed_and_moved(cloud, api, root, make):
    """Source: LS:apigateway test_update_resource_behaviour"""
    parent = make("pets")
    child = make("small", parent)

    def patched(**patch):
        answer = cloud.apigateway.update_resource(
            restApiId=api, resourceId=child, patchOperations=[{"op": "replace", **patch}]
        )
        return answer["path"]

    assert patched(path="/pathPart", value="large") == "/pets/large"
    assert patched(path="/parentId", value=root) == "/large"
    with refused(409, "ConflictException", "Another resource with the same parent already has this name: pets"):
        patched(path="/pathPart", value="pets")
    with refused(400, "BadRequestException", "Resources cannot be cyclical."):
        patched(path="/parentId", value=child)
    text = "Invalid patch path  '/path' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"
    with refused(400, "BadRequestException", text):
        patched(path="/path", value="x")
    text = "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations"
    with refused(400, "BadRequestException", text):
        patched(op="remove", path="/pathPart")


def test_the_root_is_neither_renamed_nor_moved(cloud, api, root):
    """Source: LS:apigateway test_update_resource_on_root"""
    for name in ("pathPart", "parentId"):
        patch = [{"op": "replace", "path": f"/{name}", "value": "x"}]
        with refused(400, "BadRequestException", f"Root resource cannot update its {name}."):
            cloud.apigateway.update_resource(restApiId=api, resourceId=root, patchOperations=patch)


def test_resources_come_in_pages(cloud, api, root, make):
    """A page has 25 resources unless `limit` says otherwise; `position` goes on.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html
    """
    made = {make(f"r{number}") for number in range(3)} | {root}
    first = cloud.apigateway.get_resources(restApiId=api, limit=2)
    assert len(first["items"]) == 2
    rest = cloud.apigateway.get_resources(restApiId=api, limit=2, position=first["position"])
    assert "position" not in rest
    assert {each["id"] for each in (*first["items"], *rest["items"])} == made


def test_methods_are_told_whole_only_where_they_are_embedded(cloud, api, make):
    """Without `embed=methods` GetResources tells of a method no more than its verb.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html
    """
    resource = make("pets")
    cloud.apigateway.put_method(restApiId=api, resourceId=resource, httpMethod="GET", authorizationType="NONE")

    def told(**choices):
        items = cloud.apigateway.get_resources(restApiId=api, **choices)["items"]
        return next(each["resourceMethods"] for each in items if each["id"] == resource)

    assert told() == {"GET": {}}
    assert told(embed=["methods"])["GET"]["authorizationType"] == "NONE"


def test_a_resource_has_a_name(make):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Resource's path part must be specified"):
        make("")


def test_of_several_changes_of_a_resource_all_are_made_or_none(cloud, api, make):
    """Source: from experience"""
    resource = make("before")
    patches = [
        {"op": "replace", "path": "/pathPart", "value": "after"},
        {"op": "replace", "path": "/parentId", "value": "nowhere"},
    ]
    with refused(404, "NotFoundException", "Invalid Resource identifier specified"):
        cloud.apigateway.update_resource(restApiId=api, resourceId=resource, patchOperations=patches)
    assert cloud.apigateway.get_resource(restApiId=api, resourceId=resource)["pathPart"] == "before"


@pytest.mark.parametrize("name", ["", "a b"])
def test_a_resource_is_renamed_to_a_name_only(cloud, api, make, name):
    """Source: from experience"""
    resource = make("named")
    patches = [{"op": "replace", "path": "/pathPart", "value": name}]
    with refused(400, "BadRequestException"):
        cloud.apigateway.update_resource(restApiId=api, resourceId=resource, patchOperations=patches)
