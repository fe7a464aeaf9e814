"""1.4 and 3.2 Invoking a Lambda function."""

import json

import pytest

from tests.conformance.cloud import TRUST, refused
from tests.conformance.functions import refused_at_last, settled, told

CODE = """
def lambda_handler(event, context):
    if event == "raise":
        raise ValueError("no apples")
    if event == "large":
        return "x" * (6 * 1024 * 1024 + 200)
    return event
"""
INVOKES_ITSELF = """
import boto3
from botocore.config import Config

def lambda_handler(event, context):
    once = boto3.client("lambda", config=Config(retries={"total_max_attempts": 1}))
    try:
        once.invoke(FunctionName=context.function_name, Payload=b"{}")
    except once.exceptions.TooManyRequestsException as error:
        return str(error)
"""
MAY_INVOKE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}
UNDECRYPTABLE = (
    "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's "
    "KMS key settings. KMS Exception: AccessDeniedExceptionKMS Message: The ciphertext refers to a customer master key "
    "that does not exist, does not exist in this region, or you are not allowed to access."
)


@pytest.fixture(scope="module")
def function(shared):
    return shared.function(CODE)


@pytest.fixture
def once(cloud):
    """A client that does not try again."""
    return cloud.aws.client("lambda", attempts=1)


def test_a_handler_that_raises_is_a_200(cloud, function):
    """Invoke answers 200 even when the handler raised; FunctionError and the payload's errorMessage tell of it.

    Source: BC:lambda Invoke.
    """
    answer = cloud.lambda_.invoke(FunctionName=function, Payload=b'"raise"')
    payload = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no apples")


def test_an_event_that_is_no_json_is_refused(cloud, function):
    """Source: LS:lambda test_lambda_invoke_payload_encoding_error."""
    with refused(400, "InvalidRequestContentException"):
        cloud.lambda_.invoke(FunctionName=function, Payload=b"{no json")


def test_a_number_of_thousands_of_digits_is_json_but_no_event_of_python_s(cloud, function):
    """Its runtime refuses it; that Lambda lets it through to there is from experience.

    Source: https://github.com/aws/aws-lambda-python-runtime-interface-client, the rest from experience
    """
    answer = cloud.lambda_.invoke(FunctionName=function, Payload=b"1" * 5000)
    told = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], told["errorType"]) == ("Unhandled", "Runtime.UnmarshalError")
    assert told["errorMessage"].startswith("Unable to unmarshal input: ")


def test_an_event_of_more_than_6_mb_is_refused(once, function):
    """Source: https://github.com/pelmers/streetwarp-web/issues/14"""
    text = "Request must be smaller than 6291456 bytes for the InvokeFunction operation"
    with refused(413, "RequestEntityTooLargeException", text):
        once.invoke(FunctionName=function, Payload=b'"' + b"x" * 6_291_455 + b'"')


def test_an_asynchronous_event_of_more_than_1_mb_is_refused(once, function):
    """The words are those of the time when the limit was 256 KB.

    Source: https://github.com/ASFHyP3/hyp3/issues/2241
    """
    text = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)"
    with refused(413, "RequestEntityTooLargeException", text):
        once.invoke(FunctionName=function, InvocationType="Event", Payload=b'"' + b"x" * 1_048_575 + b'"')


def test_an_answer_of_more_than_6_mb_is_an_error_of_the_function(cloud, function):
    """Source: BC:lambda Invoke."""
    answer = cloud.lambda_.invoke(FunctionName=function, Payload=b'"large"')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_function_with_no_concurrency_is_throttled(cloud, once, function):
    """PutFunctionConcurrency with 0 lets nobody in. Source: BC:lambda Invoke."""
    cloud.lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    cloud.later(cloud.lambda_.delete_function_concurrency, FunctionName=function)
    error = refused_at_last(cloud, "TooManyRequestsException", lambda: once.invoke(FunctionName=function))
    assert told(error) == (429, "TooManyRequestsException", "Rate Exceeded.")
    live = cloud.lambda_.get_function(FunctionName=function)
    assert live["Concurrency"] == {"ReservedConcurrentExecutions": 0}


def test_no_more_run_at_once_than_is_reserved(cloud, once):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
    function = cloud.function(INVOKES_ITSELF, role=cloud.role(cloud.policy(MAY_INVOKE)), Timeout=30, MemorySize=512)
    once.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=1)
    answer = json.loads(cloud.lambda_.invoke(FunctionName=function)["Payload"].read())
    assert answer.endswith("when calling the Invoke operation (reached max retries: 0): Rate Exceeded."), answer


def test_some_concurrency_must_stay_unreserved(cloud, function):
    """The minimum is 100, and 10 in small accounts. Source: LS:lambda test_function_concurrency_limits."""
    limit = 1000 if not cloud.on_aws else cloud.lambda_.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    text = "decreases account's UnreservedConcurrentExecution below its minimum value of"
    asked = {"FunctionName": function, "ReservedConcurrentExecutions": limit - 99}
    with pytest.raises(cloud.lambda_.exceptions.InvalidParameterValueException, match=f"^.*{text}"):
        cloud.lambda_.put_function_concurrency(**asked)
    minimum = 100 if limit >= 1000 else 10
    with refused(
        400,
        "InvalidParameterValueException",
        f"Specified ReservedConcurrentExecutions for function {text} [{minimum}].",
    ):
        cloud.lambda_.put_function_concurrency(**asked)


def test_concurrency_is_of_whole_functions(cloud, function):
    """Source: LS:lambda test_function_concurrency_exceptions."""
    text = (
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
        "Please specify either a function name or an unqualified function ARN."
    )
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.put_function_concurrency(FunctionName=f"{function}:1", ReservedConcurrentExecutions=0)
    name = cloud.name()
    with refused(404, "ResourceNotFoundException", f"Function not found: {cloud.function_arn(name)}:$LATEST"):
        cloud.lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)


def test_without_its_role_a_function_is_not_invoked(cloud, once):
    """Source: https://github.com/aws/chalice/issues/1342"""
    role = cloud.role()
    function = cloud.function(role=role)
    cloud.iam.delete_role(RoleName=role)
    error = refused_at_last(cloud, "AccessDeniedException", lambda: once.invoke(FunctionName=function))
    assert told(error) == (
        403,
        "AccessDeniedException",
        "The role defined for the function cannot be assumed by Lambda.",
    )


def test_variables_are_lost_with_the_role_that_they_were_encrypted_for(cloud, once):
    """A role made again under its name is another; the cure is to set another role, and then this one again.

    Source: https://github.com/serverless/examples/issues/279
    """
    role, other = cloud.role(), cloud.role()
    function = cloud.function(role=role, Environment={"Variables": {"NAME": "value"}})
    cloud.iam.delete_role(RoleName=role)
    cloud.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    error = refused_at_last(cloud, "KMSAccessDeniedException", lambda: once.invoke(FunctionName=function))
    assert told(error) == (502, "KMSAccessDeniedException", UNDECRYPTABLE)
    for name in (other, role):
        cloud.settled(
            lambda name=name: cloud.lambda_.update_function_configuration(
                FunctionName=function, Role=cloud.role_arn(name)
            ),
            {"InvalidParameterValueException"},
        )
        settled(cloud, function)
    assert cloud.lambda_.invoke(FunctionName=function)["StatusCode"] == 200


def test_without_variables_a_role_may_be_made_again(cloud):
    """Source: https://github.com/serverless/examples/issues/279"""
    role = cloud.role()
    function = cloud.function(role=role)
    cloud.iam.delete_role(RoleName=role)
    cloud.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    answer = cloud.settled(lambda: cloud.lambda_.invoke(FunctionName=function), {"AccessDeniedException"})
    assert answer["StatusCode"] == 200
