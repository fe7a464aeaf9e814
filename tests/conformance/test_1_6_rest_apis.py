"""1.6 REST APIs and their settings."""

import pytest

from tests.conformance.cloud import refused


@pytest.fixture(scope="module")
def api(shared):
    """Its id; made with the defaults but for its endpoint."""
    return shared.api()


def patched(cloud, api, *operation):
    """UpdateRestApi's answer to one patch: (op, path), or (op, path, value)."""
    operation = dict(zip(("op", "path", "value"), operation, strict=False))
    return cloud.apigateway.update_rest_api(restApiId=api, patchOperations=[operation])


def unknown(cloud, identifier="nosuchapi1"):
    return refused(404, "NotFoundException", f"Invalid API identifier specified {cloud.account}:{identifier}")


def test_an_api_is_edge_by_default_and_told_without_what_it_has_not(cloud):
    """CreateRestApi answers 201; the default endpoint is EDGE, and what is not set is left out.

    Source: LS:apigateway test_create_rest_api_with_optional_params
    """
    made = cloud.apigateway.create_rest_api(name=cloud.name())
    cloud.later(cloud.apigateway.delete_rest_api, restApiId=made["id"])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["endpointConfiguration"] == {"types": ["EDGE"], "ipAddressType": "ipv4"}
    assert (made["apiKeySource"], made["disableExecuteApiEndpoint"]) == ("HEADER", False)
    assert {"description", "version", "binaryMediaTypes", "minimumCompressionSize", "policy", "tags"}.isdisjoint(made)


def test_the_same_name_twice_makes_two_apis(cloud):
    """Source: https://github.com/epam/aws-syndicate/issues/385"""
    name = cloud.name()
    first, second = (cloud.api(name=name) for _ in range(2))
    assert first != second
    told = [cloud.apigateway.get_rest_api(restApiId=each)["name"] for each in (first, second)]
    assert told == [name, name]


def test_a_deleted_api_is_gone_and_not_deleted_twice(cloud):
    """DeleteRestApi answers 202; of an API that is not there every call says so by account and id.

    Source: LS:apigateway test_list_and_delete_apis
    """
    api = cloud.api()
    answer = cloud.settled(lambda: cloud.apigateway.delete_rest_api(restApiId=api), codes={"TooManyRequestsException"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    with unknown(cloud, api):
        cloud.settled(lambda: cloud.apigateway.delete_rest_api(restApiId=api), codes={"TooManyRequestsException"})


def test_an_unknown_api_is_told_by_account_and_id(cloud):
    """Source: LS:apigateway test_update_rest_api_invalid_api_id"""
    calls = cloud.apigateway
    with unknown(cloud):
        calls.get_rest_api(restApiId="nosuchapi1")
    with unknown(cloud):
        patched(cloud, "nosuchapi1", "replace", "/apiKeySource", "AUTHORIZER")
    with unknown(cloud):
        calls.put_rest_api(restApiId="nosuchapi1", body=b'{"openapi": "3.0.1", "info": {"title": "x"}, "paths": {}}')
    with unknown(cloud):
        calls.get_resources(restApiId="nosuchapi1")


def test_apis_come_in_pages(cloud):
    """GetRestApis tells as many APIs as asked for (25 unless asked, at most 500), and where the rest begins.

    Source: BC:apigateway GetRestApis
    """
    apis = [cloud.api() for _ in range(2)]
    page = cloud.apigateway.get_rest_apis(limit=1)
    assert len(page["items"]) == 1
    assert page["position"]
    following = cloud.apigateway.get_rest_apis(limit=1, position=page["position"])
    assert following["items"][0]["id"] != page["items"][0]["id"]
    pages = cloud.apigateway.get_paginator("get_rest_apis").paginate()
    assert {api["id"] for page in pages for api in page["items"]} >= set(apis)


def test_a_description_is_not_made_empty(cloud):
    """Source: LS:apigateway test_create_rest_api_with_optional_params"""
    with refused(400, "BadRequestException", "Description cannot be an empty string"):
        cloud.apigateway.create_rest_api(name=cloud.name(), description="")


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ({"types": []}, "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED."),
        ({"types": ["EDGE", "REGIONAL"]}, "Cannot create an api with multiple Endpoint Types."),
        (
            {"types": ["PRIVATE"], "ipAddressType": "ipv4"},
            "Only dualstack ipAddressType is supported for Private APIs.",
        ),
    ],
    ids=["none", "two", "private-ipv4"],
)
def test_an_api_has_one_endpoint_type(cloud, endpoint, message):
    """Source: LS:apigateway test_create_rest_api_with_endpoint_configuration"""
    with refused(400, "BadRequestException", message):
        cloud.apigateway.create_rest_api(name=cloud.name(), endpointConfiguration=endpoint)


def test_an_unknown_endpoint_type_is_refused(cloud):
    """Source: LS:apigateway test_create_rest_api_with_endpoint_configuration"""
    text = (
        "1 validation error detected: Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to "
        "satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[PRIVATE, EDGE, REGIONAL]]"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.create_rest_api(name=cloud.name(), endpointConfiguration={"types": ["wrong"]})


def test_binary_media_types_are_patched_one_by_one(cloud, api):
    """A type is part of the path; of a replaced one the new is last. The answer shows empty tags.

    Source: LS:apigateway test_update_rest_api_operation_add_remove
    """
    patched(cloud, api, "add", "/binaryMediaTypes/image~1png")
    told = patched(cloud, api, "add", "/binaryMediaTypes/image~1jpeg")
    assert (told["binaryMediaTypes"], told["tags"]) == (["image/png", "image/jpeg"], {})
    told = patched(cloud, api, "replace", "/binaryMediaTypes/image~1png", "image/gif")
    assert told["binaryMediaTypes"] == ["image/jpeg", "image/gif"]
    told = patched(cloud, api, "remove", "/binaryMediaTypes/image~1gif")
    assert told["binaryMediaTypes"] == ["image/jpeg"]


def test_the_list_of_binary_media_types_is_no_path(cloud, api):
    """Source: LS:apigateway test_update_rest_api_behaviour"""
    for op in ("add", "replace", "remove"):
        with refused(400, "BadRequestException", "Invalid patch path /binaryMediaTypes"):
            patched(cloud, api, op, "/binaryMediaTypes", "image/gif")


def test_a_description_is_replaced_and_removed(cloud, api):
    """Source: LS:apigateway test_update_rest_api_operation_add_remove"""
    assert patched(cloud, api, "replace", "/description", "another")["description"] == "another"
    assert "description" not in patched(cloud, api, "remove", "/description")


def test_compression_is_a_number_of_bytes_or_off(cloud, api):
    """Source: LS:apigateway test_update_rest_api_compression"""
    assert patched(cloud, api, "replace", "/minimumCompressionSize", "0")["minimumCompressionSize"] == 0
    assert "minimumCompressionSize" not in patched(cloud, api, "replace", "/minimumCompressionSize")
    text = "Invalid minimum compression size, must be between 0 and 10485760"
    for value in ("-1", "test", "10485761"):
        with refused(400, "BadRequestException", text):
            patched(cloud, api, "replace", "/minimumCompressionSize", value)
    with refused(400, "BadRequestException", "Invalid patch operation specified. Must be one of: [replace]"):
        patched(cloud, api, "add", "/minimumCompressionSize", "10")


def test_an_unknown_operation_is_refused_before_all_others(cloud, api):
    """Source: LS:apigateway test_update_rest_api_concatenation_of_errors"""
    text = (
        "1 validation error detected: Value 'wrong' at 'updateRestApiInput.patchOperations.2.member.op' failed to "
        "satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
    )
    operations = [{"op": "replace", "path": "/name", "value": "x"}, {"op": "wrong", "path": "/name", "value": "y"}]
    with refused(400, "ValidationException", text):
        cloud.apigateway.update_rest_api(restApiId=api, patchOperations=operations)


def test_tags_are_no_setting(cloud, api):
    """UpdateRestApi does not know /tags: they are changed by TagResource.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
    """
    with refused(400, "BadRequestException"):
        patched(cloud, api, "replace", "/tags/a", "b")


def test_of_several_patches_all_are_made_or_none(cloud, api):
    """Source: from experience"""
    name = cloud.apigateway.get_rest_api(restApiId=api)["name"]
    operations = [{"op": "replace", "path": "/name", "value": "changed"}, {"op": "add", "path": "/binaryMediaTypes"}]
    with refused(400, "BadRequestException", "Invalid patch path /binaryMediaTypes"):
        cloud.apigateway.update_rest_api(restApiId=api, patchOperations=operations)
    assert cloud.apigateway.get_rest_api(restApiId=api)["name"] == name


def test_the_default_endpoint_is_disabled_and_enabled(cloud, api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html"""
    assert patched(cloud, api, "replace", "/disableExecuteApiEndpoint", "true")["disableExecuteApiEndpoint"] is True
    assert patched(cloud, api, "replace", "/disableExecuteApiEndpoint", "false")["disableExecuteApiEndpoint"] is False


def test_the_endpoint_type_is_one_of_three(cloud, api):
    """Source: LS:apigateway test_update_rest_api_ip_address_type"""
    text = "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE"
    with refused(400, "BadRequestException", text):
        patched(cloud, api, "replace", "/endpointConfiguration/types/REGIONAL", "wrong")
    with refused(400, "BadRequestException", "ipAddressType must be either ipv4 or dualstack."):
        patched(cloud, api, "replace", "/endpointConfiguration/ipAddressType", "wrong")


def test_the_endpoint_type_is_replaced(cloud):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-api-migration.html"""
    made = cloud.apigateway.create_rest_api(name=cloud.name())
    cloud.later(cloud.apigateway.delete_rest_api, restApiId=made["id"])
    told = patched(cloud, made["id"], "replace", "/endpointConfiguration/types/EDGE", "REGIONAL")
    assert told["endpointConfiguration"]["types"] == ["REGIONAL"]
