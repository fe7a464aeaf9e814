"""1.8 Pages: boto3's own paginators find everything, a few at a time."""

import pytest

from tests.conformance.cloud import refused

PAGE = 2


@pytest.fixture(scope="module")
def made(shared):
    """Three of everything: {what: its three names}, and what they hang on."""
    prefix = shared.name()
    policies = [shared.policy(name=f"{prefix}-{number}") for number in range(3)]
    role, table, api = shared.role(*policies), shared.table(), shared.api()
    groups = [f"/aws/lambda/{prefix}-{number}" for number in range(3)]
    for group in groups:
        shared.logs.create_log_group(logGroupName=group)
        shared.later(shared.logs.delete_log_group, logGroupName=group)
    items = [{"id": {"S": str(number)}} for number in range(3)]
    for item in items:
        shared.dynamodb.put_item(TableName=table, Item=item)
    root = shared.apigateway.get_resources(restApiId=api)["items"][0]["id"]
    for number in range(3):
        shared.apigateway.create_resource(restApiId=api, parentId=root, pathPart=str(number))
    return {
        "prefix": prefix,
        "policies": policies,
        "role": role,
        "groups": groups,
        "table": table,
        "items": items,
        "api": api,
        "paths": ["/", "/0", "/1", "/2"],
    }


def found(client, operation, key, **arguments):
    """Everything under `key` of all pages; none holds more than was asked for, and there is more than one."""
    pages = client.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": PAGE})
    sizes, everything = [], []
    for page in pages:
        sizes.append(len(page.get(key, [])))
        everything += page.get(key, [])
    assert max(sizes) <= PAGE
    assert len(sizes) > 1
    return everything


def test_policies_come_in_pages(shared, made):
    """Source: BC:iam ListPolicies"""
    arns = [policy["Arn"] for policy in found(shared.iam, "list_policies", "Policies", Scope="Local")]
    assert set(made["policies"]) <= set(arns)


def test_roles_come_in_pages(shared, made):
    """Source: BC:iam ListRoles"""
    shared.role()
    shared.role()
    assert made["role"] in [role["RoleName"] for role in found(shared.iam, "list_roles", "Roles")]


def test_what_is_attached_to_a_role_comes_in_pages(shared, made):
    """Source: BC:iam ListAttachedRolePolicies"""
    attached = found(shared.iam, "list_attached_role_policies", "AttachedPolicies", RoleName=made["role"])
    assert sorted(policy["PolicyArn"] for policy in attached) == sorted(made["policies"])


def test_log_groups_come_in_pages(shared, made):
    """Source: BC:logs DescribeLogGroups"""
    prefix = f"/aws/lambda/{made['prefix']}"
    groups = found(shared.logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    assert [group["logGroupName"] for group in groups] == made["groups"]


def test_items_come_in_pages(shared, made):
    """Source: BC:dynamodb Scan"""
    items = found(shared.dynamodb, "scan", "Items", TableName=made["table"])
    assert sorted(item["id"]["S"] for item in items) == ["0", "1", "2"]


def test_tables_come_in_pages(shared, made):
    """Source: BC:dynamodb ListTables"""
    shared.table()
    shared.table()
    assert made["table"] in found(shared.dynamodb, "list_tables", "TableNames")


def test_apis_come_in_pages(shared, made):
    """Source: BC:apigateway GetRestApis"""
    for _ in range(PAGE):
        shared.api()
    assert made["api"] in [api["id"] for api in found(shared.apigateway, "get_rest_apis", "items")]


def test_resources_come_in_pages(shared, made):
    """Source: BC:apigateway GetResources"""
    resources = found(shared.apigateway, "get_resources", "items", restApiId=made["api"])
    assert sorted(resource["path"] for resource in resources) == made["paths"]


def test_models_come_in_pages(shared, made):
    """Source: BC:apigateway GetModels"""
    schema = '{"type": "object"}'
    shared.apigateway.create_model(restApiId=made["api"], name="Mine", contentType="application/json", schema=schema)
    models = found(shared.apigateway, "get_models", "items", restApiId=made["api"])
    assert sorted(model["name"] for model in models) == ["Empty", "Error", "Mine"]


def test_a_marker_is_one_that_was_told(shared):
    """Source: MOTO"""
    with refused(400, "ValidationError", "Invalid Marker."):
        shared.iam.list_roles(Marker="elsewhere")
