"""At the pace of AWS: what was made is there only after a while, and a lab waits for it."""

import json
import subprocess
import sys
import time

import pytest

from sandbox.pace import CLOCK, PACES
from sandbox.permissions.identities import ACCOUNT
from sandbox.process import START_BUDGET_SECONDS, Sandbox, environment
from sandbox.refusals.dynamodb.tables import BackupsUnavailable, Tables, TooManyChanges
from stack.aws import Aws
from tests.conformance.cloud import Cloud, refused
from tests.conftest import PROJECT, command, free_port, running_sandbox

IN_USE = "Attempt to change a resource which is still in use: "
ON_DEMAND = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def units(number):
    return {"ReadCapacityUnits": number, "WriteCapacityUnits": number}


# A sandbox as it is started, but for the times: what takes seconds on AWS takes just longer than the next call is away.
BRISK = """
import dataclasses, sys
from sandbox import pace, server
seconds = {"role_seconds": 1.5, "function_seconds": 0.5, "table_seconds": 0.5, "stage_seconds": 0.5}
pace.PACES["aws"] = dataclasses.replace(pace.PACES["aws"], **seconds)
sys.exit(server.serve(int(sys.argv[1])))
"""
SETTLING = [
    "IAM: Lambda cannot assume the role yet",
    "the function to become Active",
    "the table to become ACTIVE",
    "API Gateway to serve the deployment (403 Missing Authentication Token)",
]


@pytest.fixture
def brisk():
    """The port of a sandbox whose pace of AWS is a brisk one."""
    sandbox = Sandbox(free_port())
    arguments = [sys.executable, "-c", BRISK, str(sandbox.port)]
    with subprocess.Popen(arguments, cwd=PROJECT, env=environment(), stdout=subprocess.DEVNULL) as process:
        try:
            while sandbox.status(START_BUDGET_SECONDS) is None:
                assert process.poll() is None
                time.sleep(0.02)
            yield sandbox.port
        finally:
            process.terminate()


def test_a_lab_waits_for_what_takes_its_time(brisk, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("sandbox: {pace: aws}\n")
    ended = command("provision", "--config", str(config), "--json", SANDBOX_PORT=str(brisk))
    assert ended.returncode == 0, ended.stderr
    assert "at the pace of AWS" in ended.stderr
    assert [what for what in SETTLING if f"waiting for {what}" in ended.stderr] == SETTLING
    assert [step["outcome"] for step in json.loads(ended.stdout)["steps"]][-1] == "passed"
    ended = command("teardown", "--config", str(config), "--json", "--yes", SANDBOX_PORT=str(brisk))
    assert ended.returncode == 0, ended.stderr
    assert "waiting for DynamoDB table lambda-apigateway to be gone" in ended.stderr


@pytest.fixture(scope="module")
def own():
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def cloud(own):
    """At the pace of AWS a table takes longer than a test; own.keep("instant") settles everything."""
    own.keep("instant")
    cloud = Cloud(Aws.at(own.endpoint_url, "us-east-1"))
    yield cloud
    own.keep("instant")
    cloud.close()


def status(cloud, table):
    return cloud.dynamodb.describe_table(TableName=table)["Table"]["TableStatus"]


def creating(cloud, own):
    """(name, ARN) of a table that is CREATING."""
    own.keep("aws")
    made = cloud.dynamodb.create_table(TableName=cloud.name(), **ON_DEMAND)["TableDescription"]
    cloud.later(cloud.dynamodb.delete_table, TableName=made["TableName"])
    return made["TableName"], made["TableArn"]


def test_a_table_is_creating_and_then_active(own, cloud):
    table, arn = creating(cloud, own)
    assert status(cloud, table) == "CREATING"
    own.keep("instant")
    assert status(cloud, table) == "ACTIVE"
    assert cloud.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


def test_a_table_that_is_creating_is_neither_changed_nor_deleted_nor_made_again(own, cloud):
    table, _ = creating(cloud, own)
    with refused(400, "ResourceInUseException", f"{IN_USE}Table is being created: {table}"):
        cloud.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    with refused(400, "ResourceInUseException", f"{IN_USE}Table is being created: {table}"):
        cloud.dynamodb.delete_table(TableName=table)
    with refused(400, "ResourceInUseException", f"{IN_USE}Table is being created: {table}"):
        cloud.dynamodb.create_table(TableName=table, **ON_DEMAND)


def test_of_a_table_that_is_creating_neither_items_nor_tags_nor_backups_are_to_be_seen(own, cloud):
    table, arn = creating(cloud, own)
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        cloud.dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}})
    with refused(400, "ResourceNotFoundException", "Requested resource not found"):
        cloud.dynamodb.scan(TableName=table)
    with refused(400, "ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found"):
        cloud.dynamodb.list_tags_of_resource(ResourceArn=arn)
    with refused(400, "TableNotFoundException", f"Table not found: {table}"):
        cloud.dynamodb.update_continuous_backups(
            TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def test_a_table_that_is_updating_is_not_deleted_and_takes_no_second_change_but_of_its_protection(own, cloud):
    table = cloud.table(BillingMode="PROVISIONED", ProvisionedThroughput=units(1))
    own.keep("aws")
    cloud.dynamodb.update_table(TableName=table, ProvisionedThroughput=units(2))
    assert status(cloud, table) == "UPDATING"
    with refused(400, "ResourceInUseException", f"{IN_USE}Table IOPS are currently being updated. Table: {table}"):
        cloud.dynamodb.update_table(TableName=table, ProvisionedThroughput=units(3))
    with refused(400, "ResourceInUseException", f"{IN_USE}Table: {table} is in the process of being updated."):
        cloud.dynamodb.delete_table(TableName=table)
    cloud.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    cloud.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    own.keep("instant")
    cloud.dynamodb.update_table(TableName=table, ProvisionedThroughput=units(3))


def test_a_deleted_table_is_deleting_and_its_name_is_not_free_before_it_is_gone(own, cloud):
    table = cloud.table()
    cloud.dynamodb.put_item(TableName=table, Item={"id": {"S": "a"}})
    own.keep("aws")
    cloud.dynamodb.delete_table(TableName=table)
    assert status(cloud, table) == "DELETING"
    assert cloud.dynamodb.scan(TableName=table)["Count"] == 1
    assert cloud.dynamodb.delete_table(TableName=table)["TableDescription"]["TableStatus"] == "DELETING"
    with refused(400, "ResourceInUseException", f"{IN_USE}Table is being deleted: {table}"):
        cloud.dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    with refused(400, "ResourceInUseException", f"Table already exists: {table}"):
        cloud.dynamodb.create_table(TableName=table, **ON_DEMAND)
    own.keep("instant")
    assert table not in cloud.dynamodb.list_tables()["TableNames"]
    cloud.table(TableName=table)
    assert cloud.dynamodb.scan(TableName=table)["Count"] == 0


def test_tags_that_were_changed_are_not_to_be_seen_for_a_while(own, cloud):
    table = cloud.table(Tags=[{"Key": "a", "Value": "old"}])
    arn = cloud.dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    own.keep("aws")
    cloud.dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "new"}])
    assert cloud.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "old"}]
    own.keep("instant")
    assert cloud.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "new"}]


@pytest.fixture
def tables(monkeypatch):
    """A backend of its own at the pace of AWS, whose clock stands still until it is set."""
    monkeypatch.setattr(CLOCK, "pace", PACES["aws"])
    monkeypatch.setattr(CLOCK, "now", lambda: 0.0)
    return Tables("us-east-1", ACCOUNT)


def make(tables, name):
    tables.create_table(
        name,
        schema=ON_DEMAND["KeySchema"],
        attr=ON_DEMAND["AttributeDefinitions"],
        billing_mode="PAY_PER_REQUEST",
        **dict.fromkeys(("throughput", "global_indexes", "indexes", "streams", "sse_specification", "tags")),
        **dict.fromkeys(("deletion_protection_enabled", "warm_throughput")),
    )


def test_for_some_seconds_a_new_table_has_no_backups_yet(tables, monkeypatch):
    make(tables, "a-table")
    seconds = PACES["aws"].table_seconds
    monkeypatch.setattr(CLOCK, "now", lambda: seconds + 1)
    assert tables.status("a-table") == "ACTIVE"
    with pytest.raises(BackupsUnavailable, match="Backups are being enabled for the table: a-table"):
        tables.update_continuous_backups("a-table", {"PointInTimeRecoveryEnabled": True})
    monkeypatch.setattr(CLOCK, "now", lambda: 2 * seconds)
    tables.update_continuous_backups("a-table", {"PointInTimeRecoveryEnabled": True})


def test_more_than_500_tables_do_not_change_at_once(tables):
    for number in range(500):
        make(tables, f"table-{number}")
    with pytest.raises(TooManyChanges, match="Only 500 tables can be created, updated, or deleted simultaneously"):
        make(tables, "one-more")
    assert "one-more" not in tables.tables
