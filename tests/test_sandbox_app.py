"""What the sandbox adds to moto's control plane: the Invoke API, tags by service, a guard at the door."""

import base64
import contextlib
import http.client
import json
import os
import sys
import time
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.process import HEALTH
from sandbox.runtime.log_streams import KEPT_LINES
from stack.rest_api import RestApi
from stack.source import code_zip
from tests.conftest import Bench, until

LIMIT_BYTES = 6_291_456

# Does what its event says. `echo` is what the fourth step asks of a function.
SCRIPT = """
import os

calls = 0

def lambda_handler(event, context):
    global calls
    calls += 1
    operation = event.get("operation") if isinstance(event, dict) else None
    if operation == "echo":
        return event["payload"]
    if operation == "count":
        return calls
    if operation == "raise":
        raise ValueError(event["message"])
    if operation == "print":
        print(event["text"])
    if operation == "pid":
        return os.getpid()
    if operation == "variable":
        return os.environ.get(event["name"])
    if operation == "who":
        import boto3
        client = boto3.client("sts")
        return [client.meta.region_name, client.get_caller_identity()["Arn"]]
    if operation == "size":
        return len(event["text"])
    return event
"""


def once(lab, service):
    """A client without SDK retries."""
    config = Config(retries={"total_max_attempts": 1}, read_timeout=60, proxies={})
    return lab.aws.session.client(
        service, region_name=lab.config.region, endpoint_url=lab.aws.endpoint_url, config=config
    )


class Lambda:
    """A lab's function, called through the Invoke API without SDK retries."""

    def __init__(self, bench, source):
        self.bench = bench
        self.source = bench.lab.source = source
        source.write_text(SCRIPT)
        bench.up_to("function")
        self.name = bench.lab.function_name
        self.client = once(bench.lab, "lambda")

    def invoke(self, payload=None, **options):
        return self.client.invoke(**{"FunctionName": self.name, **({"Payload": payload} if payload else {}), **options})

    def ask(self, operation, **fields):
        answer = self.invoke(json.dumps({"operation": operation, **fields}).encode())
        return json.loads(answer["Payload"].read())

    def upload(self, script):
        self.source.write_text(script)
        return self.client.update_function_code(FunctionName=self.name, ZipFile=code_zip(self.source))


@pytest.fixture(scope="module")
def function(sandbox, tmp_path_factory):
    """One for the tests that leave it as it is."""
    bench = Bench(sandbox)
    try:
        yield Lambda(bench, tmp_path_factory.mktemp("source") / "lambda_function.py")
    finally:
        bench.clean()


@pytest.fixture
def own_function(bench, tmp_path):
    return Lambda(bench, tmp_path / "lambda_function.py")


@contextlib.contextmanager
def refused(code, status):
    """What the body raises is this error of AWS; its message is in `told`."""
    told = []
    with pytest.raises(ClientError) as caught:
        yield told
    response = caught.value.response
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    told.append(response["Error"]["Message"])


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


posix = pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by its id")


# --- the Invoke API ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [{"a": [1, None, "grün 🍏"]}, [1], "text", 5, True, None])
def test_an_answer_is_what_the_function_returned(function, event):
    answer = function.invoke(json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == event
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert "LogResult" not in answer


def test_no_payload_is_an_empty_event(function):
    assert json.loads(function.invoke()["Payload"].read()) == {}


def test_an_answer_carries_the_request_id_of_the_log(function):
    answer = function.invoke(b"{}", LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {answer['ResponseMetadata']['RequestId']} " in log


def test_the_tail_of_the_log_holds_at_most_4_kb(function):
    answer = function.invoke(json.dumps({"operation": "print", "text": "x" * 10_000}).encode(), LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    assert len(log) == 4096
    assert "\nREPORT RequestId: " in log


def test_a_function_that_raises_is_a_function_error(function):
    answer = function.invoke(b'{"operation": "raise", "message": "no apples"}', LogType="Tail")
    told = json.loads(answer["Payload"].read())
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "no apples")
    assert b"[ERROR] ValueError: no apples" in base64.b64decode(answer["LogResult"])


def test_a_dry_run_runs_nothing(function):
    before = function.ask("count")
    answer = function.invoke(b'{"operation": "count"}', InvocationType="DryRun")
    assert (answer["StatusCode"], answer["Payload"].read()) == (204, b"")
    assert function.ask("count") == before + 1


def test_an_asynchronous_event_is_accepted_and_run_later(function):
    lab = function.bench.lab
    marker = f"asynchronous {time.monotonic_ns()}"
    event = json.dumps({"operation": "print", "text": marker}).encode()
    answer = function.invoke(event, InvocationType="Event")
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")

    def logged():
        found = lab.aws.logs.filter_log_events(logGroupName=lab.log_group_name, filterPattern=f'"{marker}"')
        return [each["message"] for each in found["events"]]

    assert until(logged) == [marker]


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
@pytest.mark.parametrize(
    "named", ["no-such-function", "arn:aws:lambda:us-east-1:123456789012:function:no-such-function"]
)
def test_an_unknown_function_is_not_found(function, kind, named):
    with refused("ResourceNotFoundException", 404) as told:
        function.invoke(b"{}", FunctionName=named, InvocationType=kind)
    assert told[0].startswith("Function not found: arn:aws:lambda:us-east-1:123456789012:function:no-such-function")


def test_a_function_is_known_in_its_own_region_only(function):
    elsewhere = once(function.bench.new_lab(region="eu-west-1"), "lambda")
    with refused("ResourceNotFoundException", 404):
        elsewhere.invoke(FunctionName=function.name)


def test_a_function_is_not_reached_from_another_region(function):
    elsewhere = once(function.bench.new_lab(region="eu-west-1"), "lambda")
    with refused("ResourceNotFoundException", 404):
        elsewhere.invoke(FunctionName=function.bench.lab.function_arn)


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
@pytest.mark.parametrize("payload", [b"{", b"{'a': 1}", b"NaN", b"[Infinity]", b'"\xff"', b"{} {}"])
def test_what_is_not_json_is_refused_before_the_function_runs(function, kind, payload):
    before = function.ask("count")
    with refused("InvalidRequestContentException", 400) as told:
        function.invoke(payload, InvocationType=kind)
    assert told[0].startswith("Could not parse request body into json: ")
    assert function.ask("count") == before + 1


def test_an_event_may_be_6291456_bytes_and_not_one_more(function):
    around = len('{"operation": "size", "text": ""}')
    assert function.ask("size", text="x" * (LIMIT_BYTES - around)) == LIMIT_BYTES - around
    with refused("RequestEntityTooLargeException", 413) as told:
        function.ask("size", text="x" * (LIMIT_BYTES - around + 1))
    assert told == [f"Request must be smaller than {LIMIT_BYTES} bytes for the InvokeFunction operation"]


@pytest.mark.parametrize("form", ["{name}", "{arn}", "{name}:$LATEST"])
def test_a_function_has_more_than_one_name(function, form):
    named = form.format(name=function.name, arn=function.bench.lab.function_arn)
    assert function.invoke(b"{}", FunctionName=named)["StatusCode"] == 200


def test_a_function_is_found_by_a_partial_arn(function):
    assert function.invoke(b"{}", FunctionName=f"123456789012:function:{function.name}")["StatusCode"] == 200


def test_half_an_arn_is_refused_as_a_wrong_argument(function):
    with pytest.raises(ClientError) as caught:
        function.invoke(b"{}", FunctionName="arn:aws")
    assert 400 <= caught.value.response["ResponseMetadata"]["HTTPStatusCode"] < 500


def test_an_unknown_version_is_not_found(function):
    with refused("ResourceNotFoundException", 404):
        function.invoke(b"{}", Qualifier="no-such-alias")


def test_an_unknown_invocation_type_is_refused(function):
    with pytest.raises(ClientError) as caught:
        function.invoke(b"{}", InvocationType="Whenever")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


# --- what a function is -----------------------------------------------------------------------------------------


def test_new_code_is_used_at_once(own_function):
    assert own_function.ask("count") == 1
    own_function.upload("def lambda_handler(event, context):\n    return 'new'\n")
    assert own_function.ask("count") == "new"


@posix
@pytest.mark.parametrize("change", ["code", "configuration", "deletion"])
def test_the_environments_of_before_end_with_the_change(own_function, change):
    pid = own_function.ask("pid")
    assert is_alive(pid)
    if change == "code":
        own_function.upload(SCRIPT + "\n")
    elif change == "configuration":
        own_function.client.update_function_configuration(FunctionName=own_function.name, Timeout=9)
    else:
        own_function.client.delete_function(FunctionName=own_function.name)
    assert not is_alive(pid)


def test_of_what_an_environment_logs_the_last_lines_are_kept(own_function):
    own_function.ask("print", text="\n".join(map(str, range(KEPT_LINES))))
    lab = own_function.bench.lab
    pages = lab.aws.logs.get_paginator("filter_log_events").paginate(logGroupName=lab.log_group_name)
    lines = [event["message"] for page in pages for event in page["events"]]
    assert (len(lines), lines[0], lines[-3]) == (KEPT_LINES, "2", str(KEPT_LINES - 1))
    assert lines[-1].startswith("REPORT")


@posix
def test_reading_a_function_keeps_its_environments(own_function):
    pid = own_function.ask("pid")
    own_function.client.get_function(FunctionName=own_function.name)
    own_function.client.list_functions()
    assert own_function.ask("pid") == pid


@posix
def test_a_change_that_is_refused_keeps_the_environments(own_function):
    pid = own_function.ask("pid")
    with refused("PreconditionFailedException", 412):
        own_function.client.update_function_configuration(FunctionName=own_function.name, Timeout=9, RevisionId="old")
    assert own_function.ask("pid") == pid


@posix
def test_removing_a_permission_keeps_the_environments(own_function):
    pid = own_function.ask("pid")
    named = {"FunctionName": own_function.name, "StatementId": "one"}
    own_function.client.add_permission(**named, Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    own_function.client.remove_permission(**named)
    assert own_function.ask("pid") == pid


def test_a_changed_configuration_is_used_at_once(own_function):
    assert own_function.ask("variable", name="COLOUR") is None
    own_function.client.update_function_configuration(
        FunctionName=own_function.name, Environment={"Variables": {"COLOUR": "green"}}
    )
    assert own_function.ask("variable", name="COLOUR") == "green"


def test_a_deleted_function_is_not_found(own_function):
    assert own_function.ask("count") == 1
    own_function.client.delete_function(FunctionName=own_function.name)
    with refused("ResourceNotFoundException", 404):
        own_function.ask("count")


def test_what_is_no_zip_is_refused(own_function):
    with refused("InvalidParameterValueException", 400):
        own_function.client.update_function_code(FunctionName=own_function.name, ZipFile=b"no zip")


@pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("eu-west-1", "aws"), ("cn-north-1", "aws-cn")]
)
def test_a_function_calls_aws_as_its_role_and_in_its_region(make_bench, tmp_path, region, partition):
    made = Lambda(make_bench(region=region), tmp_path / "lambda_function.py")
    lab = made.bench.lab
    arn = f"arn:{partition}:sts::123456789012:assumed-role/{lab.role_name}/{lab.function_name}"
    assert made.ask("who") == [region, arn]
    assert made.ask("variable", name="AWS_REGION") == region


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1"])
def test_the_whole_way_works_in_another_region(make_bench, region):
    bench = make_bench(region=region)
    bench.up_to("smoke")
    lab = bench.lab
    url = lab.invoke_url(RestApi(lab).id())
    item = {"operation": "create", "tableName": lab.table_name, "payload": {"Item": {"id": region}}}
    assert request(bench.sandbox, "POST", urlsplit(url).path, json.dumps(item))[0] == 200
    assert lab.aws.dynamodb.get_item(TableName=lab.table_name, Key={"id": {"S": region}})["Item"]
    found = lab.aws.logs.filter_log_events(logGroupName=lab.log_group_name, filterPattern="REPORT")["events"]
    assert found


# --- tags --------------------------------------------------------------------------------------------------------


def test_the_tags_of_other_services_are_their_own(function):
    lab = function.bench.lab
    function.client.tag_resource(Resource=lab.function_arn, Tags={"more": "tags"})
    assert function.client.list_tags(Resource=lab.function_arn)["Tags"]["more"] == "tags"
    # the same path as API Gateway's
    scheduler = once(lab, "scheduler")
    tags = [{"Key": "a", "Value": "b"}]
    arn = scheduler.create_schedule_group(Name=lab.function_name, Tags=tags)["ScheduleGroupArn"]
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == tags
    scheduler.delete_schedule_group(Name=lab.function_name)


# --- the door ----------------------------------------------------------------------------------------------------


def request(sandbox, method, path, body=None, **headers):
    """(status, text)"""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)) as connection:
        connection.putrequest(method, path, skip_host="Host" in headers)
        for name, value in {**headers, **({"Content-Length": str(len(body))} if body else {})}.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode() if body else None)
        response = connection.getresponse()
        return response.status, response.read().decode()


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example:4599",
        "null",
        "",
        "file://",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost@evil.example",
        "http://notlocalhost",
    ],
)
@pytest.mark.parametrize("path", [HEALTH, "/_sandbox/stop", "/", "/_aws/execute-api/x/Prod/y"])
def test_a_page_from_elsewhere_is_refused(sandbox, origin, path):
    assert request(sandbox, "POST", path, "{}", Origin=origin) == (
        403,
        "the sandbox serves programs on this machine only\n",
    )


def test_an_origin_that_is_none_is_refused(sandbox):
    assert request(sandbox, "GET", HEALTH, Origin="http://[")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4599", "192.0.2.7", "localhost.evil.example", "["])
def test_another_name_for_this_machine_is_refused(sandbox, host):
    assert request(sandbox, "GET", HEALTH, Host=host)[0] == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:8888"},
        {"Origin": "http://[::1]:8888"},
        {"Host": "localhost:4599"},
        {"Host": "LOCALHOST"},
        {"Host": "lab.localhost"},
    ],
    ids=str,
)
def test_a_page_and_a_name_of_this_machine_are_served(sandbox, headers):
    status, text = request(sandbox, "GET", HEALTH, **headers)
    assert (status, json.loads(text)["endpoint"]) == (200, sandbox.endpoint_url)


def test_a_service_that_it_does_not_know_is_an_error_and_no_more(sandbox, function):
    before = sandbox.status()
    unknown = once(function.bench.lab, "braket")
    with pytest.raises(ClientError):
        unknown.search_devices(filters=[])
    for method, path in (
        ("GET", "/favicon.ico"),
        ("POST", "/nothing"),
        ("PUT", "/tags/x"),
        ("GET", "/%00"),
    ):
        assert request(sandbox, method, path)[0] >= 400
    assert sandbox.status() == before
    assert function.ask("size", text="still there") == 11


# --- DynamoDB ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("asked", "told"), [({}, False), ({"ReturnConsumedCapacity": "TOTAL"}, True)])
def test_an_update_tells_of_its_capacity_only_when_asked(bench, asked, told):
    bench.step("table").up()
    answer = bench.lab.aws.dynamodb.update_item(
        TableName=bench.lab.table_name,
        Key={"id": {"S": "1"}},
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": {"N": "1"}},
        **asked,
    )
    assert ("ConsumedCapacity" in answer) == told
