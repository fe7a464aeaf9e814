"""3.5 DynamoDB expressions.

AWS puts "1 validation error detected: " before its refusals of a write, though not yet in all regions.
"""

import pytest

from tests.conformance.cloud import refused

KEY = {"id": {"S": "an item"}}
X = {":x": {"S": "x"}}
ENVELOPE = "1 validation error detected: "
UNDEFINED_NAME = "An expression attribute name used in the document path is not defined; attribute name: #n"
UNDEFINED_VALUE = "An expression attribute value used in expression is not defined; attribute value: :x"
RESERVED = "Attribute name is a reserved keyword; reserved keyword: name"
EMPTY = "The expression can not be empty;"


@pytest.fixture(scope="module")
def table(shared):
    return shared.table()


WRITES = {
    "an undefined name": ("#n = :x", {"ExpressionAttributeValues": X}, UNDEFINED_NAME),
    "an undefined value": ("id = :x", {}, UNDEFINED_VALUE),
    "a reserved word": ("name = :x", {"ExpressionAttributeValues": X}, RESERVED),
    "an empty one": ("", {}, EMPTY),
    "an unknown function": ("exists(id)", {}, "Invalid function name; function: exists"),
    "redundant parentheses": ("((attribute_exists(id)))", {}, "The expression has redundant parentheses;"),
}


@pytest.mark.parametrize("case", WRITES)
def test_a_condition_is_refused_for(shared, table, case):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/putItem.test.ts"""
    condition, more, text = WRITES[case]
    with refused(400, "ValidationException", f"{ENVELOPE}Invalid ConditionExpression: {text}"):
        shared.dynamodb.put_item(TableName=table, Item=KEY, ConditionExpression=condition, **more)
    with refused(400, "ValidationException", f"{ENVELOPE}Invalid ConditionExpression: {text}"):
        shared.dynamodb.delete_item(TableName=table, Key=KEY, ConditionExpression=condition, **more)


UPDATES = {
    "an undefined name": ("SET #n = :x", {"ExpressionAttributeValues": X}, UNDEFINED_NAME),
    "an undefined value": ("SET a = :x", {}, UNDEFINED_VALUE),
    "a reserved word": ("SET name = :x", {"ExpressionAttributeValues": X}, RESERVED),
    "an empty one": ("", {}, EMPTY),
    "its syntax": ("INVALID SYNTAX HERE", {}, 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
}


@pytest.mark.parametrize("case", UPDATES)
def test_an_update_is_refused_for(shared, table, case):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/updateItem.test.ts"""
    expression, more, text = UPDATES[case]
    with refused(400, "ValidationException", f"{ENVELOPE}Invalid UpdateExpression: {text}"):
        shared.dynamodb.update_item(TableName=table, Key=KEY, UpdateExpression=expression, **more)


FILTERS = {
    "an undefined name": ("#n = :x", {"ExpressionAttributeValues": X}, UNDEFINED_NAME),
    "an undefined value": ("id = :x", {}, UNDEFINED_VALUE),
    "a reserved word": ("name = :x", {"ExpressionAttributeValues": X}, RESERVED),
    "an empty one": ("", {}, EMPTY),
}


@pytest.mark.parametrize("case", FILTERS)
def test_a_filter_is_refused_for(shared, table, case):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/query.test.ts"""
    text = f"Invalid FilterExpression: {FILTERS[case][2]}"
    with refused(400, "ValidationException", text):
        shared.dynamodb.scan(TableName=table, FilterExpression=FILTERS[case][0], **FILTERS[case][1])


@pytest.mark.parametrize(("projection", "text"), [("id, #n", UNDEFINED_NAME), ("id, name", RESERVED)])
def test_a_projection_knows_its_names(shared, table, projection, text):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier1/getItem/projectionValidation.test.ts"""
    with refused(400, "ValidationException", f"Invalid ProjectionExpression: {text}"):
        shared.dynamodb.get_item(TableName=table, Key=KEY, ProjectionExpression=projection)


def test_a_syntax_error_is_a_refusal_and_changes_nothing(shared, table):
    """The sandbox tells neither the token nor its place.

    Source: https://github.com/architect/dynalite/blob/main/test/putItem.js
    """
    with refused(400, "ValidationException"):
        shared.dynamodb.put_item(
            TableName=table, Item=KEY, ConditionExpression="id = = :x", ExpressionAttributeValues=X
        )
    with refused(400, "ValidationException"):
        shared.dynamodb.scan(TableName=table, FilterExpression="id = = :x", ExpressionAttributeValues=X)
    with refused(400, "ValidationException"):
        shared.dynamodb.get_item(TableName=table, Key=KEY, ProjectionExpression="a b")


@pytest.mark.parametrize(
    ("name", "entry"), [("ExpressionAttributeNames", {"#n": "a"}), ("ExpressionAttributeValues", X)]
)
def test_what_an_expression_does_not_use_is_refused(shared, table, name, entry):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/updateItem.test.ts"""
    text = f"Value provided in {name} unused in expressions: keys: {{{next(iter(entry))}}}"
    with refused(400, "ValidationException", ENVELOPE + text):
        shared.dynamodb.update_item(TableName=table, Key=KEY, UpdateExpression="REMOVE v", **{name: entry})
    with refused(400, "ValidationException", text):
        shared.dynamodb.scan(TableName=table, FilterExpression="attribute_exists(id)", **{name: entry})


def test_names_and_values_need_an_expression(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/putItem.test.ts"""
    with refused(400, "ValidationException", "ExpressionAttributeNames can only be specified when using expressions"):
        shared.dynamodb.put_item(TableName=table, Item=KEY, ExpressionAttributeNames={"#n": "a"})
    text = "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"
    with refused(400, "ValidationException", ENVELOPE + text):
        shared.dynamodb.put_item(TableName=table, Item=KEY, ExpressionAttributeValues=X)


def test_expressions_are_not_mixed_with_what_came_before_them(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/deleteItem.test.ts"""
    text = (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
    )
    legacy = {"ConditionExpression": "attribute_exists(id)", "Expected": {"id": {"Exists": False}}}
    with refused(400, "ValidationException", ENVELOPE + text):
        shared.dynamodb.delete_item(TableName=table, Key=KEY, **legacy)


def test_a_value_of_an_expression_is_as_good_as_one_of_an_item(shared, table):
    """Source: https://github.com/architect/dynalite/blob/main/test/updateItem.js"""
    text = "One or more parameter values were invalid: An string set  may not be empty for key :x"
    with refused(400, "ValidationException", f"{ENVELOPE}ExpressionAttributeValues contains invalid value: {text}"):
        shared.dynamodb.update_item(
            TableName=table, Key=KEY, UpdateExpression="SET v = :x", ExpressionAttributeValues={":x": {"SS": []}}
        )


ITEMS = {
    "SET id = :x": (
        "One or more parameter values were invalid: Cannot update attribute id. This attribute is part of the key"
    ),
    "SET v = nothing + :x": "The provided expression refers to an attribute that does not exist in the item",
    "SET nothing.v = :x": "The document path provided in the update expression is invalid for update",
}


@pytest.mark.parametrize("expression", ITEMS)
def test_what_does_not_fit_the_item_is_told_without_more_words(shared, table, expression):
    """And an item that was not there is not there afterwards.

    Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/updateItem.test.ts
    """
    key = {"id": {"S": "never made"}}
    with refused(400, "ValidationException", ITEMS[expression]):
        shared.dynamodb.update_item(
            TableName=table, Key=key, UpdateExpression=expression, ExpressionAttributeValues={":x": {"N": "1"}}
        )
    assert "Item" not in shared.dynamodb.get_item(TableName=table, Key=key)


def test_two_paths_of_an_update_do_not_overlap(shared, table):
    """Source: https://github.com/architect/dynalite/blob/main/test/updateItem.js"""
    text = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
    with refused(400, "ValidationException", f"{ENVELOPE}Invalid UpdateExpression: {text}path one: [a], path two: [a]"):
        shared.dynamodb.update_item(
            TableName=table, Key=KEY, UpdateExpression="SET a = :x, a = :x", ExpressionAttributeValues=X
        )


MIXED = [
    {
        "id": {"S": "number"},
        "v": {"N": "5"},
        "l": {"L": [{"S": "a"}, {"N": "1"}]},
        "longer": {"L": [{"S": "b"}, {"N": "1"}]},
        "nil": {"NULL": True},
    },
    {"id": {"S": "text"}, "v": {"S": "abc"}, "bin": {"B": b"abc"}},
    {"id": {"S": "neither"}},
]
FOUND = {
    "v > :x": ({"N": "1"}, {"number"}),
    "v < :x": ({"S": "b"}, {"text"}),
    "v = :x": ({"N": "5.0"}, {"number"}),
    "v <> :x": ({"N": "5"}, {"text", "neither"}),
    "v BETWEEN :x AND :x": ({"N": "5"}, {"number"}),
    "v IN (:x)": ({"S": "abc"}, {"text"}),
    "begins_with(v, :x)": ({"S": "a"}, {"text"}),
    "begins_with(bin, :x)": ({"B": b"a"}, {"text"}),
    "contains(v, :x)": ({"S": "b"}, {"text"}),
    "contains(l, :x)": ({"N": "1"}, {"number"}),
    "size(v) = :x": ({"N": "3"}, {"text"}),
    "size(l) = :x": ({"N": "2"}, {"number"}),
    "l < longer OR v = :x": ({"N": "99"}, set()),
    "nil = :x": ({"NULL": True}, {"number"}),
    "attribute_exists(v)\n\tAND v <> :x": ({"N": "5"}, {"text"}),
}


@pytest.fixture(scope="module")
def mixed(shared):
    table = shared.table()
    for item in MIXED:
        shared.dynamodb.put_item(TableName=table, Item=item)
    return table


@pytest.mark.parametrize("expression", FOUND)
def test_a_filter_compares_what_is_of_one_type(shared, mixed, expression):
    """What is of another type, or is not there, compares false, and only `<>` true.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
    """
    value, wanted = FOUND[expression]
    page = shared.dynamodb.scan(
        TableName=mixed, FilterExpression=expression, ExpressionAttributeValues={":x": value}, ConsistentRead=True
    )
    assert {item["id"]["S"] for item in page["Items"]} == wanted


def test_a_filter_of_a_query_is_not_about_the_key(shared, mixed):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.FilterExpression.html"""
    text = "Filter Expression can only contain non-primary key attributes: Primary key attribute: id"
    with refused(400, "ValidationException", text):
        shared.dynamodb.query(
            TableName=mixed,
            KeyConditionExpression="id = :x",
            FilterExpression="id = :x",
            ExpressionAttributeValues=X,
        )
    inside = shared.dynamodb.query(
        TableName=mixed,
        KeyConditionExpression="id = :x",
        FilterExpression="m.id = :x",
        ExpressionAttributeValues=X,
    )
    assert inside["Count"] == 0


def test_an_expression_has_4_kilobytes_at_most(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"""
    text = "Expression size has exceeded the maximum allowed size; expression size: 4097"
    with refused(400, "ValidationException", f"{ENVELOPE}Invalid UpdateExpression: {text}"):
        shared.dynamodb.update_item(
            TableName=table, Key=KEY, UpdateExpression=f"SET {'a' * 4088} = :x", ExpressionAttributeValues=X
        )


def test_attribute_updates_keep_the_types_of_values(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    shared.dynamodb.put_item(TableName=table, Item={**KEY, "gone": {"S": "x"}, "count": {"N": "1"}})
    told = shared.dynamodb.update_item(
        TableName=table,
        Key=KEY,
        AttributeUpdates={
            "flag": {"Value": {"BOOL": True}},
            "bin": {"Action": "PUT", "Value": {"B": b"x"}},
            "gone": {"Action": "DELETE"},
            "count": {"Action": "ADD", "Value": {"N": "1"}},
        },
        ReturnValues="ALL_NEW",
    )
    assert told["Attributes"] == {**KEY, "flag": {"BOOL": True}, "bin": {"B": b"x"}, "count": {"N": "2"}}
