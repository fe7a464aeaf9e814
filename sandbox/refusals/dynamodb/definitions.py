"""What CreateTable and UpdateTable refuse of a table's definition, whatever is there already."""

from __future__ import annotations

import re
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models.table import Table

from sandbox.refusals.shapes import MISSING, Violation, told

NAME_PATTERN = "[a-zA-Z0-9_.-]+"
INVALID = "One or more parameter values were invalid: "
ON_DEMAND = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
# In the order in which AWS names them: ACK-433
ALONE = {
    "SSESpecification": "Server-Side Encryption modification",
    "TableClass": "TableClass modification",
    "DeletionProtectionEnabled": "DeletionProtection modification",
    "WarmThroughput": "WarmThroughput",
}
CHANGES = {*ALONE, "BillingMode", "ProvisionedThroughput", "StreamSpecification", "GlobalSecondaryIndexUpdates"}
CHANGES |= {"OnDemandThroughput", "ReplicaUpdates"}
NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
    "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)


def refuse_creation(wanted: dict[str, Any]) -> None:
    """The name, the key and the billing of a CreateTable; moto checks the rest of it."""
    refuse_name(wanted["TableName"])
    # https://github.com/architect/dynalite/blob/main/test/createTable.js; the model lets both be missing
    missing = {"attributeDefinitions": "AttributeDefinitions", "keySchema": "KeySchema"}
    absent = [Violation(where, None, MISSING) for where, name in missing.items() if name not in wanted]
    if absent:
        raise MockValidationException(told(absent, with_values=True))
    refuse_key(wanted["KeySchema"], {each["AttributeName"] for each in wanted["AttributeDefinitions"]})
    throughput = wanted.get("ProvisionedThroughput")
    if wanted.get("BillingMode") == "PAY_PER_REQUEST" and throughput:  # LS:dynamodb test_dynamodb_pay_per_request
        raise MockValidationException(INVALID + ON_DEMAND)
    if wanted.get("BillingMode", "PROVISIONED") == "PROVISIONED" and not throughput:  # ACK-442
        text = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        raise MockValidationException(INVALID + text)


def refuse_name(name: str) -> None:
    """DC tier3/error-messages/createTable, tier3/error-messages/putItem"""
    if not re.fullmatch(NAME_PATTERN, name):
        reason = f"satisfy regular expression pattern: {NAME_PATTERN}"
    elif len(name) < 3:
        reason = "have length greater than or equal to 3"
    elif len(name) > 255:
        reason = "have length less than or equal to 255"
    else:
        return
    wrong = Violation("tableName", name, f"Member must {reason}")
    raise MockValidationException(told([wrong], with_values=True))


def refuse_key(schema: list[dict[str, str]], defined: set[str]) -> None:
    """ACK-442; an attribute that is named twice has no definition of its own: DC tier3/error-messages/createTable."""
    names = [each["AttributeName"] for each in schema]
    if len(set(names)) < len(names) or (len(names) == 2 and not defined.issuperset(names)):
        raise MockValidationException("Invalid KeySchema: Some index key attribute have no definition")
    for each, place, wanted in zip(schema, ("first", "second"), ("HASH", "RANGE"), strict=False):
        if each["KeyType"] != wanted and each["KeyType"] in {"HASH", "RANGE"}:
            text = f"Invalid KeySchema: The {place} KeySchemaElement is not a {wanted} key type"
            raise MockValidationException(text)


def refuse_update(wanted: dict[str, Any], table: Table) -> None:
    """An UpdateTable changes one thing.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html; texts: ACK-382, ACK-442.
    """
    changes = {change for change in CHANGES if wanted.get(change) is not None}
    if not changes:
        raise MockValidationException(NOTHING)
    for change, named in ALONE.items():
        if change in changes and len(changes) > 1:
            raise MockValidationException(f"{INVALID}{named} must be the only operation in the request")
    if "StreamSpecification" in changes and "ProvisionedThroughput" in changes:
        raise MockValidationException(f"{INVALID}You cannot modify stream status while updating table IOPS")
    refuse_billing(wanted.get("BillingMode"), wanted.get("ProvisionedThroughput"), table)


def refuse_billing(mode: str | None, throughput: dict[str, int] | None, table: Table) -> None:
    """ACK-057, ACK-442"""
    if (mode or table.billing_mode) == "PAY_PER_REQUEST":
        if throughput:
            raise MockValidationException(INVALID + ON_DEMAND)
    elif mode == "PROVISIONED" and not throughput:
        text = "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        raise MockValidationException(INVALID + text)
    elif throughput and table.billing_mode == "PROVISIONED":
        asked = {unit: throughput[unit] for unit in ("ReadCapacityUnits", "WriteCapacityUnits")}
        if all(table.throughput[unit] == units for unit, units in asked.items()):
            told = " ".join(
                f"Current {unit} provisioned for the table: {units}. Requested {unit}: {units}."
                for unit, units in asked.items()
            )
            raise MockValidationException(
                f"The provisioned throughput for the table will not change. The requested value equals the current "
                f"value. {told} Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
                f"higher limits."
            )
