import importlib.util

import boto3


def handler(event, context):
    client = boto3.client("dynamodb")
    credentials = boto3.Session().get_credentials()
    return {
        "endpoint": client.meta.endpoint_url,
        "region": client.meta.region_name,
        "credentials": [credentials.access_key, credentials.secret_key, credentials.token],
        "found": [name for name in ("stack", "sandbox", "runtime", "loop") if importlib.util.find_spec(name)],
    }
