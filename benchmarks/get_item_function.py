"""The least that a read takes with a resource."""

import boto3

TABLE = boto3.resource("dynamodb").Table("lambda-apigateway")


def lambda_handler(event, context):
    return TABLE.get_item(**event["payload"]).get("Item")
