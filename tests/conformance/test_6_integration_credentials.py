"""6 The role by which an integration calls its function."""

import pytest

from tests.conformance.cloud import TRUST
from tests.conformance.integrations import document, method
from tests.conformance.two_posts import BROKEN, PASSED, passes, told

GATEWAY = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUSTING = {**TRUST, "Statement": [GATEWAY]}


@pytest.fixture(scope="module")
def function(shared):
    """Whose own policy lets nobody in."""
    return shared.function()


@pytest.fixture
def url(cloud, function):
    """url(role) of an integration that calls the function by that role."""

    def deployed(role):
        uri = cloud.integration_uri(function)
        passed_on = {"default": {"statusCode": "200"}}
        integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "credentials": role, "responses": passed_on}
        api = cloud.api(document({"/first": method(integration)}))
        cloud.deploy(api)
        return cloud.url(api, "first")

    return deployed


def rights(cloud, function, action="lambda:InvokeFunction"):
    allowed = {"Effect": "Allow", "Action": action, "Resource": cloud.function_arn(function)}
    return cloud.policy({"Version": "2012-10-17", "Statement": [allowed]})


def test_a_role_that_may_call_the_function_needs_no_permission_of_it(cloud, function, url):
    """With `credentials` API Gateway calls the function as that role.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html
    """
    role = cloud.role(rights(cloud, function), trust=TRUSTING)
    assert told(cloud.call_until(passes, url(cloud.role_arn(role)), "{}")) == PASSED


def test_a_role_without_the_right_to_call_the_function_is_no_use(cloud, function, url):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html"""
    role = cloud.role(rights(cloud, function, "lambda:GetFunction"), trust=TRUSTING)
    answer = cloud.call_until(lambda answer: answer.status == 500, url(cloud.role_arn(role)), "{}")
    assert told(answer) == BROKEN


def test_a_role_that_does_not_trust_api_gateway_is_no_use(cloud, function, url):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html"""
    role = cloud.role(rights(cloud, function))
    answer = cloud.call_until(lambda answer: answer.status == 500, url(cloud.role_arn(role)), "{}")
    assert told(answer) == BROKEN


def test_the_boundary_of_a_role_counts_too(cloud, function, url):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    role = cloud.role(rights(cloud, function), trust=TRUSTING)
    cloud.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=cloud.policy())
    cloud.later(cloud.iam.delete_role_permissions_boundary, RoleName=role)
    answer = cloud.call_until(lambda answer: answer.status == 500, url(cloud.role_arn(role)), "{}")
    assert told(answer) == BROKEN


def test_a_role_that_is_not_there_is_no_use(cloud, url):
    """Source: from experience"""
    answer = cloud.call_until(lambda answer: answer.status == 500, url(cloud.role_arn(cloud.name())), "{}")
    assert told(answer) == BROKEN
