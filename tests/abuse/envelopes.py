"""What strangers may send: any JSON, and envelopes that are nearly right, which reach deepest."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

# The tables' names are known when a lab is up; they are put in the place of these.
OURS, FOREIGN = "OUR-TABLE", "FOREIGN-TABLE"
ARN = f"arn:aws:dynamodb:us-east-1:123456789012:table/{FOREIGN}"

# Each kind of character that somebody's parser, log, terminal or regular expression trips over.
CHARACTERS = "aZ09 _#:.,-/\\\"'%$@&<>{}[]()\0\1\b\x1b\t\n\r\x7f\x85éß東\u0301\u200f\u2028\u202e\ufeff\uffff🍏\U0010ffff"
texts = st.text(CHARACTERS, max_size=8) | st.sampled_from(["", "id", "#n", FOREIGN, ARN, "\x00", "a\r\nb", "1" * 50])
numbers = st.integers(-9, 9) | st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
unwritable = st.sampled_from(["\ud800", "a\udfff", float("nan"), float("inf"), -float("inf")])
leaves = st.none() | st.booleans() | numbers | texts
names = st.sampled_from(["id", "n", "deep", "name", "S", "N", "errorMessage", "TableName", "operation"]) | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=5
)

keys = st.sampled_from([{"id": "1"}, {"id": "2"}]) | st.builds(lambda text: {"id": text}, texts)
items = st.builds(
    lambda key, n, deep, more: {**more, "n": n, "deep": {"a": deep}, **key},
    *(keys, numbers, st.lists(values, max_size=2), st.dictionaries(names, values, max_size=1)),
)
words = st.sampled_from(
    "SET REMOVE ADD DELETE AND OR NOT BETWEEN IN set #n #id :v :w id n deep name deep.a deep[0] deep[99].a = <> < <= > "
    "+ - , ( ) () . [ ] [-1] # : 5 ' \" * attribute_exists( attribute_type( begins_with( contains( size( exec( "
    f"if_not_exists( list_append( \n \x00 🍏 {FOREIGN}".split(" ")
)
phrases = st.lists(words, max_size=6).map(" ".join)
conditions = phrases | st.sampled_from(
    [
        *("attribute_exists(id)", "attribute_not_exists(#n)", "n > :v", "#n = :v OR deep.a[0] = :w", "size(#n) > :v"),
        *("n BETWEEN :v AND :w", "#n IN (:v, :w)", "NOT contains(deep.a, :v)", "begins_with(id, :v)"),
    ]
)
updates = phrases | st.sampled_from(
    [
        *("SET #n = :v", "SET n = n + :v", "ADD n :v", "REMOVE deep.a[0], #n", "SET deep.a = list_append(deep.a, :v)"),
        *("SET deep.b = if_not_exists(n, :v)", "SET id = :v", "DELETE #n :v", "SET deep.a[0] = :v REMOVE name"),
    ]
)
paths = phrases | st.sampled_from(["id", "#n", "deep.a, n", "deep.a[0]", "id, id"])
EXPRESSIONS = {
    "ConditionExpression": conditions,
    "FilterExpression": conditions,
    "UpdateExpression": updates,
    "ProjectionExpression": paths,
}
OF_EACH = {
    "ReturnConsumedCapacity": st.sampled_from(["TOTAL", "INDEXES", "NONE"]),
    "ExpressionAttributeNames": st.dictionaries(texts, texts, max_size=2),
    "ExpressionAttributeValues": st.dictionaries(texts, values, max_size=2),
}
OF_WRITES = {
    "ReturnValues": st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW", "all_new"]),
    "ReturnValuesOnConditionCheckFailure": st.sampled_from(["ALL_OLD", "NONE"]),
    "ReturnItemCollectionMetrics": st.sampled_from(["SIZE", "NONE"]),
    "Expected": st.dictionaries(names, st.fixed_dictionaries({"Exists": st.booleans()}), max_size=2),
    "ConditionalOperator": st.sampled_from(["AND", "OR"]),
}
OF_READS = {
    "ConsistentRead": st.booleans(),
    "AttributesToGet": st.lists(names, max_size=3),
    "Select": st.sampled_from(["COUNT", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]),
    "Limit": st.integers(-1, 5),
    "Segment": st.integers(-1, 3),
    "TotalSegments": st.integers(-1, 3),
    "ExclusiveStartKey": keys | items,
    "IndexName": st.sampled_from([FOREIGN, "index"]),
    "ScanFilter": st.dictionaries(names, st.fixed_dictionaries({"ComparisonOperator": st.just("NULL")}), max_size=2),
}
OPERATIONS: dict[str, tuple[dict[str, Any], list[str], dict[str, Any]]] = {
    "create": ({"Item": items}, ["ConditionExpression"], OF_EACH | OF_WRITES),
    "read": ({"Key": keys}, ["ProjectionExpression"], OF_EACH | OF_READS),
    "update": ({"Key": keys}, ["UpdateExpression", "ConditionExpression"], OF_EACH | OF_WRITES),
    "delete": ({"Key": keys}, ["ConditionExpression"], OF_EACH | OF_WRITES),
    "list": ({}, ["FilterExpression", "ProjectionExpression"], OF_EACH | OF_READS),
    "echo": ({"anything": values}, [], {}),
    "ping": ({}, [], {}),
}
# What names a table in other calls of DynamoDB's and boto3's, or something of Python's.
TRICKS = [*["TableName"] * 7, "tableName", "TABLENAME", "TableArn", "RequestItems", "TransactItems", "Statement"]
TRICKS += ["self", "args", "params", "__class__"]


@st.composite
def payloads(draw: Any, operation: str) -> dict[str, Any]:
    """Arguments of this operation as they are to be, with what their expressions speak of."""
    needed, expressions, others = OPERATIONS[operation]
    payload = {name: draw(argument) for name, argument in needed.items()}
    for name in expressions:
        if draw(st.booleans()):
            payload[name] = draw(EXPRESSIONS[name])
    spoken = " ".join(payload[name] for name in expressions if name in payload)
    if found := re.findall(r"#\w+", spoken):
        payload["ExpressionAttributeNames"] = {each: draw(names) for each in found}
    if found := re.findall(r":\w+", spoken):
        payload["ExpressionAttributeValues"] = {each: draw(values) for each in found}
    for name in draw(st.lists(st.sampled_from(list(others) or ["more"]), max_size=2)):
        payload.setdefault(name, draw(others.get(name, values)))
    return payload


@st.composite
def nearly_right(draw: Any) -> dict[str, Any]:
    """An envelope as it is to be; every other one with something wrong in it."""
    operation = draw(st.sampled_from(list(OPERATIONS)))
    payload = draw(payloads(operation))
    envelope: dict[str, Any] = {"operation": operation, "tableName": OURS, "payload": payload}
    wrong = draw(
        st.sampled_from(
            [None] * 7 + ["table", "table", "argument", "trick", "trick", "unwritable", "field", "more", "absent"]
        )
    )
    if wrong == "table":
        envelope["tableName"] = draw(st.sampled_from([FOREIGN] * 4 + [ARN, f"../{FOREIGN}", OURS.lower()]) | values)
    elif wrong == "argument" and payload:
        payload[draw(st.sampled_from(list(payload)))] = draw(values)
    elif wrong == "trick":
        payload[draw(st.sampled_from(TRICKS))] = draw(st.just(FOREIGN) | values)
    elif wrong == "unwritable":
        payload[draw(st.sampled_from(["n", *payload]))] = draw(
            unwritable | unwritable.map(lambda value: [{"a": value}])
        )
    elif wrong == "field":
        envelope[draw(st.sampled_from(list(envelope)))] = draw(values)
    elif wrong == "more":
        envelope[draw(names)] = draw(values)
    elif wrong == "absent":
        del envelope[draw(st.sampled_from(list(envelope)))]
    return envelope


# Seven of eight are nearly right: what is not is refused at the door.
envelopes = st.integers(0, 7).flatmap(lambda number: nearly_right() if number else values)
