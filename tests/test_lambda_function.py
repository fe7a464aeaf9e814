"""The operation router against moto's DynamoDB, with AWS's own marshaller on both sides of it.

What moto is too lenient or too kind to answer comes from `dynamodb_answers`: a reply put in place of the HTTP
call, so that boto3's parsing, retries and exceptions are the real ones.
"""

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import ModuleType
from typing import Any

import boto3
import pytest
from awslambdaric.lambda_runtime_exception import FaultException
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
from botocore.exceptions import ReadTimeoutError

from tests.router import SOURCE, dynamodb_answers, load, loaded, wire

TABLE = "lambda-apigateway"
CLASSES = ["BadRequest", "Forbidden", "NotFound", "Conflict", "Throttled", "Internal"]
KEY = {"Key": {"id": "1"}}
ENOUGH: dict[str, Any] = {
    "create": {"Item": {"id": "1"}}, "read": KEY, "update": KEY, "delete": KEY, "list": {},
}  # fmt: skip
ON_TABLE = list(ENOUGH)


@pytest.fixture(autouse=True)
def half_characters_stay_here() -> Iterator[None]:
    """Parallel runs send what a test logs to another process, and half a character cannot be sent."""
    old = logging.getLogRecordFactory()

    def whole(*args: Any, **named: Any) -> logging.LogRecord:
        record = old(*args, **named)
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_text = record.exc_text.encode("utf-8", "backslashreplace").decode()
        return record

    logging.setLogRecordFactory(whole)
    yield
    logging.setLogRecordFactory(old)


@pytest.fixture(scope="module")
def router() -> Iterator[ModuleType]:
    with loaded() as module:
        yield module


@pytest.fixture
def table(router: ModuleType) -> Iterator[Any]:
    made = boto3.resource("dynamodb").create_table(
        TableName=TABLE,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield made
    made.delete()


@pytest.fixture
def post(router: ModuleType, table: Any) -> Callable[[Any], Any]:
    """Send a request body and get the body of the response, through the runtime's own JSON in and out."""

    def send(body: Any) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return json.loads(wire(router, text), parse_float=Decimal)

    return send


def request(operation: Any, **payload: Any) -> dict[str, Any]:
    return {"operation": operation, "tableName": TABLE, "payload": payload}


def put(**attributes: Any) -> dict[str, Any]:
    return request("create", Item={"id": "1", **attributes})


def is_one_short_line(text: str) -> bool:
    unfit = re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", text)
    return len(text) < 1000 and len(text.splitlines()) == 1 and not unfit


def refusal(router: ModuleType, event: Any) -> str:
    """The errorMessage of a request that fails, once it has all that API Gateway needs of such a text."""
    with pytest.raises(Exception) as caught:
        router.lambda_handler(event, None)
    error, message = caught.value, str(caught.value)
    assert isinstance(error, router.Refused)
    assert error.__suppress_context__ or error.__context__ is None, "the traceback would show its cause"
    assert is_one_short_line(message)
    assert not re.search(r"Traceback|File \"|site-packages|\.py|<locals>| object at 0x", message)
    matching = [name for name in CLASSES if re.fullmatch(rf"\[{name}\] [\s\S]+", message)]
    assert matching == [type(error).__name__]
    return message


def refused(router: ModuleType, event: Any, kind: str) -> str:
    message = refusal(router, event)
    assert message.startswith(f"[{kind}] "), message
    return message


def failure(code: str, message: str = "DynamoDB's words") -> dict[str, str]:
    return {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


# The walkthrough's own requests


def test_the_walkthrough_s_requests_work_to_the_letter(post: Callable[[Any], Any]) -> None:
    create = '{"operation":"create","tableName":"lambda-apigateway","payload":{"Item":{"id":"1","name":"Samyu"}}}'
    read = '{"operation":"read","tableName":"lambda-apigateway","payload":{"Key":{"id":"1"}}}'
    number = '{"operation":"create","tableName":"lambda-apigateway","payload":{"Item":{"id":"1234ABCD","number":5}}}'
    everything = '{"operation":"list","tableName":"lambda-apigateway","payload":{}}'
    echo = '{"operation":"echo","payload":{"somekey1":"somevalue1","somekey2":"somevalue2"}}'

    assert post(create) == {}
    assert post(read) == {"Item": {"id": "1", "name": "Samyu"}}
    assert post(number) == {}
    listed = post(everything)
    assert sorted(listed.pop("Items"), key=lambda item: item["id"]) == [
        {"id": "1", "name": "Samyu"},
        {"id": "1234ABCD", "number": 5},
    ]
    assert listed == {"Count": 2, "ScannedCount": 2}
    assert post(echo) == {"somekey1": "somevalue1", "somekey2": "somevalue2"}


# Operations


def test_create_writes_the_item(post: Callable[[Any], Any], table: Any) -> None:
    post(put(name="Samyu"))
    assert table.get_item(Key={"id": "1"})["Item"] == {"id": "1", "name": "Samyu"}


def test_read_of_a_missing_item_is_an_empty_object(post: Callable[[Any], Any]) -> None:
    assert post(request("read", Key={"id": "nobody"})) == {}


def test_update_changes_the_item_and_returns_what_was_asked_for(post: Callable[[Any], Any]) -> None:
    post(put(name="Samyu"))
    answer = post(
        request(
            "update",
            Key={"id": "1"},
            UpdateExpression="SET #n = :n",
            ExpressionAttributeNames={"#n": "name"},
            ExpressionAttributeValues={":n": "Anu"},
            ReturnValues="ALL_NEW",
        )
    )
    assert answer["Attributes"] == {"id": "1", "name": "Anu"}


def test_delete_removes_the_item(post: Callable[[Any], Any], table: Any) -> None:
    post(put())
    assert post(request("delete", Key={"id": "1"}, ReturnValues="ALL_OLD")) == {"Attributes": {"id": "1"}}
    assert "Item" not in table.get_item(Key={"id": "1"})


@pytest.mark.parametrize("extra", [{}, {"payload": None}, {"payload": {}}])
def test_list_needs_no_payload(post: Callable[[Any], Any], extra: dict[str, Any]) -> None:
    post(put())
    assert post({"operation": "list", "tableName": TABLE, **extra})["Items"] == [{"id": "1"}]


def test_list_goes_on_where_the_last_page_ended(post: Callable[[Any], Any]) -> None:
    for number in range(3):
        post(request("create", Item={"id": str(number)}))
    first = post(request("list", Limit=2))
    second = post(request("list", Limit=2, ExclusiveStartKey=first["LastEvaluatedKey"]))
    assert sorted(item["id"] for item in first["Items"] + second["Items"]) == ["0", "1", "2"]
    assert "LastEvaluatedKey" not in second


@pytest.mark.parametrize(
    "payload",
    [
        {"somekey1": "somevalue1"},
        [1, 2.5, None, True, {"deep": {"errorMessage": "is only text here"}}],
        "errorMessage",
        'ünï 🙂 \u2028 \\ "quoted" \'',
        7,
        int("9" * 60),
        9.95,
        1e300,
        False,
        None,
        [],
        {},
        "",
    ],
)
def test_echo_returns_whatever_json_it_is_given(router: ModuleType, payload: Any) -> None:
    body = json.dumps({"operation": "echo", "payload": payload})
    assert json.loads(wire(router, body)) == payload


def test_echo_without_a_payload_is_null(router: ModuleType) -> None:
    assert wire(router, '{"operation": "echo"}') == "null"


@pytest.mark.parametrize("text", ["up", "", None, 0, {"a": 1}])
def test_echo_refuses_what_api_gateway_would_take_for_a_failure(router: ModuleType, text: Any) -> None:
    refused(router, {"operation": "echo", "payload": {"errorMessage": text}}, "BadRequest")


@pytest.mark.parametrize("extra", [{}, {"payload": {"a": 1}}, {"tableName": TABLE}, {"tableName": 5}])
def test_ping_answers_pong_whatever_comes_with_it(router: ModuleType, extra: dict[str, Any]) -> None:
    assert wire(router, json.dumps({"operation": "ping", **extra})) == '"pong"'


def test_an_operation_is_added_with_one_line(
    router: ModuleType, post: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.OPERATIONS, "query", router.on_table("query"))
    post(put(n=1))
    answer = post(request("query", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": "1"}))
    assert answer["Items"] == [{"id": "1", "n": 1}]


@pytest.mark.parametrize(
    "event", [put(), request("read", Key={"id": "1"}), request("list"), request("delete", Key={"id": "1"})]
)
def test_the_answer_is_dynamodb_s_without_its_metadata(post: Callable[[Any], Any], event: dict[str, Any]) -> None:
    assert "ResponseMetadata" not in post(event)


def test_the_resource_is_made_once_per_execution_environment(
    router: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    genuine = boto3.resource
    monkeypatch.setattr(boto3, "resource", lambda *a, **k: made.append(a) or genuine(*a, **k))
    monkeypatch.setattr(boto3, "client", lambda *a, **k: made.append(a))
    copy = load()
    for _ in range(3):
        copy.lambda_handler({"operation": "ping"}, None)
        refused(copy, request("list"), "NotFound")
    assert made == [("dynamodb",)]


def test_a_table_is_made_once_and_of_many_only_a_few_are_kept(router: ModuleType) -> None:
    names = [f"table-{number}" for number in range(50)]
    with dynamodb_answers(router, 200, {}) as sent:
        for name in (*names, *names):
            for operation in ("read", "delete"):
                router.lambda_handler({"operation": operation, "tableName": name, "payload": KEY}, None)
    assert [json.loads(one.body)["TableName"] for one in sent] == [name for name in (*names, *names) for _ in range(2)]
    assert router.table_named(names[-1]) is router.table_named(names[-1])
    assert router.table_named.cache_info().currsize < len(names)


def test_a_hang_ends_inside_the_functions_ten_seconds(
    router: ModuleType, no_pause: None, caplog: pytest.LogCaptureFixture
) -> None:
    config = router.DYNAMODB.meta.client.meta.config
    # An attempt hangs while it connects or while it reads; standard retries pause 1 + 2 seconds at most.
    assert 3 * max(config.connect_timeout, config.read_timeout) + 1 + 2 < 10
    with dynamodb_answers(router, 0, ReadTimeoutError(endpoint_url="https://dynamodb")) as attempts:
        refused(router, request("list"), "Internal")
    assert len(attempts) == 3


def test_it_imports_boto3_and_a_standard_library_without_os() -> None:
    source = SOURCE.read_text()
    imported = {name.split(".")[0] for name in re.findall(r"^(?:import|from) (\S+)", source, re.M)}
    assert imported - {"boto3", "botocore"} <= {
        "base64", "collections", "decimal", "functools", "json", "logging", "re", "typing"
    }  # fmt: skip


# Numbers


@pytest.mark.parametrize(
    "number",
    [
        "9.95", "-9.95", "0.1", "1.1", "0", "5", "-7", "123456789.123",
        "9" * 38, "-" + "9" * 38, "12345678901234567890123456789012345678",
    ],
)  # fmt: skip
def test_a_number_comes_back_to_the_letter(router: ModuleType, table: Any, number: str) -> None:
    body = json.dumps(put(n="HERE")).replace('"HERE"', number)
    wire(router, body)
    assert f'"n": {number}' in wire(router, json.dumps(request("read", Key={"id": "1"})))


@pytest.mark.parametrize("text", ["0.5", "12345678901234567890.123456789012345678", "1.25", "-0.01"])
def test_a_number_in_the_table_comes_out_exactly(router: ModuleType, table: Any, text: str) -> None:
    table.put_item(Item={"id": "1", "n": Decimal(text)})
    assert f'"n": {text}' in wire(router, json.dumps(request("read", Key={"id": "1"})))


@pytest.mark.parametrize(
    "number",
    [1e-130, 9.99e125, -9.99e125, -1e-130, 1.2345678901234567e-130, 1e40, 10**40, 10**125, 1e22, 0.0],
)
def test_the_ends_of_dynamodb_s_range_are_stored(post: Callable[[Any], Any], table: Any, number: float) -> None:
    post(put(n=number))
    stored = table.get_item(Key={"id": "1"})["Item"]["n"]
    assert stored == Decimal(repr(number))
    assert post(request("read", Key={"id": "1"}))["Item"]["n"] == stored


def test_minus_zero_is_zero(router: ModuleType) -> None:
    with dynamodb_answers(router, 200, {}) as sent:
        router.lambda_handler(put(n=-0.0), None)
    assert json.loads(sent[0].body)["Item"]["n"] == {"N": "0.0"}


@pytest.mark.parametrize(
    "number", [1e126, -1e126, 1e300, 1e-131, -1e-131, 5e-324, int("9" * 39), -int("1" * 39), 10**126]
)  # fmt: skip
@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_number_that_dynamodb_cannot_hold_is_refused(
    router: ModuleType, table: Any, number: float, operation: str
) -> None:
    event = request(operation, Item={"id": "1", "deep": [{"n": number}]})
    assert repr(number)[:50] in refused(router, event, "BadRequest")
    assert table.scan()["Count"] == 0


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("operation", ["create", "list", "echo"])
def test_nan_and_infinity_are_refused(router: ModuleType, number: float, operation: str) -> None:
    refused(router, request(operation, Item={"id": "1", "n": [{"n": number}]}), "BadRequest")
    refused(router, {"operation": operation, "tableName": TABLE, "payload": number}, "BadRequest")


def test_a_number_too_large_for_a_double_is_refused(router: ModuleType) -> None:
    event = LambdaMarshaller().unmarshal_request(b'{"operation": "echo", "payload": 1e999}')
    refused(router, event, "BadRequest")


def test_floats_anywhere_in_the_payload_become_decimals(post: Callable[[Any], Any]) -> None:
    post(put(deep=[1.5, {"a": [2.25, {"b": 9.95}], "c": True, "d": None}]))
    answer = post(
        request(
            "update",
            Key={"id": "1"},
            UpdateExpression="SET price = :p, deep2 = :d",
            ConditionExpression="deep[0] = :old",
            ExpressionAttributeValues={":p": 9.95, ":d": {"x": [0.1]}, ":old": 1.5},
            ReturnValues="ALL_NEW",
        )
    )
    assert answer["Attributes"] == {
        "id": "1",
        "price": Decimal("9.95"),
        "deep2": {"x": [Decimal("0.1")]},
        "deep": [Decimal("1.5"), {"a": [Decimal("2.25"), {"b": Decimal("9.95")}], "c": True, "d": None}],
    }


@pytest.mark.parametrize("digits", ["1" + "0" * 40, "9" * 38 + "0" * 88, "1" * 38, "0." + "0" * 129 + "1"])
def test_a_number_that_dynamodb_writes_out_in_full_can_be_listed(router: ModuleType, digits: str) -> None:
    with dynamodb_answers(router, 200, {"Items": [{"n": {"N": digits}, "s": {"NS": [digits]}}]}):
        text = wire(router, json.dumps(request("list")))
    (item,) = json.loads(text, parse_float=Decimal)["Items"]
    assert item == {"n": Decimal(digits), "s": [Decimal(digits)]}


# What JSON has no word for


def test_sets_come_out_as_sorted_lists(post: Callable[[Any], Any], table: Any) -> None:
    table.put_item(
        Item={
            "id": "1",
            "words": {"b", "c", "a"},
            "numbers": {Decimal(10), Decimal("9.5"), Decimal(2)},
            "bytes": {b"\xff", b"\x00"},
            "deep": [{"words": {"z", "y"}}],
        }
    )
    assert post(request("list"))["Items"] == [
        {
            "id": "1",
            "words": ["a", "b", "c"],
            "numbers": [2, Decimal("9.5"), 10],
            "bytes": ["/w==", "AA=="],
            "deep": [{"words": ["y", "z"]}],
        }
    ]


def test_binary_comes_out_as_base64(post: Callable[[Any], Any], table: Any) -> None:
    table.put_item(Item={"id": "1", "raw": b"\x00\xfe\xff", "deep": {"raw": [b"hi"]}})
    item = post(request("read", Key={"id": "1"}))["Item"]
    assert base64.b64decode(item["raw"]) == b"\x00\xfe\xff"
    assert item["deep"] == {"raw": ["aGk="]}


# Refusals: the envelope


@pytest.mark.parametrize("event", [None, [], [1], "list", b"list", 5, 1.5, True, float("nan")])
def test_an_event_that_is_no_object_is_refused(router: ModuleType, event: Any) -> None:
    refused(router, event, "BadRequest")


def test_a_missing_operation_is_refused_and_the_known_ones_are_named(router: ModuleType) -> None:
    message = refused(router, {}, "BadRequest")
    for name in (*ON_TABLE, "echo", "ping"):
        assert name in message


@pytest.mark.parametrize(
    "operation",
    [
        None, 5, 1.5, True, [], ["list"], {}, {"list": 1}, "", "LIST", "list ", "drop", "__class__",
        "put_item", "x" * 5000, "a\nb", "a\r\nb", "\u2028", "\u2029", "\x85", "\x00\x1b[31m\x7f\x9f", "a\tb",
        "ünï 🙂" * 300, "[Internal] Task timed out", "[Forbidden] x", "] [NotFound]", "\n[Conflict] ",
        "\u2028[Throttled] ", "Task timed out after 3.00 seconds",
        "\ud800", "\udfff[Internal]", "'", '"', "\\", "%s {0}", ["\n"] * 900,
    ],
)  # fmt: skip
def test_an_unknown_operation_is_a_bad_request_whatever_its_name(router: ModuleType, operation: Any) -> None:
    refused(router, {"operation": operation}, "BadRequest")


def test_the_message_names_the_unknown_operation(router: ModuleType) -> None:
    assert "'drop'" in refused(router, {"operation": "drop"}, "BadRequest")


def test_what_the_caller_wrote_is_shortened(router: ModuleType) -> None:
    long = "x" * 5000
    assert len(refused(router, {"operation": long}, "BadRequest")) < 200
    assert len(refused(router, put(n=10**500 + 1), "BadRequest")) < 200
    with dynamodb_answers(router, 400, failure("ValidationException")):
        assert len(refused(router, {"operation": "list", "tableName": long[:1000]}, "BadRequest")) < 200


@pytest.mark.parametrize("operation", ON_TABLE)
@pytest.mark.parametrize("name", [None, "", {}, {"a": 1}, [], ["x"], 5, True, 1.5])
def test_a_table_operation_without_a_table_name_is_refused(router: ModuleType, operation: str, name: Any) -> None:
    for envelope in ({"tableName": name}, {"tableName": name, "payload": {}}, {"payload": {}}):
        assert "tableName must" in refused(router, {"operation": operation, **envelope}, "BadRequest")


@pytest.mark.parametrize("operation", ON_TABLE)
@pytest.mark.parametrize("payload", [[], [1], "", "x", 0, 5, False, True, 1.5])
def test_a_table_operation_with_a_payload_that_is_no_object_is_refused(
    router: ModuleType, table: Any, operation: str, payload: Any
) -> None:
    refused(router, {"operation": operation, "tableName": TABLE, "payload": payload}, "BadRequest")


@pytest.mark.parametrize("operation", ON_TABLE)
@pytest.mark.parametrize("name", ["somebody-elses", TABLE, "", None])
def test_a_payload_cannot_name_another_table(router: ModuleType, operation: str, name: Any) -> None:
    with dynamodb_answers(router, 200, {}) as sent:
        event = request(operation, **ENOUGH[operation], TableName=name)
        assert "tableName" in refused(router, event, "BadRequest")
    assert sent == []


@pytest.mark.parametrize("operation", ON_TABLE)
def test_the_table_that_is_named_is_the_one_that_is_asked(router: ModuleType, operation: str) -> None:
    event = {"operation": operation, "tableName": "another", "payload": ENOUGH[operation]}
    with dynamodb_answers(router, 200, {}) as sent:
        router.lambda_handler(event, None)
    assert [json.loads(one.body)["TableName"] for one in sent] == ["another"]


@pytest.mark.parametrize(
    "name",
    ["arn:aws:dynamodb:eu-west-1:999999999999:table/theirs", "a b", "../x", "x" * 2000, "a\nb[Internal] "],
)
def test_a_strange_table_name_is_dynamodb_s_to_refuse(router: ModuleType, name: str) -> None:
    with dynamodb_answers(router, 400, failure("ValidationException")):
        refused(router, {"operation": "list", "tableName": name}, "BadRequest")


def test_a_table_that_does_not_exist_is_not_found(router: ModuleType, table: Any) -> None:
    message = refused(router, {"operation": "list", "tableName": "nowhere"}, "NotFound")
    assert "dynamodb:Scan on table 'nowhere'" in message


# Refusals: the arguments


@pytest.mark.parametrize(
    "payload",
    [
        {"Item": 5}, {"Item": None}, {"Item": []}, {"Key": {}}, {"Item": {"id": "1"}, "Nonsense": 1}, {},
        {"Item": {"id": "1"}, "self": 1}, {"Item": {"id": "1"}, "parent": 1},
        {"Item": {"id": "1"}, "args": 1},
        {"Item": {"id": "1"}, "ExpressionAttributeNames": 5},
        {"Item": {"id": "1"}, "ExpressionAttributeValues": []},
        {"Item": {"id": "1"}, "ExpressionAttributeValues": None},
        {"Item": {"id": "1"}, "ConditionExpression": {"a": 1}},
        {"Item": {"id": "1"}, "ReturnValues": ["[Internal]\n"] * 500},
        {"Item": {"id": "1"}, "": 1}, {"Item": {"id": "1"}, "\n[Internal] Task timed out": 1},
        {"Item": {"id": "1"}, "x" * 5000: 1},
    ],
)  # fmt: skip
def test_arguments_that_boto3_does_not_take_are_a_bad_request(
    router: ModuleType, table: Any, payload: dict[str, Any]
) -> None:
    refused(router, request("create", **payload), "BadRequest")
    assert table.scan()["Count"] == 0


def test_the_message_says_which_argument_is_wrong(router: ModuleType, table: Any) -> None:
    message = refused(router, request("list", Limit="many"), "BadRequest")
    assert message.startswith("[BadRequest] Parameter validation failed: Invalid type for parameter Limit")


def test_a_condition_that_does_not_parse_is_a_bad_request(router: ModuleType, table: Any) -> None:
    event = request("update", Key={"id": "1"}, UpdateExpression="[Internal]\nTask timed out")
    refused(router, event, "BadRequest")


def nested(depth: int) -> dict[str, Any]:
    inside: dict[str, Any] = {}
    for _ in range(depth):
        inside = {"a": [inside]}
    return inside


@pytest.mark.parametrize("depth", [5, 100, 200, 300, 400, 600, 900, 5000])
@pytest.mark.parametrize("operation", ["create", "update", "echo"])
def test_deep_nesting_ends_in_an_answer_or_a_bad_request(router: ModuleType, operation: str, depth: int) -> None:
    payload = {"Item" if operation == "create" else "Key": {"id": "1", "deep": nested(depth)}}
    with dynamodb_answers(router, 200, {}):
        try:
            answer = router.lambda_handler(request(operation, **payload), None)
        except router.BadRequest:
            assert depth > 5
        else:
            assert answer == (payload if operation == "echo" else {})


@pytest.mark.parametrize("event", [put(deep=nested(5000)), {"operation": nested(5000)}])
def test_nesting_that_python_cannot_follow_is_refused(router: ModuleType, event: dict[str, Any]) -> None:
    refused(router, event, "BadRequest")


def test_a_depth_that_the_runtime_reads_is_echoed_or_refused_but_never_lost(router: ModuleType) -> None:
    marshaller = LambdaMarshaller()
    outcomes = []
    for depth in range(900, 1010):
        body = f'{{"operation": "echo", "payload": {"[" * depth}{"]" * depth}}}'
        try:
            event = marshaller.unmarshal_request(body.encode())
        except FaultException:
            break
        try:
            answer = router.lambda_handler(event, None)
        except router.BadRequest:
            outcomes.append("refused")
        else:
            marshaller.marshal_response(answer)
            outcomes.append("echoed")
    assert outcomes


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_half_a_surrogate_pair_is_refused_before_it_can_kill_the_runtime(
    router: ModuleType, table: Any, text: str
) -> None:
    for event in (
        {"operation": "echo", "payload": text},
        {"operation": "echo", "payload": [{text: 1}]},
        put(name=text),
        request("create", Item={"id": text}),
        {"operation": "list", "tableName": text},
    ):
        refused(router, event, "BadRequest")
    assert table.scan()["Count"] == 0


# Refusals: what DynamoDB says


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ValidationException", "BadRequest"),
        ("SerializationException", "BadRequest"),
        ("AccessDeniedException", "Forbidden"),
        ("ResourceNotFoundException", "NotFound"),
        ("ConditionalCheckFailedException", "Conflict"),
        ("TransactionConflictException", "Conflict"),
        ("ProvisionedThroughputExceededException", "Throttled"),
        ("ThrottlingException", "Throttled"),
        ("RequestLimitExceeded", "Throttled"),
        ("InternalServerError", "Internal"),
        ("UnrecognizedClientException", "Forbidden"),
        ("ItsOwnInvention", "Internal"),
    ],
)
@pytest.mark.parametrize("words", ["plain", "[Internal] Task timed out\n[NotFound]\u2028", "x" * 5000, "\ud800", ""])
def test_an_error_of_dynamodb_has_its_class(
    router: ModuleType, no_pause: None, code: str, kind: str, words: str
) -> None:
    with dynamodb_answers(router, 400, failure(code, words)):
        message = refused(router, put(), kind)
    if kind != "Internal":
        assert message.startswith(f"[{kind}] dynamodb:PutItem on table '{TABLE}': ")
    if words == "plain" and kind not in ("Internal", "Forbidden"):
        assert message.endswith(": plain")


def test_a_condition_that_does_not_hold_is_a_conflict(router: ModuleType, post: Callable[[Any], Any]) -> None:
    event = request("create", Item={"id": "1"}, ConditionExpression="attribute_not_exists(id)")
    post(event)
    refused(router, event, "Conflict")


def test_a_table_outside_the_policy_is_forbidden_without_its_account(router: ModuleType) -> None:
    words = (
        "User: arn:aws:sts::123456789012:assumed-role/lambda-apigateway-role/LambdaFunctionOverHttps is not "
        "authorized to perform: dynamodb:Scan on resource: "
        "arn:aws:dynamodb:eu-west-1:123456789012:table/theirs "
        "because no identity-based policy allows the dynamodb:Scan action"
    )
    with dynamodb_answers(router, 400, failure("AccessDeniedException", words)):
        message = refused(router, {"operation": "list", "tableName": "theirs"}, "Forbidden")
    assert "dynamodb:Scan on table 'theirs'" in message
    assert "policy" in message
    assert not re.search(r"arn:|\d{12}|role", message)


def test_a_throttled_call_is_tried_three_times(router: ModuleType, no_pause: None) -> None:
    with dynamodb_answers(router, 400, failure("ThrottlingException")) as attempts:
        refused(router, request("list"), "Throttled")
    assert len(attempts) == 3


# Everything else


@pytest.mark.parametrize(
    "error",
    [
        KeyError("operation"),
        RuntimeError("[BadRequest] secret-of-the-house\nTask timed out"),
        ReadTimeoutError(endpoint_url="https://secret-of-the-house"),
    ],
)
def test_what_nobody_foresaw_is_internal_and_stays_in_the_log(
    router: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def broken(event: Any) -> Any:
        raise error

    monkeypatch.setitem(router.OPERATIONS, "broken", broken)
    event = {"operation": "broken", "payload": {"password": "hunter2"}}
    assert refusal(router, event) == "[Internal] the function failed, and its log says why"
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "Traceback" in caplog.text
    assert type(error).__name__ in caplog.text
    assert "hunter2" not in caplog.text


def test_a_misspelt_action_is_our_fault_and_not_the_callers(
    router: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(router.OPERATIONS, "query", router.on_table("qurey"))
    refused(router, request("query"), "Internal")
    assert "qurey" in caplog.text


def test_a_refusal_leaves_nothing_in_the_log(router: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    refused(router, put(price=1e300), "BadRequest")
    assert caplog.records == []


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize(
    "words", ["", "x" * 5000, "[Internal] \n[BadRequest] ", "\ud800\x00a\x1b[1m\x7fb\x9fc\x85\u2029\t", "]\n["]
)
def test_every_class_writes_its_own_name_first(router: ModuleType, kind: str, words: str) -> None:
    message = str(getattr(router, kind)(words))
    assert message.startswith(f"[{kind}] ")
    assert is_one_short_line(message)
