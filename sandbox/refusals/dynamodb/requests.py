"""Requests to DynamoDB: what AWS refuses of them before it looks at any item, and what it leaves out of its answers."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.model import Shape
from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.dynamodb.exceptions import DuplicateUpdateExpression, InvalidUpdateExpression, MockValidationException
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.models.utilities import dynamo_to_dict

from sandbox.refusals.dynamodb.definitions import refuse_creation, refuse_update
from sandbox.refusals.dynamodb.expressions import ROOT, as_expression, refuse_expressions, updated_paths
from sandbox.refusals.dynamodb.key_conditions import refuse_other_types
from sandbox.refusals.dynamodb.partiql import Partiql
from sandbox.refusals.dynamodb.tables import LOCK
from sandbox.refusals.dynamodb.values import ENVELOPE, Value, attributes, kept
from sandbox.refusals.shapes import Violation, told, violations

# Names that are no ARN are refused in `definitions`, and the values of this are told in another order than the model's.
OTHERWISE = {"tableName", "returnValues"}
RETURN_VALUES = ("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW")


class Requests(Partiql):
    """moto's own reader of requests, with AWS's checks before each of its actions."""

    def call_action(self) -> TYPE_RESPONSE:
        self.dynamodb_backend.forget_deleted()
        wrong = refusal(get_service_model("dynamodb").operation_model(self._get_action()).input_shape, self.params)
        if wrong is None:
            return super().call_action()
        error = MockValidationException(wrong)
        return error.code, {**self.response_headers, **dict(error.get_headers())}, error.description

    def create_table(self) -> ActionResult:
        refuse_creation(self.body)
        return self._described(super().create_table(), "CREATING")

    def describe_table(self) -> ActionResult:
        return self._described(super().describe_table())

    def update_table(self) -> ActionResult:
        table = self.dynamodb_backend.known(self.body["TableName"])
        refuse_update(self.body, table)
        answer = super().update_table()
        if "SSESpecification" in self.body:
            encrypt(table, self.body["SSESpecification"])
        at_once = {"DeletionProtectionEnabled", "SSESpecification", "WarmThroughput"}  # ACK-410
        return self._described(answer, None if at_once & set(self.body) else "UPDATING")

    def delete_table(self) -> ActionResult:
        return self._described(super().delete_table(), "DELETING")

    def tag_resource(self) -> ActionResult:
        if not self.body.get("Tags"):  # ACK-442
            raise MockValidationException("Atleast one Tag needs to be provided as Input.")
        return super().tag_resource()

    def untag_resource(self) -> ActionResult:
        if not self.body.get("TagKeys"):  # ACK-442
            raise MockValidationException("Atleast one Tag Key needs to be provided as Input.")
        return super().untag_resource()

    def put_item(self) -> ActionResult:
        self._refuse_return_values({"ALL_OLD", "NONE"})
        self.body["Item"] = attributes(self.body["Item"], ENVELOPE)
        refuse_expressions(self.body, ("ConditionExpression",), ("Expected",), ENVELOPE)
        table = self._table()
        refuse_empty({name: self.body["Item"][name] for name in table.table_key_attrs if name in self.body["Item"]})
        with LOCK:
            return super().put_item()

    def get_item(self) -> ActionResult:
        refuse_expressions(self.body, ("ProjectionExpression",), ("AttributesToGet",), "")
        self._refuse_key()
        return super().get_item()

    def delete_item(self) -> ActionResult:
        self._refuse_return_values({"ALL_OLD", "NONE"})
        refuse_expressions(self.body, ("ConditionExpression",), ("Expected",), ENVELOPE)
        self._refuse_key()
        return super().delete_item()

    def update_item(self) -> ActionResult:
        """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html

        moto tells of consumed capacity unasked.
        """
        self._refuse_update()
        with LOCK:
            before = copy.deepcopy(self._item())
            try:
                answer = super().update_item()
            except AssertionError as error:  # of moto's parser
                raise MockValidationException(f"{ENVELOPE}Invalid UpdateExpression: Syntax error;") from error
            except (InvalidUpdateExpression, DuplicateUpdateExpression) as error:
                raise MockValidationException(ENVELOPE + error.exception_msg.removeprefix(ENVELOPE)) from error
            self._tell_updated(answer.result, {"UPDATED_OLD": before, "UPDATED_NEW": self._item()})
        if self.body.get("ReturnConsumedCapacity", "NONE") == "NONE":
            answer.result.pop("ConsumedCapacity", None)
        return answer

    def _refuse_update(self) -> None:
        self._refuse_return_values(set(RETURN_VALUES))
        kinds = ("UpdateExpression", "ConditionExpression")
        if "AttributeUpdates" in self.body and not set(kinds) & set(self.body):
            updates = self.body.pop("AttributeUpdates")
            self.body.update(as_expression(updates, ENVELOPE))
            refuse_expressions(self.body, kinds, (), ENVELOPE)
        else:
            refuse_expressions(self.body, kinds, ("AttributeUpdates", "Expected"), ENVELOPE)
        self._refuse_key()

    def _tell_updated(self, told: dict[str, Any], items: dict[str, Item | None]) -> None:
        """All that the expression writes; moto leaves out what is as it was."""
        returned = self.body.get("ReturnValues")
        if returned in items and "UpdateExpression" in self.body:
            paths = updated_paths(self.body["UpdateExpression"], self.body.get("ExpressionAttributeNames", {}))
            item = items[returned]
            told["Attributes"] = dynamo_to_dict(item.project(paths).attrs) if item else {}
        if not told.get("Attributes"):
            told.pop("Attributes", None)

    def scan(self) -> ActionResult:
        kinds = ("ProjectionExpression", "FilterExpression")
        refuse_expressions(self.body, kinds, ("AttributesToGet", "ScanFilter", "ConditionalOperator"), "")
        text = "The provided starting key is invalid: The provided key element does not match the schema"
        self._refuse_start(text)
        return super().scan()

    def query(self) -> ActionResult:
        kinds = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression")
        legacy = ("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions")
        refuse_expressions(self.body, kinds, legacy, "")
        self._refuse_start("The provided starting key is invalid")
        refuse_other_types(self.body, self._queried_key())
        self._refuse_filtered_key()
        return super().query()

    def _queried_key(self) -> dict[str, str]:
        """The type of each attribute of the table's or the index's key."""
        types = {each["AttributeName"]: each["AttributeType"] for each in self._table().attr}
        schema = self.dynamodb_backend.get_schema(self.body["TableName"], self.body.get("IndexName"))
        return {each["AttributeName"]: types[each["AttributeName"]] for each in schema}

    def _refuse_filtered_key(self) -> None:
        """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html"""
        names = self.body.get("ExpressionAttributeNames", {})
        used = {names.get(token, token) for token in ROOT.findall(self.body.get("FilterExpression", ""))}
        for name in self._queried_key():
            if name in used:
                text = "Filter Expression can only contain non-primary key attributes: Primary key attribute"
                raise MockValidationException(f"{text}: {name}")

    def _table(self) -> Table:
        return self.dynamodb_backend.readable(self.body["TableName"])

    def _item(self) -> Item | None:
        return self.dynamodb_backend.get_item(self.body["TableName"], self.body["Key"])

    def _refuse_return_values(self, allowed: set[str]) -> None:
        """DC tier3/validation-ordering; https://github.com/architect/dynalite/blob/main/test/putItem.js"""
        wanted = self.body.get("ReturnValues", "NONE")
        if wanted not in RETURN_VALUES:
            constraint = f"Member must satisfy enum value set: [{', '.join(RETURN_VALUES)}]"
            raise MockValidationException(told([Violation("returnValues", wanted, constraint)], with_values=True))
        if wanted not in allowed:
            raise MockValidationException(f"{ENVELOPE}ReturnValues can only be ALL_OLD or NONE")

    def _refuse_key(self) -> None:
        """DC tier3/error-messages/getItem"""
        self.body["Key"] = {name: kept(value) for name, value in self.body["Key"].items()}
        table = self._table()
        refuse_other_key(table, self.body["Key"], "The provided key element does not match the schema")
        refuse_empty(self.body["Key"])
        table._validate_key_sizes(self.body["Key"])

    def _refuse_start(self, text: str) -> None:
        """DC tier1/scan/basic; the keys of an index's pages are moto's to check."""
        table = self._table()
        if "ExclusiveStartKey" in self.body and not self.body.get("IndexName"):
            refuse_other_key(table, self.body["ExclusiveStartKey"], text)

    def _described(self, answer: ActionResult, status: str | None = None) -> ActionResult:
        """moto's description as AWS gives it: LS:dynamodb test_dynamodb_stream_stream_view_type.

        What a table was not made with is left out, and a table that was made PROVISIONED tells of no billing mode.
        """
        (described,) = answer.result.values()
        made = f"{described['TableArn']} {described['CreationDateTime']}"
        described["TableId"] = str(uuid.uuid5(uuid.NAMESPACE_URL, made))
        # Counted every six hours: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        described["ItemCount"] = 0
        described["TableStatus"] = status or self.dynamodb_backend.status(described["TableName"])
        for key in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            if not described[key]:
                del described[key]
        if described["BillingModeSummary"]["BillingMode"] == "PROVISIONED":
            del described["BillingModeSummary"]
        return answer


def refusal(shape: Shape, given: dict[str, Any]) -> str | None:
    """Why a request is none, by its shape. https://github.com/architect/dynalite/blob/main/test/createTable.js"""
    if "TableName" in shape.required_members and given.get("TableName") is None:
        return "The parameter 'TableName' is required but was not present in the request"
    found = [one for one in violations(shape, given) if one.where not in OTHERWISE]
    return told(found, with_values=True) if found else None


def refuse_other_key(table: Table, key: dict[str, Value], text: str) -> None:
    types = {each["AttributeName"]: each["AttributeType"] for each in table.attr}
    if {name: next(iter(value)) for name, value in key.items()} != {
        name: types[name] for name in table.table_key_attrs
    }:
        raise MockValidationException(text)


def refuse_empty(key: dict[str, Value]) -> None:
    """DC tier3/limits/emptyValues, tier3/error-messages/putItem"""
    for name, value in key.items():
        kind = {"S": "string", "B": "binary"}.get(next(iter(value)))
        if kind and not next(iter(value.values())):
            text = f"The AttributeValue for a key attribute cannot contain an empty {kind} value. Key: {name}"
            raise MockValidationException(f"One or more parameter values are not valid. {text}")


def encrypt(table: Table, wanted: dict[str, Any]) -> None:
    """moto takes an SSESpecification with CreateTable only. Without a key of one's own it is AWS's: ACK-140."""
    if wanted.get("Enabled"):
        default = table._get_default_encryption_key(table.account_id, table.region_name)
        wanted = {"KMSMasterKeyId": default, **wanted}
    table.sse_specification = wanted
