"""The invoke URL over real HTTP: what reaches the function, what the gateway answers by itself, and in which words."""

import contextlib
import http.client
import json
import shutil
import subprocess
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import urllib3

from stack.rest_api import RestApi
from tests.conftest import UNTHROTTLED, Bench

JSON, FORM, TEXT = "application/json", "application/x-www-form-urlencoded", "text/plain"
# http.client sends no content type of its own; with None the request goes without
ANY_TYPE = [JSON, FORM, None, TEXT, "Application/JSON; charset=utf-8", "application/vnd.lab+json"]
KEYED_TYPES = [JSON, FORM, None, "Application/JSON; charset=utf-8"]
PING = b'{"operation": "ping"}'
INVALID_BODY = 400, {"message": "Invalid request body"}
BROKEN = 500, {"message": "Internal server error"}
FAILED = 500, {"error": {"type": "Internal", "message": "The function failed. Its log tells why."}}
STATUSES = {"BadRequest": 400, "Forbidden": 403, "NotFound": 404, "Conflict": 409, "Throttled": 429}

# Does what its event says. `echo` is what the fourth step asks of a function.
SCRIPT = """
import base64, os, threading, urllib.request

calls = 0

def lambda_handler(event, context):
    global calls
    calls += 1
    operation = event.get("operation")
    if operation == "echo":
        return event["payload"]
    if operation == "count":
        return calls
    if operation == "raise":
        raise type(event.get("kind", "Exception"), (Exception,), {})(event["message"])
    if operation == "return":
        return event["value"]
    if operation == "grow":
        return "x" * event["size"]
    if operation == "bytes":
        return base64.b64decode(event["value"])
    if operation == "exit":
        os._exit(event["status"])
    if operation == "hang":
        threading.Event().wait()
    if operation == "print":
        print(event["text"])
    if operation == "call the sandbox":
        return urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_sandbox/health").status
    return {"event": event}
"""

CURL = shutil.which("curl")
needs_curl = pytest.mark.skipif(CURL is None, reason="needs curl")


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def told(self):
        """(status, parsed body)"""
        return self.status, json.loads(self.content)


class Door:
    """The invoke URL of a lab that is provisioned up to its deployment."""

    def __init__(self, bench):
        self.bench = bench
        self.lambda_ = bench.lab.aws.lambda_
        self.function = bench.lab.function_name
        bench.up_to("deployment")
        self.api_id = RestApi(bench.lab).id()
        self.url = bench.lab.invoke_url(self.api_id)
        self.path = urlsplit(self.url).path

    def connect(self):
        return contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.bench.sandbox.port, timeout=60))

    def post(self, body=PING, content_type=JSON, path=None, method="POST"):
        with self.connect() as connection:
            connection.request(method, path or self.path, body, {"Content-Type": content_type} if content_type else {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def ask(self, operation, **fields):
        return self.post(json.dumps({"operation": operation, **fields}).encode()).told

    def on_table(self, operation, **payload):
        return self.ask(operation, tableName=self.bench.lab.table_name, payload=payload)

    def calls(self):
        """How often the warm environment was called, this call included; past the gateway."""
        answer = self.lambda_.invoke(FunctionName=self.function, Payload=b'{"operation": "count"}')
        return json.loads(answer["Payload"].read())

    def raises(self, message, **fields):
        return self.ask("raise", message=message, **fields)

    def curl(self, *arguments):
        command = [CURL, "--silent", "--show-error", "--max-time", "60", *arguments, self.url]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)


@pytest.fixture(scope="module")
def door(sandbox):
    """The lab as it is shipped."""
    bench = Bench(sandbox, api=UNTHROTTLED)
    try:
        yield Door(bench)
    finally:
        bench.clean()


@pytest.fixture(scope="module")
def scripted(sandbox, tmp_path_factory):
    """The same lab with a function that does what its event says."""
    bench = Bench(sandbox, api=UNTHROTTLED)
    bench.lab.source = tmp_path_factory.mktemp("source") / "lambda_function.py"
    bench.lab.source.write_text(SCRIPT)
    try:
        yield Door(bench)
    finally:
        bench.clean()


@pytest.fixture
def permissions(scripted):
    """permissions(SourceArn=...) makes this the only statement of the function's policy; without arguments: none."""

    def only(**statement):
        with contextlib.suppress(scripted.lambda_.exceptions.ResourceNotFoundException):
            policy = scripted.lambda_.get_policy(FunctionName=scripted.function)["Policy"]
            for each in json.loads(policy)["Statement"]:
                scripted.lambda_.remove_permission(FunctionName=scripted.function, StatementId=each["Sid"])
        if statement:
            allowed = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
            scripted.lambda_.add_permission(
                FunctionName=scripted.function, StatementId="only", **{**allowed, **statement}
            )

    yield only
    only()
    scripted.bench.step("deployment").up()


@pytest.fixture
def timeout_seconds(scripted):
    """timeout_seconds(1) gives the function no more than that."""

    def configure(seconds):
        scripted.lambda_.update_function_configuration(FunctionName=scripted.function, Timeout=seconds)

    yield configure
    configure(scripted.bench.lab.config.function.timeout_seconds)


# --- what reaches the function -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ANY_TYPE)
def test_the_body_is_the_event_whatever_its_type(scripted, content_type):
    event = {"operation": "event", "tableName": "t", "deep": [1, None, True, {"a": "grün 🍏"}], "headers": {"a": "b"}}
    body = json.dumps(event, ensure_ascii=False).encode()
    assert scripted.post(body, content_type).told == (200, {"event": event})


@pytest.mark.parametrize("body", [b"[1]", b"null", b'"text"', b"5"])
def test_any_json_is_an_event_where_nothing_validates(door, body):
    told = 400, {"error": {"type": "BadRequest", "message": "the request must be a JSON object"}}
    assert door.post(body, TEXT).told == told


def test_no_body_is_an_empty_event(scripted, door):
    assert scripted.post(b"", TEXT).told == (200, {"event": {}})
    status, body = door.post(b"", TEXT).told
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
def test_what_is_not_json_is_not_valid(door, body, content_type):
    assert door.post(body, content_type).told == INVALID_BODY


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
def test_what_does_not_fit_the_model_is_refused(door, body, content_type):
    answer = door.post(body, content_type)
    assert answer.told == INVALID_BODY
    assert answer.headers["x-amzn-ErrorType"] == "BadRequestException"


def test_what_does_not_fit_the_model_never_reaches_the_function(scripted):
    before = scripted.calls()
    assert scripted.post(b'{"operation": 1}').told == INVALID_BODY
    assert scripted.calls() == before + 1


@pytest.mark.parametrize("content_type", [TEXT, "application/xml"])
def test_a_type_without_a_model_is_not_validated(scripted, content_type):
    assert scripted.post(b'{"tableName": 5}', content_type).told == (200, {"event": {"tableName": 5}})


def test_more_than_the_model_names_is_allowed(door):
    assert door.post(b'{"operation": "ping", "more": 1}').told == (200, "pong")


# --- stage, path, method -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("segments", "kind", "message"),
    [
        (("API", "prod", "DynamoDBManager"), "Forbidden", "Forbidden"),
        (("API", "PROD", "DynamoDBManager"), "Forbidden", "Forbidden"),
        (("API", "Test", "DynamoDBManager"), "Forbidden", "Forbidden"),
        (("API", "", "DynamoDBManager"), "Forbidden", "Forbidden"),
        (("API",), "Forbidden", "Forbidden"),
        (("unknown", "Prod", "DynamoDBManager"), "Forbidden", "Forbidden"),
        (("API", "Prod", "dynamodbmanager"), "MissingAuthenticationToken", "Missing Authentication Token"),
        (("API", "Prod", "DynamoDBManager", "more"), "MissingAuthenticationToken", "Missing Authentication Token"),
        (("API", "Prod", "DynamoDB"), "MissingAuthenticationToken", "Missing Authentication Token"),
        (("API", "Prod", ""), "MissingAuthenticationToken", "Missing Authentication Token"),
        (("API", "Prod"), "MissingAuthenticationToken", "Missing Authentication Token"),
    ],
)
def test_what_is_not_there_is_forbidden(door, segments, kind, message):
    path = "/_aws/execute-api/" + "/".join(segments).replace("API", door.api_id)
    answer = door.post(path=path)
    assert answer.told == (403, {"message": message})
    assert answer.headers["x-amzn-ErrorType"] == f"{kind}Exception"


def test_every_answer_carries_a_request_id_of_its_own(door):
    paths = [door.path, door.path, door.path + "/more", door.path.replace("Prod", "prod")]
    ids = {door.post(path=path).headers["x-amzn-RequestId"] for path in paths}
    assert len({uuid.UUID(each) for each in ids}) == len(paths)


# --- the invoke permission -----------------------------------------------------------------------------------------


def test_without_a_permission_the_function_is_not_run(scripted, permissions):
    permissions()
    before = scripted.calls()
    answer = scripted.post()
    assert answer.told == BROKEN
    assert answer.headers["x-amzn-ErrorType"] == "InternalServerErrorException"
    assert scripted.calls() == before + 1


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("/Prod/", "/prod/"),
        ("/Prod/", "/Test/"),
        ("/POST/", "/GET/"),
        ("/DynamoDBManager", "/DynamoDBManager2"),
        ("/DynamoDBManager", ""),
        ("/DynamoDBManager", "/*/*"),
        ("us-east-1", "eu-west-1"),
        ("123456789012", "210987654321"),
        ("execute-api", "apigateway"),
        ("arn:aws:", "arn:aws-cn:"),
    ],
)
def test_a_permission_for_another_source_lets_nobody_in(scripted, permissions, right, wrong):
    arn = scripted.bench.lab.invocation_arn(scripted.api_id)
    assert right in arn
    permissions(SourceArn=arn.replace(right, wrong))
    assert scripted.post().told == BROKEN


def test_a_permission_for_another_api_lets_nobody_in(scripted, permissions):
    permissions(SourceArn=scripted.bench.lab.invocation_arn("anotherapi"))
    assert scripted.post().told == BROKEN


@pytest.mark.parametrize("principal", ["s3.amazonaws.com", "123456789012"])
def test_a_permission_for_another_principal_lets_nobody_in(scripted, permissions, principal):
    permissions(Principal=principal)
    assert scripted.post().told == BROKEN


def test_a_permission_for_another_action_lets_nobody_in(scripted, permissions):
    permissions(Action="lambda:GetFunction")
    assert scripted.post().told == BROKEN


@pytest.mark.parametrize("tail", ["/Prod/POST/DynamoDBManager", "/*/POST/DynamoDBManager", "/*/*/*", "/*"])
def test_a_permission_may_have_stars(scripted, permissions, tail):
    permissions(SourceArn=scripted.bench.lab.invocation_arn(scripted.api_id).rsplit("/", 3)[0] + tail)
    assert scripted.ask("return", value="in") == (200, "in")


@pytest.mark.parametrize(
    "statement", [{"SourceAccount": "123456789012"}, {"Principal": "*"}, {"Action": "lambda:*"}], ids=str
)
def test_a_wider_permission_lets_in_as_well(scripted, permissions, statement):
    permissions(**statement)
    assert scripted.ask("return", value="in") == (200, "in")


def test_a_permission_for_every_action_lets_in(scripted, permissions):
    permissions(Action="*")
    assert scripted.ask("return", value="in") == (200, "in")


def test_a_permission_for_another_account_lets_nobody_in(scripted, permissions):
    permissions(SourceAccount="210987654321")
    assert scripted.post().told == BROKEN


# --- what the function answers -------------------------------------------------------------------------------------


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


def test_the_shipped_function_is_refused_in_its_own_classes(door):
    item = {"id": "only once"}
    assert door.on_table("create", Item=item)[0] == 200
    status, body = door.on_table("create", Item=item, ConditionExpression="attribute_not_exists(id)")
    assert (status, body["error"]["type"]) == (409, "Conflict")
    status, body = door.ask("read", tableName="no-such-table", payload={"Key": item})
    assert (status, body["error"]["type"]) == (403, "Forbidden")  # its policy names its own table only
    status, body = door.on_table("read", Nonsense=item)
    assert (status, body["error"]["type"]) == (400, "BadRequest")
    status, body = door.ask("format the disk")
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
    gone = Door(make_bench())
    gone.lambda_.delete_function(FunctionName=gone.function)
    assert gone.post().told == BROKEN


# --- numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["9.95", "0.1", "-12.5", "1", "12345678901234567890123456789012345678", "-0.1234567890123456"]
)
def test_a_number_comes_back_from_the_table_digit_by_digit(door, number):
    create = {"operation": "create", "tableName": door.bench.lab.table_name}
    key = f"number {number}"
    body = json.dumps(create)[:-1] + f', "payload": {{"Item": {{"id": "{key}", "n": {number}}}}}}}'
    assert door.post(body.encode()).status == 200
    read = {"operation": "read", "tableName": door.bench.lab.table_name, "payload": {"Key": {"id": key}}}
    content = door.post(json.dumps(read).encode()).content
    assert f'"n": {number}' in content.decode()


def test_a_long_answer_comes_through(scripted):
    value = "grün 🍏" * 100_000
    assert scripted.ask("return", value=value) == (200, value)


# --- connections ---------------------------------------------------------------------------------------------------


def test_a_connection_serves_many_requests(door):
    with door.connect() as connection:
        connection.connect()
        socket = connection.sock
        for _ in range(20):
            connection.request("POST", door.path, PING, {"Content-Type": JSON})
            response = connection.getresponse()
            assert (response.status, response.read(), response.version) == (200, b'"pong"', 11)
            assert connection.sock is socket


def test_a_connection_serves_on_after_an_error(door):
    with door.connect() as connection:
        connection.connect()
        socket = connection.sock
        for body, status in ((b"{", 400), (PING, 200), (b"", 400), (PING, 200)):
            connection.request("POST", door.path, body, {"Content-Type": JSON})
            response = connection.getresponse()
            response.read()
            assert (response.status, connection.sock) == (status, socket)


def test_a_body_may_come_in_chunks(scripted):
    with scripted.connect() as connection:
        chunks = iter([b'{"operation": ', b'"event", "a": "', b"x" * 100_000, b'"}'])
        connection.request("POST", scripted.path, chunks, {"Content-Type": JSON}, encode_chunked=True)
        response = connection.getresponse()
        assert (response.status, len(json.loads(response.read())["event"]["a"])) == (200, 100_000)


def test_a_pool_of_urllib3_reuses_its_connection(door):
    with urllib3.PoolManager() as pool:
        answers = [pool.request("POST", door.url, json={"operation": "ping"}) for _ in range(3)]
        assert [answer.json() for answer in answers] == ["pong"] * 3
        assert pool.connection_from_url(door.url).num_connections == 1


@needs_curl
def test_a_plain_curl_works(door):
    assert door.curl("--data", PING.decode()).stdout == '"pong"'


@needs_curl
def test_a_curl_with_a_type_and_a_file_works(door, tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{\n  "operation": "echo",\n  "payload": {"a": "it\'s"}\n}\n')
    told = door.curl("--header", f"Content-Type: {JSON}", "--data", f"@{event}")
    assert json.loads(told.stdout) == {"a": "it's"}


@needs_curl
def test_a_curl_without_data_gets_and_is_refused(door):
    told = door.curl("--write-out", "\n%{http_code}").stdout.splitlines()
    assert (json.loads(told[0]), told[1]) == ({"message": "Missing Authentication Token"}, "403")


@needs_curl
def test_a_client_that_waits_for_100_continue_gets_it(scripted, tmp_path):
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"operation": "event", "a": "x" * 100_000}))
    told = scripted.curl("--verbose", "--header", "Expect: 100-continue", "--data-binary", f"@{event}")
    assert "HTTP/1.1 100 Continue" in told.stderr
    assert len(json.loads(told.stdout)["event"]["a"]) == 100_000


# --- many at once --------------------------------------------------------------------------------------------------


def side_by_side(clients, call):
    """What `call` answered to each of the clients, which all begin at the same moment."""
    barrier = threading.Barrier(clients)

    def one(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(clients)))


def test_what_eight_clients_create_is_all_there(door):
    def create(client):
        return [door.on_table("create", Item={"id": f"client {client} item {item}"})[0] for item in range(10)]

    assert side_by_side(8, create) == [[200] * 10] * 8
    _, page = door.on_table("list", ConsistentRead=True)
    listed = {item["id"] for item in page["Items"]}
    assert listed >= {f"client {client} item {item}" for client in range(8) for item in range(10)}


def test_a_counter_loses_no_step(door):
    key = {"id": "counter"}
    add = {"UpdateExpression": "ADD steps :one", "ExpressionAttributeValues": {":one": 1}}

    def step(client):
        return [door.on_table("update", Key=key, **add)[0] for _ in range(10)]

    assert side_by_side(8, step) == [[200] * 10] * 8
    assert door.on_table("read", Key=key, ConsistentRead=True) == (200, {"Item": {**key, "steps": 80}})


def test_more_callers_than_environments_wait_in_line(door):
    """Twelve functions that call DynamoDB need threads for their own calls, too."""
    answers = side_by_side(12, lambda client: door.on_table("create", Item={"id": f"in line {client}"})[0])
    assert answers == [200] * 12


def test_callers_in_line_leave_threads_for_the_functions_own_calls(scripted, timeout_seconds):
    timeout_seconds(5)
    assert side_by_side(100, lambda _: scripted.ask("call the sandbox")[0]) == [200] * 100


# --- the log -------------------------------------------------------------------------------------------------------


def log_lines(lab, marker):
    """The messages of the one stream that holds the marker."""
    group = lab.log_group_name
    found = lab.aws.logs.filter_log_events(logGroupName=group, filterPattern=f'"{marker}"')["events"]
    stream = found[0]["logStreamName"]
    return [
        event["message"]
        for event in lab.aws.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    ]


def test_what_the_function_prints_is_in_its_log(scripted):
    marker = f"marker-{uuid.uuid4().hex}"
    scripted.ask("print", text=marker)
    lines = log_lines(scripted.bench.lab, marker)
    at = lines.index(marker)
    kinds = [line.split(" ")[0] for line in lines[at - 1 : at + 3]]
    assert kinds == ["START", marker, "END", "REPORT"]
    ids = {lines[at + offset].split()[2] for offset in (-1, 1, 2)}
    assert len(ids) == 1
    assert "Billed Duration: " in lines[at + 2]


def test_why_it_failed_is_in_the_log_and_not_in_the_answer(scripted):
    marker = f"marker-{uuid.uuid4().hex}"
    assert scripted.raises(marker) == FAILED
    assert any(f"[ERROR] Exception: {marker}" in line for line in log_lines(scripted.bench.lab, marker))


def test_the_log_of_one_function_is_not_that_of_another(scripted, door):
    marker = f"marker-{uuid.uuid4().hex}"
    scripted.ask("print", text=marker)
    lab = door.bench.lab
    assert not lab.aws.logs.filter_log_events(logGroupName=lab.log_group_name, filterPattern=f'"{marker}"')["events"]


def test_writing_leaves_the_log_group_as_it_is(scripted):
    lab = scripted.bench.lab
    scripted.ask("print", text="something")
    groups = lab.aws.logs.describe_log_groups(logGroupNamePrefix=lab.log_group_name)["logGroups"]
    tags = lab.aws.logs.list_tags_for_resource(resourceArn=lab.log_group_arn)["tags"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in groups] == [(lab.log_group_name, 7)]
    assert tags == {"stack": lab.config.identity, "managed-by": "lambda-apigateway-lab"}
