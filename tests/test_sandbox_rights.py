"""Sessions of roles and what they may do, as nobody sees it from outside: terms, keys, and what each call needs."""

import json
import uuid
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from sandbox import refusals
from sandbox.gateway.authorization import identify
from sandbox.gateway.responses import Refused
from sandbox.pace import CLOCK, PACES
from sandbox.permissions.evaluation import Asked
from sandbox.permissions.identities import ACCOUNT, SESSION_SECONDS, TERM_SECONDS, Identities, is_session
from sandbox.permissions.needed_rights import needed
from sandbox.permissions.rights import denied, refusal
from sandbox.runtime.functions import described
from tests.conformance.cloud import TRUST

refusals.register()
REGION = "us-east-1"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/t"
INVALID = "The security token included in the request is invalid."


def iam():
    return iam_backends[ACCOUNT]["aws"]


def sts():
    return sts_backends[ACCOUNT]["aws"]


@pytest.fixture
def clock(monkeypatch):
    """Time that stands still until it is moved."""
    clock = SimpleNamespace(now=10.0 * TERM_SECONDS)
    monkeypatch.setattr(CLOCK, "now", lambda: clock.now)
    return clock


@pytest.fixture
def role():
    return made_role(f"r{uuid.uuid4().hex[:8]}")


@pytest.fixture
def identities():
    return Identities()


@pytest.fixture
def function():
    return SimpleNamespace(name="f", arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", region=REGION)


def made_role(name, *statements):
    role = iam().create_role(name, json.dumps(TRUST), "/", None, "", [{"Key": "team", "Value": "red"}], 3600)
    role.policies["inline"] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return role


def grant(role, *statements):
    role.policies["inline"] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def request(target="DynamoDB_20120810.GetItem", sent=None, session=None, service="dynamodb", token=None, **how):
    """(request, scope) as it is signed with the session's key."""
    headers = {"X-Amz-Target": target} if target else {}
    if session:
        headers["X-Amz-Security-Token"] = token or session.token
    if "data" not in how:
        how["data"] = json.dumps(sent if sent is not None else {"TableName": "t", "Key": {"id": {"S": "1"}}})
    built = Request(EnvironBuilder(**{"method": "POST", "headers": headers, **how}).get_environ())
    key = session.assumed.access_key_id if session else "AKIAIOSFODNN7EXAMPLE"
    return built, [key, "20260101", REGION, service, "aws4_request"]


def answered(identities, *args, **kwargs):
    """None, or (status, what the answer holds)."""
    asked, scope = request(*args, **kwargs)
    answer = refusal(asked, identities, scope)
    return answer and (answer.status_code, answer.get_data(as_text=True))


def asked(*args, **kwargs):
    """(action, resource) of everything that a request needs."""
    built, scope = request(*args, **kwargs)
    return [(each.action, each.resource) for each in needed(built, scope[3], REGION)]


# --- sessions ----------------------------------------------------------------------------------------------------


def test_environments_of_one_term_share_a_session(clock, identities, function, role):
    first = identities.session(function, role.arn)
    clock.now += TERM_SECONDS - 1
    assert identities.session(function, role.arn) is first
    clock.now += 1
    assert identities.session(function, role.arn) is not first


def test_with_a_term_the_environments_end(clock):
    found = MagicMock(memory_size=128, timeout=3, environment_vars={})
    first = described(found)
    clock.now += TERM_SECONDS - 1
    assert described(found) == first
    clock.now += 1
    assert described(found) != first


def test_a_session_works_until_it_expires(clock, identities, function, role):
    grant(role, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    session = identities.session(function, role.arn)
    clock.now += TERM_SECONDS
    identities.session(function, role.arn)
    clock.now += SESSION_SECONDS - TERM_SECONDS - 1
    assert answered(identities, session=session) is None
    clock.now += 1
    expired = "The security token included in the request is expired"
    text = json.dumps({"__type": "com.amazon.coral.service#ExpiredTokenException", "message": expired})
    assert answered(identities, session=session) == (400, text)


def test_sessions_that_are_long_over_are_forgotten(clock, identities, function, role):
    before = len(sts().assumed_roles), len(iam().access_keys)
    sessions = []
    for _ in range(20):
        sessions.append(identities.session(function, role.arn))
        clock.now += TERM_SECONDS
    terms = 2 * SESSION_SECONDS // TERM_SECONDS
    assert (len(sts().assumed_roles), len(iam().access_keys)) == (before[0] + terms, before[1] + terms)
    assert answered(identities, session=sessions[0])[0] == 400
    assert INVALID in answered(identities, session=sessions[0])[1]


def test_a_session_ends_with_its_role_also_when_there_is_another_of_that_name(clock, identities, function, role):
    session = identities.session(function, role.arn)
    iam().roles.pop(role.id)
    text = json.dumps({"__type": "com.amazon.coral.service#UnrecognizedClientException", "message": INVALID})
    assert answered(identities, session=session) == (400, text)
    again = made_role(role.name, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    assert answered(identities, session=session) == (400, text)
    young = identities.session(function, again.arn)
    assert answered(identities, session=young) is None


def test_a_function_without_a_role_may_do_nothing(clock, identities, function):
    session = identities.session(function, f"arn:aws:iam::{ACCOUNT}:role/not-there")
    assert INVALID in answered(identities, session=session)[1]
    assert denied(session, Asked("logs:PutLogEvents", "*"))


def test_who_signs_a_call_of_an_api_is_held_to_the_same(clock, identities, function, role):
    session = identities.session(function, role.arn)

    def identified(token=None):
        call = SimpleNamespace(region=REGION, request=request(session=session, token=token)[0])
        return identify(call, session.assumed.access_key_id, identities, Asked("execute-api:Invoke", "*")).name

    assert identified() == session.assumed.arn
    with pytest.raises(Refused, match="INVALID_SIGNATURE"):
        identified("another")
    clock.now += SESSION_SECONDS
    with pytest.raises(Refused, match="EXPIRED_TOKEN"):
        identified()
    iam().roles.pop(role.id)
    with pytest.raises(Refused, match="INVALID_SIGNATURE"):
        identified()


def test_a_token_belongs_to_its_key(clock, identities, function, role):
    grant(role, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    session = identities.session(function, role.arn)
    assert INVALID in answered(identities, session=session, token="another")[1]


def test_the_accounts_own_credentials_may_do_everything(identities):
    assert answered(identities) is None


def test_who_does_not_sign_may_do_nothing(identities):
    assert refusal(request()[0], identities, []).status_code == 400


@pytest.mark.parametrize("key", ["sandbox", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", ""])
def test_another_key_is_no_session(key):
    assert not is_session(key)


def test_a_session_that_sts_makes_is_evaluated_too(identities, role):
    grant(role, {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"})
    assumed = sts().assume_role(REGION, "me", role.arn, "", 3600, "")
    session = identities.find(assumed.access_key_id)
    assert answered(identities, session=session) is None
    assert answered(identities, "DynamoDB_20120810.Scan", session=session)[0] == 400
    assumed.expiration -= timedelta(hours=1)
    assert "ExpiredTokenException" in answered(identities, session=session)[1]


def test_a_session_policy_must_allow_as_well(identities, role):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    grant(role, everything)
    reads = json.dumps({"Version": "2012-10-17", "Statement": [{**everything, "Action": "dynamodb:GetItem"}]})
    session = identities.find(sts().assume_role(REGION, "me", role.arn, reads, 3600, "").access_key_id)
    assert denied(session, Asked("dynamodb:GetItem", TABLE)) is None
    why = "because no session policy allows the dynamodb:Scan action"
    assert str(denied(session, Asked("dynamodb:Scan", TABLE))).endswith(why)


def test_a_boundary_that_is_gone_allows_nothing(identities, function, role):
    grant(role, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    role.permissions_boundary_arn = f"arn:aws:iam::{ACCOUNT}:policy/not-there"
    session = identities.session(function, role.arn)
    assert "no permissions boundary allows" in str(denied(session, Asked("dynamodb:Scan", TABLE)))


def test_a_policy_is_looked_at_as_it_is_now(identities, function, role):
    session = identities.session(function, role.arn)
    assert denied(session, Asked("dynamodb:Scan", TABLE))
    grant(role, {"Effect": "Allow", "Action": "dynamodb:Scan", "Resource": TABLE})
    assert denied(session, Asked("dynamodb:Scan", TABLE)) is None


def test_at_the_pace_of_aws_a_new_version_of_a_policy_is_seen_after_a_while(monkeypatch, identities, function, role):
    def document(action):
        statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    policy = iam().create_policy("", "/", document("dynamodb:Scan"), role.name, [])
    iam().attach_role_policy(policy.arn, role.name)
    iam().create_policy_version(policy.arn, document("dynamodb:Query"), "true")
    session = identities.session(function, role.arn)
    scan = Asked("dynamodb:Scan", TABLE)
    assert denied(session, scan)
    monkeypatch.setattr(CLOCK, "pace", PACES["aws"])
    assert denied(session, scan) is None
    policy.versions[-1].create_date -= timedelta(seconds=PACES["aws"].role_seconds)
    assert denied(session, scan)


@pytest.mark.parametrize(
    "key_and_value",
    [
        {"aws:PrincipalTag/team": "red"},
        {"aws:PrincipalAccount": ACCOUNT},
        {"aws:PrincipalType": "AssumedRole"},
        {"aws:SecureTransport": "true"},
        {"lambda:SourceFunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"},
        {"aws:SourceIp": "127.0.0.1"},
    ],
)
def test_conditions_know_the_caller(identities, function, role, key_and_value):
    allowed = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": key_and_value}}
    grant(role, allowed)
    session = identities.session(function, role.arn)
    assert answered(identities, session=session) is None
    grant(role, {**allowed, "Condition": {"StringNotEquals": key_and_value}})
    assert answered(identities, session=session)[0] == 400


def test_conditions_know_the_time(identities, function, role):
    soon = {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}
    grant(role, {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": soon})
    session = identities.session(function, role.arn)
    assert denied(session, Asked("dynamodb:Scan", TABLE))
    late = {"NumericGreaterThan": {"aws:EpochTime": "1577836800"}, "DateGreaterThan": soon["DateLessThan"]}
    grant(role, {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": late})
    assert denied(session, Asked("dynamodb:Scan", TABLE)) is None


# --- what calls need ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "sent", "expected"),
    [
        ("GetItem", {"TableName": TABLE, "Key": {}}, [("GetItem", TABLE)]),
        ("GetItem", {"TableName": "arn:of:nothing", "Key": {}}, [("GetItem", "arn:of:nothing")]),
        ("Scan", {"TableName": "t", "IndexName": "i"}, [("Scan", f"{TABLE}/index/i")]),
        ("ListTables", {}, [("ListTables", "*")]),
        ("TagResource", {"ResourceArn": TABLE, "Tags": []}, [("TagResource", TABLE)]),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": []}}}, [("BatchGetItem", TABLE)]),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": "t", "Key": {}}}]}, [("GetItem", TABLE)]),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Delete": {"TableName": "t", "Key": {}}}, {"Update": {"TableName": "t", "Key": {}}}]},
            [("DeleteItem", TABLE), ("UpdateItem", TABLE)],
        ),
        ("ExecuteStatement", {"Statement": "select * from t where id='a'"}, [("PartiQLSelect", TABLE)]),
        ("ExecuteStatement", {"Statement": 'SELECT a\nFROM "t"."i"'}, [("PartiQLSelect", f"{TABLE}/index/i")]),
        ("ExecuteStatement", {"Statement": "UPDATE \"t\" SET a=1 WHERE id='a'"}, [("PartiQLUpdate", TABLE)]),
        ("ExecuteStatement", {"Statement": "nonsense"}, [("PartiQLSelect", "*")]),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "DELETE FROM t WHERE id='a'"}, {"Statement": "INSERT INTO t VALUE {}"}]},
            [("PartiQLDelete", TABLE), ("PartiQLInsert", TABLE)],
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "EXISTS(SELECT * FROM t WHERE id='a')"}]},
            [("PartiQLSelect", TABLE)],
        ),
    ],
)
def test_what_a_call_of_dynamodb_needs(operation, sent, expected):
    needs = asked(f"DynamoDB_20120810.{operation}", sent)
    assert needs == [(f"dynamodb:{action}", resource) for action, resource in expected]


@pytest.mark.parametrize(
    ("operation", "sent", "resource"),
    [
        ("CreateLogGroup", {"logGroupName": "g"}, "log-group:g:log-stream:"),
        ("PutLogEvents", {"logGroupName": "g", "logStreamName": "s"}, "log-group:g:log-stream:s"),
        ("DescribeLogGroups", {}, "log-group::log-stream:"),
        ("TagResource", {"resourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:g"}, "log-group:g:log-stream:"),
    ],
)
def test_what_a_call_of_logs_needs(operation, sent, resource):
    needs = asked(f"Logs_20140328.{operation}", sent, service="logs")
    assert needs == [(f"logs:{operation}", f"arn:aws:logs:{REGION}:{ACCOUNT}:{resource}")]


FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"


@pytest.mark.parametrize(
    ("method", "path", "service", "action", "resource"),
    [
        ("POST", "/2015-03-31/functions/f/invocations", "lambda", "lambda:InvokeFunction", FUNCTION),
        ("POST", f"/2015-03-31/functions/{FUNCTION}/invocations", "lambda", "lambda:InvokeFunction", FUNCTION),
        ("GET", "/2015-03-31/functions/f", "lambda", "lambda:GetFunction", FUNCTION),
        ("GET", "/2015-03-31/functions/f/policy", "lambda", "lambda:GetPolicy", FUNCTION),
        ("GET", "/2015-03-31/functions/", "lambda", "lambda:ListFunctions", "*"),
        ("GET", "/restapis/a", "apigateway", "apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/a"),
        ("PUT", "/bucket/key", "s3", "s3:*", "*"),
        ("GET", "/nonsense", "lambda", "lambda:*", "*"),
    ],
)
def test_what_a_call_by_path_needs(method, path, service, action, resource):
    assert asked(None, service=service, method=method, path=path, data=b"") == [(action, resource)]


def test_what_a_call_of_the_query_protocol_needs():
    def sent(**parameters):
        return {"data": parameters, "content_type": "application/x-www-form-urlencoded"}

    assert asked(None, service="iam", **sent(Action="GetRole", RoleName="r")) == [("iam:GetRole", "*")]
    assert asked(None, service="sts", **sent(Action="GetCallerIdentity")) == []
    assert asked(None, service="sts", **sent(Action="AssumeRole", RoleArn="a")) == [("sts:AssumeRole", "a")]


def test_a_refusal_of_the_query_protocol_is_xml_whatever_it_names(identities, function, role):
    form = {"data": {"Action": "<Get>&"}, "content_type": "application/x-www-form-urlencoded"}
    session = identities.session(function, role.arn)
    status, text = answered(identities, target=None, service="iam", session=session, **form)
    assert status == 403
    assert "perform: iam:&lt;Get&gt;&amp; on resource" in text


def test_what_is_not_known_takes_leave_for_all_of_the_service(identities, function, role):
    put = {"target": None, "service": "s3", "method": "PUT", "path": "/bucket/key", "data": b"x"}
    session = identities.session(function, role.arn)
    for actions, status in (("s3:Put*", 403), ("s3:*", None)):
        grant(role, {"Effect": "Allow", "Action": actions, "Resource": "*"})
        answer = answered(identities, session=session, **put)
        assert (answer and answer[0]) == status


def context(operation, **sent):
    built, _ = request(f"DynamoDB_20120810.{operation}", {"TableName": "t", **sent})
    (one,) = needed(built, "dynamodb", REGION)
    return {key.removeprefix("dynamodb:"): values for key, values in one.context.items()}


def test_an_item_of_a_transaction_knows_what_it_is_part_of():
    items = [{"Get": {"TableName": "t", "Key": {"id": {"S": "1"}}}}]
    built, _ = request("DynamoDB_20120810.TransactGetItems", {"TransactItems": items})
    (one,) = needed(built, "dynamodb", REGION)
    assert one.context["dynamodb:EnclosingOperation"] == ("TransactGetItems",)


def test_attributes_are_those_that_the_request_names_at_the_top():
    assert context(
        "UpdateItem",
        Key={"id": {"S": "1"}},
        UpdateExpression="SET #a.b[0] = :v, c = if_not_exists(d, :v) REMOVE e",
        ConditionExpression="attribute_exists(f) AND NOT (g IN (:v, :w))",
        ExpressionAttributeNames={"#a": "a.x"},
    )["Attributes"] == ("a.x", "c", "d", "e", "f", "g", "id")


def test_a_read_without_a_projection_asks_for_all_attributes():
    assert context("GetItem", Key={"id": {"S": "1"}})["Attributes"] == ("*", "id")
    assert context("GetItem", Key={"id": {"S": "1"}}, ProjectionExpression="a, b")["Attributes"] == ("a", "b", "id")
    assert "*" not in context("Scan", Select="COUNT", FilterExpression="a = :a")["Attributes"]


@pytest.mark.parametrize(
    ("sent", "select"),
    [
        ({}, "ALL_ATTRIBUTES"),
        ({"IndexName": "i"}, "ALL_PROJECTED_ATTRIBUTES"),
        ({"ProjectionExpression": "a"}, "SPECIFIC_ATTRIBUTES"),
        ({"Select": "COUNT"}, "COUNT"),
    ],
)
def test_select_is_what_it_comes_to(sent, select):
    assert context("Query", **sent)["Select"] == (select,)


@pytest.mark.parametrize("value", [{}, {"S": "1"}])
def test_a_key_without_a_value_is_left_to_the_service(monkeypatch, value):
    monkeypatch.setattr("sandbox.permissions.dynamodb_rights.partition_key", lambda *_: "id")
    query = {"KeyConditionExpression": "id = :v", "ExpressionAttributeValues": {":v": value}}
    for told in (context("GetItem", Key={"id": value}), context("Query", **query)):
        assert told.get("LeadingKeys", ()) == tuple(value.values())


def test_return_values_are_told_also_when_they_are_not_asked_for():
    assert context("DeleteItem", Key={})["ReturnValues"] == ("NONE",)
    assert context("PutItem", Item={}, ReturnValues="ALL_OLD")["ReturnValues"] == ("ALL_OLD",)
