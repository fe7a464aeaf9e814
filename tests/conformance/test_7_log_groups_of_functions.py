"""7. Log groups of functions."""

import pytest


@pytest.fixture(scope="module")
def function(shared):
    """The name of a function that was invoked."""
    name = shared.function()
    shared.lambda_.invoke(FunctionName=name)
    return name


def tags(cloud, function):
    """Of the function's log group, once it is there: on AWS log lines arrive some seconds later."""
    arn = f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:/aws/lambda/{function}"
    answer = cloud.settled(lambda: cloud.logs.list_tags_for_resource(resourceArn=arn), {"ResourceNotFoundException"})
    return answer["tags"]


def test_lambda_makes_a_log_group_without_tags_that_is_kept_for_ever(shared, function):
    """Source: https://github.com/aws/aws-cdk/issues/20453"""
    assert tags(shared, function) == {}
    (found,) = shared.logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{function}")["logGroups"]
    assert "retentionInDays" not in found


def test_a_log_group_that_was_deleted_comes_back_with_the_next_log_line(shared, function):
    """Source: https://github.com/aws/aws-cdk/issues/31487"""
    tags(shared, function)
    shared.logs.delete_log_group(logGroupName=f"/aws/lambda/{function}")
    shared.lambda_.invoke(FunctionName=function)
    assert tags(shared, function) == {}


def test_a_log_group_outlives_its_function(shared, function):
    """Source: https://github.com/aws/serverless-application-model/issues/1216"""
    tags(shared, function)
    shared.lambda_.delete_function(FunctionName=function)
    assert tags(shared, function) == {}
