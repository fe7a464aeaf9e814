"""3.5 Key conditions of DynamoDB's queries."""

import pytest

from tests.conformance.cloud import refused

P, ONE, TEXT, YES = {"S": "p"}, {"N": "1"}, {"S": "1"}, {"BOOL": True}
OPERAND = "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: "
TYPE = "One or more parameter values were invalid: Condition parameter type does not match schema type"
ONCE = "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"
COUNT = "The number of query conditions (3) exceeds the number of key attributes defined in the schema (2)"


@pytest.fixture(scope="module")
def table(shared):
    """Its key: `id`, a String, and `n`, a Number. There are the items 0 to 3 of p."""
    name = shared.table(
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
    )
    for number in range(4):
        shared.dynamodb.put_item(TableName=name, Item={"id": P, "n": {"N": str(number)}})
    return name


def ask(cloud, table, condition, **values):
    given = {f":{name}": value for name, value in values.items()}
    return cloud.dynamodb.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=given)


@pytest.mark.parametrize(
    ("condition", "values", "text"),
    [
        ("id = :p AND begins_with(n, :v)", {"v": ONE}, f"{OPERAND}begins_with, operand type: N"),
        ("id = :p AND begins_with(n, :v)", {"v": TEXT}, TYPE),
        ("id = :p AND n < :v", {"v": YES}, f"{OPERAND}<, operand type: BOOL"),
        ("id = :p AND n BETWEEN :v AND :w", {"v": YES, "w": YES}, f"{OPERAND}BETWEEN, operand type: BOOL"),
        ("id = :p AND n = :v", {"v": YES}, TYPE),
        ("id = :v AND n = :v", {"v": ONE}, TYPE),
        ("id = :p AND n > :v AND n < :w", {"v": ONE, "w": ONE}, ONCE),
        ("id = :p AND n > :v AND other = :v", {"v": ONE}, COUNT),
    ],
)
def test_a_key_condition_is_refused_for(shared, table, condition, values, text):
    """Each attribute of the key is compared once, with a value of its type.

    Source: https://github.com/nubo-db/dynamodb-conformance/tree/main/tests
    """
    with refused(400, "ValidationException", text):
        ask(shared, table, condition, **{**({"p": P} if ":p" in condition else {}), **values})


def test_an_operand_is_looked_at_before_the_table(cloud):
    """Source: https://github.com/nubo-db/dynamodb-conformance/tree/main/tests"""
    with refused(400, "ValidationException", f"{OPERAND}begins_with, operand type: N"):
        ask(cloud, cloud.name(), "id = :p AND begins_with(n, :v)", p=P, v=ONE)


def test_a_key_condition_that_stops_short_is_a_syntax_error(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html"""
    with refused(400, "ValidationException"):
        ask(shared, table, "id = :p AND", p=P)


@pytest.mark.parametrize(
    ("condition", "values", "found"),
    [
        ("id = :p", {}, "0123"),
        ("(id = :p) and (n >= :v)", {"v": ONE}, "123"),
        ("id=:p AND n BETWEEN :v AND :v", {"v": ONE}, "1"),
        ("n < :v AND id = :p", {"v": ONE}, "0"),
    ],
)
def test_a_query_finds_what_its_key_condition_says(shared, table, condition, values, found):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html"""
    assert "".join(item["n"]["N"] for item in ask(shared, table, condition, p=P, **values)["Items"]) == found


def test_a_query_does_not_start_nowhere(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""
    with refused(400, "ValidationException", "The provided starting key is invalid"):
        shared.dynamodb.query(
            TableName=table,
            KeyConditionExpression="id = :p",
            ExpressionAttributeValues={":p": P},
            ExclusiveStartKey={},
        )
