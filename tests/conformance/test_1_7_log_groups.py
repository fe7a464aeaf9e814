"""1.7 CloudWatch Logs: log groups."""

import pytest

from tests.conformance.cloud import refused

NO_GROUP = "The specified log group does not exist."


def group(cloud, name="", **choices):
    """Its name."""
    name = name or cloud.name()
    cloud.logs.create_log_group(logGroupName=name, **choices)
    cloud.later(cloud.logs.delete_log_group, logGroupName=name)
    return name


def described(cloud, name):
    (found,) = cloud.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found


def test_a_log_group_is_not_made_twice(cloud):
    """Source: LS:logs test_create_log_group_duplicate_error"""
    name = group(cloud)
    with refused(400, "ResourceAlreadyExistsException", "The specified log group already exists"):
        cloud.logs.create_log_group(logGroupName=name)


def test_a_log_group_is_described_with_two_arns(cloud):
    """Source: LS:logs test_describe_log_groups_with_prefix"""
    name = group(cloud)
    arn = f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:{name}"
    found = described(cloud, name)
    assert (found["arn"], found["logGroupArn"]) == (f"{arn}:*", arn)
    assert (found["logGroupClass"], found["deletionProtectionEnabled"]) == ("STANDARD", False)
    assert "retentionInDays" not in found


def test_a_retention_is_put_as_often_as_one_likes_and_taken_away(cloud):
    """Source: LS:logs test_delete_retention_policy"""
    name = group(cloud)
    for _ in range(2):
        cloud.logs.put_retention_policy(logGroupName=name, retentionInDays=7)
        assert described(cloud, name)["retentionInDays"] == 7
    cloud.logs.delete_retention_policy(logGroupName=name)
    assert "retentionInDays" not in described(cloud, name)


@pytest.mark.parametrize("days", [0, 2, 6, 366, 3654])
def test_a_retention_is_one_of_certain_numbers_of_days(cloud, days):
    """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""
    with refused(400, "InvalidParameterException"):
        cloud.logs.put_retention_policy(logGroupName=group(cloud), retentionInDays=days)


def test_an_unknown_log_group_is_told_so(cloud):
    """Source: BC:logs ResourceNotFoundException"""
    name = cloud.name()
    for call, choices in (
        (cloud.logs.delete_log_group, {}),
        (cloud.logs.put_retention_policy, {"retentionInDays": 7}),
        (cloud.logs.delete_retention_policy, {}),
        (cloud.logs.create_log_stream, {"logStreamName": "stream"}),
    ):
        with refused(400, "ResourceNotFoundException", NO_GROUP):
            call(logGroupName=name, **choices)


def test_a_protected_log_group_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html"""
    name = group(cloud, deletionProtectionEnabled=True)
    cloud.later(cloud.logs.put_log_group_deletion_protection, logGroupIdentifier=name, deletionProtectionEnabled=False)
    assert described(cloud, name)["deletionProtectionEnabled"] is True
    text = "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
    with refused(400, "ValidationException", text):
        cloud.logs.delete_log_group(logGroupName=name)


def test_the_protection_of_a_log_group_is_switched_by_name_and_by_arn(cloud):
    """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogGroupDeletionProtection.html"""
    name = group(cloud)
    arn = described(cloud, name)["logGroupArn"]
    cloud.later(cloud.logs.put_log_group_deletion_protection, logGroupIdentifier=name, deletionProtectionEnabled=False)
    cloud.logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=True)
    assert described(cloud, name)["deletionProtectionEnabled"] is True
    cloud.logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    cloud.logs.delete_log_group(logGroupName=name)


def test_log_groups_are_searched_by_prefix(cloud):
    """/aws/lambda/X finds /aws/lambda/X2 as well; the answer is sorted by name.

    Source: TF:logs/group.go
    """
    name = cloud.name()
    wanted = [group(cloud, f"{name}-{letter}") for letter in "abc"]
    found = cloud.logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [one["logGroupName"] for one in found] == wanted
    pages = cloud.logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix=name, PaginationConfig={"PageSize": 2}
    )
    assert [[one["logGroupName"] for one in page["logGroups"]] for page in pages] == [wanted[:2], wanted[2:]]


def test_a_page_has_at_most_fifty_log_groups(cloud):
    """Source: BC:logs DescribeLogGroups.limit"""
    text = (
        "1 validation error detected: Value '51' at 'limit' failed to satisfy constraint: "
        "Member must have value less than or equal to 50"
    )
    with refused(400, "InvalidParameterException", text):
        cloud.logs.describe_log_groups(limit=51)


def test_log_groups_are_not_searched_by_prefix_and_pattern_at_once(cloud):
    """Source: LS:logs test_describe_log_groups_prefix_and_pattern_error"""
    text = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    with refused(400, "InvalidParameterException", text):
        cloud.logs.describe_log_groups(logGroupNamePrefix="a", logGroupNamePattern="b")


def test_a_pattern_that_no_name_contains_finds_nothing(cloud):
    """Source: LS:logs test_list_log_groups_with_pattern"""
    group(cloud)
    assert cloud.logs.describe_log_groups(logGroupNamePattern=cloud.name())["logGroups"] == []


def test_a_log_stream_is_not_made_twice(cloud):
    """Source: LS:logs test_create_log_stream_duplicate_error"""
    name = group(cloud)
    cloud.logs.create_log_stream(logGroupName=name, logStreamName="stream")
    with refused(400, "ResourceAlreadyExistsException", "The specified log stream already exists"):
        cloud.logs.create_log_stream(logGroupName=name, logStreamName="stream")
