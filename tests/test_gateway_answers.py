"""What becomes of the function's answer: statuses, constant errors, and every character of a message."""

import json

import pytest

from tests.invoke_url import BROKEN, FAILED, JSON, InvokeUrl

STATUSES = {"BadRequest": 400, "Forbidden": 403, "NotFound": 404, "Conflict": 409, "Throttled": 429}


@pytest.mark.parametrize("value", [None, True, 5, "text", [], {}, {"a": [1, {"b": "grün 🍏"}]}, {"message": "hi"}])
def test_what_the_function_returns_is_the_answer(scripted, value):
    assert scripted.ask("return", value=value) == (200, value)


def test_an_answer_is_json_by_its_type(scripted):
    assert scripted.post().headers["Content-Type"] == JSON


@pytest.mark.parametrize(("name", "status"), STATUSES.items())
def test_each_class_of_error_has_its_status(scripted, name, status):
    answer = scripted.post(
        json.dumps({"operation": "raise", "kind": name, "message": f"[{name}] no such thing"}).encode()
    )
    assert answer.told == (status, {"error": {"type": name, "message": "no such thing"}})
    assert answer.headers["Content-Type"] == JSON


def test_the_shipped_function_is_refused_in_its_own_classes(shipped):
    item = {"id": "only once"}
    assert shipped.on_table("create", Item=item)[0] == 200
    status, body = shipped.on_table("create", Item=item, ConditionExpression="attribute_not_exists(id)")
    assert (status, body["error"]["type"]) == (409, "Conflict")
    status, body = shipped.ask("read", tableName="no-such-table", payload={"Key": item})
    assert (status, body["error"]["type"]) == (403, "Forbidden")  # its policy names its own table only
    status, body = shipped.on_table("read", Nonsense=item)
    assert (status, body["error"]["type"]) == (400, "BadRequest")
    status, body = shipped.ask("format the disk")
    assert (status, body["error"]["type"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    "message",
    [
        "out of apples",
        "[badrequest] in lower case",
        "BadRequest without brackets",
        " [BadRequest] after a space",
        "an [BadRequest] in the middle",
        "[Unknown] class",
        "[Internal] the function failed, and its log says why",
        "line\n[NotFound] on the second line",
        "x" * 100_000,
    ],
)
def test_any_other_exception_is_a_constant_500(scripted, message):
    assert scripted.raises(message, kind="BadRequest") == FAILED


def test_an_answer_that_cannot_be_written_is_a_constant_500(scripted):
    assert scripted.ask("bytes", value=None) == FAILED  # a TypeError
    assert scripted.ask("set") == FAILED  # which JSON does not have, and DynamoDB does
    assert scripted.ask("grow", size=6_291_556) == FAILED


@pytest.mark.parametrize("status", [0, 1, 7])
def test_a_crash_is_a_constant_500(scripted, status):
    assert scripted.ask("exit", status=status) == FAILED


def test_a_function_works_again_after_a_crash(scripted):
    scripted.ask("exit", status=1)
    assert scripted.ask("return", value="back") == (200, "back")


def test_a_timeout_is_a_constant_504(scripted, timeout_seconds):
    timeout_seconds(1)
    message = "The function did not finish in time."
    assert scripted.ask("hang") == (504, {"error": {"type": "Timeout", "message": message}})


AWKWARD = [
    "two\nlines",
    "carriage\r\nreturn",
    "U+0085 \x85 and U+2028 \u2028",
    'say "hi"',
    "it's 'quoted'",
    "back\\slash",
    r"\' \\' \" \u0041",
    "tab\t and \x00\x01\x1f\x7f",
    "a/b </script>",
    "grün 🍏 \U0010ffff",
    "[BadRequest] again",
    "then [NotFound] in the middle",
    "Task timed out after 3.00 seconds",
    "$input.body $context.requestId #set($a = 1)$a #if(",
    '"}} {"error": {"type": "Forged"',
    "x" * 900,
]


@pytest.mark.parametrize("message", AWKWARD)
def test_any_message_is_mapped_and_comes_through(scripted, message):
    assert scripted.raises(f"[Conflict] {message}") == (409, {"error": {"type": "Conflict", "message": message}})


@pytest.mark.parametrize("message", AWKWARD[:10])
def test_any_message_without_a_class_is_mapped(scripted, message):
    assert scripted.raises(message) == FAILED


def test_a_returned_error_message_is_taken_for_a_failure(scripted):
    told = {"error": {"type": "NotFound", "message": "gone"}}
    assert scripted.ask("return", value={"errorMessage": "[NotFound] gone", "more": 1}) == (404, told)
    assert scripted.ask("return", value={"errorMessage": "whatever"}) == FAILED


@pytest.mark.parametrize("value", [{"a": {"errorMessage": "deeper"}}, ["errorMessage"], "errorMessage"])
def test_an_error_message_counts_at_the_top_only(scripted, value):
    assert scripted.ask("return", value=value) == (200, value)


def test_returned_bytes_that_are_no_json_pass(scripted):
    answer = scripted.post(b'{"operation": "bytes", "value": "ImVycm9yTWVzc2FnZQ=="}')
    assert (answer.status, answer.content) == (200, b'"errorMessage')


def test_returned_bytes_that_are_no_text_pass_as_text(scripted):
    answer = scripted.post(b'{"operation": "bytes", "value": "/w=="}')
    assert (answer.status, answer.content.decode()) == (200, "\ufffd")


def test_a_function_that_is_gone_is_a_broken_api(make_bench):
    gone = InvokeUrl(make_bench())
    gone.lambda_.delete_function(FunctionName=gone.function)
    assert gone.post().told == BROKEN


@pytest.mark.parametrize(
    "number", ["9.95", "0.1", "-12.5", "1", "12345678901234567890123456789012345678", "-0.1234567890123456"]
)
def test_a_number_comes_back_from_the_table_digit_by_digit(shipped, number):
    create = {"operation": "create", "tableName": shipped.bench.lab.table_name}
    key = f"number {number}"
    body = json.dumps(create)[:-1] + f', "payload": {{"Item": {{"id": "{key}", "n": {number}}}}}}}'
    assert shipped.post(body.encode()).status == 200
    read = {"operation": "read", "tableName": shipped.bench.lab.table_name, "payload": {"Key": {"id": key}}}
    content = shipped.post(json.dumps(read).encode()).content
    assert f'"n": {number}' in content.decode()


def test_a_long_answer_comes_through(scripted):
    value = "grün 🍏" * 100_000
    assert scripted.ask("return", value=value) == (200, value)
