"""6 The function's permission for the API to call it."""

import pytest

from tests.conformance.two_posts import BROKEN, PASSED, closed_api, told


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.fixture(scope="module")
def closed(shared, function):
    """An API that nothing is to let in."""
    return closed_api(shared, function)


@pytest.fixture
def permit(cloud, function):
    """permit(api, "/Prod/POST/first") lets API Gateway call the function from there."""

    def add(api, tail, **choices):
        statement = {
            "FunctionName": function,
            "StatementId": cloud.name(),
            "Action": "lambda:InvokeFunction",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{api}{tail}",
            **choices,
        }
        cloud.lambda_.add_permission(**statement)
        cloud.later(cloud.lambda_.remove_permission, FunctionName=function, StatementId=statement["StatementId"])

    return add


def test_a_permission_is_for_the_stage_method_and_path_that_it_names(cloud, function, permit):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html"""
    api = closed_api(cloud, function)
    permit(api, "/Prod/POST/first")
    assert told(cloud.call_until(lambda answer: answer.status == 200, cloud.url(api, "first"))) == PASSED
    assert told(cloud.call(cloud.url(api, "second"))) == BROKEN


@pytest.mark.parametrize(
    "tail",
    ["/prod/POST/first", "/Test/POST/first", "/Prod/GET/first", "/Prod/POST/first2", "/Prod/POST", "/Prod/POST/*/*"],
)
def test_a_permission_for_another_stage_method_or_path_lets_nobody_in(cloud, closed, permit, tail):
    """Source: https://repost.aws/knowledge-center/api-gateway-rest-api-lambda-integrations"""
    permit(closed, tail)
    assert told(cloud.call_until(lambda answer: answer.status == 500, cloud.url(closed, "first"))) == BROKEN


@pytest.mark.parametrize("other", ["region", "account", "api"])
def test_a_permission_for_an_api_elsewhere_lets_nobody_in(cloud, closed, permit, other):
    """Source: BC:lambda AddPermissionRequest"""
    source = {"region": cloud.region, "account": cloud.account, "api": closed}
    source[other] = {"region": "eu-north-1", "account": "210987654321", "api": "abcdefghij"}[other]
    arn = f"arn:{cloud.partition}:execute-api:{source['region']}:{source['account']}:{source['api']}/*"
    permit(closed, "", SourceArn=arn)
    assert told(cloud.call_until(lambda answer: answer.status == 500, cloud.url(closed, "first"))) == BROKEN


@pytest.mark.parametrize("wrong", [{"Principal": "s3.amazonaws.com"}, {"Action": "lambda:GetFunction"}], ids=str)
def test_a_permission_for_another_service_or_action_lets_nobody_in(cloud, closed, permit, wrong):
    """Source: BC:lambda AddPermissionRequest"""
    permit(closed, "/*", **wrong)
    assert told(cloud.call_until(lambda answer: answer.status == 500, cloud.url(closed, "first"))) == BROKEN


@pytest.mark.parametrize("wide", [{"Principal": "*"}, {"Action": "lambda:*"}, {"Action": "*"}], ids=str)
def test_a_permission_for_everybody_or_every_action_lets_in(cloud, function, permit, wide):
    """Source: from experience"""
    api = closed_api(cloud, function)
    permit(api, "/*", **wide)
    assert told(cloud.call_until(lambda answer: answer.status == 200, cloud.url(api, "first"))) == PASSED


def test_a_permission_may_have_stars(cloud, function, permit):
    """Source: BC:lambda AddPermissionRequest"""
    api = closed_api(cloud, function)
    permit(api, "/*/POST/fir*")
    assert told(cloud.call_until(lambda answer: answer.status == 200, cloud.url(api, "first"))) == PASSED
    assert told(cloud.call(cloud.url(api, "second"))) == BROKEN


def test_a_permission_for_another_account_lets_nobody_in(cloud, closed, permit):
    """Source: BC:lambda AddPermissionRequest"""
    permit(closed, "/*", SourceAccount="210987654321")
    assert told(cloud.call_until(lambda answer: answer.status == 500, cloud.url(closed, "first"))) == BROKEN
