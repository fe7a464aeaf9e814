"""Bodies that no SDK sends: refused in the protocol of the service, whoever sends them."""

import http.client
import json

import pytest

JSON_10 = "application/x-amz-json-1.0"


def sent(sandbox, service, body, path="/", method="POST", **headers):
    """(status, the error's code, its message) of a call with a signature."""
    scope = f"AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/{service}/aws4_request"
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)
    connection.request(method, path, body, {"Authorization": scope, **headers})
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    code = told.get("__type", answer.headers.get("x-amzn-ErrorType", "")).rpartition("#")[2]
    return answer.status, code, told.get("message")


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("GetItem", "{", "The body is not JSON"),
        ("GetItem", b"\xff", "The body is not JSON"),
        ("GetItem", "[" * 100_000, "The body is not JSON"),
        ("GetItem", "[]", "The body is not a structure"),
        ("GetItem", '{"TableName": 5}', "TableName is not a string"),
        ("GetItem", '{"TableName": "t", "Key": []}', "Key is not a map"),
        ("GetItem", '{"TableName": "t", "Key": {"id": "1"}}', "id is not a structure"),
        ("PutItem", '{"TableName": "t", "Item": {"id": {"L": [{"L": 5}]}}}', "L is not a list"),
        ("BatchWriteItem", '{"RequestItems": {"t": [5]}}', "t is not a structure"),
        (
            "UpdateTable",
            '{"TableName": "t", "DeletionProtectionEnabled": {}}',
            "DeletionProtectionEnabled is not a boolean",
        ),
    ],
)
def test_a_body_of_other_types_is_refused_by_dynamodb(sandbox, operation, body, message):
    target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}", "Content-Type": JSON_10}
    assert sent(sandbox, "dynamodb", body, **target) == (400, "SerializationException", message)


@pytest.mark.parametrize(
    ("body", "message"),
    [("{", "The body is not JSON"), ("5", "The body is not a structure"), ('{"name": []}', "name is not a string")],
)
def test_a_body_of_other_types_is_refused_by_a_rest_service(sandbox, body, message):
    assert sent(sandbox, "apigateway", body, "/restapis") == (400, "SerializationException", message)


def test_what_an_operation_takes_as_it_is_is_not_read(sandbox):
    status, code, _ = sent(sandbox, "lambda", "{", "/2015-03-31/functions/nobody/invocations")
    assert (status, code) == (404, "ResourceNotFoundException")


def test_what_is_null_or_unknown_is_not_looked_at(sandbox):
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": JSON_10}
    body = '{"Limit": null, "NoSuchField": {"a": []}}'
    assert sent(sandbox, "dynamodb", body, **target)[0] == 200
