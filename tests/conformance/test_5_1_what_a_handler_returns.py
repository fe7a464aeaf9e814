"""5.1 What a handler may return, and what boto3 takes in it."""

import json

import pytest

CODE = """
import datetime
import json
from decimal import Decimal

import boto3
from boto3.dynamodb.types import Binary, TypeSerializer

CASES = {
    "decimals": lambda: [Decimal(text) for text in ("1", "1.50", "1E+2", "0.12345678901234567890123456789012345678")],
    "constants": lambda: [Decimal("NaN"), float("nan"), Decimal("Infinity")],
    "bytes inside": lambda: {"a": "grün".encode()},
    "broken bytes inside": lambda: {"a": bytes([255])},
    "bytes": lambda: b"raw, and no JSON",
    "binary": lambda: Binary(b"a"),
    "set": lambda: {"a"},
    "datetime": lambda: datetime.datetime.now(),
    "tuple and keys": lambda: {1: (1, 2), None: None},
    "tuple keys": lambda: {(1, 2): 3},
    "unicode": lambda: "grün",
    "float": lambda: TypeSerializer().serialize(1.5),
    "nan": lambda: TypeSerializer().serialize(Decimal("NaN")),
    "39 digits": lambda: TypeSerializer().serialize(Decimal("1" * 39)),
    "tables": lambda: boto3.client("sts").get_caller_identity(),
}


def lambda_handler(event, context):
    return CASES[event]() if isinstance(event, str) else event
"""


@pytest.fixture(scope="module")
def told(shared):
    """told(case): (what X-Amz-Function-Error says or None, the payload's bytes)"""
    function = shared.function(CODE, Timeout=20, MemorySize=256)

    def invoke(event):
        answer = shared.lambda_.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        return answer.get("FunctionError"), answer["Payload"].read()

    return invoke


def test_decimals_keep_their_digits(told):
    """Source: https://github.com/aws/aws-lambda-python-runtime-interface-client"""
    assert told("decimals") == (None, b"[1, 1.50, 1E+2, 0.12345678901234567890123456789012345678]")


def test_what_is_no_number_is_written_all_the_same(told):
    """NaN and Infinity are written as such, which is not JSON.

    Source: https://github.com/aws/aws-lambda-python-runtime-interface-client
    """
    assert told("constants") == (None, b"[NaN, NaN, Infinity]")


def test_bytes_in_an_answer_are_text(told):
    """Source: https://github.com/aws/aws-lambda-python-runtime-interface-client"""
    assert told("bytes inside") == (None, '{"a": "grün"}'.encode())


def test_bytes_alone_are_passed_through(told):
    """Source: https://github.com/aws/aws-lambda-python-runtime-interface-client"""
    assert told("bytes") == (None, b"raw, and no JSON")


def test_unicode_is_not_escaped(told):
    """From python3.12 on. Source: https://github.com/aws/aws-lambda-python-runtime-interface-client"""
    assert told("unicode") == (None, '"grün"'.encode())


def test_tuples_and_keys_that_are_no_texts(told):
    """A tuple becomes an array, the keys 1 and None become texts.

    Source: https://github.com/aws/aws-lambda-python-runtime-interface-client
    """
    assert told("tuple and keys") == (None, b'{"1": [1, 2], "null": null}')


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("set", "Object of type set is not JSON serializable"),
        ("datetime", "Object of type datetime is not JSON serializable"),
        ("binary", "Object of type Binary is not JSON serializable"),
        ("tuple keys", "keys must be str, int, float, bool or None, not tuple"),
        ("broken bytes inside", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_what_cannot_be_written_is_a_marshal_error(told, case, reason):
    """Source: https://github.com/aws/aws-lambda-python-runtime-interface-client; the error's type is from experience"""
    error, payload = told(case)
    answer = json.loads(payload)
    assert answer.pop("requestId")
    assert (error, answer) == (
        "Unhandled",
        {
            "errorMessage": f"Unable to marshal response: {reason}",
            "errorType": "Runtime.MarshalError",
            "stackTrace": [],
        },
    )


@pytest.mark.parametrize(
    ("case", "kind", "message"),
    [
        ("float", "TypeError", "Float types are not supported. Use Decimal types instead."),
        ("nan", "TypeError", "Infinity and NaN not supported"),
        ("39 digits", "Inexact", "[<class 'decimal.Inexact'>"),
    ],
)
def test_boto3_takes_no_such_number(told, case, kind, message):
    """Source: https://github.com/boto/boto3/blob/develop/boto3/dynamodb/types.py"""
    error, payload = told(case)
    answer = json.loads(payload)
    assert (error, answer["errorType"]) == ("Unhandled", kind)
    assert answer["errorMessage"].startswith(message)


def test_what_boto3_answers_can_be_returned(told):
    """It holds ResponseMetadata, whose parts are all JSON. Source: from experience"""
    error, payload = told("tables")
    assert error is None
    assert {"RequestId", "HTTPStatusCode", "HTTPHeaders", "RetryAttempts"} <= set(
        json.loads(payload)["ResponseMetadata"]
    )
