"""The operation router: one Lambda function behind one POST method.

API Gateway hands over the request's body as the event: {"operation": ..., "tableName": ..., "payload": ...}.
The operation picks its line in OPERATIONS, and what that returns is the response. What goes wrong is raised,
as an exception whose text begins with its class in brackets: API Gateway picks the status by that class.

There are no environment variables: Lambda encrypts them for the execution role, and a role that was deleted
and made again under the same name can no longer decrypt them.
"""

import base64
import json
import logging
import re
from collections.abc import Callable
from decimal import Context, Decimal, Inexact, Subnormal
from functools import lru_cache
from typing import Any

import boto3
from boto3.dynamodb import types
from botocore.config import Config
from botocore.exceptions import ClientError, ParamValidationError

# Made once per execution environment, not per call. Three attempts of 2 seconds end inside the function's 10:
# a DynamoDB that hangs becomes an answer, not a timeout.
PATIENCE = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
DYNAMODB = boto3.resource("dynamodb", config=PATIENCE)

# What a DynamoDB number can be. boto3's own context counts trailing zeros as digits: it writes 1E+40, cannot
# read the 41 digits that come back, and so one such item breaks every `list` (boto/boto3#2500).
NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Subnormal])
types.DYNAMODB_CONTEXT = NUMBERS

# An item may be 400 KB; what is much longer keeps boto3 busy until the function's time or memory is over.
LONGEST_PAYLOAD_BYTES = 1024 * 1024
LONGEST_ANSWER_BYTES = 6_291_456  # Lambda's; a page of `list` with many long numbers or escapes can exceed it
# DynamoDB's own limit is 32; what is nested deeper than some hundreds the runtime reads, but cannot write.
DEEPEST_NESTING = 100

TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")

Event = dict[str, Any]
Operation = Callable[[Event], Any]


class Refused(Exception):
    """Reads "[Class] text", one line of less than 1,000 characters whatever the request puts into it."""

    def __str__(self) -> str:
        text = re.sub(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+", " ", super().__str__())
        return f"[{type(self).__name__}] {text:.900}"


class BadRequest(Refused): ...


class Forbidden(Refused): ...


class NotFound(Refused): ...


class Conflict(Refused): ...


class Throttled(Refused): ...


class Internal(Refused): ...


DYNAMODB_ERRORS: dict[str, type[Refused]] = {
    "ValidationException": BadRequest,
    "SerializationException": BadRequest,
    "AccessDeniedException": Forbidden,
    "UnrecognizedClientException": Forbidden,  # the first calls of a role that was made a moment ago
    "ResourceNotFoundException": NotFound,
    "ConditionalCheckFailedException": Conflict,
    "TransactionConflictException": Conflict,
    "ProvisionedThroughputExceededException": Throttled,
    "ThrottlingException": Throttled,
    "RequestLimitExceeded": Throttled,
}


def addressed(event: Event, action: str) -> tuple[str, dict[str, Any]]:
    """The table's name and the payload, once they are what they are to be."""
    table, payload = event.get("tableName"), event.get("payload")
    if payload is None:
        payload = {}
    if not isinstance(table, str) or not TABLE_NAME.fullmatch(table):  # by an ARN boto3 would ask other hosts
        raise BadRequest("tableName must be the name of a table: 3 to 255 letters, digits and _ . -")
    if not isinstance(payload, dict):
        raise BadRequest(f"payload must be an object, the arguments of {action}")
    if "TableName" in payload:  # boto3 would let it win
        raise BadRequest("the table is named by tableName beside the payload, not by TableName in it")
    if len(json.dumps(payload, ensure_ascii=False).encode()) > LONGEST_PAYLOAD_BYTES:
        raise BadRequest("the payload is longer than 1 MB, and an item can be no longer than 400 KB")
    return table, payload


# boto3 makes a new class for each Table that it is asked for, a third of the work of a `read`: the last few are kept.
@lru_cache(maxsize=16)
def table_named(name: str) -> Any:
    return DYNAMODB.Table(name)


def on_table(action: str) -> Operation:
    """An operation that calls this action of a boto3 Table, with the payload as its keyword arguments."""

    def operation(event: Event) -> Any:
        table, payload = addressed(event, action)
        call, arguments = getattr(table_named(table), action), converted(payload, to_dynamodb)
        try:
            answer = call(**arguments)
        except ParamValidationError as error:
            raise BadRequest(re.sub(r"<class '(?:\w+\.)*(\w+)'>", r"\1", str(error))) from None
        except (AttributeError, TypeError):  # what boto3 trips over before it validates
            raise BadRequest(f"the payload does not fit the arguments of {action}") from None
        except ClientError as error:
            code, reason = error.response["Error"]["Code"], error.response["Error"]["Message"]
            if code not in DYNAMODB_ERRORS:
                raise
            if code == "AccessDeniedException":  # its own text names the account and the role
                reason = "the function's policy does not allow it"
            what = f"dynamodb:{error.operation_name} on table {table!r:.80}"
            raise DYNAMODB_ERRORS[code](f"{what}: {reason}") from None
        answer.pop("ResponseMetadata", None)
        return converted(answer, to_json)

    return operation


def echo(event: Event) -> Any:
    """The payload as it came."""
    payload = event.get("payload")
    if isinstance(payload, dict) and "errorMessage" in payload:
        raise BadRequest("API Gateway takes an answer with an errorMessage for a failure: nest it deeper")
    return payload


OPERATIONS: dict[str, Operation] = {
    "create": on_table("put_item"),
    "read": on_table("get_item"),
    "update": on_table("update_item"),
    "delete": on_table("delete_item"),
    "list": on_table("scan"),
    "echo": echo,
    "ping": lambda event: "pong",
}


def converted(value: Any, leaf: Callable[[Any], Any]) -> Any:
    """The same objects and lists, with `leaf` applied to everything else in them."""
    if isinstance(value, dict):
        return {key: converted(item, leaf) for key, item in value.items()}
    if isinstance(value, list):
        return [converted(item, leaf) for item in value]
    return leaf(value)


def to_dynamodb(value: Any) -> Any:
    """Floats become Decimals, which boto3 insists on; a number that DynamoDB cannot hold is refused."""
    try:
        if isinstance(value, int):
            NUMBERS.create_decimal(value)
        elif isinstance(value, float):
            # The runtime has read 9.95 as a double; its shortest text is 9.95 again. `plus` makes -0.0 a 0.
            return NUMBERS.plus(Decimal(repr(value)))
    except ArithmeticError:
        text = f"{value!r:.50} does not fit a DynamoDB number: 38 digits, 1E-130 to 9.99E+125 or 0"
        raise BadRequest(text) from None
    return value


def to_json(value: Any) -> Any:
    """Sets become lists and binary base64; Decimals stay, the runtime writes them out digit by digit."""
    if isinstance(value, set):
        return sorted(map(to_json, value))
    if hasattr(value, "__bytes__"):  # boto3's Binary
        return base64.b64encode(bytes(value)).decode()
    return value


def is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and lists are nested in this value in more than so many levels."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None or levels == 0:
        return inside is not None
    return any(is_deeper(each, levels - 1) for each in inside if isinstance(each, dict | list))


def routed(event: Any) -> Any:
    if not isinstance(event, dict):
        raise BadRequest("the request must be a JSON object")
    if is_deeper(event, DEEPEST_NESTING):
        raise BadRequest(f"the request is nested more than {DEEPEST_NESTING} levels deep")
    try:
        json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:  # half a surrogate pair would crash the runtime when it writes the answer
        raise BadRequest("NaN, Infinity and half a surrogate pair are not JSON") from None
    operation = event.get("operation")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise BadRequest(f"operation must be one of {', '.join(OPERATIONS)}, not {operation!r:.80}")
    answer = OPERATIONS[operation](event)
    if len(json.dumps(answer, default=str)) > LONGEST_ANSWER_BYTES:  # escaped, as Python 3.11's runtime writes it
        raise BadRequest("the answer is longer than 6 MB: ask for less, by Limit or ProjectionExpression")
    return answer


def lambda_handler(event: Any, context: Any) -> Any:
    try:
        return routed(event)
    except Refused:
        raise
    except Exception:
        logging.exception("the request failed")
        raise Internal("the function failed, and its log says why") from None
