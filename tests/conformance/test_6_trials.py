"""6 TestInvokeMethod: a method is tried before it is deployed."""

import json

import pytest

from tests.conformance.cloud import refused
from tests.conformance.two_posts import closed_api


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.fixture(scope="module")
def method(shared, function):
    """POST /first of an API that nothing is to let in."""
    api = closed_api(shared, function)
    resources = shared.apigateway.get_resources(restApiId=api)["items"]
    resource = next(each["id"] for each in resources if each["path"] == "/first")
    return {"restApiId": api, "resourceId": resource, "httpMethod": "POST"}


def permit(cloud, function, api, stage):
    source = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{api}/{stage}/POST/first"
    cloud.lambda_.add_permission(
        FunctionName=function,
        StatementId=stage,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=source,
    )
    cloud.later(cloud.lambda_.remove_permission, FunctionName=function, StatementId=stage)


def test_a_trial_comes_from_a_stage_of_its_own(cloud, function, method):
    """It is `test-invoke-stage`; a permission for Prod does not let it in. Source: from experience"""
    permit(cloud, function, method["restApiId"], "Prod")
    assert cloud.apigateway.test_invoke_method(**method, body="{}")["status"] == 500
    permit(cloud, function, method["restApiId"], "test-invoke-stage")
    answer = cloud.until(
        lambda answer: answer["status"] == 200,
        lambda: cloud.apigateway.test_invoke_method(**method, body='{"tried": true}'),
    )
    assert (answer["status"], json.loads(answer["body"])) == (200, {"tried": True})
    assert "Method completed with status: 200" in answer["log"]
    assert answer["headers"]["Content-Type"] == "application/json"


def test_a_change_is_tried_without_a_deployment(cloud, method):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/API_TestInvokeMethod.html"""
    tried = {**method, "httpMethod": "GET"}
    cloud.apigateway.put_method(**tried, authorizationType="AWS_IAM")
    cloud.later(cloud.apigateway.delete_method, **tried)
    templates = {"application/json": '{"statusCode": 200}'}
    cloud.apigateway.put_integration(**tried, type="MOCK", requestTemplates=templates)
    cloud.apigateway.put_method_response(**tried, statusCode="200")
    answers = {"application/json": "$input.params('color') of $stageVariables.size"}
    cloud.apigateway.put_integration_response(**tried, statusCode="200", responseTemplates=answers)
    answer = cloud.apigateway.test_invoke_method(
        **tried, pathWithQueryString="/first?color=red", stageVariables={"size": "large"}
    )
    assert (answer["status"], answer["body"]) == (200, "red of large")


def test_what_is_not_there_is_not_tried(cloud, method):
    """Source: LS:apigateway test_method_lifecycle"""
    with refused(404, "NotFoundException", "Invalid Method identifier specified"):
        cloud.apigateway.test_invoke_method(**{**method, "httpMethod": "PUT"})
