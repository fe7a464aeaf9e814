"""1.4 Changing and deleting Lambda functions."""

import pytest

from tests.conformance.cloud import ECHO, refused, zipped
from tests.conformance.functions import created, creation, settled

OTHER = "def lambda_handler(event, context):\n    return 'other'\n"


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def test_the_same_code_again_is_a_new_revision(cloud, function):
    """Every UpdateFunctionCode makes a new revision, of the same CodeSha256 too.

    Source: LS:lambda test_redundant_updates.
    """
    code = zipped(ECHO)
    cloud.lambda_.update_function_code(FunctionName=function, ZipFile=code)
    before = settled(cloud, function)
    answer = cloud.lambda_.update_function_code(FunctionName=function, ZipFile=code)
    after = settled(cloud, function)
    assert len({before["RevisionId"], answer["RevisionId"], after["RevisionId"]}) == 3
    cloud.lambda_.update_function_code(FunctionName=function, ZipFile=zipped(OTHER))
    other = settled(cloud, function)
    assert (after["CodeSha256"] == before["CodeSha256"], other["CodeSha256"] == before["CodeSha256"]) == (True, False)
    assert other["RevisionId"] != after["RevisionId"]


def test_what_is_not_named_stays_as_it_is(cloud, function):
    """UpdateFunctionConfiguration changes what it names and nothing else.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html
    """
    first = {
        "Description": "first",
        "Timeout": 7,
        "MemorySize": 256,
        "Environment": {"Variables": {"NAME": "a"}},
        "EphemeralStorage": {"Size": 1024},
    }
    cloud.lambda_.update_function_configuration(FunctionName=function, **first)
    settled(cloud, function)
    cloud.lambda_.update_function_configuration(FunctionName=function, Description="second")
    live = settled(cloud, function)
    assert {key: live[key] for key in first} == {**first, "Description": "second"}
    assert (live["Runtime"], live["Handler"]) == ("python3.13", "index.lambda_handler")


def test_logs_as_json_have_levels(cloud, function):
    """LoggingConfig is merged too: LogFormat JSON brings the levels INFO, and the group stays.

    Source: LS:lambda test_function_partial_advanced_logging_configuration_update.
    """
    cloud.lambda_.update_function_configuration(FunctionName=function, LoggingConfig={"LogFormat": "JSON"})
    assert settled(cloud, function)["LoggingConfig"] == {
        "ApplicationLogLevel": "INFO",
        "LogFormat": "JSON",
        "LogGroup": f"/aws/lambda/{function}",
        "SystemLogLevel": "INFO",
    }
    cloud.lambda_.update_function_configuration(FunctionName=function, LoggingConfig={"ApplicationLogLevel": "DEBUG"})
    assert settled(cloud, function)["LoggingConfig"]["ApplicationLogLevel"] == "DEBUG"


def test_a_stale_revision_is_refused(cloud, function):
    """Source: LS:lambda test_function_revisions_basic."""
    stale = settled(cloud, function)["RevisionId"]
    cloud.lambda_.update_function_configuration(FunctionName=function, Description="newer", RevisionId=stale)
    settled(cloud, function)
    text = (
        "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve"
    )
    with refused(412, "PreconditionFailedException", f"{text} the latest Revision Id"):
        cloud.lambda_.update_function_configuration(FunctionName=function, Description="late", RevisionId=stale)
    with refused(412, "PreconditionFailedException", f"{text} the latest Revision Id"):
        cloud.lambda_.update_function_code(FunctionName=function, ZipFile=zipped(ECHO), RevisionId=stale)


def test_versions_are_listed_by_name_or_arn(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html"""
    for name in (function, cloud.function_arn(function)):
        versions = cloud.lambda_.list_versions_by_function(FunctionName=name)["Versions"]
        assert versions[0]["FunctionArn"] == f"{cloud.function_arn(function)}:$LATEST"
    with refused(404, "ResourceNotFoundException"):
        cloud.lambda_.list_versions_by_function(FunctionName=cloud.name())


def test_versions_aliases_and_policy_go_with_the_function(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html"""
    wanted = creation(cloud, function)
    name = wanted["FunctionName"]
    created(cloud, function, FunctionName=name)
    cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    version = cloud.lambda_.publish_version(FunctionName=name)["Version"]
    cloud.lambda_.create_alias(FunctionName=name, Name="one", FunctionVersion=version)
    cloud.lambda_.delete_function(FunctionName=name)
    with refused(404, "ResourceNotFoundException", f"Function not found: {cloud.function_arn(name)}"):
        cloud.lambda_.get_function(FunctionName=name)
    cloud.lambda_.create_function(**wanted)
    cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    versions = cloud.lambda_.list_versions_by_function(FunctionName=name)["Versions"]
    assert [each["Version"] for each in versions] == ["$LATEST"]
    assert cloud.lambda_.list_aliases(FunctionName=name)["Aliases"] == []


def test_the_policy_of_a_function_goes_with_it(cloud, function):
    """Source: from experience."""
    wanted = creation(cloud, function)
    name = wanted["FunctionName"]
    created(cloud, function, FunctionName=name)
    cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    cloud.lambda_.add_permission(
        FunctionName=name, StatementId="one", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    cloud.lambda_.delete_function(FunctionName=name)
    cloud.lambda_.create_function(**wanted)
    with refused(404, "ResourceNotFoundException", "The resource you requested does not exist."):
        cloud.lambda_.get_policy(FunctionName=name)


def test_latest_is_not_deleted_alone(cloud, function):
    """Source: LS:lambda test_ops_with_arn_qualifier_mismatch."""
    text = "$LATEST version cannot be deleted without deleting the function."
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.delete_function(FunctionName=function, Qualifier="$LATEST")
