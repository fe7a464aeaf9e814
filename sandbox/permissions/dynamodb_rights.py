"""Which rights a call of DynamoDB needs: the action, the table or index, and what conditions may ask of the request.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.utilities.utils import get_partition

from sandbox.permissions.evaluation import Asked
from sandbox.permissions.identities import ACCOUNT

STATEMENT = re.compile(
    r"\s*(?P<verb>SELECT\b.*?\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM|EXISTS\s*\(\s*SELECT\b.*?\bFROM)"
    r'\s+"?(?P<table>[\w.:/-]+?)"?(?:\."(?P<index>[\w.-]+)")?(?=\s|\)|$)',
    re.IGNORECASE | re.DOTALL,
)
NAME = re.compile(r"(?<![\w#:.])(#\w+|[A-Za-z_]\w*)\b(?!\s*\()")
KEYWORDS = {"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "BETWEEN", "IN"}
EXPRESSIONS = [f"{kind}Expression" for kind in ("Projection", "Filter", "KeyCondition", "Update", "Condition")]
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
OTHER_RESOURCES = "TableArn", "ResourceArn", "StreamArn", "BackupArn"
READS = {"GetItem", "BatchGetItem", "Query", "Scan"}


def needed(operation: str, sent: Mapping[str, Any], region: str) -> Iterator[Asked]:
    """Everything that must be allowed, each with its context."""
    if operation in {"BatchGetItem", "BatchWriteItem"}:
        for table, part in sent.get("RequestItems", {}).items():
            requests = [part] if isinstance(part, dict) else [one for each in part for one in each.values()]
            yield asked(operation, {**sent, "TableName": table}, requests, region)
    elif operation in {"TransactGetItems", "TransactWriteItems"}:
        for each in sent.get("TransactItems", []):
            for kind, one in each.items():
                # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
                yield asked(WRITES.get(kind, "GetItem"), one, [one], region, enclosing=operation)
    elif operation in {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}:
        for one in sent.get("Statements") or sent.get("TransactStatements") or [sent]:
            yield partiql(str(one.get("Statement", "")), region)
    else:
        yield asked(operation, sent, [sent], region)


def asked(
    action: str, sent: Mapping[str, Any], requests: Sequence[Mapping[str, Any]], region: str, enclosing: str = ""
) -> Asked:
    """`requests` hold the items, keys and expressions: one, but for batches."""
    resource = next((str(sent[name]) for name in OTHER_RESOURCES if name in sent), "*")
    context: dict[str, tuple[str, ...]] = {}
    if table := sent.get("TableName"):
        index = sent.get("IndexName")
        resource = arn(table, region) + (f"/index/{index}" if index else "")
        values = leading_keys(requests, partition_key(resource, region))
        context |= {
            "dynamodb:LeadingKeys": tuple(values),
            "dynamodb:Attributes": tuple(sorted({name for one in requests for name in attributes(action, one)})),
            "dynamodb:ReturnConsumedCapacity": (sent.get("ReturnConsumedCapacity", "NONE"),),
        }
    if enclosing:
        context["dynamodb:EnclosingOperation"] = (enclosing,)
    if action in {"Query", "Scan"}:
        context["dynamodb:Select"] = (selected(sent),)
    if action in {"PutItem", "UpdateItem", "DeleteItem"}:
        context["dynamodb:ReturnValues"] = (sent.get("ReturnValues", "NONE"),)
    return Asked(f"dynamodb:{action}", resource, {key: values for key, values in context.items() if values})


def partiql(statement: str, region: str) -> Asked:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html"""
    found = STATEMENT.match(statement)
    if found is None:
        return Asked("dynamodb:PartiQLSelect", "*")
    verb = found["verb"].split()[0].split("(")[0].capitalize().replace("Exists", "Select")
    index = f"/index/{found['index']}" if found["index"] else ""
    return Asked(f"dynamodb:PartiQL{verb}", arn(found["table"], region) + index)


def arn(table: str, region: str) -> str:
    """Of a table by its name; its ARN is taken for a name as well."""
    if table.startswith("arn:"):
        return table
    return f"arn:{get_partition(region)}:dynamodb:{region}:{ACCOUNT}:table/{table}"


def partition_key(resource: str, region: str) -> str:
    """The name of a table's or an index's partition key; "" where there is none of that name."""
    name, _, index = resource.partition(":table/")[2].partition("/index/")
    table = dynamodb_backends[ACCOUNT][region].tables.get(name)
    if table is None:
        return ""
    indexes = [*table.indexes, *table.global_indexes]
    schemas = [each.schema for each in indexes if each.name == index] if index else [table.schema]
    return next((str(key["AttributeName"]) for schema in schemas for key in schema if key["KeyType"] == "HASH"), "")


def leading_keys(requests: Iterable[Mapping[str, Any]], key: str) -> Iterator[str]:
    """The partition key's values that the requests name. A Scan names none."""
    for one in requests:
        for item in [one.get("Key", {}), one.get("Item", {}), *one.get("Keys", [])]:
            yield from texts_of(item.get(key, {}))
        names, values = one.get("ExpressionAttributeNames", {}), one.get("ExpressionAttributeValues", {})
        for name, value in re.findall(r"(#?\w+)\s*=\s*(:\w+)", one.get("KeyConditionExpression", "")):
            if names.get(name, name) == key and value in values:
                yield from texts_of(values[value])
        for value in one.get("KeyConditions", {}).get(key, {}).get("AttributeValueList", []):
            yield from texts_of(value)


def texts_of(value: Mapping[str, Any]) -> Iterable[str]:
    """The one of {"S": "text"}, {"N": "1"} or {"B": "base64"}; none of {}, which DynamoDB refuses."""
    return map(str, value.values())


def attributes(action: str, sent: Mapping[str, Any]) -> set[str]:
    """The top-level attributes that a request names; `*` for a read that asks for all."""
    renamed = sent.get("ExpressionAttributeNames", {})
    found = {
        renamed.get(name, name)
        for expression in EXPRESSIONS
        for name in NAME.findall(sent.get(expression, ""))
        if name.upper() not in KEYWORDS
    }
    for element in ("Item", "Key", "AttributesToGet", "AttributeUpdates", "Expected", "KeyConditions", "ScanFilter"):
        found.update(sent.get(element, ()))
    for key in sent.get("Keys", []):
        found.update(key)
    narrow = {"ProjectionExpression", "AttributesToGet"} & set(sent) or sent.get("Select") == "COUNT"
    return found if narrow or action not in READS else {*found, "*"}


def selected(sent: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select"""
    if "Select" in sent:
        return str(sent["Select"])
    if {"ProjectionExpression", "AttributesToGet"} & set(sent):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if "IndexName" in sent else "ALL_ATTRIBUTES"
