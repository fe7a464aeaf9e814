"""At the pace of AWS: what was made is there only after a while, and a lab waits for it."""

import json
import time

import pytest

from sandbox.pace import PACES
from stack.aws import Aws
from tests.conformance.cloud import Cloud
from tests.conftest import command, running_sandbox


@pytest.fixture(scope="module")
def own():
    with running_sandbox() as sandbox:
        yield sandbox


def test_a_lab_waits_for_what_takes_its_time(own, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("sandbox: {pace: aws}\n")
    started = time.monotonic()
    ended = command("provision", "--config", str(config), "--json", SANDBOX_PORT=str(own.port))
    assert ended.returncode == 0, ended.stderr
    assert time.monotonic() - started > PACES["aws"].role_seconds
    assert [step["outcome"] for step in json.loads(ended.stdout)["steps"]][-1] == "passed"
    assert "at the pace of AWS" in ended.stderr


def test_at_the_pace_of_aws_a_table_is_creating(own):
    own.keep("aws")
    cloud = Cloud(Aws.at(own.endpoint_url, "us-east-1"))
    name = cloud.name()
    cloud.dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert cloud.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "CREATING"
    own.keep("instant")
    assert cloud.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
