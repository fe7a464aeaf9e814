"""What policies say of a request."""

import json

import pytest

from sandbox.permissions.evaluation import Asked, Decision, decision

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/lab"
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f"
GET = Asked("dynamodb:GetItem", TABLE)


def policy(*statements, version="2012-10-17"):
    whole = ({"Effect": "Allow", "Action": "*", "Resource": "*", **statement} for statement in statements)
    return json.dumps({"Version": version, "Statement": list(whole)})


def allows(statement, asked=GET):
    return decision([policy(statement)], asked) is Decision.ALLOWED


def meets(operator, wanted, *told, key="aws:Any"):
    """Whether a condition is met by a request whose key has these values."""
    context = {"AWS:any": told} if told else {}
    return allows({"Condition": {operator: {key: wanted}}}, Asked("dynamodb:GetItem", TABLE, context))


def test_what_nothing_allows_is_not_allowed():
    assert decision([], GET) is Decision.NOT_ALLOWED
    assert decision([policy({"Action": "dynamodb:PutItem"})], GET) is Decision.NOT_ALLOWED


def test_a_deny_wins_over_every_allow():
    assert decision([policy({}), policy({"Effect": "Deny"}), policy({})], GET) is Decision.DENIED


def test_a_deny_of_something_else_denies_nothing():
    denied = policy({"Effect": "Deny", "Action": "dynamodb:Scan"})
    assert decision([policy({}), denied], GET) is Decision.ALLOWED


def test_a_single_statement_needs_no_list():
    text = json.dumps({"Statement": {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": TABLE}})
    assert decision([text], GET) is Decision.ALLOWED


@pytest.mark.parametrize("action", ["dynamodb:GetItem", "DYNAMODB:getitem", "dynamodb:Get*", "dynamodb:?etItem", "*"])
def test_an_action_matches_whatever_its_case(action):
    assert allows({"Action": ["s3:*", action]})


@pytest.mark.parametrize("action", ["dynamodb:Get", "dynamodb:GetItem?", "GetItem", "s3:GetItem", "dynamodb.GetItem"])
def test_another_action_does_not_match(action):
    assert not allows({"Action": action})


def test_not_action_is_every_other_one():
    text = json.dumps({"Statement": [{"Effect": "Allow", "NotAction": "dynamodb:Scan", "Resource": "*"}]})
    assert decision([text], GET) is Decision.ALLOWED
    assert decision([text], Asked("dynamodb:Scan", TABLE)) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    "resource",
    [
        TABLE,
        "*",
        "arn:aws:dynamodb:*:*:table/lab",
        "arn:aws:dynamodb:us-*-1:123456789012:table/l?b",
        "arn:aws:dynamodb:us-east-1:123456789012:*",
        "arn:aws:dynamodb:*",
        "arn:aws:dynamodb",
    ],
)
def test_a_resource_matches(resource):
    assert allows({"Resource": ["arn:aws:s3:::bucket", resource]})


@pytest.mark.parametrize(
    "resource",
    [
        TABLE.replace("lab", "Lab"),
        f"{TABLE}/index/*",
        f"{TABLE}?",
        TABLE[:-1],
        "arn:aws:dynamodb:us*1:table/lab",  # a wildcard within a field ends at the colon
        "arn:aws:dynamodb:::table/lab",
        "arn:aws-cn:dynamodb:us-east-1:123456789012:table/lab",
    ],
)
def test_another_resource_does_not_match(resource):
    assert not allows({"Resource": resource})


@pytest.mark.parametrize("resource", ["arn:aws:logs:*:*:*", f"{GROUP}:*", "arn:aws:logs:us-east-1:*:log-group:/aws/*"])
def test_a_wildcard_at_the_end_of_a_field_goes_beyond_the_colon(resource):
    assert allows({"Resource": resource}, Asked("logs:PutLogEvents", f"{GROUP}:log-stream:s"))


def test_a_group_without_a_wildcard_is_not_its_streams():
    assert not allows({"Resource": GROUP}, Asked("logs:PutLogEvents", f"{GROUP}:log-stream:s"))


def test_not_resource_is_every_other_one():
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "NotResource": [TABLE, f"{TABLE}/*"]}]})
    assert decision([text], GET) is Decision.NOT_ALLOWED
    assert decision([text], Asked("dynamodb:GetItem", f"{TABLE}2")) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("operator", "wanted", "told"),
    [
        ("StringEquals", ["a", "b"], "b"),
        ("StringEquals", "a*", "a*"),
        ("StringNotEquals", ["a", "b"], "c"),
        ("StringEqualsIgnoreCase", "ABC", "abc"),
        ("StringNotEqualsIgnoreCase", "ABC", "abd"),
        ("StringLike", "a*c?", "abbcd"),
        ("StringLike", "${*}${?}${$}", "*?$"),
        ("StringNotLike", ["a*", "b*"], "c"),
        ("NumericEquals", "10", "10.0"),
        ("NumericNotEquals", "10", "11"),
        ("NumericLessThan", 10, "9"),
        ("NumericLessThanEquals", "10", "10"),
        ("NumericGreaterThan", "9", "10"),
        ("NumericGreaterThanEquals", "10", "10"),
        ("DateEquals", "2026-11-24T00:00:00Z", "2026-11-24T01:00:00+01:00"),
        ("DateNotEquals", "2026-11-24", "2026-11-25T00:00:00Z"),
        ("DateLessThan", "2026-11-25T00:00:00Z", "2026-11-24T23:59:59Z"),
        ("DateGreaterThan", "1700000000", "2026-11-24T00:00:00Z"),
        ("Bool", "true", "true"),
        ("Bool", True, "true"),
        ("IpAddress", ["10.0.0.0/8", "127.0.0.0/8"], "127.0.0.1"),
        ("IpAddress", "2001:db8::/32", "2001:db8::1"),
        ("NotIpAddress", "10.0.0.0/8", "127.0.0.1"),
        ("ArnEquals", "arn:aws:lambda:*:123456789012:function:f*", "arn:aws:lambda:us-east-1:123456789012:function:f2"),
        ("ArnLike", TABLE, TABLE),
        ("ArnNotLike", "arn:aws:lambda:*:*:*", TABLE),
        ("Null", "false", "there"),
    ],
)
def test_a_condition_is_met(operator, wanted, told):
    assert meets(operator, wanted, told)


@pytest.mark.parametrize(
    ("operator", "wanted", "told"),
    [
        ("StringEquals", "a*", "ab"),
        ("StringEquals", "A", "a"),
        ("StringNotEquals", ["a", "b"], "b"),
        ("StringLike", "a*", "ba"),
        ("NumericEquals", "ten", "10"),
        ("NumericLessThan", "9", "10"),
        ("NumericGreaterThan", "10", "10"),
        ("DateLessThan", "2026-11-24T00:00:00Z", "2026-11-24T00:00:00Z"),
        ("DateEquals", "2026-11-24", "tomorrow"),
        ("Bool", "false", "true"),
        ("IpAddress", "10.0.0.0/8", "127.0.0.1"),
        ("IpAddress", "10.0.0.0/8", "2001:db8::1"),
        ("NotIpAddress", ["10.0.0.0/8", "127.0.0.0/8"], "127.0.0.1"),
        ("ArnLike", "arn:aws:lambda:*:function:f", "arn:aws:lambda:us-east-1:123456789012:function:f"),
        ("ArnEquals", "*", TABLE),
        ("Null", "true", "there"),
        ("StringLookalike", "a", "a"),
    ],
)
def test_a_condition_is_not_met(operator, wanted, told):
    assert not meets(operator, wanted, told)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("StringEquals", False),
        ("StringNotEquals", True),
        ("StringEqualsIfExists", True),
        ("NotIpAddress", True),
        ("ForAllValues:StringEquals", True),
        ("ForAnyValue:StringEquals", False),
        ("ForAnyValue:StringNotEquals", False),
    ],
)
def test_what_a_key_that_is_absent_does(operator, expected):
    assert meets(operator, "a") is expected


def test_null_is_about_a_key_that_is_absent():
    assert meets("Null", "true")
    assert not meets("Null", "false")


def test_if_exists_compares_what_exists():
    assert meets("StringEqualsIfExists", "a", "a")
    assert not meets("StringEqualsIfExists", "a", "b")
    assert not meets("ForAllValues:StringLikeIfExists", "a*", "ab", "b")


@pytest.mark.parametrize(
    ("operator", "told", "expected"),
    [
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", ("c", "d"), False),
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "c"), False),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
    ],
)
def test_many_values_of_one_key(operator, told, expected):
    assert meets(operator, ["a", "b"], *told) is expected


def test_all_keys_of_all_operators_must_be_met():
    asked = Asked("dynamodb:GetItem", TABLE, {"aws:a": ("1",), "aws:b": ("2",)})
    assert allows({"Condition": {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {}}}, asked)
    assert not allows({"Condition": {"StringEquals": {"aws:a": "1", "aws:b": "3"}}}, asked)
    assert not allows({"Condition": {"StringEquals": {"aws:a": "1"}, "StringLike": {"aws:b": "3"}}}, asked)


def test_a_variable_is_the_requests_value():
    own = "arn:aws:dynamodb:us-east-1:123456789012:table/${aws:PrincipalTag/team}"
    tagged = Asked("dynamodb:GetItem", TABLE, {"aws:principaltag/Team": ("lab",)})
    assert allows({"Resource": own}, tagged)
    assert not allows({"Resource": own})
    assert allows({"Resource": own.replace("}", ", 'lab'}")})
    assert allows({"Condition": {"StringEquals": {"aws:PrincipalTag/team": "${AWS:principaltag/TEAM}"}}}, tagged)
    assert not allows({"Condition": {"StringEquals": {"aws:PrincipalTag/team": "${aws:absent}"}}}, tagged)


def test_a_variable_of_several_values_matches_nothing():
    several = Asked("dynamodb:GetItem", TABLE, {"aws:TagKeys": ("lab", "other")})
    own = "arn:aws:dynamodb:us-east-1:123456789012:table/${aws:TagKeys}"
    assert not allows({"Resource": own}, several)
    assert allows({"Resource": own.replace("}", ", 'lab'}")}, several)


def test_a_wildcard_in_a_variables_value_is_no_wildcard():
    starred = Asked("dynamodb:GetItem", TABLE, {"aws:username": ("*",)})
    assert not allows({"Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/${aws:username}"}, starred)
    assert allows({"Condition": {"StringEquals": {"aws:username": "${aws:username}"}}}, starred)


def test_the_first_version_of_the_language_has_no_variables():
    text = policy({"Condition": {"StringEquals": {"aws:username": "${aws:username}"}}}, version="2008-10-17")
    assert decision([text], Asked("dynamodb:GetItem", TABLE, {"aws:username": ("a",)})) is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    ("principal", "who", "expected"),
    [
        ("*", (), True),
        ({"AWS": "*"}, (), True),
        ({"AWS": ["123456789012", "arn:aws:iam::123456789012:role/r"]}, ("arn:aws:iam::123456789012:role/r",), True),
        ({"AWS": "arn:aws:iam::123456789012:role/r"}, (), False),
        ({"Service": "apigateway.amazonaws.com"}, ("apigateway.amazonaws.com",), True),
        ({"Service": "apigateway.amazonaws.com"}, ("events.amazonaws.com",), False),
    ],
)
def test_a_principal_is_who_it_names(principal, who, expected):
    asked = Asked("execute-api:Invoke", TABLE, principals=frozenset(who))
    assert allows({"Principal": principal}, asked) is expected
    assert allows({"NotPrincipal": principal}, asked) is not expected
