"""What somebody else may have in the same account: things of our names, and things that lean on ours.

Each is put there for as long as a `with` lasts.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from stack import build
from stack.aws import as_list
from stack.permission import STATEMENT_ID
from stack.role import TRUST
from tests.conftest import Bench
from tests.inventory import snapshot

Put = Callable[[Bench], AbstractContextManager[None]]
Made = Callable[[Bench, str, dict[str, str]], AbstractContextManager[None]]
DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}
)
EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def look(bench: Bench) -> dict[str, Any]:
    """Everything of this prefix as it is, but for the one statement of the function's policy that is ours."""
    seen = snapshot(bench.lab.aws, bench.prefix)
    for thing in seen.values():
        if "statements" in thing:
            thing["statements"] = [each for each in thing["statements"] if each["Sid"] != STATEMENT_ID]
    return seen


def make(bench: Bench) -> list[str]:
    """The whole stack without its checks, and what became of its steps."""
    return [step.up().outcome for step in build(bench.lab) if step.in_teardown]


# Of a name, with these tags


@contextlib.contextmanager
def a_policy(bench: Bench, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    iam = bench.lab.aws.iam
    arn = iam.create_policy(PolicyName=name, PolicyDocument=DOCUMENT, Tags=as_list(tags))["Policy"]["Arn"]
    yield
    iam.delete_policy(PolicyArn=arn)


@contextlib.contextmanager
def a_role(bench: Bench, name: str, tags: Mapping[str, str] = {}, **more: Any) -> Iterator[None]:
    iam = bench.lab.aws.iam
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=as_list(tags), **more)
    yield
    iam.delete_role(RoleName=name)


@contextlib.contextmanager
def a_function(bench: Bench, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    lambda_, role = bench.lab.aws.lambda_, f"{bench.prefix}of-a-function"
    with a_role(bench, role):
        lambda_.create_function(
            FunctionName=name,
            Role=bench.lab.aws.arn("iam", f"role/{role}", region=""),
            Runtime="python3.12",
            Handler="app.handler",
            Code={"ZipFile": EMPTY_ZIP},
            Environment={"Variables": {"LEVEL": "debug"}},
            Tags=tags,
        )
        yield
        lambda_.delete_function(FunctionName=name)


@contextlib.contextmanager
def a_log_group(bench: Bench, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    logs = bench.lab.aws.logs
    logs.create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))
    yield
    logs.delete_log_group(logGroupName=name)


@contextlib.contextmanager
def a_table(bench: Bench, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    dynamodb = bench.lab.aws.dynamodb
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        Tags=as_list(tags),
    )
    dynamodb.put_item(TableName=name, Item={"id": {"S": "precious"}})
    yield
    dynamodb.delete_table(TableName=name)


@contextlib.contextmanager
def an_api(bench: Bench, name: str, tags: Mapping[str, str]) -> Iterator[None]:
    apigateway = bench.lab.aws.apigateway
    made = apigateway.create_rest_api(name=name, tags=tags)
    at = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    apigateway.put_method(**at, authorizationType="NONE")
    apigateway.put_integration(**at, type="MOCK")
    apigateway.create_deployment(restApiId=made["id"], stageName="Prod")
    yield
    apigateway.delete_rest_api(restApiId=made["id"])


@dataclass(frozen=True)
class Occupant:
    """Something of the name of our step `key`, which teardown calls `title`."""

    key: str
    title: str
    put: Made

    def name(self, bench: Bench) -> str:
        return bench.lab.log_group_name if self.title == "Log group" else bench.step(self.key).name


OCCUPANTS = [
    Occupant("policy", "IAM policy", a_policy),
    Occupant("role", "IAM role", a_role),
    Occupant("function", "Lambda function", a_function),
    Occupant("function", "Log group", a_log_group),
    Occupant("table", "DynamoDB table", a_table),
]


# That lean on ours


@contextlib.contextmanager
def a_role_that_holds_our_policy(bench: Bench) -> Iterator[None]:
    iam, name, arn = bench.lab.aws.iam, f"{bench.prefix}bob", bench.lab.policy_arn
    with a_role(bench, name):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        yield
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)


@contextlib.contextmanager
def a_role_bounded_by_our_policy(bench: Bench) -> Iterator[None]:
    with a_role(bench, f"{bench.prefix}bob", PermissionsBoundary=bench.lab.policy_arn):
        yield


@contextlib.contextmanager
def a_user_that_holds_our_policy(bench: Bench) -> Iterator[None]:
    iam, name, arn = bench.lab.aws.iam, f"{bench.prefix}bob", bench.lab.policy_arn
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    yield
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    iam.delete_user(UserName=name)


@contextlib.contextmanager
def a_group_that_holds_our_policy(bench: Bench) -> Iterator[None]:
    iam, name, arn = bench.lab.aws.iam, f"{bench.prefix}staff", bench.lab.policy_arn
    iam.create_group(GroupName=name)
    iam.attach_group_policy(GroupName=name, PolicyArn=arn)
    yield
    iam.detach_group_policy(GroupName=name, PolicyArn=arn)
    iam.delete_group(GroupName=name)


@contextlib.contextmanager
def an_instance_profile_with_our_role(bench: Bench, name: str | None = None) -> Iterator[None]:
    iam, name, role = bench.lab.aws.iam, name or f"{bench.prefix}servers", bench.lab.role_name
    iam.create_instance_profile(InstanceProfileName=name)
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    yield
    if iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]:
        iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
    iam.delete_instance_profile(InstanceProfileName=name)


@contextlib.contextmanager
def a_statement_about_our_function(bench: Bench) -> Iterator[None]:
    lambda_, given = bench.lab.aws.lambda_, {"FunctionName": bench.lab.function_name, "StatementId": "from-a-bucket"}
    lambda_.add_permission(**given, Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    yield
    lambda_.remove_permission(**given)


@contextlib.contextmanager
def a_queue_that_calls_our_function(bench: Bench) -> Iterator[None]:
    aws, name = bench.lab.aws, f"{bench.prefix}queue"
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    mapping = aws.lambda_.create_event_source_mapping(
        FunctionName=bench.lab.function_name, EventSourceArn=aws.arn("sqs", name)
    )
    yield
    aws.lambda_.delete_event_source_mapping(UUID=mapping["UUID"])
    sqs.delete_queue(QueueUrl=url)


@contextlib.contextmanager
def a_usage_plan_for_our_stage(bench: Bench) -> Iterator[None]:
    apigateway = bench.lab.aws.apigateway
    link = {"apiId": bench.step("api").id(), "stage": bench.lab.config.api.stage}
    made = apigateway.create_usage_plan(name=f"{bench.prefix}customers", apiStages=[link])
    yield
    unlink = [{"op": "remove", "path": "/apiStages", "value": f"{link['apiId']}:{link['stage']}"}]
    apigateway.update_usage_plan(usagePlanId=made["id"], patchOperations=unlink)
    apigateway.delete_usage_plan(usagePlanId=made["id"])
