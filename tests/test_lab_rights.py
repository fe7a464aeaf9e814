"""The rights of the lab's own function: what its policy loses, the function loses, and nothing else."""

import json

import pytest
import urllib3

from tests.conftest import Bench

ITEM = {"id": "1", "name": "Ada"}
CALLS = {
    "create": {"Item": ITEM},
    "read": {"Key": {"id": "1"}},
    "update": {
        "Key": {"id": "1"},
        "UpdateExpression": "SET #n = :n",
        "ExpressionAttributeNames": {"#n": "name"},
        "ExpressionAttributeValues": {":n": "Grace"},
    },
    "list": {},
    "delete": {"Key": {"id": "1"}},
}
FORBIDDEN = 403, "Forbidden"


@pytest.fixture(scope="module")
def whole(sandbox):
    bench = Bench(sandbox)
    bench.up_to("deployment")
    yield bench
    bench.clean()


def post(bench, operation, table=None):
    """Status and answer of the invoke URL."""
    envelope = {"operation": operation, "tableName": table or bench.lab.table_name, "payload": CALLS[operation]}
    pages = bench.lab.aws.apigateway.get_paginator("get_rest_apis").paginate()
    (api,) = [api for page in pages for api in page["items"] if api["name"] == bench.lab.api_name]
    answer = urllib3.request("POST", bench.lab.invoke_url(api["id"]), json=envelope, timeout=30)
    return answer.status, json.loads(answer.data)


def rewrite(bench, change):
    """Another default version of the lab's policy, by hand."""
    lab = bench.lab
    document = bench.step("policy").document()
    change({statement["Sid"]: statement for statement in document["Statement"]})
    lab.aws.iam.create_policy_version(PolicyArn=lab.policy_arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


def test_without_scan_only_list_is_forbidden_until_the_policy_is_repaired(whole):
    assert {operation: post(whole, operation)[0] for operation in CALLS} == dict.fromkeys(CALLS, 200)
    rewrite(whole, lambda statements: statements["Items"]["Action"].remove("dynamodb:Scan"))
    statuses = {operation: post(whole, operation)[0] for operation in CALLS}
    assert statuses == {**dict.fromkeys(CALLS, 200), "list": 403}
    status, answer = post(whole, "list")
    assert (status, answer["error"]["type"]) == FORBIDDEN
    whole.step("policy").up()
    assert post(whole, "list")[0] == 200


def test_another_table_is_forbidden(whole):
    status, answer = post(whole, "read", table="somebody-elses")
    assert (status, answer["error"]["type"]) == FORBIDDEN


def test_without_the_right_to_log_the_function_works_in_silence(whole):
    logs, group = whole.lab.aws.logs, f"/aws/lambda/{whole.lab.function_name}"

    def lines():
        return len(logs.filter_log_events(logGroupName=group)["events"])

    rewrite(whole, lambda statements: statements["LogEvents"].update(Action="logs:CreateLogStream"))
    before = lines()
    assert post(whole, "list")[0] == 200
    assert lines() == before
    whole.step("policy").up()
    assert post(whole, "list")[0] == 200
    assert lines() > before
