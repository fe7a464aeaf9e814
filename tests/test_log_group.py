"""The function's log group: tagged and with a retention from its first moment, and Lambda's own one is taken over."""

from dataclasses import replace

import pytest

from stack.config import Config
from stack.log_group import LogGroup
from stack.step import Foreign
from stack.waiting import GaveUp
from tests.faults import FakeClock, refuse


@pytest.fixture
def tagged(bench):
    """A lab with a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    return bench


def shown(lab):
    """(retention, tags) of the group, or None."""
    groups = lab.aws.logs.describe_log_groups(logGroupNamePrefix=lab.log_group_name)["logGroups"]
    for group in groups:
        if group["logGroupName"] == lab.log_group_name:
            tags = lab.aws.logs.list_tags_for_resource(resourceArn=lab.log_group_arn)["tags"]
            return group.get("retentionInDays"), tags
    return None


def test_the_group_is_created_once_as_asked(tagged):
    bench, lab = tagged, tagged.lab
    assert LogGroup(lab).up().outcome == "created"
    assert bench.calls.writing == ["CreateLogGroup", "PutRetentionPolicy"]
    assert lab.log_group_name == f"/aws/lambda/{bench.prefix}LambdaFunctionOverHttps"
    assert shown(lab) == (
        7,
        {
            "stack": f"{bench.prefix}lambda-apigateway",
            "managed-by": "lambda-apigateway-lab",
            "course": "serverless",
        },
    )


def test_a_second_up_changes_nothing(bench):
    LogGroup(bench.lab).up()
    bench.calls.clear()
    assert LogGroup(bench.lab).plan().outcome == "unchanged"
    assert LogGroup(bench.lab).up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_every_field_that_drifted_is_named_and_mended(tagged):
    bench, lab = tagged, tagged.lab
    LogGroup(lab).up()
    lab.aws.logs.put_retention_policy(logGroupName=lab.log_group_name, retentionInDays=30)
    lab.aws.logs.tag_resource(resourceArn=lab.log_group_arn, tags={"course": "other"})
    bench.calls.clear()
    changes = {"retention_days": (30, 7), "tags.course": ("other", "serverless")}
    assert LogGroup(lab).plan().changes == changes
    assert bench.calls.writing == []
    assert LogGroup(lab).up().changes == changes
    assert bench.calls.writing == ["PutRetentionPolicy", "TagResource"]
    assert LogGroup(lab).plan().outcome == "unchanged"


def test_a_retention_that_vanished_is_set_again_and_nothing_else(bench):
    LogGroup(bench.lab).up()
    bench.lab.aws.logs.delete_retention_policy(logGroupName=bench.lab.log_group_name)
    bench.calls.clear()
    assert LogGroup(bench.lab).up().changes == {"retention_days": (None, 7)}
    assert bench.calls.writing == ["PutRetentionPolicy"]


def test_a_tag_that_vanished_is_set_again_and_nothing_else(tagged):
    bench, lab = tagged, tagged.lab
    LogGroup(lab).up()
    lab.aws.logs.untag_resource(resourceArn=lab.log_group_arn, tagKeys=["course"])
    bench.calls.clear()
    assert LogGroup(lab).up().changes == {"tags.course": (None, "serverless")}
    assert bench.calls.writing == ["TagResource"]


def test_a_group_that_vanished_is_made_again(bench):
    LogGroup(bench.lab).up()
    bench.lab.aws.logs.delete_log_group(logGroupName=bench.lab.log_group_name)
    assert LogGroup(bench.lab).plan().outcome == "would create"
    assert LogGroup(bench.lab).up().outcome == "created"
    assert shown(bench.lab)[0] == 7


def test_another_group_whose_name_only_begins_the_same_is_not_ours(bench):
    longer = f"{bench.lab.log_group_name}2"
    bench.lab.aws.logs.create_log_group(logGroupName=longer)
    try:
        assert LogGroup(bench.lab).plan().outcome == "would create"
        assert LogGroup(bench.lab).down().outcome == "absent"
    finally:
        bench.lab.aws.logs.delete_log_group(logGroupName=longer)


def test_a_second_down_finds_nothing_to_do(bench):
    LogGroup(bench.lab).up()
    assert LogGroup(bench.lab).plan_down().outcome == "would delete"
    bench.calls.clear()
    assert LogGroup(bench.lab).down().outcome == "deleted"
    assert bench.calls.writing == ["DeleteLogGroup"]
    bench.calls.clear()
    assert LogGroup(bench.lab).down().outcome == "absent"
    assert LogGroup(bench.lab).plan_down().outcome == "absent"
    assert bench.calls.writing == []


def test_another_operation_on_the_group_is_waited_for(bench):
    LogGroup(bench.lab).up()
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.logs, "DeleteLogGroup", "OperationAbortedException", "try again", times=2)
    outcome = LogGroup(bench.lab).down()
    assert outcome.outcome == "deleted"
    reason = "CloudWatch Logs to finish another operation on the log group"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)


def test_an_operation_that_never_ends_is_given_up(bench):
    LogGroup(bench.lab).up()
    bench.lab.clock = FakeClock()
    refuse(bench.lab.aws.logs, "DeleteLogGroup", "OperationAbortedException", "try again", times=1000)
    with pytest.raises(GaveUp, match=r"^waited 120 s for CloudWatch Logs"):
        LogGroup(bench.lab).down()
    bench.lab = bench.new_lab()  # whose operation is over


# Whose it is


def test_a_group_without_any_tag_is_lambdas_own_and_is_taken_over(bench):
    bench.lab.aws.logs.create_log_group(logGroupName=bench.lab.log_group_name)
    bench.calls.clear()
    assert LogGroup(bench.lab).plan().outcome == "would update"
    assert LogGroup(bench.lab).up().outcome == "updated"
    assert bench.calls.writing == ["PutRetentionPolicy", "TagResource"]
    assert shown(bench.lab) == (7, bench.lab.identity)


def test_a_group_without_any_tag_goes_with_the_function(bench):
    bench.lab.aws.logs.create_log_group(logGroupName=bench.lab.log_group_name)
    assert LogGroup(bench.lab).down().outcome == "deleted"


def test_without_the_function_an_untagged_group_is_nobodys_we_know(bench):
    bench.lab.aws.logs.create_log_group(logGroupName=bench.lab.log_group_name)
    group = LogGroup(bench.lab)
    group.may_adopt_untagged = False
    with pytest.raises(Foreign):
        group.down()
    assert shown(bench.lab) == (None, {})


def test_a_group_with_the_tags_of_others_is_left_as_it_is(bench):
    lab = bench.lab
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name, tags={"stack": "theirs"})
    bench.calls.clear()
    for verb in ("plan", "up", "plan_down", "down"):
        with pytest.raises(Foreign, match=f"found stack=theirs.*--adopt {lab.log_group_name}$"):
            getattr(LogGroup(lab), verb)()
    assert bench.calls.writing == []
    lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)


def test_an_adopted_group_gets_our_tags_and_keeps_the_others(bench):
    lab = bench.lab
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name, tags={"owner": "ada"})
    lab.adopt = frozenset({lab.log_group_name})
    assert LogGroup(lab).up().outcome == "updated"
    assert shown(lab) == (7, {"owner": "ada", **lab.identity})
