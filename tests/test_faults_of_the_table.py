"""DynamoDB on a bad day: a table that comes late, goes late, is busy or protected."""

import pytest

from tests.command_lines import called, outcomes, waits
from tests.inventory import inventory, snapshot

PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)


def up(bench):
    """Policy, role, function, echo test, table."""
    return called("provision", bench, "--until", "table")


def down(bench):
    return called("teardown", bench, "--yes")


def last(done):
    return done.stdout.splitlines()[-1]


def told(done):
    return [(why, budget) for why, _, budget in waits(done.stdout)]


@pytest.fixture
def with_table(backend, faulty):
    """A lab whose table is there, and nothing else of it but what the table's step does not need."""
    faulty.step("table").up()
    backend.calls.clear()
    return faulty


# It comes


def test_a_table_that_takes_a_minute_is_waited_for_until_it_is_active(backend, faulty, behind):
    backend.on("DescribeTable", after="CreateTable").hold_for(60, "CREATING")
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)[4]) == (0, "created")
    assert set(told(done)) == {("the table to become ACTIVE (it is CREATING)", 300)}
    assert 60 <= faulty.clock.now < 68
    assert len(told(done)) < 70
    assert backend.calls.count("CreateTable") == 1
    assert [line for line in inventory(behind, faulty.prefix) if "table" in line] == [f"table {faulty.lab.table_name}"]


def test_a_table_that_is_not_to_be_seen_yet_after_its_creation_is_waited_for(backend, faulty):
    backend.on("DescribeTable", after="CreateTable").missing(times=4)
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)[4]) == (0, "created")
    assert told(done) == [("AWS to show the DynamoDB table", 300)] * 4
    assert faulty.clock.now < 30
    assert backend.calls.count("CreateTable") == 1


def test_a_table_that_is_never_to_be_seen_is_given_up_after_half_a_minute(backend, faulty):
    fault = backend.on("DescribeTable", after="CreateTable").missing(times=1000)
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)[4]) == (1, "failed")
    assert 29 < faulty.clock.now < 45
    assert len(fault.acted) < 60
    backend.faults.clear()
    assert outcomes(up(faulty).stdout)[4] == "unchanged"
    assert backend.calls.count("CreateTable") == 1


def test_a_table_that_vanishes_under_a_later_run_is_not_waited_for(backend, faulty):
    up(faulty)
    backend.calls.clear()
    backend.on("DescribeTable").hold("UPDATING", polls=1)
    backend.on("DescribeTable").missing(times=1000)
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["unchanged", "unchanged", "unchanged", "passed", "failed"])
    assert "vanished. Another run is at work" in done.stdout
    assert faulty.clock.now < 45


def test_a_table_that_the_next_run_does_not_see_yet_is_found_and_used(backend, with_table, behind):
    before = snapshot(behind, with_table.prefix)
    backend.on("DescribeTable").missing(times=1)
    done = up(with_table)
    assert (done.returncode, outcomes(done.stdout)[4]) == (0, "created")
    assert backend.calls.count("CreateTable") == 1
    after = snapshot(behind, with_table.prefix)
    assert {key: after[key] for key in before} == before


def test_a_table_that_is_still_being_deleted_is_waited_for_and_made_anew(backend, with_table, behind):
    lab = with_table.lab
    lab.aws.dynamodb.describe_table(TableName=lab.table_name)
    behind.dynamodb.delete_table(TableName=lab.table_name)
    backend.on("DescribeTable").hold("DELETING", polls=6)
    in_use = f"Table is being deleted: {lab.table_name}"
    backend.on("CreateTable").refuse("ResourceInUseException", in_use, times=5)
    backend.calls.clear()
    done = up(with_table)
    assert (done.returncode, outcomes(done.stdout)[4]) == (0, "created")
    assert told(done) == [("DynamoDB to finish deleting the table of that name", 300)] * 5
    assert backend.calls.count("CreateTable") == 6
    assert behind.dynamodb.describe_table(TableName=lab.table_name)["Table"]["TableStatus"] == "ACTIVE"
    assert outcomes(up(with_table).stdout)[4] == "unchanged"


# It goes


@pytest.mark.parametrize("state", ["CREATING", "UPDATING"])
def test_a_table_that_is_busy_is_waited_for_and_then_deleted(backend, with_table, behind, state):
    backend.on("DescribeTable").hold(state, polls=1)
    backend.on("DeleteTable").refuse("ResourceInUseException", f"Table is {state}", times=5)
    done = down(with_table)
    assert (done.returncode, last(done)) == (0, "nothing left")
    assert told(done) == [("DynamoDB to finish an earlier operation on the table", 300)] * 5
    assert backend.calls.writing == ["DeleteTable"] * 6
    assert inventory(behind, with_table.prefix) == []


def test_teardown_ends_when_the_table_is_gone_and_not_before(backend, with_table, behind):
    backend.on("DescribeTable", after="DeleteTable").hold("DELETING", polls=7)
    done = down(with_table)
    assert (done.returncode, last(done)) == (0, "nothing left")
    assert told(done) == [(f"DynamoDB table {with_table.lab.table_name} to be gone", 300)] * 7
    assert backend.calls.writing == ["DeleteTable"]


def test_a_protected_table_of_ours_is_unprotected_and_deleted(backend, with_table, behind):
    lab = with_table.lab
    behind.dynamodb.update_table(TableName=lab.table_name, DeletionProtectionEnabled=True)
    busy = f"Table is being updated: {lab.table_name}"
    backend.on("DeleteTable", after="UpdateTable").refuse("ResourceInUseException", busy, times=3)
    done = down(with_table)
    assert (done.returncode, last(done)) == (0, "nothing left")
    assert told(done) == [
        ("DynamoDB to take the table's deletion protection off", 300),
        *[("DynamoDB to finish an earlier operation on the table", 300)] * 3,
    ]
    assert backend.calls.writing == ["DeleteTable", "UpdateTable", *["DeleteTable"] * 4]
    assert inventory(behind, with_table.prefix) == []


def test_a_protection_that_describe_does_not_show_yet_is_taken_off_all_the_same(backend, with_table, behind):
    backend.on("DeleteTable").refuse("ValidationException", PROTECTED)
    done = down(with_table)
    assert (done.returncode, last(done)) == (0, "nothing left")
    assert backend.calls.writing == ["DeleteTable", "UpdateTable", "DeleteTable"]
    assert inventory(behind, with_table.prefix) == []


def test_another_refusal_to_delete_fails_at_once_and_takes_no_protection_off(backend, with_table):
    backend.on("DeleteTable").refuse("ValidationException", "no such thing")
    done = down(with_table)
    assert (done.returncode, last(done)) == (1, f"left: DynamoDB table {with_table.lab.table_name}")
    assert "DeleteTable: ValidationException: no such thing" in done.stdout
    assert (backend.calls.writing, with_table.clock.sleeps) == (["DeleteTable"], [])


def test_a_protected_table_of_others_stays_protected(backend, faulty, behind):
    name = faulty.lab.table_name
    behind.dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        DeletionProtectionEnabled=True,
        Tags=[{"Key": "stack", "Value": "theirs"}],
    )
    before = snapshot(behind, faulty.prefix)
    done = down(faulty)
    assert (done.returncode, last(done)) == (1, f"left: DynamoDB table {name} (not ours)")
    assert backend.calls.writing == []
    assert snapshot(behind, faulty.prefix) == before
    behind.dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    behind.dynamodb.delete_table(TableName=name)
