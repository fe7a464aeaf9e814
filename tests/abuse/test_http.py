"""Bytes that are no JSON, or JSON of an odd kind, and tricks with methods, paths, headers and encodings."""

import contextlib
import gzip
import json
import socket

import pytest

from tests.invoke_url import FORM, JSON, TEXT

PING = b'{"operation": "ping"}'
GZIPPED = gzip.compress(PING, mtime=0)
PONG = 200, '"pong"'
NOT_VALID = 400, '{"message":"Invalid request body"}'
NOWHERE = 403, '{"message":"Missing Authentication Token"}'
NO_STAGE = 403, '{"message":"Forbidden"}'


def said(stranger, method="POST", path=None, body=PING, **headers):
    """(status, body) of a request that is right but for what is given."""
    return stranger.ask(method, path or stranger.path, body, {"Content-Type": JSON, **headers})


# JSON


@pytest.mark.parametrize("content_type", [JSON, FORM])
@pytest.mark.parametrize(
    "body",
    [
        *(
            b"\xef\xbb\xbf" + PING,
            PING.decode().encode("utf-16"),
            PING.decode().encode("utf-32-le"),
            GZIPPED,
        ),
        *(b'{"operation": "pi\xffng"}', b'{"operation": "\xed\xa0\x80"}', b'{"operation": "ping\x00"}', PING + b"\x00"),
        *(
            b'{"operation": "ping", "n": NaN}',
            b'{"operation": "ping", "n": -Infinity}',
            b'{"operation": "ping", "n": 01}',
        ),
        *(b'{"operation": "ping", "n": +1}', b'{"operation": "ping", "n": 0x10}', b'{"operation": "ping", "n": .5}'),
        *(
            b'{"operation": "ping",}',
            b"{'operation': 'ping'}",
            b'{"operation": "ping"} {}',
            PING + b"//",
            b'{"operation"',
        ),
        *(
            b'{"operation": "a\nb"}',
            b'{"operation": "\\x41"}',
            b"\x00" * 100,
            b"operation=ping",
            b"<a/>",
            b"\x0c" + PING,
        ),
    ],
)
def test_what_is_no_json_is_a_bad_request(stranger, body, content_type):
    assert stranger.post(body, content_type) == NOT_VALID
    status, answer = stranger.post(body, TEXT)
    assert status == 400
    assert json.loads(answer)["message"].startswith("Could not parse request body into json: ")


def test_of_names_that_come_twice_the_last_counts_for_the_gateway_and_for_the_function(stranger):
    assert stranger.post('{"operation": "echo", "operation": "ping"}') == PONG
    assert stranger.post('{"operation": "ping", "operation": 1}') == NOT_VALID
    twice = '{"operation": "list", "tableName": "%s", "tableName": "%s"}'
    assert stranger.post(twice % (stranger.ours, stranger.foreign))[0] == 403
    assert stranger.post(twice % (stranger.foreign, stranger.ours))[0] == 200


@pytest.mark.parametrize("text", ["\\u0000", "\\ud83c\\udf4f", "\\u2028", "\\/", "\\u007f", "\\uffff", "\\u0085"])
def test_any_whole_character_is_echoed(stranger, text):
    status, answer = stranger.post(f'{{"operation": "echo", "payload": "{text}"}}')
    assert (status, json.loads(answer)) == (200, json.loads(f'"{text}"'))


@pytest.mark.parametrize("text", ["\\ud800", "a\\udfff", "\\udfff\\ud800", "\\ud83c\\u0041"])
@pytest.mark.parametrize(
    "envelope", ['{"operation": "echo", "payload": {"%s": 1}}', '{"operation": "%s"}', '{"operation": "ping", "%s": 1}']
)
def test_half_a_character_is_a_bad_request(stranger, text, envelope):
    status, answer = stranger.post(envelope % text)
    assert (status, json.loads(answer)["error"]["type"]) == (400, "BadRequest")


# Content types and encodings


@pytest.mark.parametrize(
    "content_type",
    [
        *(
            "",
            "text/html",
            "application/xml",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
            "*/*",
        ),
        *("application/json, text/plain", "a/" + "b" * 5000, "application/x-amz-json-1.0", "\xff", "json", ";;;=,"),
    ],
)
def test_the_content_type_does_not_matter_to_a_right_request(stranger, content_type):
    assert said(stranger, **{"Content-Type": content_type}) == PONG


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", "", "application/xml;q=0.9, */*;q=0.1", "\xff", "x" * 5000]
)
def test_what_is_accepted_does_not_matter_either(stranger, accept):
    assert said(stranger, Accept=accept) == PONG
    status, answer = said(stranger, body=b'{"operation": "drop"}', Accept=accept)
    assert (status, json.loads(answer)["error"]["type"]) == (400, "BadRequest")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_no_json_where_the_api_compresses_nothing(stranger, encoding):
    headers = {"Content-Encoding": encoding}
    assert said(stranger, body=GZIPPED, **headers) == NOT_VALID


# Methods, headers and paths


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECTED", "BREW"])
def test_another_method_leads_nowhere(stranger, method):
    assert said(stranger, method) == NOWHERE


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"X-HTTP-Method-Override": "GET"},
            {"X-Method-Override": "DELETE"},
            {"X-Original-URL": "/"},
            {"X-Rewrite-URL": "/"},
        ),
        *(
            {"X-Forwarded-Host": "evil.example"},
            {"X-Amz-Invocation-Type": "Event"},
            {"X-Amz-Target": "DynamoDB_20120810.Scan"},
        ),
        *({"X-Amz-Log-Type": "Tail"}, {"x-api-key": "x"}, {"Cookie": "a=" + "b" * 8000}, {"X-Huge": "x" * 60_000}),
        *(
            {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b/c/dynamodb/aws4_request"},
            {"Lambda-Runtime-Aws-Request-Id": "1"},
        ),
        {f"X-{number}": "1" for number in range(90)},
    ],
)
def test_no_header_changes_what_is_done(stranger, headers):
    assert said(stranger, **headers) == PONG


def test_headers_without_an_end_are_not_read_to_their_end(stranger):
    with contextlib.closing(socket.create_connection(stranger.address, timeout=60)) as wire:
        with contextlib.suppress(ConnectionError):  # it hangs up while we still talk
            wire.sendall(f"POST {stranger.path} HTTP/1.1\r\nX: {'x' * 3_000_000}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            assert wire.recv(20).split()[1:2] in ([], [b"431"])


@pytest.mark.parametrize(
    "query", ["?", "?operation=drop", "?tableName=x&payload=%00", "?%", "?a=%ff&a[]=1", "?" + "x" * 8000, "?../.."]
)
def test_a_query_says_nothing(stranger, query):
    assert said(stranger, path=stranger.path + query) == PONG


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (("DynamoDBManager", "dynamodbmanager"), NOWHERE),
        (("DynamoDBManager", "DynamoDBManager/x"), NOWHERE),
        (("DynamoDBManager", "DynamoDBManager%00"), NOWHERE),
        (("DynamoDBManager", "DynamoDBManager%2F"), NOWHERE),
        (("DynamoDBManager", "DynamoDBManager;x=1"), NOWHERE),
        (("DynamoDBManager", "."), NOWHERE),
        (("DynamoDBManager", "../DynamoDBManager"), NOWHERE),
        (("DynamoDBManager", "%2e%2e/DynamoDBManager"), NOWHERE),
        (("DynamoDBManager", "{proxy+}"), NOWHERE),
        (("DynamoDBManager", "%ff%fe"), NOWHERE),
        (("DynamoDBManager", ""), NOWHERE),
        (("Prod/DynamoDBManager", "Prod/../Prod/DynamoDBManager"), NOWHERE),
        (("/Prod/", "/prod/"), NO_STAGE),
        (("/Prod/", "/Prod%00/"), NO_STAGE),
        (("/Prod/", "/../"), NO_STAGE),
        (("DynamoDBManager", "Dynamo%44BManager"), PONG),
        (("/Prod/", "//Prod//"), PONG),
        (("DynamoDBManager", "DynamoDBManager/"), PONG),
    ],
)
def test_a_path_leads_to_the_method_or_nowhere(stranger, change, answer):
    assert said(stranger, path=stranger.path.replace(*change)) == answer
