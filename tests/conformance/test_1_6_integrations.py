"""1.6 Integrations of a REST API, and their responses."""

import pytest

from tests.conformance.cloud import refused
from tests.conformance.methods import patch, place

MOCK = {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}}


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


@pytest.fixture
def method(cloud, api):
    """What names a method GET that is there, without an integration."""
    where = place(cloud, api)
    cloud.apigateway.put_method(**where, authorizationType="NONE")
    return where


@pytest.fixture
def integration(cloud, method):
    """What names a method whose integration answers by itself."""
    cloud.apigateway.put_integration(**method, **MOCK)
    return method


def test_an_unknown_integration_is_told_so(cloud, method):
    """Source: LS:apigateway test_get_integration_non_existent"""
    for call in (cloud.apigateway.get_integration, cloud.apigateway.delete_integration):
        with refused(404, "NotFoundException", "Invalid Integration identifier specified"):
            call(**method)


def test_only_a_method_has_an_integration(cloud, method):
    """Source: LS:apigateway test_put_integration_response_validation"""
    for wrong, name in (({"httpMethod": "PUT"}, "Method"), ({"resourceId": "fake12"}, "Resource")):
        with refused(404, "NotFoundException", f"Invalid {name} identifier specified"):
            cloud.apigateway.put_integration(**{**method, **wrong}, **MOCK)


def test_an_integration_is_of_one_of_five_types(cloud, method):
    """Source: LS:apigateway test_put_integration_wrong_type"""
    text = (
        "1 validation error detected: Value 'HTTPS_PROXY' at 'putIntegrationInput.type' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HTTP, MOCK, AWS_PROXY, HTTP_PROXY, AWS]"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.put_integration(**method, type="HTTPS_PROXY")


def test_an_integration_needs_a_verb(cloud, method):
    """Source: LS:apigateway test_put_integration_validation"""
    uri = cloud.integration_uri("absent")
    with refused(400, "BadRequestException", "Enumeration value for HttpMethod must be non-empty"):
        cloud.apigateway.put_integration(**method, type="AWS", uri=uri)


def test_the_uri_of_an_integration_has_a_path_or_an_action(cloud, method):
    """Source: LS:apigateway test_put_integration_aws_proxy_uri"""
    arn = cloud.function_arn("absent")
    with refused(400, "BadRequestException", "AWS ARN for integration must contain path or action"):
        cloud.apigateway.put_integration(**method, type="AWS", integrationHttpMethod="POST", uri=arn)


def test_the_uri_of_an_integration_with_aws_is_an_arn(cloud, method):
    """Source: LS:apigateway test_put_integration_validation"""
    uri = "https://example.com"
    with refused(400, "BadRequestException", "Invalid ARN specified in the request"):
        cloud.apigateway.put_integration(**method, type="AWS", integrationHttpMethod="POST", uri=uri)


@pytest.mark.parametrize("milliseconds", [49, 29_001])
def test_a_timeout_is_between_50_ms_and_29_s(cloud, method, milliseconds):
    """Source: https://github.com/aws/aws-cdk/issues/31063"""
    with refused(400, "BadRequestException", "Timeout should be between 50 ms and 29000 ms"):
        cloud.apigateway.put_integration(**method, **MOCK, timeoutInMillis=milliseconds)


def test_an_integration_overwrites_with_its_responses(cloud, integration):
    """PutIntegration overwrites an integration that is there, and thereby drops its responses.

    Source: from experience
    """
    cloud.apigateway.put_integration_response(**integration, statusCode="200")
    cloud.apigateway.put_integration(**integration, **MOCK)
    assert not cloud.apigateway.get_integration(**integration).get("integrationResponses")


def test_an_integration_is_updated(cloud, method):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html"""
    first, second = cloud.integration_uri("first"), cloud.integration_uri("second")
    cloud.apigateway.put_integration(**method, type="AWS", integrationHttpMethod="POST", uri=first)
    patches = [
        *patch("replace", "/uri", second),
        *patch("replace", "/timeoutInMillis", "3000"),
        *patch("replace", "/passthroughBehavior", "NEVER"),
        *patch("add", "/requestTemplates/application~1json", "$input.json('$')"),
    ]
    cloud.apigateway.update_integration(**method, patchOperations=patches)
    told = cloud.apigateway.get_integration(**method)
    assert (told["uri"], told["timeoutInMillis"], told["passthroughBehavior"]) == (second, 3000, "NEVER")
    assert told["requestTemplates"] == {"application/json": "$input.json('$')"}


def test_an_update_of_an_integration_is_checked(cloud, integration):
    """Source: from experience"""
    for patches, text in (
        (patch("replace", "/timeoutInMillis", "30000"), "Timeout should be between 50 ms and 29000 ms"),
        (patch("replace", "/nothing", "x"), "Invalid patch path /nothing"),
    ):
        with refused(400, "BadRequestException", text):
            cloud.apigateway.update_integration(**integration, patchOperations=patches)


def test_a_response_needs_an_integration(cloud, method):
    """Source: LS:apigateway test_integration_response_invalid_integration"""
    with refused(404, "NotFoundException", "Invalid Integration identifier specified"):
        cloud.apigateway.put_integration_response(**method, statusCode="200")


def test_a_response_of_an_integration_has_three_digits(cloud, integration):
    """Source: LS:apigateway test_integration_response_invalid_statuscode"""
    text = (
        "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [1-5]\d\d"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.put_integration_response(**integration, statusCode="wrong")


def test_a_response_overwrites_and_is_updated(cloud, integration):
    """PutIntegrationResponse takes a status that the method does not declare, and overwrites; UpdateIntegrationResponse
    changes a part.

    Source: LS:apigateway test_lifecycle_integration_response
    """
    where = {**integration, "statusCode": "200"}
    templates = {"application/json": '"created"'}
    cloud.apigateway.put_integration_response(**where, responseTemplates=templates)
    patches = patch("replace", "/selectionPattern", "updated-pattern")
    told = cloud.apigateway.update_integration_response(**where, patchOperations=patches)
    assert (told["selectionPattern"], told["responseTemplates"]) == ("updated-pattern", templates)
    cloud.apigateway.put_integration_response(**where, selectionPattern="overwrite-pattern")
    told = cloud.apigateway.get_integration_response(**where)
    assert told["selectionPattern"] == "overwrite-pattern"
    assert not told.get("responseTemplates")


def test_an_unknown_response_of_an_integration_is_told_so(cloud, integration):
    """Source: LS:apigateway test_delete_integration_response_errors"""
    for call in (cloud.apigateway.get_integration_response, cloud.apigateway.delete_integration_response):
        with refused(404, "NotFoundException", "Invalid Response status code specified"):
            call(**integration, statusCode="201")
    with refused(404, "NotFoundException", "Invalid Integration identifier specified"):
        cloud.apigateway.delete_integration_response(**{**integration, "httpMethod": "PUT"}, statusCode="200")


def test_a_response_maps_only_headers_that_the_method_declares(cloud, integration):
    """Source: https://github.com/awslabs/aws-solutions-constructs/issues/1130"""
    cloud.apigateway.put_method_response(**integration, statusCode="200")
    header = "method.response.header.Access-Control-Allow-Origin"
    text = (
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
        f"[Invalid mapping expression parameter specified: {header}]"
    )
    with refused(400, "BadRequestException", text):
        cloud.apigateway.put_integration_response(**integration, statusCode="200", responseParameters={header: "'*'"})


def test_a_response_without_a_method_response_maps_no_headers(cloud, integration):
    """Source: https://github.com/amazon-archives/aws-apigateway-importer/issues/121"""
    header = "method.response.header.Access-Control-Allow-Origin"
    text = (
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : "
        "[No method response exists for method.]"
    )
    with refused(400, "BadRequestException", text):
        cloud.apigateway.put_integration_response(**integration, statusCode="200", responseParameters={header: "'*'"})


def test_a_body_passes_through_in_one_of_three_ways(cloud, integration):
    """Another passthrough behaviour is rejected, however that is said.

    Source: https://github.com/awsdocs/amazon-api-gateway-developer-guide/pull/63
    """
    with refused(400, "BadRequestException"):
        cloud.apigateway.put_integration(**integration, **MOCK, passthroughBehavior="WHEN_NO_TEMPLATE")
    with refused(400, "BadRequestException"):
        cloud.apigateway.update_integration(
            **integration, patchOperations=patch("replace", "/passthroughBehavior", "WHEN_NO_TEMPLATE")
        )
