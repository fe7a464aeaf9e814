"""1.4 The resource policy of a Lambda function."""

import json

import pytest

from tests.conformance.cloud import refused

STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.fixture
def statement(cloud, function):
    """Adds a statement that is removed at the end; its answer, parsed."""

    def add(sid, **changes):
        asked = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", **changes}
        answer = cloud.lambda_.add_permission(**{"FunctionName": function, "StatementId": sid, **asked})
        cloud.later(cloud.lambda_.remove_permission, FunctionName=function, StatementId=sid)
        return json.loads(answer["Statement"])

    return add


def stored(cloud, function):
    return json.loads(cloud.lambda_.get_policy(FunctionName=function)["Policy"])


def test_conditions_are_stored_with_a_capital_aws(cloud, function, statement):
    """SourceArn is stored as ArnLike on AWS:SourceArn, SourceAccount as StringEquals on AWS:SourceAccount.

    Source: LS:lambda test_add_lambda_permission_fields.
    """
    arn = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:abc/Prod/POST/x"
    answer = statement("stored", SourceArn=arn, SourceAccount=cloud.account)
    assert answer == {
        "Sid": "stored",
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": cloud.function_arn(function),
        "Condition": {"ArnLike": {"AWS:SourceArn": arn}, "StringEquals": {"AWS:SourceAccount": cloud.account}},
    }
    assert stored(cloud, function) == {"Version": "2012-10-17", "Id": "default", "Statement": [answer]}


def test_an_account_is_stored_as_its_root(cloud, statement):
    """Source: LS:lambda test_add_lambda_permission_fields."""
    answer = statement("account", Principal=cloud.account)
    assert answer["Principal"] == {"AWS": f"arn:{cloud.partition}:iam::{cloud.account}:root"}


def test_a_statement_is_not_added_twice(cloud, statement):
    """Source: LS:lambda test_permission_exceptions."""
    statement("twice")
    text = "Please provide a new statement id, or remove the existing statement."
    with refused(409, "ResourceConflictException", f"The statement id (twice) provided already exists. {text}"):
        statement("twice", Principal="s3.amazonaws.com")


def test_a_function_without_statements_has_no_policy(cloud, function):
    """Source: LS:lambda test_remove_multi_permissions."""
    with refused(404, "ResourceNotFoundException", "The resource you requested does not exist."):
        cloud.lambda_.get_policy(FunctionName=function)


def test_a_function_without_a_policy_has_no_statement_to_remove(cloud, function):
    """Source: LS:lambda test_permission_exceptions."""
    with refused(404, "ResourceNotFoundException", "No policy is associated with the given resource."):
        cloud.lambda_.remove_permission(FunctionName=function, StatementId="absent")


def test_a_statement_that_is_not_there_is_not_removed(cloud, function, statement):
    """Source: LS:lambda test_remove_multi_permissions."""
    statement("there")
    with refused(404, "ResourceNotFoundException", "Statement absent is not found in resource policy."):
        cloud.lambda_.remove_permission(FunctionName=function, StatementId="absent")


def test_an_unknown_function_gets_no_statement_and_has_no_policy(cloud):
    """Source: LS:lambda test_permission_exceptions."""
    name = cloud.name()
    arn = cloud.function_arn(name)
    asked = {"FunctionName": name, "StatementId": "one"}
    with refused(404, "ResourceNotFoundException", f"Function not found: {arn}"):
        cloud.lambda_.add_permission(**asked, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    with refused(404, "ResourceNotFoundException", f"Function not found: {arn}"):
        cloud.lambda_.get_policy(FunctionName=name)
    with refused(404, "ResourceNotFoundException", f"No policy found for: {arn}"):
        cloud.lambda_.remove_permission(**asked)


def test_a_principal_that_is_nobody_is_refused(statement):
    """Source: LS:lambda test_permission_exceptions."""
    text = "The provided principal was invalid. Please check the principal and try again."
    with refused(400, "InvalidParameterValueException", text):
        statement("nobody", Principal="invalid.nonaws.com")


def test_latest_has_no_policy_of_its_own(statement):
    """Source: LS:lambda test_permission_exceptions."""
    text = "We currently do not support adding policies for $LATEST."
    with refused(400, "InvalidParameterValueException", text):
        statement("latest", Qualifier="$LATEST")


def test_a_version_has_a_policy_of_its_own(cloud, function, statement):
    """Source: LS:lambda test_lambda_permission_fn_versioning."""
    statement("latest-only")
    version = cloud.lambda_.publish_version(FunctionName=function)["Version"]
    with refused(404, "ResourceNotFoundException", "The resource you requested does not exist."):
        cloud.lambda_.get_policy(FunctionName=function, Qualifier=version)


def test_a_stale_revision_changes_no_statement(cloud, function, statement):
    """Every statement is a new revision of the function. Source: LS:lambda test_function_revisions_permissions."""
    stale = cloud.lambda_.get_function(FunctionName=function)["Configuration"]["RevisionId"]
    statement("first", RevisionId=stale)
    with refused(412, "PreconditionFailedException", STALE):
        statement("second", RevisionId=stale)
    with refused(412, "PreconditionFailedException", STALE):
        cloud.lambda_.remove_permission(FunctionName=function, StatementId="first", RevisionId=stale)
    policy = cloud.lambda_.get_policy(FunctionName=function)
    live = cloud.lambda_.get_function(FunctionName=function)["Configuration"]
    assert policy["RevisionId"] == live["RevisionId"] != stale


def test_a_policy_is_not_larger_than_20_kb(cloud, function, statement):
    """Source: https://github.com/scribd/terraform-aws-datadog/pull/61"""
    long = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:abc/{'x' * 9000}"
    statement("large-1", SourceArn=long)
    statement("large-2", SourceArn=long)
    document = stored(cloud, function)
    third = {**document["Statement"][0], "Sid": "large-3"}
    size = len(json.dumps({**document, "Statement": [*document["Statement"], third]}, separators=(",", ":")))
    text = f"The final policy size ({size}) is bigger than the limit (20480)."
    with refused(400, "PolicyLengthExceededException", text):
        statement("large-3", SourceArn=long)
