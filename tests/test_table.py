"""Step 5, the DynamoDB table: paid per request, and its data is never thrown away to make a configuration fit."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stack.config import Config
from stack.step import Foreign, StepError
from stack.waiting import GaveUp
from tests.faults import FakeClock, amend, answer_with, refuse

VERBS = ("plan", "up", "plan_down", "down")


@pytest.fixture
def tagged(bench):
    """A lab with a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    return bench


@pytest.fixture
def make_foreign(bench):
    """Makes a table of our name that is somebody else's; it goes after the test."""
    dynamodb, name = bench.lab.aws.dynamodb, bench.lab.table_name
    bench.lab.clock = FakeClock()  # the tags of a young table are waited for

    def make(*, tags=(), key="id", kind="S", **more):
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind}],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": name, "Value": value} for name, value in tags],
            **more,
        )
        dynamodb.put_item(TableName=name, Item={key: {kind: "1"}, "note": {"S": "precious"}})
        bench.calls.clear()

    yield make
    if name in dynamodb.list_tables()["TableNames"]:
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.delete_table(TableName=name)


def described(lab):
    return lab.aws.dynamodb.describe_table(TableName=lab.table_name)["Table"]


def items(lab):
    return lab.aws.dynamodb.scan(TableName=lab.table_name)["Items"]


def in_status(status):
    """A change of DescribeTable's answer."""
    return lambda parsed: parsed["Table"].update(TableStatus=status)


# Up


def test_the_table_is_created_once_as_asked(tagged):
    bench, lab = tagged, tagged.lab
    assert bench.step("table").up().outcome == "created"
    assert bench.calls.writing == ["CreateTable"]
    table = described(lab)
    assert table["TableName"] == f"{bench.prefix}lambda-apigateway"
    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    tags = lab.aws.dynamodb.list_tags_of_resource(ResourceArn=lab.table_arn)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "stack": f"{bench.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "course": "serverless",
    }


def test_the_key_is_a_choice_of_the_config(make_bench):
    bench = make_bench(table={"partition_key": "isbn"})
    bench.step("table").up()
    assert described(bench.lab)["KeySchema"] == [{"AttributeName": "isbn", "KeyType": "HASH"}]
    assert bench.step("table").plan().outcome == "unchanged"


def test_a_second_up_changes_nothing(bench):
    bench.step("table").up()
    bench.calls.clear()
    assert bench.step("table").plan().outcome == "unchanged"
    assert bench.step("table").up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_every_field_that_drifted_is_named_and_mended(tagged):
    bench, lab = tagged, tagged.lab
    bench.step("table").up()
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    lab.aws.dynamodb.update_table(TableName=lab.table_name, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    lab.aws.dynamodb.tag_resource(ResourceArn=lab.table_arn, Tags=[{"Key": "course", "Value": "other"}])
    bench.calls.clear()
    changes = {"billing_mode": ("PROVISIONED", "PAY_PER_REQUEST"), "tags.course": ("other", "serverless")}
    assert bench.step("table").plan().changes == changes
    assert bench.calls.writing == []
    assert bench.step("table").up().changes == changes
    assert bench.calls.writing == ["UpdateTable", "TagResource"]
    assert bench.step("table").plan().outcome == "unchanged"


def test_a_tag_that_vanished_is_set_again_and_nothing_else(tagged):
    bench, lab = tagged, tagged.lab
    bench.step("table").up()
    lab.aws.dynamodb.untag_resource(ResourceArn=lab.table_arn, TagKeys=["course"])
    bench.calls.clear()
    assert bench.step("table").up().changes == {"tags.course": (None, "serverless")}
    assert bench.calls.writing == ["TagResource"]


def test_a_table_that_vanished_is_made_again(bench):
    bench.step("table").up()
    bench.lab.aws.dynamodb.delete_table(TableName=bench.lab.table_name)
    assert bench.step("table").plan().outcome == "would create"
    assert bench.step("table").up().outcome == "created"


def test_up_returns_when_the_table_is_active(bench):
    bench.lab.clock = clock = FakeClock()
    amend(bench.lab.aws.dynamodb, "DescribeTable", in_status("CREATING"), times=3)
    outcome = bench.step("table").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for the table to become ACTIVE (it is CREATING)",)


def test_a_table_that_is_not_to_be_seen_yet_is_waited_for(bench):
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.dynamodb, "DescribeTable", "ResourceNotFoundException", times=4)
    outcome = bench.step("table").up()
    assert outcome.outcome == "created"
    assert len(clock.sleeps) == 3
    assert outcome.notes == (f"waited {clock.now:.1f} s for AWS to show the DynamoDB table",)


def test_a_table_that_is_being_deleted_is_waited_for_and_made_again(bench):
    dynamodb = bench.lab.aws.dynamodb
    bench.lab.clock = clock = FakeClock()
    answer_with(dynamodb, "DescribeTable", {"Table": {"TableStatus": "DELETING"}}, times=2)
    assert bench.step("table").plan().outcome == "would create"
    refuse(dynamodb, "CreateTable", "ResourceInUseException", "Table is being deleted", times=3)
    outcome = bench.step("table").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for DynamoDB to finish deleting the table of that name",)
    assert described(bench.lab)["TableStatus"] == "ACTIVE"


def test_a_table_that_never_becomes_active_is_given_up(bench):
    bench.step("table").up()
    bench.lab.clock = FakeClock()
    amend(bench.lab.aws.dynamodb, "DescribeTable", in_status("UPDATING"), times=1000)
    with pytest.raises(GaveUp, match=r"^waited 300 s for the table to become ACTIVE \(it is UPDATING\)$"):
        bench.step("table").up()
    bench.lab = bench.new_lab()  # whose table is ACTIVE


def test_a_table_that_was_made_in_the_meantime_is_used(bench):
    """By another run, or by a CreateTable whose answer was lost and that the SDK has sent again."""
    bench.step("table").up()
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.dynamodb, "DescribeTable", "ResourceNotFoundException")
    assert bench.step("table").up().outcome == "created"
    assert clock.sleeps == []


def test_a_table_that_somebody_else_made_in_the_meantime_is_foreign(bench, make_foreign):
    make_foreign(tags=[("stack", "theirs")])
    refuse(bench.lab.aws.dynamodb, "DescribeTable", "ResourceNotFoundException")
    with pytest.raises(Foreign):
        bench.step("table").up()


# Another key


@pytest.mark.parametrize("key, kind, shown", [("other", "S", "other (HASH S)"), ("id", "N", "id (HASH N)")])
def test_a_table_with_another_key_stops_plan_and_up_and_keeps_its_items(bench, make_foreign, key, kind, shown):
    lab = bench.lab
    make_foreign(tags=lab.identity.items(), key=key, kind=kind)
    for verb in ("plan", "up"):
        with pytest.raises(StepError) as error:
            getattr(bench.step("table"), verb)()
        assert str(error.value) == (
            f"{lab.table_name} has the key {shown}, but table.partition_key asks for id. "
            "A table's key cannot be changed, and its data is not ours to throw away: "
            "keep the key, choose another table.name, or tear down first, which deletes all items"
        )
    assert bench.calls.writing == []
    assert len(items(lab)) == 1


def test_adopting_does_not_get_round_another_key(bench, make_foreign):
    make_foreign(key="other", tags=[("owner", "ada")])
    bench.lab.adopt = frozenset({bench.lab.table_name})
    with pytest.raises(StepError, match="has the key other"):
        bench.step("table").up()
    assert bench.calls.writing == []


# Whose it is


def test_somebody_elses_table_of_our_name_is_left_as_it_is(bench, make_foreign):
    lab = bench.lab
    make_foreign(tags=[("stack", "theirs")])
    before = described(lab)
    for verb in VERBS:
        with pytest.raises(Foreign, match=f"found stack=theirs.*--adopt {lab.table_name}$"):
            getattr(bench.step("table"), verb)()
    assert bench.calls.writing == []
    assert described(lab) == before
    assert len(items(lab)) == 1


def test_the_tags_of_a_young_table_are_waited_for(bench):
    bench.step("table").up()
    bench.lab.clock = clock = FakeClock()
    dynamodb = bench.lab.aws.dynamodb
    answer_with(dynamodb, "ListTagsOfResource", {"Tags": []}, times=2)
    refuse(dynamodb, "ListTagsOfResource", "ResourceNotFoundException")
    outcome = bench.step("table").up()
    assert outcome.outcome == "unchanged"
    assert outcome.notes == (f"waited {clock.now:.1f} s for DynamoDB to show the table's tags",)
    assert len(clock.sleeps) == 3


def test_a_young_table_that_never_shows_a_tag_is_foreign(bench, make_foreign):
    make_foreign()
    bench.lab.clock = clock = FakeClock()
    with pytest.raises(Foreign):
        bench.step("table").down()
    assert clock.now == pytest.approx(12)


def test_an_old_table_without_tags_is_foreign_at_once(bench, make_foreign):
    make_foreign()
    bench.lab.clock = clock = FakeClock()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    amend(bench.lab.aws.dynamodb, "DescribeTable", lambda parsed: parsed["Table"].update(CreationDateTime=long_ago))
    with pytest.raises(Foreign):
        bench.step("table").down()
    assert clock.sleeps == []


def test_an_adopted_table_keeps_its_items_and_gets_our_tags(bench, make_foreign):
    lab = bench.lab
    make_foreign(tags=[("owner", "ada")])
    lab.adopt = frozenset({lab.table_name})
    assert bench.step("table").plan().outcome == "would update"
    assert bench.step("table").up().outcome == "updated"
    assert bench.calls.writing == ["TagResource"]
    lab.adopt = frozenset()
    assert bench.step("table").plan().outcome == "unchanged"
    assert len(items(lab)) == 1


# Down


def test_a_second_down_finds_nothing_to_do(bench):
    bench.step("table").up()
    bench.calls.clear()
    assert bench.step("table").down().outcome == "deleted"
    assert bench.calls.writing == ["DeleteTable"]
    bench.calls.clear()
    assert bench.step("table").down().outcome == "absent"
    assert bench.step("table").plan_down().outcome == "absent"
    assert bench.calls.writing == []


def test_the_deletion_protection_of_our_own_table_is_taken_off(bench):
    bench.step("table").up()
    bench.lab.aws.dynamodb.update_table(TableName=bench.lab.table_name, DeletionProtectionEnabled=True)
    bench.calls.clear()
    assert bench.step("table").down().outcome == "deleted"
    assert bench.calls.writing == ["DeleteTable", "UpdateTable", "DeleteTable"]


def test_the_deletion_protection_of_others_stays(bench, make_foreign):
    make_foreign(tags=[("owner", "ada")], DeletionProtectionEnabled=True)
    with pytest.raises(Foreign):
        bench.step("table").down()
    assert described(bench.lab)["DeletionProtectionEnabled"] is True


def test_a_table_that_is_busy_is_waited_for(bench):
    bench.step("table").up()
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.dynamodb, "DeleteTable", "ResourceInUseException", "being updated", times=3)
    outcome = bench.step("table").down()
    assert outcome.outcome == "deleted"
    reason = "DynamoDB to finish an earlier operation on the table"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)


def test_down_returns_when_the_table_is_gone(bench):
    bench.step("table").up()
    bench.lab.clock = clock = FakeClock()
    table, remaining = bench.step("table"), iter([False, False, True])
    table.is_gone = lambda: next(remaining)
    assert table.down().notes == (f"waited {clock.now:.1f} s for DynamoDB table {table.name} to be gone",)


def plan_in_full(bench):
    table = bench.step("table")
    return table.in_full(table.plan_down())


@pytest.mark.parametrize("count, told", [(0, "with 0 items"), (1, "with 1 item"), (3, "with 3 items")])
def test_the_plan_of_down_tells_how_many_items_go(bench, count, told):
    bench.step("table").up()
    for number in range(count):
        bench.lab.aws.dynamodb.put_item(TableName=bench.lab.table_name, Item={"id": {"S": str(number)}})
    bench.calls.clear()
    outcome = plan_in_full(bench)
    assert (outcome.outcome, outcome.notes) == ("would delete", (told,))
    assert bench.calls.writing == []


def test_where_there_are_too_many_items_to_count_it_says_at_least(bench):
    bench.step("table").up()
    amend(
        bench.lab.aws.dynamodb, "Scan", lambda parsed: parsed.update(Count=12345, LastEvaluatedKey={"id": {"S": "x"}})
    )
    assert plan_in_full(bench).notes == ("with at least 12,345 items",)


def test_items_that_may_not_be_counted_do_not_stop_the_plan(bench):
    bench.step("table").up()
    refuse(bench.lab.aws.dynamodb, "Scan", "AccessDeniedException")
    outcome = plan_in_full(bench)
    assert outcome.notes == ("with items that could not be counted (your user lacks dynamodb:Scan)",)
