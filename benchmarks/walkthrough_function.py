"""What the walkthrough's handler does: in each invocation a resource, a table and the operations, whatever is asked."""

import boto3


def lambda_handler(event, context):
    asked = event["operation"]
    if "tableName" in event:
        table = boto3.resource("dynamodb").Table(event["tableName"])
    operations = {
        "create": lambda payload: table.put_item(**payload),
        "read": lambda payload: table.get_item(**payload),
        "update": lambda payload: table.update_item(**payload),
        "delete": lambda payload: table.delete_item(**payload),
        "list": lambda payload: table.scan(**payload),
        "echo": lambda payload: payload,
        "ping": lambda payload: "pong",
    }
    if asked not in operations:
        raise ValueError(f'Unrecognized operation "{asked}"')
    return operations[asked](event.get("payload"))
