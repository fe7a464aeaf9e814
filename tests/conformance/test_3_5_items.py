"""3.5 DynamoDB items."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conformance.cloud import refused

KEY = {"id": {"S": "an item"}}
# An item of exactly so many bytes is {"id": "an item", "v": "x" * (bytes - 10)}
BYTES = 400 * 1024
INVALID = "One or more parameter values were invalid: "
SCHEMA = "The provided key element does not match the schema"


@pytest.fixture(scope="module")
def table(shared):
    return shared.table()


@pytest.fixture(scope="module")
def ranged(shared):
    return shared.table(
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
    )


def read(cloud, table, key=None, **choices):
    return cloud.dynamodb.get_item(TableName=table, Key=key or KEY, ConsistentRead=True, **choices).get("Item")


def put(cloud, table, **attributes):
    return cloud.dynamodb.put_item(TableName=table, Item={**KEY, **attributes})


def update(cloud, table, expression, key=None, returned="NONE", **values):
    named = {f":{name}": value for name, value in values.items()}
    return cloud.dynamodb.update_item(
        TableName=table,
        Key=key or KEY,
        UpdateExpression=expression,
        ReturnValues=returned,
        **({"ExpressionAttributeValues": named} if named else {}),
    )


def test_a_counter_loses_no_step(cloud):
    """An UpdateItem with ADD is atomic: of many at once, each counts.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html
    """
    table = cloud.table()
    with ThreadPoolExecutor(16) as workers:
        list(workers.map(lambda _: update(cloud, table, "ADD steps :one", one={"N": "1"}), range(160)))
    assert read(cloud, table)["steps"] == {"N": "160"}


def test_an_item_of_400_kilobytes_is_taken_and_one_byte_more_is_not(shared, table):
    """Names count as well as values.

    Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/itemSize.test.ts
    """
    put(shared, table, v={"S": "x" * (BYTES - 10)})
    with refused(400, "ValidationException", "Item size has exceeded the maximum allowed size"):
        put(shared, table, v={"S": "x" * (BYTES - 9)})


def test_an_update_beyond_400_kilobytes_changes_nothing(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/itemSizeBySurface.test.ts"""
    put(shared, table, v={"S": "old"})
    with refused(400, "ValidationException", "Item size to update has exceeded the maximum allowed size"):
        update(shared, table, "SET v = :small, w = :big", small={"S": "new"}, big={"S": "x" * BYTES})
    assert read(shared, table) == {**KEY, "v": {"S": "old"}}
    new = {"id": {"S": "never made"}}
    with refused(400, "ValidationException", "Item size to update has exceeded the maximum allowed size"):
        update(shared, table, "SET w = :big", key=new, big={"S": "x" * BYTES})
    assert read(shared, table, new) is None


def test_a_page_of_a_scan_ends_at_a_megabyte_before_it_is_filtered(cloud):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html"""
    table = cloud.table()
    for number in range(4):
        cloud.dynamodb.put_item(TableName=table, Item={"id": {"S": str(number)}, "v": {"S": "x" * 300_000}})
    page = cloud.dynamodb.scan(TableName=table, FilterExpression="attribute_not_exists(v)")
    assert (page["Count"], page["ScannedCount"]) == (0, 3)
    rest = cloud.dynamodb.scan(TableName=table, ExclusiveStartKey=page["LastEvaluatedKey"])
    assert rest["Count"] == 1
    assert "LastEvaluatedKey" not in rest


def test_a_page_of_a_query_ends_at_a_megabyte_before_it_is_filtered(shared, ranged):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html"""
    for number in range(4):
        put(shared, ranged, at={"N": str(number)}, v={"S": "x" * 300_000})
    asked = {
        "TableName": ranged,
        "KeyConditionExpression": "id = :id",
        "FilterExpression": "attribute_not_exists(v)",
        "ExpressionAttributeValues": {":id": KEY["id"]},
    }
    page = shared.dynamodb.query(**asked)
    assert (page["Count"], page["ScannedCount"]) == (0, 3)
    assert page["LastEvaluatedKey"] == {**KEY, "at": {"N": "2"}}
    assert shared.dynamodb.query(**asked, ExclusiveStartKey=page["LastEvaluatedKey"])["ScannedCount"] == 1


@pytest.mark.parametrize("key", [{"no": {"S": "a"}}, {"id": {"N": "1"}}, {**KEY, "more": {"S": "a"}}])
def test_a_key_is_exactly_that_of_the_table(shared, table, key):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/getItem.test.ts"""
    with refused(400, "ValidationException", SCHEMA):
        read(shared, table, key)
    with refused(400, "ValidationException", SCHEMA):
        shared.dynamodb.delete_item(TableName=table, Key=key)
    with refused(400, "ValidationException", SCHEMA):
        update(shared, table, "SET v = :v", key=key, v={"S": "x"})


def test_a_page_starts_at_a_key_of_the_table(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier1/scan/basic.test.ts"""
    with refused(400, "ValidationException", f"The provided starting key is invalid: {SCHEMA}"):
        shared.dynamodb.scan(TableName=table, ExclusiveStartKey={"no": {"S": "a"}})


def test_an_item_has_the_key_of_its_table(shared, table, ranged):
    """Source: https://github.com/architect/dynalite/blob/main/test/putItem.js"""
    with refused(400, "ValidationException", f"{INVALID}Missing the key at in the item"):
        shared.dynamodb.put_item(TableName=ranged, Item=KEY)
    with refused(400, "ValidationException", f"{INVALID}Type mismatch for key id expected: S actual: N"):
        shared.dynamodb.put_item(TableName=table, Item={"id": {"N": "1"}})


def test_the_value_of_a_key_is_not_empty(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/emptyValues.test.ts"""
    key = {"id": {"S": ""}}
    text = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty"
    with refused(400, "ValidationException", f"{text} string value. Key: id"):
        shared.dynamodb.put_item(TableName=table, Item=key)
    with refused(400, "ValidationException", f"{text} string value. Key: id"):
        read(shared, table, key)
    with refused(400, "ValidationException", f"{text} string value. Key: id"):
        shared.dynamodb.delete_item(TableName=table, Key=key)


def test_other_values_may_be_empty(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/emptyValues.test.ts"""
    put(shared, table, s={"S": ""}, b={"B": b""}, inside={"L": [{"S": ""}]})
    assert read(shared, table) == {**KEY, "s": {"S": ""}, "b": {"B": b""}, "inside": {"L": [{"S": ""}]}}


SETS = {
    "strings": ({"SS": []}, f"{INVALID}An string set  may not be empty"),
    "numbers": ({"NS": []}, f"{INVALID}An number set  may not be empty"),
    "binaries": ({"BS": []}, f"{INVALID}Binary sets should not be empty"),
    "inside": ({"M": {"deep": {"L": [{"SS": []}]}}}, f"{INVALID}An string set  may not be empty"),
}


@pytest.mark.parametrize("kind", SETS)
def test_a_set_is_not_empty(shared, table, kind):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/emptyValues.test.ts"""
    value, text = SETS[kind]
    with refused(400, "ValidationException", f"1 validation error detected: {text}"):
        put(shared, table, v=value)


@pytest.mark.parametrize("value", [{"SS": ["a", "a"]}, {"NS": ["1", "1.0"]}, {"BS": [b"a", b"a"]}])
def test_a_set_has_no_duplicates(shared, table, value):
    """The words differ from region to region.

    Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier1/putItem/validation.test.ts
    """
    with refused(400, "ValidationException"):
        put(shared, table, v=value)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00042", "42"),
        ("1.0", "1"),
        ("3.1400", "3.14"),
        ("1.5E2", "150"),
        ("-0", "0"),
        ("1E+40", "1" + "0" * 40),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ],
)
def test_a_number_is_kept_in_plain_digits(shared, table, sent, kept):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/numberPrecision.test.ts"""
    put(shared, table, v={"N": sent})
    assert read(shared, table)["v"] == {"N": kept}
    assert read(shared, table, ProjectionExpression="v") == {"v": {"N": kept}}


NUMBERS = {
    "1" * 39: "Attempting to store more than 38 significant digits in a Number",
    "1E+126": "Number overflow. Attempting to store a number with magnitude larger than supported range",
    "1E-131": "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    "one": "The parameter cannot be converted to a numeric value: one",
    "": "The parameter cannot be converted to a numeric value",
}


@pytest.mark.parametrize("sent", NUMBERS)
def test_a_number_has_38_digits_and_a_magnitude(shared, table, sent):
    """Source: https://github.com/architect/dynalite/blob/main/test/putItem.js"""
    with refused(400, "ValidationException", NUMBERS[sent]):
        put(shared, table, v={"N": sent})
    with refused(400, "ValidationException", NUMBERS[sent]):
        put(shared, table, v={"L": [{"N": sent}]})


def test_sums_are_exact_to_38_digits_and_refused_beyond_the_magnitude(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/numberPrecision.test.ts"""
    put(shared, table, v={"N": "1E+20"})
    told = update(shared, table, "ADD v :v", returned="UPDATED_NEW", v={"N": "0.10"})
    assert told["Attributes"] == {"v": {"N": "100000000000000000000.1"}}
    text = "Number overflow. Attempting to store a number with magnitude larger than supported range"
    with refused(400, "ValidationException", text):
        update(shared, table, "SET v = :v + :v", v={"N": "9.9E125"})
    assert read(shared, table)["v"] == {"N": "100000000000000000000.1"}


def test_a_null_is_true(shared, table):
    """Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/error-messages/putItem.test.ts"""
    put(shared, table, v={"NULL": False})
    assert read(shared, table)["v"] == {"NULL": True}


def test_an_update_without_an_expression_makes_the_item(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    key = {"id": {"S": "bare"}}
    shared.dynamodb.update_item(TableName=table, Key=key)
    assert read(shared, table, key) == key


def test_an_update_tells_what_it_names_even_if_that_is_as_it_was(shared, table):
    """UPDATED_NEW and UPDATED_OLD; nothing is told of what is not there.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
    """
    put(shared, table, v={"S": "x"}, m={"M": {"a": {"N": "1"}, "b": {"N": "1"}}})
    told = update(shared, table, "SET v = :v", returned="UPDATED_NEW", v={"S": "x"})
    assert told["Attributes"] == {"v": {"S": "x"}}
    told = update(shared, table, "SET m.a = :v", returned="UPDATED_OLD", v={"N": "2"})
    assert told["Attributes"] == {"m": {"M": {"a": {"N": "1"}}}}
    assert "Attributes" not in update(shared, table, "REMOVE v", returned="UPDATED_NEW")


def test_a_failed_condition_is_told_and_gives_the_item_when_asked(shared, table):
    """Source: LS:dynamodb test_return_values_on_conditions_check_failure"""
    put(shared, table, v={"S": "x"})
    condition = {"TableName": table, "Item": KEY, "ConditionExpression": "attribute_not_exists(id)"}
    with refused(400, "ConditionalCheckFailedException", "The conditional request failed"):
        shared.dynamodb.put_item(**condition)
    failed = shared.dynamodb.exceptions.ConditionalCheckFailedException
    with pytest.raises(failed) as told:
        shared.dynamodb.put_item(**condition, ReturnValuesOnConditionCheckFailure="ALL_OLD")
    assert told.value.response["Item"] == {**KEY, "v": {"S": "x"}}


def test_a_put_returns_the_old_item_or_nothing(shared, table):
    """Source: LS:dynamodb test_return_values_in_put_item"""
    shared.dynamodb.delete_item(TableName=table, Key=KEY)
    wanted = {"TableName": table, "Item": KEY, "ReturnValues": "ALL_OLD"}
    assert "Attributes" not in shared.dynamodb.put_item(**wanted)
    assert shared.dynamodb.put_item(**wanted)["Attributes"] == KEY
    text = "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"
    with refused(400, "ValidationException", text):
        shared.dynamodb.put_item(**{**wanted, "ReturnValues": "ALL_NEW"})


def test_consumed_capacity_is_told_only_when_asked_for(shared, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html"""
    assert "ConsumedCapacity" not in update(shared, table, "SET v = :v", v={"S": "x"})


def test_items_of_an_unknown_table_are_not_found(cloud):
    """Unlike DescribeTable, the operations on items do not name the table.

    Source: LS:dynamodb test_batch_write_not_existing_table
    """
    name = cloud.name()
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        put(cloud, name)
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        read(cloud, name)
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        update(cloud, name, "REMOVE v")
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        cloud.dynamodb.scan(TableName=name)


def nested(levels):
    value = {"S": "leaf"}
    for _ in range(levels - 1):
        value = {"M": {"n": value}}
    return value


def test_an_item_may_be_nested_32_levels_deep(cloud, table):
    """The attribute itself is the first level.

    Source: https://github.com/nubo-db/dynamodb-conformance/blob/main/tests/tier3/limits/nestingDepth.test.ts
    """
    put(cloud, table, v=nested(32))
    assert read(cloud, table)["v"] == nested(32)
    with pytest.raises(cloud.dynamodb.exceptions.ClientError, match="Nesting Levels have exceeded supported limits"):
        put(cloud, table, v=nested(33))
    with pytest.raises(cloud.dynamodb.exceptions.ClientError, match=r"ValidationException.*[nN]est.*supported limit"):
        update(cloud, table, "SET v.n = :v", v=nested(32))
    assert read(cloud, table)["v"] == nested(32)


@pytest.mark.parametrize("attributes", [{"": {"S": "x"}}, {"v": {"M": {"": {"S": "x"}}}}])
def test_an_attribute_has_a_name(cloud, table, attributes):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html"""
    with refused(400, "ValidationException", None):
        put(cloud, table, **attributes)
