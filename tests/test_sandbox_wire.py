"""What is told, in which protocol, of calls that are not imitated, that are no calls, and that nobody signed."""

import http.client
import json
import threading

import pytest
from werkzeug.routing import Rule
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from sandbox import rules, wire
from stack.aws import Aws
from tests.conformance.cloud import Cloud, refused

AS_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
AS_TARGET = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}


@pytest.fixture(scope="module")
def aws(sandbox):
    return Aws.at(sandbox.endpoint_url, "us-east-1")


@pytest.mark.parametrize(
    ("service", "call", "told"),
    [
        ("iam", "list_organizations_features", "IAM's ListOrganizationsFeatures"),
        ("sts", "get_delegated_access_token", "STS's GetDelegatedAccessToken"),
        ("lambda", "get_account_settings", "Lambda's GetAccountSettings"),
        ("dynamodb", "list_global_tables", "DynamoDB's ListGlobalTables"),
        ("logs", "list_log_groups", "CloudWatch Logs's ListLogGroups"),
        ("apigateway", "get_sdk_types", "API Gateway's GetSdkTypes"),
        ("accessanalyzer", "list_analyzers", "access-analyzer's GET /analyzer"),
        ("devicefarm", "list_projects", "Device Farm's ListProjects"),
    ],
)
def test_what_is_not_imitated_is_told_once(aws, service, call, told):
    client = aws.session.client(service, region_name="us-east-1", endpoint_url=aws.endpoint_url)
    arguments = {"TradeInToken": "x"} if service == "sts" else {}
    with refused(501, "NotImplemented", f"The sandbox does not imitate {told}"):
        getattr(client, call)(**arguments)
    with pytest.raises(client.exceptions.ClientError) as error:
        getattr(client, call)(**arguments)
    assert error.value.response["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("statement", ["SELEC * FROM x", "nothing"])
def test_partiql_that_moto_does_not_read_is_not_imitated(aws, statement):
    with refused(501, "NotImplemented", "The sandbox does not imitate DynamoDB's ExecuteStatement"):
        aws.dynamodb.execute_statement(Statement=statement)


def test_the_results_of_no_query_are_not_found(aws):
    with refused(400, "ResourceNotFoundException"):
        aws.logs.get_query_results(queryId="12345678-1234-1234-1234-123456789012")


def test_a_query_names_its_log_groups(aws):
    with refused(400, "InvalidParameterException"):
        aws.logs.start_query(startTime=0, endTime=1, queryString="fields @message")


@pytest.mark.parametrize("empty", ["restApiId", "resourceId"])
def test_a_call_with_an_empty_part_is_none(aws, empty):
    where = {"restApiId": "abc", "resourceId": "def", empty: ""}
    path = "/restapis/{restApiId}/resources/{resourceId}".format(**where)
    text = f"API Gateway has no operation GET {path}: is a parameter in it empty?"
    with refused(404, "UnknownOperationException", text):
        aws.apigateway.get_resource(**where)


@pytest.mark.parametrize(
    ("service", "headers", "body", "named"),
    [
        ("dynamodb", {"X-Amz-Target": "DynamoDB_20120810.Nothing"}, "{}", "DynamoDB_20120810.Nothing"),
        ("logs", {"X-Amz-Target": "Logs_20140328.Nothing"}, "{}", "Logs_20140328.Nothing"),
        ("dynamodb", {}, "{}", "POST /"),
        ("iam", AS_FORM, "Action=Nothing&Version=2010-05-08", "Nothing"),
        ("sts", AS_FORM, "Action=Nothing&Version=2011-06-15", "Nothing"),
    ],
)
def test_a_misspelt_operation_is_none(sandbox, service, headers, body, named):
    scope = {"Authorization": f"AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/{service}/aws4_request"}
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)
    connection.request("POST", "/", body, {**headers, **scope})
    answer = connection.getresponse()
    assert (answer.status, f"has no operation {named}" in answer.read().decode()) == (404, True)
    connection.close()


@pytest.mark.parametrize(("name", "field"), [("my function", "FunctionName"), ("ärger", "FunctionName")])
def test_a_name_that_no_function_may_have_is_refused_as_such(aws, name, field):
    for call in (aws.lambda_.get_function, aws.lambda_.get_policy, aws.lambda_.delete_function):
        with refused(400, "ValidationException"):
            call(**{field: name})


def test_the_name_of_an_alias_is_not_the_urls_to_judge(sandbox):
    cloud = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1"))
    function = cloud.function("def handler(event, context): ...")
    with refused(404, "ResourceNotFoundException"):
        cloud.lambda_.get_alias(FunctionName=function, Name="v1.0")
    cloud.close()


@pytest.mark.parametrize(
    ("headers", "body", "status", "told"),
    [
        ({}, None, 403, "Missing Authentication Token"),
        (AS_TARGET, b"{}", 400, "Request is missing Authentication Token"),
        (AS_FORM, b"Action=GetCallerIdentity", 403, "<Code>MissingAuthenticationToken</Code>"),
    ],
    ids=["REST", "JSON", "query"],
)
def test_who_does_not_sign_is_not_heard(sandbox, headers, body, status, told):
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=30)
    connection.request("POST" if body else "GET", "/", body, headers)
    answer = connection.getresponse()
    assert (answer.status, told in answer.read().decode()) == (status, True)
    connection.close()


@pytest.mark.parametrize("headers", [{}, AS_TARGET])
def test_an_error_of_json_protocols_is_json(headers):
    answer = wire.error(Request(create_environ(headers=headers)), "Code", "less < more", status=500)
    assert json.loads(answer.get_data())["message"] == "less < more"
    assert answer.status_code == 500


def test_an_error_of_the_query_protocol_is_xml():
    request = Request(create_environ(method="POST", data="Action=ListRoles", headers=AS_FORM))
    answer = wire.error(request, "InternalFailure", "less < more & others", status=500)
    assert b"<Message>less &lt; more &amp; others</Message>" in answer.get_data()


def test_a_key_of_nobody_is_the_root_users(sandbox):
    caller = Aws.at(sandbox.endpoint_url, "us-east-1").client("sts").get_caller_identity()
    assert (caller["Account"], caller["Arn"]) == ("123456789012", "arn:aws:iam::123456789012:root")


def test_rules_are_compiled_one_at_a_time(monkeypatch):
    at_work, most, never = [], [0], threading.Event()

    def compile_slowly(rule):
        at_work.append(rule)
        most[0] = max(most[0], len(at_work))
        never.wait(0.01)
        at_work.remove(rule)

    monkeypatch.setattr(rules, "_compile", compile_slowly)
    threads = [threading.Thread(target=Rule(f"/{number}").compile) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
