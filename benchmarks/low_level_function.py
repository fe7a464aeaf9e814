"""The least that a read takes with a client, which wants and gives {"S": "text"} where a resource has "text"."""

import boto3
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

DYNAMODB = boto3.client("dynamodb")
TO_DYNAMODB, FROM_DYNAMODB = TypeSerializer().serialize, TypeDeserializer().deserialize


def lambda_handler(event, context):
    key = {name: TO_DYNAMODB(value) for name, value in event["payload"]["Key"].items()}
    item = DYNAMODB.get_item(TableName=event["tableName"], Key=key).get("Item", {})
    return {name: FROM_DYNAMODB(value) for name, value in item.items()}
