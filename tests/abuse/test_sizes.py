"""Large and deep: items of 400 KB, bodies of 6 and 10 MB, answers of 6 MB, thousands of levels and of digits."""

import json

import pytest

from tests.abuse.envelopes import OURS
from tests.invoke_url import FORM, JSON, TEXT
from tests.router import dynamodb_answers

KB, MB = 1024, 1024 * 1024
LARGEST_ITEM, LARGEST_EVENT, LARGEST_BODY = 400 * KB, 6_291_456, 10 * MB
TOO_LONG = 413, '{"message":"Request Too Long"}'
ANY_TYPE = pytest.mark.parametrize("content_type", [JSON, FORM, TEXT])


def on_table(operation, **payload):
    return {"operation": operation, "tableName": OURS, "payload": payload}


def told(stranger, envelope):
    """(status, parsed body), where `envelope` is an object or the text of one."""
    status, answer = stranger.post(envelope if isinstance(envelope, str) else stranger.request(envelope))
    return status, json.loads(answer)


def refused(stranger, envelope, *words):
    status, body = told(stranger, envelope)
    assert (status, body["error"]["type"]) == (400, "BadRequest")
    assert [word for word in words if word not in body["error"]["message"]] == []


@pytest.fixture
def make_items(stranger):
    """make_items(3, text="x") writes that many; they are gone afterwards."""
    made = []

    def make(count, **attributes):
        for _ in range(count):
            made.append(f"large {len(made)}")
            assert told(stranger, on_table("create", Item={"id": made[-1], **attributes})) == (200, {})
        return made

    yield make
    for each in made:
        told(stranger, on_table("delete", Key={"id": each}))


# Items. Each of these characters takes as many bytes of an item: "id", "1" and "t" take four more.


@pytest.mark.parametrize(
    ("character", "size"), [("x", 1), ("é", 2), ("東", 3), ("🍏", 4), ("\x7f", 1), ('"', 1), ("\t", 1)]
)
def test_an_item_of_400_kb_is_kept_and_one_byte_more_is_refused(stranger, character, size):
    text = character * ((LARGEST_ITEM - 4) // size)
    text += "x" * (LARGEST_ITEM - 4 - len(text.encode()))
    assert told(stranger, on_table("create", Item={"id": "1", "t": text})) == (200, {})
    assert told(stranger, on_table("read", Key={"id": "1"})) == (200, {"Item": {"id": "1", "t": text}})
    refused(stranger, on_table("create", Item={"id": "1", "t": text + "x"}), "size")
    grown = {"UpdateExpression": "SET u = :u", "ExpressionAttributeValues": {":u": 1}}
    refused(stranger, on_table("update", Key={"id": "1"}, **grown), "size")
    assert told(stranger, on_table("read", Key={"id": "1"}))[1]["Item"] == {"id": "1", "t": text}


@pytest.mark.parametrize(
    "many",
    ["x" * (MB + 1), [1] * 700_000, [{}] * 300_000, {str(number): None for number in range(100_000)}],
    ids=["text", "numbers", "objects", "names"],
)
def test_a_payload_that_no_item_can_be_is_refused_before_boto3_spends_time_on_it(router, many):
    with dynamodb_answers(router, 200, {}) as asked, pytest.raises(router.BadRequest, match="longer than 1 MB"):
        router.lambda_handler(on_table("create", Item={"id": "1", "t": many}), None)
    assert asked == []


@pytest.mark.parametrize("operation", ["create", "read", "update", "delete"])
@pytest.mark.parametrize("key", ["", "x" * 2049, "é" * 1025, None, 1, [], {}, "\x00" * 2049])
def test_a_key_that_is_empty_too_long_or_no_string_is_refused(stranger, operation, key):
    where = "Item" if operation == "create" else "Key"
    refused(stranger, on_table(operation, **{where: {"id": key}}))


@pytest.mark.parametrize("key", ["x" * 2048, "é" * 1024, "\x00", " ", "\ufffe", "1\r\n2", "a/../b", "'; DROP TABLE--"])
def test_any_other_key_is_one(stranger, key):
    assert told(stranger, on_table("create", Item={"id": key, "empty": "", "no": [], "nothing": {}})) == (200, {})
    item = {"id": key, "empty": "", "no": [], "nothing": {}}
    assert told(stranger, on_table("delete", Key={"id": key}, ReturnValues="ALL_OLD")) == (200, {"Attributes": item})


# Bodies


@ANY_TYPE
def test_an_event_of_6_mb_is_echoed_and_one_byte_more_is_too_long(stranger, content_type):
    empty = len('{"operation":"echo","payload":""}')
    body = f'{{"operation":"echo","payload":"{"x" * (LARGEST_EVENT - empty)}"}}'
    status, answer = stranger.post(body, content_type)
    assert (status, len(answer)) == (200, LARGEST_EVENT - empty + 2)
    assert stranger.post(body.replace("x", "xx", 1), content_type) == TOO_LONG


@ANY_TYPE
@pytest.mark.parametrize("length", [LARGEST_BODY, LARGEST_BODY + 1])
def test_a_body_of_10_mb_is_too_long_and_the_connection_goes_on(stranger, content_type, length):
    start = '{"operation": "ping", "payload": "'
    body = start + "x" * (length - len(start) - 2) + '"}'
    assert stranger.post(body, content_type) == TOO_LONG
    assert told(stranger, {"operation": "ping"}) == (200, "pong")


def test_spaces_count_as_any_other_byte(stranger):
    ping = '{"operation": "ping"}'
    assert stranger.post(ping + " " * (LARGEST_EVENT - len(ping))) == (200, '"pong"')
    assert stranger.post(ping + " " * (LARGEST_EVENT + 1 - len(ping))) == TOO_LONG


# Answers


@pytest.mark.parametrize("payload", [f"[{'1,' * 2_100_000}1]", f'"{"é" * 1_500_000}"'])
def test_an_echo_that_would_be_longer_than_its_request_and_than_6_mb_is_refused(stranger, payload):
    refused(stranger, f'{{"operation":"echo","payload":{payload}}}', "6 MB")


def test_a_list_of_large_items_comes_in_pages_of_1_mb(stranger, make_items):
    made = make_items(6, text="x" * 300_000)
    found, pages, start = [], 0, {}
    while start is not None:
        status, page = told(stranger, on_table("list", **start))
        assert status == 200
        found += [item["id"] for item in page["Items"]]
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]} if "LastEvaluatedKey" in page else None
        pages += 1
    assert set(found) >= set(made)
    assert len(found) == len(set(found))
    assert pages >= 2


@pytest.mark.parametrize("operation", ["read", "list"])
def test_an_answer_of_more_than_6_mb_is_refused_with_a_hint(router, operation):
    """DynamoDB's page of 1 MB counts one byte for a character that JSON writes in six."""
    item = {"id": {"S": "1"}, "t": {"S": "\x00" * MB}}
    answer = {"Items": [item]} if operation == "list" else {"Item": item}
    with dynamodb_answers(router, 200, answer), pytest.raises(router.BadRequest, match="Limit or ProjectionExpression"):
        router.lambda_handler(on_table(operation, **({} if operation == "list" else {"Key": {"id": "1"}})), None)


# Depth


def nested(levels, opening="[", closing="]"):
    return opening * levels + closing * levels


@pytest.mark.parametrize("content_type", [JSON, TEXT])
@pytest.mark.parametrize("levels", [101, 500, 990, 1000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"":[', "]}]")])
def test_what_is_nested_deeply_is_a_bad_request(stranger, levels, opening, closing, content_type):
    inside = nested(levels, opening, closing).replace(":}", ":0}")
    for body in (f'{{"operation":"echo","payload":{inside}}}', inside, f'{{"operation":{inside}}}'):
        assert stranger.post(body, content_type)[0] == 400


@pytest.mark.parametrize("levels", [1, 31, 32, 33, 90, 98])
def test_what_is_nested_less_deeply_is_echoed_and_dynamodb_decides_whether_to_keep_it(stranger, levels):
    value = json.loads(nested(levels))
    assert told(stranger, {"operation": "echo", "payload": value}) == (200, value)
    status, body = told(stranger, on_table("create", Item={"id": "deep", "t": value}))
    assert (status, body) == (200, {}) if levels <= 32 else (status, body["error"]["type"]) == (400, "BadRequest")


# Numbers of thousands of digits: JSON, but Python does not read them


@ANY_TYPE
@pytest.mark.parametrize("numeral", ["1" * 4301, "-" + "9" * 10_000, "1" * 1_000_000])
@pytest.mark.parametrize("operation", ["echo", "create", "list"])
def test_a_number_that_python_does_not_read_is_a_bad_request(stranger, numeral, operation, content_type):
    body = stranger.request(on_table(operation, Item={"id": "1"}))[:-1] + f', "n": {numeral}}}'
    status, answer = stranger.post(body, content_type)
    error = {
        "type": "BadRequest",
        "message": "The function cannot read this JSON: a number in it is too long, or it is nested too deeply.",
    }
    assert (status, json.loads(answer)) == (400, {"error": error})
