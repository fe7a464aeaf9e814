"""Steps 4 and 8: what is wrong makes them fail, what passes by itself is waited for, and nothing stays behind."""

import json
import uuid
from dataclasses import dataclass, replace

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from stack.checks import ECHO, shortened
from stack.step import StepError
from tests.conftest import UNTHROTTLED, Bench
from tests.faults import FakeClock, lose_answer, refuse

ROUTER = "def lambda_handler(event, context):\n    return {}\n"


@pytest.fixture(scope="module")
def standing(sandbox):
    """A whole stack for the tests that leave it as it is."""
    bench = Bench(sandbox, api=UNTHROTTLED)
    bench.up_to("deployment")
    yield bench
    bench.clean()


@pytest.fixture
def whole(standing):
    """Everything before the smoke test is there, and stays."""
    lab = standing.lab
    standing.lab = replace(lab, aws=replace(lab.aws))
    standing.calls.clear()
    standing.said.clear()
    yield standing
    standing.lab = lab


@pytest.fixture
def own(make_bench):
    """The same, for a test that breaks it."""
    bench = make_bench(api=UNTHROTTLED)
    bench.up_to("deployment")
    bench.calls.clear()
    return bench


def upload(bench, tmp_path, text):
    """Another code, behind everybody's back."""
    bench.lab.source = tmp_path / "lambda_function.py"
    bench.lab.source.write_text(text)
    bench.step("function").up()
    bench.calls.clear()


def items(bench):
    return bench.lab.aws.dynamodb.scan(TableName=bench.lab.table_name)["Items"]


@dataclass
class Reply:
    """An answer of the invoke URL."""

    status_code: int
    content: bytes

    @property
    def text(self):
        return self.content.decode()


class Door:
    """The invoke URL's HTTP session: answers `instead` for as long as there are some, then lets requests through.

    `instead` holds (status, body) or an error to raise; `when` picks the requests that are meant.
    """

    def __init__(self, session, instead, when):
        self.session, self.instead, self.when, self.requests = session, list(instead), when, []

    def send(self, request):
        envelope = json.loads(request.body)
        self.requests.append(envelope)
        if not self.instead or not self.when(envelope):
            return self.session.send(request)
        answer = self.instead.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Reply(answer[0], json.dumps(answer[1]).encode())


def at_door(bench, *instead, when=lambda envelope: True):
    """Puts a Door before the API; time passes only by waiting."""
    bench.lab.clock = FakeClock()
    doors, made = [], bench.lab.aws.http_session

    def http_session(*arguments, **options):
        doors.append(Door(made(*arguments, **options), instead, when))
        return doors[-1]

    bench.lab.aws.http_session = http_session
    return doors


def asks_for(operation):
    return lambda envelope: envelope["operation"] == operation


# Step 4


def test_the_echo_test_passes_and_writes_nothing(whole):
    outcome = whole.step("echo").up()
    assert (outcome.outcome, outcome.name) == ("passed", whole.lab.function_name)
    assert whole.calls == ["Invoke"]


def test_the_echo_is_the_documented_one():
    assert ECHO == {"operation": "echo", "payload": {"somekey1": "somevalue1", "somekey2": "somevalue2"}}


def test_a_function_that_answers_something_else_fails_the_echo_test(own, tmp_path):
    upload(own, tmp_path, ROUTER)
    with pytest.raises(StepError) as error:
        own.step("echo").up()
    assert str(error.value) == (
        f"{own.lab.function_name} answered {{}} to echo, not what was sent: "
        '{"somekey1": "somevalue1", "somekey2": "somevalue2"}. Look at `echo` in lambda_function.py'
    )


def test_a_function_that_hands_back_the_whole_event_fails_the_echo_test(own, tmp_path):
    upload(own, tmp_path, "def lambda_handler(event, context):\n    return event\n")
    with pytest.raises(StepError, match="not what was sent"):
        own.step("echo").up()


def test_a_function_that_raises_fails_the_echo_test_with_what_it_raised(own, tmp_path):
    upload(own, tmp_path, "def lambda_handler(event, context):\n    raise RuntimeError('out of order')\n")
    with pytest.raises(StepError) as error:
        own.step("echo").up()
    assert str(error.value) == (
        f'{own.lab.function_name} failed on echo: "out of order" (RuntimeError). '
        f"Its log tells more: {own.lab.log_group_name}"
    )


@pytest.mark.parametrize(
    "code, text, reason",
    [
        ("ResourceConflictException", "state: Pending", "the function to become Active"),
        (
            "AccessDeniedException",
            "The role defined for the function cannot be assumed by Lambda.",
            "IAM: Lambda cannot assume the role yet",
        ),
        ("TooManyRequestsException", "Rate Exceeded.", "a quota of AWS that the whole account shares"),
    ],
)
def test_what_passes_by_itself_delays_the_echo_test(whole, code, text, reason):
    whole.lab.clock = clock = FakeClock()
    refuse(whole.lab.aws.client("lambda", attempts=1), "Invoke", code, text, status=409, times=3)
    outcome = whole.step("echo").up()
    assert outcome.outcome == "passed"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)


def test_an_echo_whose_answer_is_lost_is_asked_for_again(whole):
    whole.lab.clock = clock = FakeClock()
    lost = lose_answer(whole.lab.aws.client("lambda", attempts=1), "Invoke", times=2)
    outcome = whole.step("echo").up()
    assert (len(lost), outcome.outcome) == (2, "passed")
    assert outcome.notes == (f"waited {clock.now:.1f} s for Lambda to answer the echo test",)


@pytest.mark.parametrize(
    "code, text",
    [
        ("AccessDeniedException", "you may not invoke"),
        ("ResourceConflictException", "another conflict"),
        ("KMSAccessDeniedException", "Lambda was unable to decrypt the environment variables"),
    ],
)
def test_any_other_refusal_fails_the_echo_test_at_once(whole, code, text):
    whole.lab.clock = clock = FakeClock()
    refuse(whole.lab.aws.client("lambda", attempts=1), "Invoke", code, text)
    with pytest.raises(ClientError, match=text):
        whole.step("echo").up()
    assert clock.sleeps == []


# Step 8


def test_the_smoke_test_goes_the_whole_way(whole):
    doors = at_door(whole)
    outcome = whole.step("smoke").up()
    assert (outcome.outcome, outcome.name, outcome.notes) == ("passed", "POST /Prod/DynamoDBManager", ())
    operations = [envelope["operation"] for envelope in doors[0].requests]
    assert operations == [
        "ping",
        "ping",
        "ping",
        "create",
        "read",
        "update",
        "list",
        "delete",
        "read",
        "no-such-operation",
        "ping",
    ]
    assert whole.calls == ["GetItem"]
    assert items(whole) == []


def test_the_items_of_others_stay(own):
    own.lab.aws.dynamodb.put_item(TableName=own.lab.table_name, Item={"id": {"S": "theirs"}})
    own.step("smoke").up()
    assert items(own) == [{"id": {"S": "theirs"}}]


def put(bench, key):
    bench.lab.aws.dynamodb.put_item(TableName=bench.lab.table_name, Item={"id": {"S": key}})


def test_what_a_smoke_test_that_was_killed_has_left_is_removed_after_a_while_and_said(own):
    own.lab.clock = clock = FakeClock()
    left = f"smoke-test-{uuid.uuid4()}"
    for key in (left, f"{left}-of-mine", "smoke-test-1"):
        put(own, key)
    outcome = own.step("smoke").up()
    assert outcome.notes == (
        f"deleted the item {left}, which a smoke test that was stopped had left",
        "waited 20.0 s for another smoke test to delete its item",
    )
    assert clock.now == pytest.approx(20)
    assert {item["id"]["S"] for item in items(own)} == {"smoke-test-1", f"{left}-of-mine"}


def test_the_item_of_a_smoke_test_that_is_at_work_is_left_to_it(own):
    theirs = f"smoke-test-{uuid.uuid4()}"
    put(own, theirs)

    class TheirClock(FakeClock):
        def sleep(self, seconds):
            super().sleep(seconds)
            own.lab.aws.dynamodb.delete_item(TableName=own.lab.table_name, Key={"id": {"S": theirs}})

    own.lab.clock = clock = TheirClock()
    assert own.step("smoke").up().notes == (f"waited {clock.now:.1f} s for another smoke test to delete its item",)
    assert len(clock.sleeps) == 1


@pytest.mark.parametrize(
    "key",
    [
        "isbn",
        "number",
    ],
)
def test_any_name_of_the_key_will_do(make_bench, key):
    bench = make_bench(table={"partition_key": key})
    bench.up_to("smoke")


def test_another_method_and_stage_will_do(make_bench):
    bench = make_bench(api={"method": "PUT", "stage": "123", "path": "a.b:c"})
    bench.up_to("smoke")


def test_without_an_api_there_is_nothing_to_call(bench):
    bench.lab.clock = FakeClock()
    with pytest.raises(StepError, match=r"^there is no REST API .*; step 6 makes it\. Another run"):
        bench.step("smoke").up()


@pytest.mark.parametrize(
    "operation, body, told",
    [
        ("ping", "pang", 'ping shows "pang", expected "pong"'),
        ("create", {}, "the table shows null, expected "),
        ("read", {}, "read shows null, expected "),
        ("update", {"Attributes": {"number": 5}}, "update shows "),
        ("list", {"Items": []}, "list shows [], expected "),
        ("delete", {}, "read after delete shows "),
    ],
)
def test_every_answer_is_compared_and_the_item_is_removed_when_one_is_wrong(whole, operation, body, told):
    at_door(whole, (200, body), when=asks_for(operation))
    with pytest.raises(StepError) as error:
        whole.step("smoke").up()
    assert str(error.value).startswith(told)
    assert items(whole) == []


def test_an_item_on_a_later_page_is_not_missed_in_the_list(whole):
    page = {"Items": [], "LastEvaluatedKey": {"id": "x"}}
    at_door(whole, (200, page), when=asks_for("list"))
    assert whole.step("smoke").up().outcome == "passed"


@pytest.mark.parametrize(
    "status, body",
    [
        (400, {"error": {"type": "BadRequest", "message": "no"}}),
        (404, {"error": {"type": "NotFound", "message": "no"}}),
        (403, {"message": "User: anonymous is not authorized to perform: execute-api:Invoke"}),
        (500, {"error": {"type": "Internal", "message": "The function failed."}}),
        (502, "<html>"),
        (504, {"message": "Endpoint request timed out"}),
    ],
)
def test_an_answer_that_does_not_pass_by_itself_fails_at_once_and_is_shown(whole, status, body):
    at_door(whole, (status, body), when=asks_for("read"))
    with pytest.raises(StepError) as error:
        whole.step("smoke").up()
    assert str(error.value) == (
        f"read answered {status} {json.dumps(body)}; the function's log is {whole.lab.log_group_name}"
    )
    assert whole.lab.clock.sleeps == []
    assert items(whole) == []


@pytest.mark.parametrize(
    "answer, reason",
    [
        (
            (403, {"message": "Missing Authentication Token"}),
            "API Gateway to serve the deployment (403 Missing Authentication Token)",
        ),
        ((403, {"message": "Forbidden"}), "API Gateway to serve the deployment (403 Forbidden)"),
        (
            (500, {"message": "Internal server error"}),
            "the invoke permission to reach API Gateway (500 Internal server error)",
        ),
        (
            (403, {"error": {"type": "Forbidden", "message": "the policy does not allow it"}}),
            "IAM: the function's role may not use the table yet",
        ),
        ((429, {"message": "Too Many Requests"}), "the stage's throttle (429)"),
        (ConnectTimeoutError(endpoint_url="https://abc"), "127.0.0.1:"),
    ],
)
@pytest.mark.parametrize("operation", ["ping", "create"])
def test_what_passes_by_itself_is_waited_for_and_said(whole, operation, answer, reason):
    at_door(whole, *[answer] * 3, when=asks_for(operation))
    outcome = whole.step("smoke").up()
    assert outcome.outcome == "passed"
    assert len(whole.lab.clock.sleeps) == 3
    (note,) = outcome.notes
    assert note.startswith(f"waited {whole.lab.clock.now:.1f} s for {reason}")
    assert whole.said[0].startswith(f"waiting for {reason}")
    assert items(whole) == []


def test_old_and_new_answers_may_alternate_after_a_deployment(whole):
    forbidden = (403, {"message": "Forbidden"})
    answers = [forbidden, (200, "pong"), forbidden, (200, "pong"), forbidden]
    doors = at_door(whole, *answers, when=asks_for("ping"))
    whole.step("smoke").up()
    before = [envelope["operation"] for envelope in doors[0].requests]
    assert before.index("create") == 8


def test_what_never_passes_is_given_up_with_where_to_look(whole):
    at_door(whole, *[(403, {"message": "Forbidden"})] * 1000)
    with pytest.raises(StepError) as error:
        whole.step("smoke").up()
    assert str(error.value) == (
        "ping: waited 300 s for API Gateway to serve the deployment (403 Forbidden). Run the same again. "
        f"If it stays: a policy or another setting on the API or on the role {whole.lab.role_name} may forbid it; "
        f"the log is {whole.lab.log_group_name}"
    )


@pytest.mark.parametrize(
    "answer",
    [
        (200, "done"),
        (400, {"message": "Invalid request body"}),
        (500, {"error": {"type": "Internal", "message": "The function failed."}}),
    ],
)
def test_an_unknown_operation_must_be_refused_as_a_bad_request(whole, answer):
    at_door(whole, answer, when=asks_for("no-such-operation"))
    with pytest.raises(StepError, match=f"^an unknown operation must answer 400 BadRequest, not {answer[0]} "):
        whole.step("smoke").up()
    assert items(whole) == []


def test_the_other_spelling_of_the_stage_must_not_answer(whole):
    pings = iter(range(10))
    at_door(whole, (200, "pong"), when=lambda envelope: envelope["operation"] == "ping" and next(pings) == 3)
    with pytest.raises(StepError, match=r"^the stage is Prod, but pROD answers as well"):
        whole.step("smoke").up()


def test_a_function_that_is_broken_fails_the_smoke_test(own, tmp_path):
    upload(own, tmp_path, "def lambda_handler(event, context):\n    raise RuntimeError('secret')\n")
    with pytest.raises(StepError) as error:
        own.step("smoke").up()
    assert str(error.value).startswith('ping answered 500 {"error": {"type": "Internal"')
    assert "secret" not in str(error.value)


def test_a_permission_that_is_missing_is_what_the_smoke_test_waits_for(own):
    own.lab.aws.lambda_.remove_permission(FunctionName=own.lab.function_name, StatementId="apigateway-invoke")
    at_door(own)
    with pytest.raises(StepError, match="waited 300 s for the invoke permission to reach API Gateway"):
        own.step("smoke").up()


# What is shown


def test_long_answers_are_shortened():
    assert shortened("x" * 400) == '"' + "x" * 299 + "..."
    assert shortened({"a": 1}) == '{"a": 1}'


def test_bytes_that_are_no_json_fail_the_echo_test_with_a_clear_text(make_bench, tmp_path):
    bench = make_bench()
    source = tmp_path / "lambda_function.py"
    source.write_text("def lambda_handler(event, context):\n    return b'{'\n")
    bench.lab.source = source
    bench.up_to("function")
    with pytest.raises(StepError, match=r"answered what is no JSON: b'\{'"):
        bench.step("echo").up()
