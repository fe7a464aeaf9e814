"""1.4 and 3.1 Lambda functions and their permissions."""

import pytest

from tests.conformance.cloud import ECHO, TRUST, refused, zipped

NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def statement(function, sid):
    return {
        "FunctionName": function,
        "StatementId": sid,
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
    }


def test_a_role_that_does_not_trust_lambda_is_refused(cloud):
    """CreateFunction says the same of a role that is not there yet as of one that trusts another service.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/44517
    """
    other = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = cloud.role(trust={**TRUST, "Statement": [other]})
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.create_function(
            FunctionName=cloud.name(),
            Runtime="python3.13",
            Handler="index.lambda_handler",
            Role=cloud.role_arn(role),
            Code={"ZipFile": zipped(ECHO)},
        )


def test_a_function_is_not_made_twice(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
    role = cloud.lambda_.get_function_configuration(FunctionName=function)["Role"]
    with refused(409, "ResourceConflictException", f"Function already exist: {function}"):
        cloud.lambda_.create_function(
            FunctionName=function,
            Runtime="python3.13",
            Handler="index.lambda_handler",
            Role=role,
            Code={"ZipFile": zipped(ECHO)},
        )


def test_an_unknown_function_is_told_by_its_arn(cloud):
    """Source: recorded answers"""
    name = cloud.name()
    with refused(404, "ResourceNotFoundException", f"Function not found: {cloud.function_arn(name)}"):
        cloud.lambda_.get_function(FunctionName=name)


def test_a_statement_is_not_added_twice(cloud, function):
    """Source: recorded answers"""
    cloud.lambda_.add_permission(**statement(function, "twice"))
    cloud.later(cloud.lambda_.remove_permission, FunctionName=function, StatementId="twice")
    text = "Please provide a new statement id, or remove the existing statement."
    with refused(409, "ResourceConflictException", f"The statement id (twice) provided already exists. {text}"):
        cloud.lambda_.add_permission(**statement(function, "twice"))


def test_a_statement_that_is_not_there_is_not_removed(cloud, function):
    """Source: recorded answers"""
    cloud.lambda_.add_permission(**statement(function, "there"))
    cloud.later(cloud.lambda_.remove_permission, FunctionName=function, StatementId="there")
    with refused(404, "ResourceNotFoundException", "Statement absent is not found in resource policy."):
        cloud.lambda_.remove_permission(FunctionName=function, StatementId="absent")


def test_a_function_without_a_policy_has_no_statement_to_remove(cloud, function):
    """Source: recorded answers"""
    with refused(404, "ResourceNotFoundException", "No policy is associated with the given resource."):
        cloud.lambda_.remove_permission(FunctionName=function, StatementId="absent")


def test_bytes_that_are_no_zip_are_refused(cloud, function):
    """Source: recorded answers"""
    text = "Could not unzip uploaded file. Please check your file, then try to upload again."
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.update_function_code(FunctionName=function, ZipFile=b"no zip")
