"""1.6 Authorizers of a REST API, as they are kept and told."""

import pytest

from tests.conformance.cloud import refused


@pytest.fixture
def authorizer(cloud):
    """{"restApiId", "authorizerId"} of a TOKEN authorizer."""
    api = cloud.api()
    made = cloud.apigateway.create_authorizer(
        restApiId=api,
        name="made",
        type="TOKEN",
        authorizerUri=cloud.integration_uri("nobody"),
        identitySource="method.request.header.Authorization",
    )
    return {"restApiId": api, "authorizerId": made["id"]}


def test_an_authorizer_is_updated(cloud, authorizer):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html"""
    patches = [
        {"op": "replace", "path": "/name", "value": "changed"},
        {"op": "replace", "path": "/authorizerResultTtlInSeconds", "value": "0"},
    ]
    told = cloud.apigateway.update_authorizer(**authorizer, patchOperations=patches)
    assert (told["name"], told["authorizerResultTtlInSeconds"]) == ("changed", 0)
    assert cloud.apigateway.get_authorizer(**authorizer)["name"] == "changed"


def test_an_authorizer_has_no_other_settings(cloud, authorizer):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Invalid patch path /nothing"):
        cloud.apigateway.update_authorizer(
            **authorizer, patchOperations=[{"op": "replace", "path": "/nothing", "value": "x"}]
        )


def test_an_authorizer_is_deleted_once(cloud, authorizer):
    """Source: MOTO"""
    assert cloud.apigateway.delete_authorizer(**authorizer)["ResponseMetadata"]["HTTPStatusCode"] == 202
    with refused(404, "NotFoundException", "Invalid Authorizer identifier specified"):
        cloud.apigateway.delete_authorizer(**authorizer)
