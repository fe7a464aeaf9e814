"""What an account holds, to compare two runs: the names alone, or everything as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from stack.aws import Aws, or_none

# What differs from run to run, and what changes by itself.
TIMES = {
    "CreateDate",
    "CreationDateTime",
    "LastModified",
    "LastUpdateToPayPerRequestDateTime",
    "UpdateDate",
    "createdDate",
    "creationTime",
    "lastUpdatedDate",
}
IDS = {"PolicyId", "RevisionId", "RoleId", "TableId"}
COUNTERS = {"ResponseMetadata", "RoleLastUsed", "storedBytes", "TableSizeBytes", "ItemCount"}


def inventory(aws: Aws, prefix: str = "") -> list[str]:
    """Everything of this prefix in every service that the lab uses, as "kind name"."""
    return sorted(f"{kind} {name}" for kind, name, _ in things(aws, prefix))


def snapshot(aws: Aws, prefix: str = "", *, masked: bool = False) -> dict[str, Any]:
    """The same with all that AWS tells about each thing, as {"kind name": ...}; an API is "api NAME (ID)".

    `masked` leaves out times and puts API-1, API-1-DEPLOYMENTS-1, ... for the ids that AWS chose, so that two runs of
    one prefix, one after another, compare equal.
    """
    described: dict[str, Any] = {}
    for kind, name, item in things(aws, prefix):
        key = f"{kind} {name} ({item['id']})" if kind == "api" else f"{kind} {name}"
        described[key] = DESCRIBED[kind](aws, item)
    dropped = COUNTERS | (TIMES | IDS if masked else set())
    text = json.dumps(without(described, dropped), default=str)
    return json.loads(with_masked_ids(text, described) if masked else text)


def things(aws: Aws, prefix: str) -> Iterator[tuple[str, str, Any]]:
    """(kind, name, the item of its list) of everything of this prefix, the oldest API first."""
    apis = sorted(listed(aws.apigateway, "get_rest_apis", "items"), key=age)
    tables = listed(aws.dynamodb, "list_tables", "TableNames")
    mappings = listed(aws.lambda_, "list_event_source_mappings", "EventSourceMappings")
    found = {
        "policy": (listed(aws.iam, "list_policies", "Policies", Scope="Local"), "PolicyName"),
        "role": (listed(aws.iam, "list_roles", "Roles"), "RoleName"),
        "function": (listed(aws.lambda_, "list_functions", "Functions"), "FunctionName"),
        "log group": (listed(aws.logs, "describe_log_groups", "logGroups"), "logGroupName"),
        "table": ([{"TableName": name} for name in tables], "TableName"),
        "api": (apis, "name"),
        "usage plan": (listed(aws.apigateway, "get_usage_plans", "items"), "name"),
        "user": (listed(aws.iam, "list_users", "Users"), "UserName"),
        "group": (listed(aws.iam, "list_groups", "Groups"), "GroupName"),
        "instance profile": (listed(aws.iam, "list_instance_profiles", "InstanceProfiles"), "InstanceProfileName"),
        "mapping to": ([{**each, "name": each["FunctionArn"].rpartition(":")[2]} for each in mappings], "name"),
    }
    for kind, (items, named) in found.items():
        for item in items:
            if item[named].removeprefix("/aws/lambda/").startswith(prefix):
                yield kind, item[named], item


def listed(client: Any, call: str, items: str, **arguments: Any) -> list[Any]:
    return [item for page in client.get_paginator(call).paginate(**arguments) for item in page.get(items, [])]


def age(thing: Any) -> tuple[Any, str]:
    return thing["createdDate"], thing["id"]


def policy(aws: Aws, item: Any) -> Any:
    arn = item["Arn"]
    versions = listed(aws.iam, "list_policy_versions", "Versions", PolicyArn=arn)
    holders = {
        kind: listed(aws.iam, "list_entities_for_policy", kind, PolicyArn=arn)
        for kind in ("PolicyGroups", "PolicyUsers", "PolicyRoles")
    }
    return {
        **aws.iam.get_policy(PolicyArn=arn)["Policy"],
        "versions": [aws.iam.get_policy_version(PolicyArn=arn, VersionId=each["VersionId"]) for each in versions],
        "holders": holders,
    }


def role(aws: Aws, item: Any) -> Any:
    iam, name = aws.iam, item["RoleName"]
    inline = listed(iam, "list_role_policies", "PolicyNames", RoleName=name)
    return {
        **iam.get_role(RoleName=name)["Role"],
        "attached": listed(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name),
        "inline": [iam.get_role_policy(RoleName=name, PolicyName=each) for each in inline],
        "profiles": listed(iam, "list_instance_profiles_for_role", "InstanceProfiles", RoleName=name),
    }


def function(aws: Aws, item: Any) -> Any:
    answer = aws.lambda_.get_function(FunctionName=item["FunctionName"])
    resource_policy = or_none(aws.lambda_.get_policy, FunctionName=item["FunctionName"])
    return {
        **answer["Configuration"],
        "tags": answer.get("Tags", {}),
        "reserved": answer.get("Concurrency"),
        "statements": json.loads(resource_policy["Policy"])["Statement"] if resource_policy else [],
    }


def log_group(aws: Aws, item: Any) -> Any:
    arn = item["arn"].removesuffix(":*")
    return {**item, "tags": aws.logs.list_tags_for_resource(resourceArn=arn)["tags"]}


def table(aws: Aws, item: Any) -> Any:
    described = aws.dynamodb.describe_table(TableName=item["TableName"])["Table"]
    return {
        **described,
        "tags": listed(aws.dynamodb, "list_tags_of_resource", "Tags", ResourceArn=described["TableArn"]),
        "items": sorted(listed(aws.dynamodb, "scan", "Items", TableName=item["TableName"]), key=str),
    }


def api(aws: Aws, item: Any) -> Any:
    apigateway, of = aws.apigateway, {"restApiId": item["id"]}
    resources = listed(apigateway, "get_resources", "items", embed=["methods"], **of)
    stages = apigateway.get_stages(**of).get("item", [])
    return {
        **item,
        "resources": sorted(resources, key=lambda each: each["path"]),
        "models": sorted(listed(apigateway, "get_models", "items", **of), key=lambda each: each["name"]),
        "validators": listed(apigateway, "get_request_validators", "items", **of),
        "deployments": sorted(listed(apigateway, "get_deployments", "items", **of), key=age),
        "stages": sorted(stages, key=lambda each: each["stageName"]),
        "gateway responses": listed(apigateway, "get_gateway_responses", "items", **of),
    }


def user(aws: Aws, item: Any) -> Any:
    return {**item, "attached": aws.iam.list_attached_user_policies(UserName=item["UserName"])["AttachedPolicies"]}


def group(aws: Aws, item: Any) -> Any:
    return {**item, "attached": aws.iam.list_attached_group_policies(GroupName=item["GroupName"])["AttachedPolicies"]}


def as_listed(aws: Aws, item: Any) -> Any:
    return item


DESCRIBED = {
    "policy": policy,
    "role": role,
    "function": function,
    "log group": log_group,
    "table": table,
    "api": api,
    "usage plan": as_listed,
    "user": user,
    "group": group,
    "instance profile": as_listed,
    "mapping to": as_listed,
}


def without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(each, keys) for key, each in value.items() if key not in keys}
    return [without(each, keys) for each in value] if isinstance(value, list) else value


def with_masked_ids(text: str, described: dict[str, Any]) -> str:
    """The ids that API Gateway chose, replaced wherever they are named."""
    apis = [found for key, found in described.items() if key.startswith("api ")]
    for number, found in enumerate(apis, 1):
        text = text.replace(found["id"], f"API-{number}")
        for kind in ("resources", "models", "validators", "deployments"):
            for count, each in enumerate(found[kind], 1):
                text = text.replace(f'"{each["id"]}"', f'"API-{number}-{kind.upper()}-{count}"')
    return text
