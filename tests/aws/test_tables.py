"""What is not known of DynamoDB, or told differently by two that should know: a failure is an answer, too."""

import pytest

from tests.conformance.cloud import refused

KEY = {"id": {"S": "an item"}}


@pytest.fixture(scope="module")
def table(shared):
    return shared.table()


def test_a_table_that_is_deleting_is_deleted_once_more_without_an_error(cloud):
    """So says DeleteTable's page; AWS's controller for Kubernetes has met ResourceInUseException.

    Source: from experience
    """
    table = cloud.table()
    cloud.dynamodb.delete_table(TableName=table)
    assert cloud.dynamodb.delete_table(TableName=table)["TableDescription"]["TableStatus"] == "DELETING"


def test_a_new_table_is_described_at_once(cloud):
    """DescribeTable's page says that it may not be; the sandbox describes it.

    Source: from experience
    """
    name = cloud.name()
    cloud.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cloud.later(cloud.dynamodb.delete_table, TableName=name)
    assert cloud.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "CREATING"


def test_a_page_with_all_the_items_that_its_limit_allows_is_the_last(shared, table):
    """Source: from experience"""
    shared.dynamodb.put_item(TableName=table, Item=KEY)
    page = shared.dynamodb.scan(TableName=table, Limit=1, ConsistentRead=True)
    assert page["Count"] == 1
    assert "LastEvaluatedKey" not in page


def test_a_number_in_a_value_of_an_expression_is_refused_under_its_name(shared, table):
    """Source: from experience"""
    text = "The parameter cannot be converted to a numeric value: one for key :x"
    envelope = "1 validation error detected: ExpressionAttributeValues contains invalid value: "
    with refused(400, "ValidationException", envelope + text):
        shared.dynamodb.update_item(
            TableName=table, Key=KEY, UpdateExpression="SET v = :x", ExpressionAttributeValues={":x": {"N": "one"}}
        )


def test_a_sum_of_more_than_38_digits_is_refused(shared, table):
    """Source: from experience"""
    shared.dynamodb.put_item(TableName=table, Item={**KEY, "v": {"N": "1E+40"}})
    with refused(400, "ValidationException", "Attempting to store more than 38 significant digits in a Number"):
        shared.dynamodb.update_item(
            TableName=table, Key=KEY, UpdateExpression="ADD v :x", ExpressionAttributeValues={":x": {"N": "1"}}
        )
