"""1.6 Deployments of a REST API."""

import pytest

from tests.conformance.cloud import refused


def definition(uri, *paths):
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": {"default": {"statusCode": "200"}}}
    method = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    info = {"title": "conformance", "description": "conformance", "version": "1"}
    return {"openapi": "3.0.1", "info": info, "paths": {path: {"post": method} for path in paths}}


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.fixture
def api(cloud, function):
    """With POST /first, deployed to Prod."""
    made = cloud.api(definition(cloud.integration_uri(function), "/first"))
    cloud.allow_api(function, made)
    cloud.deploy(made)
    return made


def test_a_change_is_invisible_until_the_next_deployment(cloud, function, api):
    """A deployment is a snapshot: methods, integrations, responses and models that change later are not seen.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
    """
    first, second = cloud.url(api, "/first"), cloud.url(api, "/second")
    assert cloud.call_until(lambda answer: answer.status == 200, first, "[1]").json == [1]
    body = definition(cloud.integration_uri(function), "/second")
    cloud.apigateway.put_rest_api(restApiId=api, mode="overwrite", body=str(body).replace("'", '"').encode())
    assert cloud.call(first, "[1]").json == [1]
    assert cloud.call(second, "[1]").error_type == "MissingAuthenticationTokenException"
    cloud.deploy(api)
    assert cloud.call_until(lambda answer: answer.status == 200, second, "[1]").json == [1]
    assert cloud.call_until(lambda answer: answer.status == 403, first, "[1]").status == 403


def test_a_deployment_of_a_stage_that_is_there_keeps_its_settings(cloud, api):
    """CreateDeployment with the name of an existing stage points it at the new deployment, and changes nothing else.

    Source: from experience
    """
    patch = [{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "7"}]
    cloud.apigateway.update_stage(restApiId=api, stageName="Prod", patchOperations=patch)
    newer = cloud.deploy(api)
    stage = cloud.apigateway.get_stage(restApiId=api, stageName="Prod")
    assert stage["deploymentId"] == newer
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 7


def test_a_deployment_that_a_stage_points_to_is_not_deleted(cloud, api):
    """Source: LS:apigateway test_create_delete_deployments"""
    used = cloud.apigateway.get_stage(restApiId=api, stageName="Prod")["deploymentId"]
    text = "Active stages pointing to this deployment must be moved or deleted"
    with refused(400, "BadRequestException", text):
        cloud.apigateway.delete_deployment(restApiId=api, deploymentId=used)


def test_a_deployment_that_no_stage_points_to_any_more_is_deleted(cloud, api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/API_DeleteDeployment.html"""
    earlier = cloud.apigateway.get_stage(restApiId=api, stageName="Prod")["deploymentId"]
    later = cloud.deploy(api)
    cloud.apigateway.delete_deployment(restApiId=api, deploymentId=earlier)
    assert [each["id"] for each in cloud.apigateway.get_deployments(restApiId=api)["items"]] == [later]


@pytest.fixture(scope="module")
def bare(shared):
    """An API without methods."""
    return shared.api()


def test_an_api_without_methods_is_not_deployed(cloud, bare):
    """Source: from experience"""
    with refused(400, "BadRequestException", "The REST API doesn't contain any methods"):
        cloud.apigateway.create_deployment(restApiId=bare)


def test_a_method_without_an_integration_is_not_deployed(cloud, bare):
    """Source: from experience"""
    root = cloud.apigateway.get_rest_api(restApiId=bare)["rootResourceId"]
    for verb in ("GET", "POST"):
        where = {"restApiId": bare, "resourceId": root, "httpMethod": verb}
        cloud.apigateway.put_method(**where, authorizationType="NONE")
        cloud.later(cloud.apigateway.delete_method, **where)
    cloud.apigateway.put_integration(**where, type="MOCK")
    with refused(400, "BadRequestException", "No integration defined for method"):
        cloud.settled(lambda: cloud.apigateway.create_deployment(restApiId=bare), codes={"TooManyRequestsException"})


def test_an_unknown_deployment_is_told_so(cloud, bare):
    """Source: from experience"""
    for call in (cloud.apigateway.get_deployment, cloud.apigateway.delete_deployment):
        with refused(404, "NotFoundException", "Invalid Deployment identifier specified"):
            call(restApiId=bare, deploymentId="fake12")


def test_a_deployment_keeps_its_description_until_that_is_updated(cloud, api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html"""
    made = cloud.deploy(api, description="first")
    where = {"restApiId": api, "deploymentId": made}
    assert cloud.apigateway.get_deployment(**where)["description"] == "first"
    patch = [{"op": "replace", "path": "/description", "value": "second"}]
    assert cloud.apigateway.update_deployment(**where, patchOperations=patch)["description"] == "second"
    assert cloud.apigateway.get_deployment(**where)["description"] == "second"
