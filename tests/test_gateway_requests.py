"""What of a request to the lab's invoke URL reaches the function, and what the gateway refuses by itself."""

import json
import uuid

import pytest

from tests.invoke_url import FORM, JSON, PING, TEXT

# http.client sends no content type of its own; with None the request goes without
ANY_TYPE = [JSON, FORM, None, TEXT, "Application/JSON; charset=utf-8", "application/vnd.lab+json"]
KEYED_TYPES = [JSON, FORM, None, "Application/JSON; charset=utf-8"]
INVALID_BODY = 400, {"message": "Invalid request body"}


@pytest.mark.parametrize("content_type", ANY_TYPE)
def test_the_body_is_the_event_whatever_its_type(scripted, content_type):
    event = {"operation": "event", "tableName": "t", "deep": [1, None, True, {"a": "grün 🍏"}], "headers": {"a": "b"}}
    body = json.dumps(event, ensure_ascii=False).encode()
    assert scripted.post(body, content_type).told == (200, {"event": event})


@pytest.mark.parametrize("body", [b"[1]", b"null", b'"text"', b"5"])
def test_any_json_is_an_event_where_nothing_validates(shipped, body):
    told = 400, {"error": {"type": "BadRequest", "message": "the request must be a JSON object"}}
    assert shipped.post(body, TEXT).told == told


def test_no_body_is_an_empty_event(scripted, shipped):
    assert scripted.post(b"", TEXT).told == (200, {"event": {}})
    status, body = shipped.post(b"", TEXT).told
    assert (status, body["error"]["type"]) == (400, "BadRequest")


MALFORMED = [
    b'{"operation":',
    b'{"operation": "event"} x',
    b"{'operation': 'event'}",
    b'{"operation": "event", "a": NaN}',
    b'{"operation": "event", "a": -Infinity}',
    b"NaN",
    b'{"operation": "event", "a": "\xff"}',
    b"\xef\xbb\xbf" + PING,
    PING.decode().encode("utf-16"),
    b"[" * 100_000,
    b"operation=ping",
]


@pytest.mark.parametrize("content_type", KEYED_TYPES)
@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_not_json_is_not_valid(shipped, body, content_type):
    assert shipped.post(body, content_type).told == INVALID_BODY


@pytest.mark.parametrize("body", MALFORMED)
def test_what_is_not_json_never_reaches_the_function(scripted, body):
    before = scripted.calls()
    for content_type in (JSON, TEXT):
        status, told = scripted.post(body, content_type).told
        assert status == 400
    assert told["message"].startswith("Could not parse request body into json: ")
    assert scripted.calls() == before + 1


@pytest.mark.parametrize("content_type", KEYED_TYPES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"Operation": "ping"}',
        b'{"operation": 1}',
        b'{"operation": null}',
        b'{"operation": ["ping"]}',
        b'{"operation": "ping", "operation": 1}',
        b'{"operation": "ping", "tableName": 5}',
        b'{"operation": "ping", "tableName": null}',
        b'["operation"]',
        b"null",
        b'"ping"',
    ],
)
def test_what_does_not_fit_the_model_is_refused(shipped, body, content_type):
    answer = shipped.post(body, content_type)
    assert answer.told == INVALID_BODY
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"


def test_what_does_not_fit_the_model_never_reaches_the_function(scripted):
    before = scripted.calls()
    assert scripted.post(b'{"operation": 1}').told == INVALID_BODY
    assert scripted.calls() == before + 1


def test_more_than_the_model_names_is_allowed(shipped):
    assert shipped.post(b'{"operation": "ping", "more": 1}').told == (200, "pong")


@pytest.mark.parametrize("rest", ["API", "API/", "API//DynamoDBManager", "unknown/Prod/DynamoDBManager"])
def test_without_an_api_and_a_stage_of_it_everything_is_forbidden(shipped, rest):
    answer = shipped.post(path="/_aws/execute-api/" + rest.replace("API", shipped.api_id))
    assert answer.told == (403, {"message": "Forbidden"})
    assert answer.headers["x-amzn-ErrorType"] == "ForbiddenException"


def test_every_answer_carries_a_request_id_of_its_own(shipped):
    paths = [shipped.path, shipped.path, shipped.path + "/more", shipped.path.replace("Prod", "prod")]
    ids = {shipped.post(path=path).headers["x-amzn-RequestId"] for path in paths}
    assert len({uuid.UUID(each) for each in ids}) == len(paths)
