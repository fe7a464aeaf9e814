"""1.4 Lambda functions."""

import pytest
from botocore.exceptions import ClientError

from tests.conformance.cloud import refused
from tests.conformance.functions import created, creation


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def not_found(cloud, name):
    return refused(404, "ResourceNotFoundException", f"Function not found: {cloud.function_arn(name)}")


# Made


def test_a_function_that_was_just_made_is_pending(cloud, function):
    """CreateFunction answers State Pending, StateReasonCode Creating, and no LastUpdateStatus.

    Source: LS:lambda test_function_lifecycle.
    """
    answer = created(cloud, function)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    shown = {key: answer.get(key) for key in ("State", "StateReasonCode", "StateReason", "LastUpdateStatus")}
    assert shown == {
        "State": "Pending",
        "StateReasonCode": "Creating",
        "StateReason": "The function is being created.",
        "LastUpdateStatus": None,
    }
    cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=answer["FunctionName"])
    live = cloud.lambda_.get_function(FunctionName=answer["FunctionName"])["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_function_is_not_made_twice(cloud, function):
    """Source: LS:lambda test_function_lifecycle."""
    with refused(409, "ResourceConflictException", f"Function already exist: {function}"):
        cloud.lambda_.create_function(**creation(cloud, function, FunctionName=function))


@pytest.mark.parametrize("absent", ["Runtime", "Handler"])
def test_a_zip_needs_a_runtime_and_a_handler(cloud, function, absent):
    """Source: https://github.com/pipe-cd/pipecd/issues/1400"""
    wanted = creation(cloud, function)
    del wanted[absent]
    text = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**wanted)


def test_lambdas_own_variables_are_not_set(cloud, function):
    """Source: https://github.com/mattermost/mattermost-cloud-monitoring/pull/264"""
    text = (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_REGION"
    )
    environment = {"Variables": {"AWS_REGION": "eu-west-1", "NAME": "value"}}
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Environment=environment))
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.update_function_configuration(FunctionName=function, Environment=environment)


def test_a_misspelt_runtime_is_refused(cloud, function):
    """Source: LS:lambda test_create_lambda_exceptions."""
    wanted = creation(cloud, function, Runtime="PYTHON3.13")
    with pytest.raises(ClientError, match=r"Value PYTHON3\.13 at 'runtime' failed .* or be a valid ARN$"):
        cloud.lambda_.create_function(**wanted)
    with refused(400, "InvalidParameterValueException"):
        cloud.lambda_.create_function(**wanted)


@pytest.mark.parametrize("runtime", ["python3.6", "python3.7"])
def test_a_runtime_that_is_retired_is_refused(cloud, function, runtime):
    """Source: https://github.com/diodonfrost/terraform-aws-lambda-scheduler-stop-start/issues/59"""
    text = f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
    for call in (cloud.lambda_.create_function, cloud.lambda_.update_function_configuration):
        asked = creation(cloud, function, Runtime=runtime)
        if call == cloud.lambda_.update_function_configuration:
            asked = {"FunctionName": function, "Runtime": runtime}
        with pytest.raises(ClientError, match=text) as refusal:
            call(**asked)
        assert refusal.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_code_in_a_bucket_that_is_not_there_is_refused(cloud, function):
    """Source: https://github.com/awslabs/live-streaming-with-automated-multi-language-subtitling/issues/45"""
    where = {"S3Bucket": cloud.name(), "S3Key": "code.zip"}
    code = "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist"
    text = f"Error occurred while GetObject. {code}"
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Code=where))
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.update_function_code(FunctionName=function, **where)


def test_a_url_that_a_function_does_not_have_is_not_changed(cloud, function):
    """Source: MOTO"""
    with refused(404, "ResourceNotFoundException", "The resource you requested does not exist."):
        cloud.lambda_.update_function_url_config(FunctionName=function, AuthType="AWS_IAM")


def test_a_role_that_is_no_arn_is_refused(cloud, function):
    """Source: LS:lambda test_create_lambda_exceptions."""
    pattern = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
    constraint = f"Member must satisfy regular expression pattern: {pattern}"
    text = f"1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: {constraint}"
    with refused(400, "ValidationException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Role="r1"))
    with refused(400, "ValidationException", text):
        cloud.lambda_.update_function_configuration(FunctionName=function, Role="r1")


@pytest.mark.parametrize(
    "architectures, constraint",
    [
        (
            ["X86_64"],
            "Member must satisfy constraint: "
            "[Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
        ),
        (["x86_64", "arm64"], "Member must have length less than or equal to 1"),
    ],
)
def test_other_architectures_are_refused(cloud, function, architectures, constraint):
    """Source: LS:lambda test_create_lambda_exceptions."""
    value = f"Value '[{', '.join(architectures)}]' at 'architectures'"
    text = f"1 validation error detected: {value} failed to satisfy constraint: {constraint}"
    with refused(400, "ValidationException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Architectures=architectures))


def test_bytes_that_are_no_zip_are_refused(cloud, function):
    """Source: LS:lambda test_create_lambda_exceptions."""
    text = "Could not unzip uploaded file. Please check your file, then try to upload again."
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Code={"ZipFile": b"no zip"}))
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.update_function_code(FunctionName=function, ZipFile=b"no zip")


def test_the_log_group_is_named_after_the_function(cloud, function):
    """The default of LoggingConfig shows as /aws/lambda/NAME in the format Text.

    Source: LS:lambda test_function_lifecycle.
    """
    live = cloud.lambda_.get_function_configuration(FunctionName=function)
    assert live["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function}"}


# Read


@pytest.mark.parametrize(
    "operation", ["get_function", "get_function_configuration", "delete_function", "get_function_concurrency"]
)
def test_an_unknown_function_is_told_by_its_arn(cloud, operation):
    """Source: LS:lambda test_ops_on_nonexisting_fn."""
    name = cloud.name()
    with not_found(cloud, name):
        getattr(cloud.lambda_, operation)(FunctionName=name)


def test_an_unknown_version_is_told_by_its_arn(cloud, function):
    """Source: LS:lambda test_ops_on_nonexisting_version."""
    with not_found(cloud, f"{function}:1221"):
        cloud.lambda_.get_function(FunctionName=function, Qualifier="1221")


def test_an_error_says_whose_fault_it_is(cloud, function):
    """The body of an error has `Type: User`; `Message` when something is not found, `message` otherwise.

    Source: LS:lambda test_permission_exceptions.
    """
    with pytest.raises(ClientError) as not_found:
        cloud.lambda_.get_function(FunctionName=cloud.name())
    assert (not_found.value.response["Type"], "Message" in not_found.value.response) == ("User", True)
    with pytest.raises(ClientError) as invalid:
        cloud.lambda_.update_function_code(FunctionName=function, ZipFile=b"no zip")
    assert (invalid.value.response["Type"], "message" in invalid.value.response) == ("User", True)
