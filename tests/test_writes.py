"""Every call of the lab that writes is one of a list, and all that it names is ours: from real runs, word by word."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient

from stack.permission import STATEMENT_ID
from stack.role import TRUST
from tests.backend import READING
from tests.command_lines import called, config_file
from tests.conftest import Bench
from tests.foreigners import DOCUMENT, an_instance_profile_with_our_role

# Whatever belongs to the whole account is not among them: API Gateway's UpdateAccount least of all.
WRITES = {
    "AddPermission",
    "AttachRolePolicy",
    "CreateDeployment",
    "CreateFunction",
    "CreateLogGroup",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRestApi",
    "CreateRole",
    "CreateStage",
    "CreateTable",
    "DeleteDeployment",
    "DeleteFunction",
    "DeleteLogGroup",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRestApi",
    "DeleteRole",
    "DeleteRolePolicy",
    "DeleteStage",
    "DeleteTable",
    "DetachRolePolicy",
    "PutRestApi",
    "PutRetentionPolicy",
    "RemovePermission",
    "RemoveRoleFromInstanceProfile",
    "TagPolicy",
    "TagResource",
    "TagRole",
    "UpdateAssumeRolePolicy",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "UpdateRestApi",
    "UpdateStage",
    "UpdateTable",
}
EVERYTHING_ELSE = """
tags: {course: serverless}
policy: {scope: any}
function: {runtime: python3.12, memory_mb: 256, timeout_seconds: 5, architecture: x86_64, log_retention_days: 30}
api: {path: Other, method: PUT, stage: Live, throttle: {rate_per_second: 5, burst: 6}}
"""
STAGES, PATHS = ("Prod", "Live"), ("Prod/POST/DynamoDBManager", "Live/PUT/Other")
TARGET = re.compile("(name|arn|id|resource|role)$", re.IGNORECASE)
"""How the parameters are called that say what is written to."""
ARN = re.compile(r'arn:[a-z-]+:[^"\s]+')


@dataclass
class Call:
    operation: str
    given: dict[str, Any]
    answer: dict[str, Any]

    def targets(self) -> list[str]:
        """The values of the parameters that name something."""
        return [value for key, value in leaves(self.given) if TARGET.search(key)]

    def arns(self) -> list[str]:
        """Every ARN in it, also in documents."""
        return ARN.findall(json.dumps(self.given, default=str).replace("\\", ""))


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, text) of every text in it, but for tags."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, name) if name.lower() != "tags" else ()
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, key)
    elif isinstance(value, str):
        yield key, value


@contextlib.contextmanager
def recorded() -> Iterator[list[Call]]:
    """The calls that this process makes of any service."""
    calls: list[Call] = []
    call = BaseClient._make_api_call

    def record(self: BaseClient, operation: str, given: dict[str, Any]) -> Any:
        made = Call(operation, given, {})
        calls.append(made)
        made.answer = call(self, operation, given)
        return made.answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", record)
        yield calls


def of_ours(bench: Bench, calls: list[Call]) -> set[str]:
    """The names, ids and ARNs by which our things go."""
    lab, aws = bench.lab, bench.lab.aws
    apis = {call.answer["id"] for call in calls if call.operation == "CreateRestApi"}
    return {
        *(lab.policy_name, lab.role_name, lab.function_name, lab.table_name, lab.log_group_name, lab.api_name),
        *(lab.policy_arn, lab.role_arn, lab.function_arn, lab.table_arn, lab.log_group_arn),
        *(STATEMENT_ID, lab.config.table.partition_key, "by-hand"),
        *apis,
        *STAGES,
        *(call.answer["id"] for call in calls if call.operation == "CreateDeployment"),
        *(lab.api_arn(api) for api in apis),
        *(f"{lab.api_arn(api)}/stages/{stage}" for api in apis for stage in STAGES),
        *(aws.arn("execute-api", f"{api}/{path}") for api in apis for path in PATHS),
    }


def spoil(bench: Bench) -> None:
    """By hand, what the next run has to mend or to remove."""
    lab, aws = bench.lab, bench.lab.aws
    aws.iam.put_role_policy(RoleName=lab.role_name, PolicyName="by-hand", PolicyDocument=DOCUMENT)
    trust = json.dumps(TRUST).replace("lambda.", "ec2.")
    aws.iam.update_assume_role_policy(RoleName=lab.role_name, PolicyDocument=trust)
    for _ in range(4):
        aws.iam.create_policy_version(PolicyArn=lab.policy_arn, PolicyDocument=DOCUMENT, SetAsDefault=True)
    edge = [{"op": "replace", "path": "/endpointConfiguration/types/REGIONAL", "value": "EDGE"}]
    aws.apigateway.update_rest_api(restApiId=bench.step("api").id(), patchOperations=edge)
    aws.dynamodb.update_table(TableName=lab.table_name, DeletionProtectionEnabled=True)


def test_every_writing_call_names_only_what_is_ours(bench: Bench, tmp_path) -> None:
    changed = ("--config", config_file(tmp_path, EVERYTHING_ELSE))
    with recorded() as calls:
        assert called("provision", bench).returncode == 0
        first = len(calls)
        assert called("provision", bench).returncode == 0
    assert not [call for call in calls[first:] if not call.operation.startswith(READING)]
    spoil(bench)
    with an_instance_profile_with_our_role(bench, bench.lab.role_name), recorded() as later:
        assert called("provision", bench, *changed).returncode == 0
        assert called("teardown", bench, *changed, "--yes").returncode == 0

    writing = [call for call in (*calls, *later) if not call.operation.startswith(READING)]
    ours = of_ours(bench, writing)
    for call in writing:
        assert call.targets(), call
        strange = [name for name in call.targets() if name not in ours and not re.fullmatch(r"v\d+", name)]
        assert strange == [], call
        assert [arn for arn in call.arns() if not is_ours(arn, ours)] == [], call
    assert {call.operation for call in writing} == WRITES


def is_ours(arn: str, ours: set[str]) -> bool:
    """Also as part of a longer one, such as that of an integration or of a log group's streams."""
    return any(
        re.search(rf"(^|/){re.escape(mine)}(/invocations|:\*)?$", arn) for mine in ours if mine.startswith("arn:")
    )
