"""What the runtime itself takes."""


def lambda_handler(event, context):
    return "pong"
