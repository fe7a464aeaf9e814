"""What boto3 and a thread pool do at best: the same resources, as few calls as will do, and nothing is checked.

    python -m benchmarks.plain_boto3 first|unchanged|changed|teardown

Nothing is compared, tested or told, nothing of others is respected, and what fails stays half made. It is what
`benchmarks.provision` compares the lab with, run in the same way.
"""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

NAME = "plain-boto3"
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
RIGHTS = {"Effect": "Allow", "Action": ["dynamodb:*Item", "dynamodb:Scan", "logs:*"], "Resource": "*"}
LOG_GROUP = f"/aws/lambda/{NAME}"
THREADS = 6
POLL_SECONDS = 0.2

iam = boto3.client("iam")
lambda_ = boto3.client("lambda")
dynamodb = boto3.client("dynamodb")
apigateway = boto3.client("apigateway")
logs = boto3.client("logs")
pool = ThreadPoolExecutor(THREADS)


def together(*calls: Callable[[], Any]) -> list[Any]:
    """What each of them returns; the first runs in this thread."""
    first, *others = calls
    started: list[Future[Any]] = [pool.submit(call) for call in others]
    return [first(), *(future.result() for future in started)]


def poll(call: Callable[[], Any], is_done: Callable[[Any], bool]) -> None:
    while not is_done(call()):
        time.sleep(POLL_SECONDS)


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.write(Path("lambda_function.py"), "lambda_function.py")
    return buffer.getvalue()


def first() -> None:
    policy, role, api, *_ = together(
        lambda: iam.create_policy(PolicyName=NAME, PolicyDocument=document(RIGHTS)),
        lambda: iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document(TRUST)),
        lambda: apigateway.create_rest_api(name=NAME, endpointConfiguration={"types": ["REGIONAL"]}),
        lambda: dynamodb.create_table(
            TableName=NAME,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        ),
        lambda: logs.create_log_group(logGroupName=LOG_GROUP),
    )
    account = role["Role"]["Arn"].split(":")[4]
    function_arn = f"arn:aws:lambda:us-east-1:{account}:function:{NAME}"
    together(
        lambda: make_function(role["Role"]["Arn"], account, api["id"]),
        lambda: make_stage(api["id"], function_arn),
        lambda: iam.attach_role_policy(RoleName=NAME, PolicyArn=policy["Policy"]["Arn"]),
        lambda: logs.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=7),
        lambda: poll(
            lambda: dynamodb.describe_table(TableName=NAME), lambda answer: answer["Table"]["TableStatus"] == "ACTIVE"
        ),
    )


def make_function(role_arn: str, account: str, api_id: str) -> None:
    while True:
        try:
            lambda_.create_function(
                FunctionName=NAME,
                Role=role_arn,
                Runtime="python3.13",
                Handler="lambda_function.lambda_handler",
                Code={"ZipFile": code()},
                Architectures=["arm64"],
                MemorySize=512,
                Timeout=10,
            )
            break
        except ClientError as error:
            if "cannot be assumed" not in str(error):
                raise
        time.sleep(POLL_SECONDS)
    together(
        lambda: lambda_.add_permission(
            FunctionName=NAME,
            StatementId="apigateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{account}:{api_id}/Prod/POST/DynamoDBManager",
        ),
        lambda: poll(
            lambda: lambda_.get_function(FunctionName=NAME),
            lambda answer: answer["Configuration"]["State"] == "Active",
        ),
    )


def make_stage(api_id: str, function_arn: str) -> None:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    response = {"description": "an answer"}
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": {"default": {"statusCode": "200"}}}
    method = {"responses": {"200": response}, "x-amazon-apigateway-integration": integration}
    definition = {
        "openapi": "3.0.1",
        "info": {"title": NAME, "version": "1", "description": NAME},
        "paths": {"/DynamoDBManager": {"post": method}},
    }
    apigateway.put_rest_api(restApiId=api_id, mode="overwrite", body=json.dumps(definition))
    apigateway.create_deployment(restApiId=api_id, stageName="Prod")
    throttle: Any = [
        {"op": "replace", "path": f"/*/*/throttling/{limit}", "value": value}
        for limit, value in (("rateLimit", "10"), ("burstLimit", "20"))
    ]
    apigateway.update_stage(restApiId=api_id, stageName="Prod", patchOperations=throttle)


def api_id() -> str:
    pages = apigateway.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 500})
    return next(str(api["id"]) for page in pages for api in page["items"] if api["name"] == NAME)


def unchanged() -> None:
    """A look at each, as who would compare them takes one."""
    together(
        lambda: apigateway.get_stages(restApiId=api_id()),
        lambda: iam.get_policy(PolicyArn=policy_arn()),
        lambda: iam.get_role(RoleName=NAME),
        lambda: lambda_.get_function(FunctionName=NAME),
        lambda: dynamodb.describe_table(TableName=NAME),
        lambda: logs.describe_log_groups(logGroupNamePrefix=LOG_GROUP),
    )


def policy_arn() -> str:
    return str(iam.list_attached_role_policies(RoleName=NAME)["AttachedPolicies"][0]["PolicyArn"])


def changed() -> None:
    lambda_.update_function_code(FunctionName=NAME, ZipFile=code())
    poll(
        lambda: lambda_.get_function(FunctionName=NAME),
        lambda answer: answer["Configuration"]["LastUpdateStatus"] == "Successful",
    )


def teardown() -> None:
    together(
        delete_role_and_policy,
        lambda: apigateway.delete_rest_api(restApiId=api_id()),
        lambda: dynamodb.delete_table(TableName=NAME),
        lambda: lambda_.delete_function(FunctionName=NAME),
        lambda: logs.delete_log_group(logGroupName=LOG_GROUP),
    )


def delete_role_and_policy() -> None:
    arn = policy_arn()
    iam.detach_role_policy(RoleName=NAME, PolicyArn=arn)
    together(lambda: iam.delete_role(RoleName=NAME), lambda: iam.delete_policy(PolicyArn=arn))


SCENARIOS = {each.__name__: each for each in (first, unchanged, changed, teardown)}

if __name__ == "__main__":
    SCENARIOS[sys.argv[1]]()
