"""The least that a function with a resource starts with."""

import boto3

DYNAMODB = boto3.resource("dynamodb")


def lambda_handler(event, context):
    return "pong"
