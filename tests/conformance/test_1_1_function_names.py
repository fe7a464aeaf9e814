"""1.1 Names of functions and of their statements."""

import pytest

from tests.conformance.cloud import refused
from tests.conformance.functions import created, creation


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def test_a_name_of_65_characters_is_too_long(cloud, function):
    """Source: LS:lambda test_function_arns."""
    value, constraint = "a" * 65, "Member must have length less than or equal to 64"
    text = f"1 validation error detected: Value '{value}' at 'functionName' failed to satisfy constraint: {constraint}"
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**creation(cloud, function, FunctionName=value))


def test_a_name_of_64_characters_is_taken(cloud, function):
    """Source: LS:lambda test_function_arns."""
    name = cloud.name().ljust(64, "a")
    assert created(cloud, function, FunctionName=name)["FunctionName"] == name


def test_an_arn_of_more_than_140_characters_is_too_long(cloud, function):
    """Source: LS:lambda test_function_arns."""
    value, constraint = cloud.function_arn("a" * 140), "Member must have length less than or equal to 140"
    text = f"1 validation error detected: Value '{value}' at 'functionName' failed to satisfy constraint: {constraint}"
    with refused(400, "ValidationException", text):
        cloud.lambda_.create_function(**creation(cloud, function, FunctionName=value))


def test_a_function_is_made_under_its_arn(cloud, function):
    """Source: LS:lambda test_function_arns."""
    name = cloud.name()
    answer = created(cloud, function, FunctionName=cloud.function_arn(name))
    assert (answer["FunctionName"], answer["FunctionArn"]) == (name, cloud.function_arn(name))


@pytest.mark.parametrize("name", ["with blank", "with.dot", "invalid:function:name"])
def test_other_characters_are_refused(cloud, function, name):
    """Source: LS:lambda test_function_arns."""
    with refused(400, "ValidationException"):
        cloud.lambda_.create_function(**creation(cloud, function, FunctionName=name))


def test_a_function_is_not_had_from_another_region(cloud, function):
    """Source: LS:lambda test_get_function_wrong_region."""
    other = "eu-west-1" if cloud.region != "eu-west-1" else "us-east-1"
    arn = cloud.function_arn(function).replace(cloud.region, other)
    text = f"Functions from '{other}' are not reachable in this region ('{cloud.region}')"
    for call in (cloud.lambda_.get_function, cloud.lambda_.invoke, cloud.lambda_.delete_function):
        with refused(404, "ResourceNotFoundException", text):
            call(FunctionName=arn)


def test_two_qualifiers_that_differ_are_refused(cloud, function):
    """Source: LS:lambda test_ops_with_arn_qualifier_mismatch."""
    text = "The derived qualifier from the function name does not match the specified qualifier."
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.get_function(FunctionName=f"{function}:1", Qualifier="$LATEST")


@pytest.mark.parametrize("sid", ["example.com", "with blank", "ä"])
def test_a_statement_id_has_letters_digits_hyphen_and_underscore(cloud, function, sid):
    """Source: LS:lambda test_permission_exceptions."""
    pattern = "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)"
    text = f"1 validation error detected: Value '{sid}' at 'statementId' failed to satisfy constraint: {pattern}"
    with refused(400, "ValidationException", text):
        cloud.lambda_.add_permission(
            FunctionName=function, StatementId=sid, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        )


def test_a_statement_id_has_at_most_100_characters(cloud, function):
    """Source: BC:lambda StatementId."""
    constraint = "Member must have length less than or equal to 100"
    text = (
        f"1 validation error detected: Value '{'a' * 101}' at 'statementId' failed to satisfy constraint: {constraint}"
    )
    with refused(400, "ValidationException", text):
        cloud.lambda_.add_permission(
            FunctionName=function, StatementId="a" * 101, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
        )
