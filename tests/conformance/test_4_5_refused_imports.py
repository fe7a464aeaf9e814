"""4.5 Imports that are refused: the API stays as it was."""

import copy

import pytest

from tests.conformance.cloud import refused
from tests.conformance.test_4_5_imports import FIRST, JSON, MOCK, SECOND, X, models, put, resources, schema


@pytest.fixture
def api(cloud):
    """An API into which FIRST was put, to be changed."""
    return cloud.api(FIRST, tags={"made": "yes"})


def broken():
    """SECOND, with a response that refers to a model that is not there."""
    document = copy.deepcopy(SECOND)
    response = {"description": "done", "content": {JSON: schema("Nowhere")}}
    document["paths"]["/orders"][f"{X}any-method"]["responses"]["200"] = response
    return document


def test_warnings_fail_an_import_when_asked(cloud, api):
    """With failOnWarnings nothing is changed.

    Source: BC:apigateway PutRestApi
    """
    with refused(400, "BadRequestException"):
        put(cloud, api, broken(), failOnWarnings=True)
    assert set(resources(cloud, api)) == {"/", "/orders", "/orders/{id}"}
    assert cloud.apigateway.get_rest_api(restApiId=api)["name"] == "conformance first"


def test_warnings_are_told(cloud, api):
    """Source: https://github.com/amazon-archives/aws-apigateway-importer/issues/194"""
    assert "Reference to model 'Nowhere' not found. Ignoring." in put(cloud, api, broken())["warnings"]


def test_an_integration_that_is_none_fails_an_import(cloud, api):
    """All that is wrong is told, and nothing is changed.

    Source: https://github.com/alexcasalboni/serverless-data-pipeline-sam/issues/1
    """
    document = copy.deepcopy(SECOND)
    wrong = {"type": "aws", "httpMethod": "POST", "uri": f"arn:{cloud.partition}:apigateway:{cloud.region}:lambda:x"}
    document["paths"]["/orders"][f"{X}any-method"][f"{X}integration"] = wrong
    told = (
        "Errors found during import:\n\tUnable to put integration on 'ANY' for resource at path '/orders': "
        "AWS ARN for integration must contain path or action"
    )
    with refused(400, "BadRequestException", told):
        put(cloud, api, document)
    assert set(models(cloud, api)) == {"Order", "Orders"}
    assert set(resources(cloud, api)["/orders/{id}"]["resourceMethods"]) == {"POST", "GET"}


def test_a_sibling_of_an_imported_variable_is_none(cloud, api):
    """Two resources beside one another must not both be variables; an overwrite may give the one another name.

    Source: https://github.com/amazon-archives/aws-apigateway-importer/issues/202
    """
    document = copy.deepcopy(FIRST)
    document["paths"]["/orders/{key}"] = SECOND["paths"]["/orders"]
    told = (
        "Errors found during import:\n\tUnable to create resource at path '/orders/{key}': A sibling ({id}) of this "
        "resource already has a variable path part -- only one is allowed"
    )
    with refused(400, "BadRequestException", told):
        put(cloud, api, document)
    del document["paths"]["/orders/{id}"]
    put(cloud, api, document)
    assert set(resources(cloud, api)) == {"/", "/orders", "/orders/{key}"}


def test_an_import_has_at_most_as_many_resources_as_an_api(cloud, api):
    """The sentence about it is from experience.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
    """
    document = {**SECOND, "paths": {f"/{number:03}": SECOND["paths"]["/orders"] for number in range(300)}}
    told = (
        "Errors found during import:\n\tUnable to create resource at path '/299': Maximum number of Resources for this "
        "API has been reached. Please contact AWS if you need additional Resources."
    )
    with refused(400, "BadRequestException", told):
        put(cloud, api, document)
    assert set(resources(cloud, api)) == {"/", "/orders", "/orders/{id}"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"type": "http", "uri": "https://example.com/"},
            "integration on 'GET' for resource at path '/orders/{id}': "
            "Enumeration value for HttpMethod must be non-empty",
        ),
        (
            {"timeoutInMillis": 49},
            "integration on 'GET' for resource at path '/orders/{id}': Timeout should be between 50 ms and 29000 ms",
        ),
        (
            {
                "responses": {
                    "default": {"statusCode": "200", "responseParameters": {"method.response.header.x": "'a'"}}
                }
            },
            "integration response on 'GET' for resource at path '/orders/{id}': Invalid mapping expression specified: "
            "Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: "
            "method.response.header.x]",
        ),
    ],
    ids=["verb", "timeout", "header"],
)
def test_an_imported_integration_is_refused_as_one_by_itself(cloud, api, changes, told):
    """Source: from experience"""
    document = copy.deepcopy(FIRST)
    document["paths"]["/orders/{id}"]["get"][f"{X}integration"] = {**MOCK, **changes}
    with refused(400, "BadRequestException", f"Errors found during import:\n\tUnable to put {told}"):
        put(cloud, api, document)


def test_the_name_of_a_schema_is_alphanumeric(cloud, api):
    """Source: from experience"""
    document = copy.deepcopy(SECOND)
    document["components"]["schemas"]["a_b"] = {"type": "object"}
    with refused(400, "BadRequestException"):
        put(cloud, api, document)
    assert set(models(cloud, api)) == {"Order", "Orders"}


def test_what_is_no_document_is_refused(cloud, api):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Invalid OpenAPI input."):
        cloud.apigateway.put_rest_api(restApiId=api, body=b"[]")
