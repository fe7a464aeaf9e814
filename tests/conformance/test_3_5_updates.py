"""3.5 What an update expression of DynamoDB writes."""

import pytest

from tests.conformance.cloud import refused

KEY = {"id": {"S": "1"}}
ITEM = {**KEY, "s": {"S": "x"}, "l": {"L": [{"N": "1"}]}, "m": {"M": {"x": {"N": "1"}}}, "n": {"N": "1"}}


@pytest.fixture(scope="module")
def table(shared):
    return shared.table()


def updated(cloud, table, expression):
    """The item afterwards."""
    cloud.dynamodb.put_item(TableName=table, Item=ITEM)
    return cloud.dynamodb.update_item(
        TableName=table,
        Key=KEY,
        UpdateExpression=expression,
        ExpressionAttributeValues={":v": {"N": "2"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]


@pytest.mark.parametrize("path", ["s.x", "l[0].x", "m.x.y", "l[5].x", "m.y.z"])
def test_a_path_leads_through_maps_that_are_there(shared, table, path):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html"""
    with refused(
        400, "ValidationException", "The document path provided in the update expression is invalid for update"
    ):
        updated(shared, table, f"SET {path} = :v")
    assert shared.dynamodb.get_item(TableName=table, Key=KEY, ConsistentRead=True)["Item"] == ITEM


@pytest.mark.parametrize("written", ["(n + :v)", "(n) + (:v)", "( n + :v )"])
def test_what_is_calculated_may_stand_in_parentheses(shared, table, written):
    """Source: from experience"""
    assert updated(shared, table, f"SET n = {written}")["n"] == {"N": "3"}
