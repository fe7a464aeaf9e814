"""3.5 DynamoDB items."""

from concurrent.futures import ThreadPoolExecutor


def test_a_counter_loses_no_step(cloud):
    """An UpdateItem with ADD is atomic: of many at once, each counts.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
    """
    table = cloud.table()

    def step(_):
        cloud.dynamodb.update_item(
            TableName=table,
            Key={"id": {"S": "counter"}},
            UpdateExpression="ADD steps :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(16) as workers:
        list(workers.map(step, range(160)))
    item = cloud.dynamodb.get_item(TableName=table, Key={"id": {"S": "counter"}}, ConsistentRead=True)["Item"]
    assert item["steps"] == {"N": "160"}
