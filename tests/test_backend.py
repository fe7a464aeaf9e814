"""The faults of tests/backend.py do what they say: a test that relies on one would else be green for nothing."""

import json

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from sandbox.process import Sandbox
from stack.role import TRUST
from tests.backend import INVOKE_URL
from tests.command_lines import called

TABLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def once(faulty):
    """Clients without retries."""
    return lambda service: faulty.lab.aws.client(service, attempts=1)


@pytest.fixture
def table(faulty, once):
    """What makes a table, and its name."""
    name = f"{faulty.prefix}table"
    yield lambda: once("dynamodb").create_table(TableName=name, **TABLE), name
    faulty.lab.aws.dynamodb.delete_table(TableName=name)


def code_of(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_an_undisturbed_provision_goes_through_it_and_every_call_is_named(backend, faulty):
    done = called("provision", faulty)
    assert done.returncode == 0, done.stdout
    assert backend.calls.writing[:3] == ["CreatePolicy", "CreateRole", "AttachRolePolicy"]
    services = {"sts", "iam", "lambda", "dynamodb", "logs", "apigateway", "tagging", ""}
    assert {call.service for call in backend.calls} == services
    assert backend.calls.count(INVOKE_URL) > 5
    assert "" not in backend.calls


def test_calls_are_known_by_their_names_and_the_sandboxs_own_paths_are_none(backend, once):
    assert Sandbox(backend.port).status() is not None
    once("apigateway").get_rest_apis()
    once("lambda").list_functions()
    once("iam").list_roles()
    once("logs").describe_log_groups()
    assert backend.calls == ["GetRestApis", "ListFunctions", "ListRoles", "DescribeLogGroups"]
    assert backend.asked == [
        ("apigateway", "GetRestApis", "GET"),
        ("lambda", "ListFunctions", "GET"),
        ("iam", "ListRoles", "POST"),
        ("logs", "DescribeLogGroups", "POST"),
    ]


@pytest.mark.parametrize(
    ("service", "call", "arguments"),
    [
        ("iam", "get_role", {"RoleName": "nobody"}),
        ("lambda", "get_function", {"FunctionName": "nothing"}),
        ("dynamodb", "describe_table", {"TableName": "nothing"}),
        ("logs", "delete_log_group", {"logGroupName": "nothing"}),
        ("apigateway", "get_rest_api", {"restApiId": "abc"}),
    ],
)
def test_an_error_comes_in_the_protocol_of_its_service(backend, once, service, call, arguments):
    backend.on("*").refuse("SomethingElse", "for once", status=409)
    with pytest.raises(ClientError) as refused:
        getattr(once(service), call)(**arguments)
    told = refused.value.response["Error"]
    assert (told["Code"], told["Message"]) == ("SomethingElse", "for once")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_faults_of_an_operation_come_in_their_order_and_end(backend, once):
    role = {"RoleName": "nobody"}
    first = backend.on("GetRole").refuse("First", times=2)
    backend.on("iam:GetRole").refuse("Second")
    backend.on("lambda:GetRole").refuse("Never")
    codes = [code_of(once("iam").get_role, **role) for _ in range(4)]
    assert codes == ["First", "First", "Second", "NoSuchEntity"]
    assert first.acted == ["GetRole", "GetRole"]


def test_the_nth_call_is_meant(backend, once):
    backend.on("GetRole", nth=3).refuse("Third")
    assert [code_of(once("iam").get_role, RoleName="nobody") for _ in range(4)] == [
        "NoSuchEntity",
        "NoSuchEntity",
        "Third",
        "NoSuchEntity",
    ]


def test_a_lost_answer_and_a_late_error_leave_the_call_done_and_a_lost_request_does_not(backend, faulty, once):
    iam, name = once("iam"), f"{faulty.prefix}role"
    make = {"RoleName": name, "AssumeRolePolicyDocument": json.dumps(TRUST)}
    backend.on("CreateRole").lose_request()
    backend.on("CreateRole").lose_answer()
    backend.on("DeleteRole").fail_afterwards("ServiceFailure")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(**make)
    assert code_of(iam.get_role, RoleName=name) == "NoSuchEntity"
    with pytest.raises(ConnectionClosedError):
        iam.create_role(**make)
    assert iam.get_role(RoleName=name)["Role"]["RoleName"] == name
    assert code_of(iam.delete_role, RoleName=name) == "ServiceFailure"
    assert code_of(iam.get_role, RoleName=name) == "NoSuchEntity"


def test_what_was_just_made_is_missing_for_a_while_and_only_then(backend, once, table):
    make, name = table
    backend.on("DescribeTable", after="CreateTable").missing(times=2)
    assert code_of(once("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"
    make()
    for _ in range(2):
        assert code_of(once("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"
    assert once("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


def test_a_state_is_held_for_so_many_polls_also_when_the_thing_is_gone(backend, faulty, once):
    dynamodb, name = once("dynamodb"), f"{faulty.prefix}table"
    dynamodb.create_table(TableName=name, **TABLE)
    backend.on("DescribeTable").hold("CREATING", polls=2)
    states = [dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] for _ in range(3)]
    dynamodb.delete_table(TableName=name)
    backend.on("DescribeTable").hold("DELETING", polls=1)
    states.append(dynamodb.describe_table(TableName=name)["Table"]["TableStatus"])
    assert states == ["CREATING", "CREATING", "ACTIVE", "DELETING"]
    assert code_of(dynamodb.describe_table, TableName=name) == "ResourceNotFoundException"


def test_reads_can_be_older_than_the_last_write(backend, once, table):
    make, name = table
    assert code_of(once("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"
    make()
    backend.on("DescribeTable").serve_older(times=1)
    assert code_of(once("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"
    assert once("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"


def test_a_quota_is_kept_on_the_backends_clock(backend, once):
    backend.on("GetRole").quota(1, per_seconds=30)
    codes = [code_of(once("iam").get_role, RoleName="nobody") for _ in range(2)]
    backend.clock.sleep(30)
    codes.append(code_of(once("iam").get_role, RoleName="nobody"))
    assert codes == ["NoSuchEntity", "Throttling", "NoSuchEntity"]


def test_a_call_can_be_late_pretended_amended_and_followed_up(backend, once, table):
    make, name = table
    backend.on("CreateTable").pretend({"TableDescription": {}})
    make()
    assert code_of(once("dynamodb").describe_table, TableName=name) == "ResourceNotFoundException"
    done = []
    backend.on("CreateTable").then(lambda: done.append(len(backend.calls)))
    make()
    assert done == [3]
    backend.on("DescribeTable").amend(lambda answer: answer["Table"].update(TableStatus="INACCESSIBLE"))
    assert once("dynamodb").describe_table(TableName=name)["Table"]["TableStatus"] == "INACCESSIBLE"
    backend.on("DescribeTable").delay(7)
    once("dynamodb").describe_table(TableName=name)
    assert backend.clock.sleeps == [7]


def test_an_error_can_last_for_so_long_on_the_backends_clock(backend, once):
    backend.on("GetRole").refuse_for(30, "Throttling")
    codes = []
    for pause in (29, 1, 0):
        codes.append(code_of(once("iam").get_role, RoleName="nobody"))
        backend.clock.sleep(pause)
    assert codes == ["Throttling", "Throttling", "NoSuchEntity"]


def test_pages_can_be_shorter_than_they_were_asked_to_be(backend, faulty, once, behind):
    made = [behind.apigateway.create_rest_api(name=f"{faulty.prefix}{each}")["id"] for each in "123"]
    backend.on("GetRestApis").pages_of(2)
    pages = once("apigateway").get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    sizes = [len(page["items"]) for page in pages]
    assert sum(sizes) >= 3
    assert set(sizes[:-1]) == {2}
    for each in made:
        behind.apigateway.delete_rest_api(restApiId=each)
