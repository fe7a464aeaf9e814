"""3.5 How large an event and an answer may be."""

import json

import pytest

from tests.conformance.cloud import refused

LIMIT = 6 * 1024 * 1024
CODE = """
def lambda_handler(event, context):
    return "x" * event["bytes"] if "bytes" in event else len(event["text"])
"""


@pytest.fixture(scope="module")
def function(shared):
    return shared.function(CODE, Timeout=20, MemorySize=512)


def test_an_event_may_be_6_mb(cloud, function):
    """Source: BC:lambda Invoke"""
    event = json.dumps({"text": "x" * (LIMIT - 20)}).encode()
    assert cloud.lambda_.invoke(FunctionName=function, Payload=event)["Payload"].read() == str(LIMIT - 20).encode()


def test_a_larger_event_is_refused(cloud, function):
    """Source: BC:lambda Invoke"""
    event = json.dumps({"text": "x" * (LIMIT + 1000)}).encode()
    with refused(413, "RequestEntityTooLargeException"):
        cloud.lambda_.invoke(FunctionName=function, Payload=event)


def test_an_event_without_an_answer_may_be_1_mb(cloud, function):
    """Source: BC:lambda Invoke"""
    event = json.dumps({"text": "x" * (1024 * 1024 + 1000)}).encode()
    with refused(413, "RequestEntityTooLargeException"):
        cloud.lambda_.invoke(FunctionName=function, Payload=event, InvocationType="Event")


def test_a_larger_answer_is_an_error_of_the_function(cloud, function):
    """Source: BC:lambda Invoke"""
    answer = cloud.lambda_.invoke(FunctionName=function, Payload=json.dumps({"bytes": LIMIT + 1000}).encode())
    told = json.loads(answer["Payload"].read())
    assert (answer["FunctionError"], told["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
