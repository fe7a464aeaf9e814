"""1.5 and 1.8 DynamoDB tables."""

import pytest

from tests.conformance.cloud import refused

KEY = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}
ON_DEMAND = {**KEY, "BillingMode": "PAY_PER_REQUEST"}
UNITS = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
INVALID = "One or more parameter values were invalid: "


@pytest.fixture(scope="module")
def table(shared):
    return shared.table()


@pytest.fixture(scope="module")
def provisioned(shared):
    return shared.table(BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)


def described(cloud, table):
    return cloud.dynamodb.describe_table(TableName=table)["Table"]


def test_create_table_answers_before_the_table_is_there(cloud):
    """CreateTable answers CREATING, and without the tags.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    """
    name = cloud.name()
    made = cloud.dynamodb.create_table(TableName=name, **ON_DEMAND, Tags=[{"Key": "a", "Value": "b"}])
    cloud.later(cloud.dynamodb.delete_table, TableName=name)
    assert made["TableDescription"]["TableStatus"] == "CREATING"
    assert "Tags" not in made["TableDescription"]


def test_a_table_is_provisioned_unless_told_otherwise(cloud):
    """Without BillingMode a table is PROVISIONED, and then its throughput must be given.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    """
    text = "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
    with refused(400, "ValidationException", INVALID + text):
        cloud.dynamodb.create_table(TableName=cloud.name(), **KEY)


def test_a_table_on_demand_has_no_throughput(cloud):
    """Source: LS:dynamodb test_dynamodb_pay_per_request"""
    text = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    with refused(400, "ValidationException", INVALID + text):
        cloud.dynamodb.create_table(TableName=cloud.name(), **ON_DEMAND, ProvisionedThroughput=UNITS)


def test_a_table_is_not_made_twice(shared, table):
    """Source: LS:dynamodb test_create_duplicate_table"""
    with refused(400, "ResourceInUseException", f"Table already exists: {table}"):
        shared.dynamodb.create_table(TableName=table, **ON_DEMAND)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ab", "have length greater than or equal to 3"),
        ("a" * 256, "have length less than or equal to 255"),
        ("a table", "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
    ],
    ids=["short", "long", "space"],
)
def test_a_name_is_of_3_to_255_letters_digits_and_a_few_signs(cloud, name, reason):
    """Source: https://github.com/nubo-db/dynamodb-conformance/tree/main/tests/tier3/error-messages"""
    text = f"Value '{name}' at 'tableName' failed to satisfy constraint: Member must {reason}"
    with refused(400, "ValidationException", f"1 validation error detected: {text}"):
        cloud.dynamodb.create_table(TableName=name, **ON_DEMAND)


KEYS = {
    "range first": ([("id", "RANGE")], ["id"], "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    "two hashes": (
        [("id", "HASH"), ("at", "HASH")],
        ["id", "at"],
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
    ),
    "twice": (
        [("id", "HASH"), ("id", "RANGE")],
        ["id"],
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    "undefined": (
        [("id", "HASH")],
        ["at"],
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [id], AttributeDefinitions: [at]",
    ),
    "unused": (
        [("id", "HASH")],
        ["id", "at"],
        f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined "
        "in AttributeDefinitions",
    ),
}


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_one_hash_or_a_hash_and_a_range_of_defined_attributes(cloud, key):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    schema, defined, text = KEYS[key]
    with refused(400, "ValidationException", text):
        cloud.dynamodb.create_table(
            TableName=cloud.name(),
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in schema],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in defined],
        )


def test_an_unknown_table_is_told_by_its_name(cloud):
    """DescribeTable, UpdateTable and DeleteTable name the table, with status 400.

    Source: LS:dynamodb test_table_crud
    """
    name = cloud.name()
    text = f"Requested resource not found: Table: {name} not found"
    with refused(400, "ResourceNotFoundException", text):
        cloud.dynamodb.describe_table(TableName=name)
    with refused(400, "ResourceNotFoundException", text):
        cloud.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
    with refused(400, "ResourceNotFoundException", text):
        cloud.dynamodb.delete_table(TableName=name)


def test_a_table_on_demand_tells_its_defaults(shared, table):
    """By default a table is encrypted with a key that AWS owns and that is not told, and not protected.

    Source: LS:dynamodb test_table_crud
    """
    told = described(shared, table)
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    units = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    assert told["ProvisionedThroughput"] == units
    assert told["DeletionProtectionEnabled"] is False
    assert told["TableId"]
    assert not {"SSEDescription", "GlobalSecondaryIndexes", "LocalSecondaryIndexes"} & set(told)


def test_a_table_that_was_made_provisioned_tells_no_billing_mode(shared, provisioned):
    """Source: LS:dynamodb test_dynamodb_stream_stream_view_type"""
    assert "BillingModeSummary" not in described(shared, provisioned)


def test_encryption_with_a_key_of_kms_is_told(cloud):
    """Source: LS:dynamodb test_dynamodb_create_table_with_partial_sse_specification"""
    told = described(cloud, cloud.table(SSESpecification={"Enabled": True}))["SSEDescription"]
    assert (told["Status"], told["SSEType"]) == ("ENABLED", "KMS")
    assert ":key/" in told["KMSMasterKeyArn"]


CHANGES = {
    "protection": ({"BillingMode": "PAY_PER_REQUEST"}, "DeletionProtection modification"),
    "encryption": ({"SSESpecification": {"Enabled": True}}, "Server-Side Encryption modification"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_update_changes_one_thing(shared, table, change):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""
    other, named = CHANGES[change]
    with refused(400, "ValidationException", f"{INVALID}{named} must be the only operation in the request"):
        shared.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True, **other)
    assert described(shared, table)["DeletionProtectionEnabled"] is False


def test_an_update_of_nothing_is_refused(shared, table):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    text = (
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, "
        "SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
        "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
    )
    with refused(400, "ValidationException", text):
        shared.dynamodb.update_table(TableName=table)


def test_throughput_that_would_not_change_is_refused(shared, provisioned):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    text = (
        "The provisioned throughput for the table will not change. The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the table: 1. Requested ReadCapacityUnits: 1. "
        "Current WriteCapacityUnits provisioned for the table: 1. Requested WriteCapacityUnits: 1. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )
    with refused(400, "ValidationException", text):
        shared.dynamodb.update_table(TableName=provisioned, ProvisionedThroughput=UNITS)


def test_a_provisioned_table_is_updating_until_it_has_its_throughput(cloud):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html"""
    table = cloud.table(BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    wanted = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}
    answer = cloud.dynamodb.update_table(TableName=table, ProvisionedThroughput=wanted)
    assert answer["TableDescription"]["TableStatus"] == "UPDATING"
    cloud.dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    assert wanted.items() <= described(cloud, table)["ProvisionedThroughput"].items()


def test_a_table_can_become_one_on_demand(cloud):
    """Its provisioned throughput is 0 from then on.

    Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/table-throughput-billing.md
    """
    table = cloud.table(BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    cloud.dynamodb.update_table(TableName=table, BillingMode="PAY_PER_REQUEST")
    cloud.dynamodb.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 5, "MaxAttempts": 60})
    told = described(cloud, table)
    assert told["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert told["ProvisionedThroughput"]["ReadCapacityUnits"] == 0


def test_a_table_cannot_be_told_another_key(cloud):
    """UpdateTable takes no KeySchema: a key stays as it was made.

    Source: BC:dynamodb UpdateTableInput
    """
    assert "KeySchema" not in cloud.dynamodb.meta.service_model.operation_model("UpdateTable").input_shape.members


def test_a_protected_table_is_not_deleted(cloud):
    """Source: https://github.com/nubo-db/dynoxide/issues/46"""
    table = cloud.table(DeletionProtectionEnabled=True)
    text = (
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    with refused(400, "ValidationException", text):
        cloud.dynamodb.delete_table(TableName=table)
    answer = cloud.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    assert answer["TableDescription"]["TableStatus"] == "ACTIVE"
    cloud.dynamodb.delete_table(TableName=table)


def test_a_deleted_table_is_deleting_and_then_unknown(cloud):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DeleteTable.html"""
    table = cloud.table()
    answer = cloud.dynamodb.delete_table(TableName=table)
    assert answer["TableDescription"]["TableStatus"] == "DELETING"
    cloud.dynamodb.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig={"Delay": 2, "MaxAttempts": 150})
    with refused(400, "ResourceNotFoundException"):
        cloud.dynamodb.describe_table(TableName=table)


def test_point_in_time_recovery_goes_back_35_days(cloud):
    """Source: LS:dynamodb test_continuous_backup_update"""
    table = cloud.table()
    answer = cloud.settled(
        lambda: cloud.dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        ),
        {"ContinuousBackupsUnavailableException"},
    )
    told = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert (told["PointInTimeRecoveryStatus"], told["RecoveryPeriodInDays"]) == ("ENABLED", 35)


def test_the_backups_of_an_unknown_table_are_told_in_words_of_their_own(cloud):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    name = cloud.name()
    with refused(400, "TableNotFoundException", f"Table not found: {name}"):
        cloud.dynamodb.describe_continuous_backups(TableName=name)
