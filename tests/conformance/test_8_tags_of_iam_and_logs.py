"""8. Tags of IAM policies, roles and log groups."""

import json

import pytest

from tests.conformance.cloud import TRUST, refused

FAILED = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"
KEY = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"
KEYS = (
    "Member must satisfy constraint: [Member must have length less than or equal to 128, "
    rf"Member must have length greater than or equal to 1, {KEY}, Member must not be null]"
)
FIFTY = [{"Key": f"key-{number}", "Value": "x"} for number in range(50)]
RESERVED = "aws: prefixed tag key names are not allowed for external use."


def listed(*pairs):
    return [{"Key": key, "Value": value} for key, value in pairs]


@pytest.fixture(scope="module")
def policy(shared):
    return shared.policy()


@pytest.fixture(scope="module")
def role(shared):
    return shared.role()


@pytest.fixture
def group(cloud):
    """(name, ARN) of a log group with a tag."""
    name = cloud.name()
    cloud.logs.create_log_group(logGroupName=name, tags={"env": "testing1"})
    cloud.later(cloud.logs.delete_log_group, logGroupName=name)
    return name, f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:{name}"


def test_tags_of_a_policy_are_added_changed_and_taken_away(cloud):
    """Keys that differ in case are two.

    Source: LS:iam test_policy_tag_operations
    """
    arn = cloud.policy()
    cloud.iam.tag_policy(PolicyArn=arn, Tags=listed(("a", "lower"), ("A", "upper")))
    cloud.iam.tag_policy(PolicyArn=arn, Tags=listed(("a", "")))
    tags = cloud.iam.list_policy_tags(PolicyArn=arn)["Tags"]
    assert sorted((tag["Key"], tag["Value"]) for tag in tags) == [("A", "upper"), ("a", "")]
    cloud.iam.untag_policy(PolicyArn=arn, TagKeys=["A"])
    assert cloud.iam.list_policy_tags(PolicyArn=arn)["Tags"] == listed(("a", ""))


def test_tags_of_a_role_are_added_changed_and_taken_away(cloud):
    """Keys that differ only in case are one.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
    """
    name = cloud.role()
    cloud.iam.tag_role(RoleName=name, Tags=listed(("a", "lower"), ("b", "other")))
    cloud.iam.tag_role(RoleName=name, Tags=listed(("A", "upper")))
    tags = cloud.iam.list_role_tags(RoleName=name)["Tags"]
    assert sorted(tag["Value"] for tag in tags) == ["other", "upper"]
    cloud.iam.untag_role(RoleName=name, TagKeys=["b"])
    assert [tag["Value"] for tag in cloud.iam.list_role_tags(RoleName=name)["Tags"]] == ["upper"]


@pytest.mark.parametrize(
    ("tags", "violated"),
    [
        ([*FIFTY, *listed(("one more", "x"))], ("tags", "Member must have length less than or equal to 50")),
        (listed(("k" * 129, "x")), ("tags.1.member.key", "Member must have length less than or equal to 128")),
        (listed(("k", "x" * 257)), ("tags.1.member.value", "Member must have length less than or equal to 256")),
        (listed(("NOWAY!", "x")), ("tags.1.member.key", KEY)),
    ],
)
def test_tags_that_iam_does_not_allow_are_refused(shared, policy, role, tags, violated):
    """Source: LS:iam test_policy_tag_update_errors, test_role_tag_errors"""
    text = FAILED.format(*violated)
    with refused(400, "ValidationError", text):
        shared.iam.tag_policy(PolicyArn=policy, Tags=tags)
    with refused(400, "ValidationError", text):
        shared.iam.tag_role(RoleName=role, Tags=tags)
    with refused(400, "ValidationError", text):
        shared.iam.create_role(RoleName=shared.name(), AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)


def test_tags_are_set_all_or_none(shared, role):
    """Source: BC:iam TagRole"""
    with refused(400, "ValidationError", FAILED.format("tags.2.member.key", KEY)):
        shared.iam.tag_role(RoleName=role, Tags=listed(("fine", "x"), ("NOWAY!", "x")))
    assert shared.iam.list_role_tags(RoleName=role)["Tags"] == []


def test_keys_are_given_once(shared, policy, role):
    """Source: LS:iam test_policy_tag_update_errors, test_role_tag_errors"""
    with refused(400, "InvalidInput", "Duplicate tag keys found."):
        shared.iam.tag_policy(PolicyArn=policy, Tags=listed(("a", "x"), ("a", "y")))
    text = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    with refused(400, "InvalidInput", text):
        shared.iam.tag_role(RoleName=role, Tags=listed(("a", "x"), ("A", "y")))


def test_keys_that_could_not_be_are_not_taken_away(shared, role):
    """Source: LS:iam test_role_tag_errors"""
    with refused(400, "ValidationError", FAILED.format("tagKeys", KEYS)):
        shared.iam.untag_role(RoleName=role, TagKeys=["k" * 129])


def test_a_role_has_at_most_fifty_tags(cloud):
    """Source: from experience"""
    name = cloud.role()
    cloud.iam.tag_role(RoleName=name, Tags=FIFTY)
    with refused(409, "LimitExceeded", "The number of tags has reached the maximum limit."):
        cloud.iam.tag_role(RoleName=name, Tags=listed(("one more", "x")))


def test_tags_of_what_is_unknown_are_not_told(cloud):
    """Source: LS:iam test_policy_tag_update_errors, test_role_tag_errors"""
    name = cloud.name()
    arn = f"arn:{cloud.partition}:iam::{cloud.account}:policy/{name}"
    with refused(404, "NoSuchEntity", f"Policy {arn} was not found."):
        cloud.iam.tag_policy(PolicyArn=arn, Tags=listed(("a", "x")))
    with refused(404, "NoSuchEntity", f"The role with name {name} cannot be found."):
        cloud.iam.tag_role(RoleName=name, Tags=listed(("a", "x")))


def test_the_prefix_aws_is_not_for_us(shared, policy, role, group):
    """Source: from experience"""
    with refused(400, "InvalidInput", RESERVED):
        shared.iam.tag_policy(PolicyArn=policy, Tags=listed(("aws:x", "x")))
    with refused(400, "InvalidInput", RESERVED):
        shared.iam.tag_role(RoleName=role, Tags=listed(("aws:x", "x")))
    with refused(400, "InvalidParameterException", RESERVED):
        shared.logs.tag_resource(resourceArn=group[1], tags={"aws:x": "x"})


def test_tags_of_a_log_group_are_added_changed_and_taken_away(cloud, group):
    """Source: LS:logs test_tag_resource_api"""
    name, arn = group
    cloud.logs.tag_resource(resourceArn=arn, tags={"env": "testing2", "test2": "val2"})
    for answer in (
        cloud.logs.list_tags_for_resource(resourceArn=arn),
        cloud.logs.list_tags_log_group(logGroupName=name),
    ):
        assert answer["tags"] == {"env": "testing2", "test2": "val2"}
    cloud.logs.untag_resource(resourceArn=arn, tagKeys=["env"])
    assert cloud.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"test2": "val2"}


def test_a_log_group_that_is_made_again_has_no_tags_of_the_old_one(cloud, group):
    """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""
    name, arn = group
    cloud.logs.delete_log_group(logGroupName=name)
    cloud.settled(
        lambda: cloud.logs.create_log_group(logGroupName=name),
        {"OperationAbortedException", "ResourceAlreadyExistsException"},
    )
    assert cloud.logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}


def test_the_arn_of_a_log_groups_streams_is_not_that_of_the_group(cloud, group):
    """Source: https://github.com/boto/boto3/issues/4104"""
    with refused(400, "ValidationException", "Invalid resourceArn"):
        cloud.logs.list_tags_for_resource(resourceArn=f"{group[1]}:*")


def test_a_log_group_of_another_region_is_another(cloud, group):
    """Source: BC:logs ListTagsForResource"""
    elsewhere = group[1].replace(f":{cloud.region}:", ":ap-southeast-2:")
    with refused(400, "ResourceNotFoundException"):
        cloud.logs.list_tags_for_resource(resourceArn=elsewhere)


def test_a_log_group_is_tagged_by_its_arn_only(cloud, group):
    """Source: from experience"""
    with refused(400, "ValidationException", "Invalid resourceArn"):
        cloud.logs.tag_resource(resourceArn=group[0], tags={"a": "x"})


def test_an_unknown_log_group_has_no_tags(cloud):
    """Source: BC:logs ListTagsForResource"""
    arn = f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:{cloud.name()}"
    with refused(400, "ResourceNotFoundException"):
        cloud.logs.list_tags_for_resource(resourceArn=arn)
    with refused(400, "ResourceNotFoundException"):
        cloud.logs.tag_resource(resourceArn=arn, tags={"a": "x"})
    with refused(400, "ResourceNotFoundException"):
        cloud.logs.untag_resource(resourceArn=arn, tagKeys=["a"])


def test_a_log_group_has_at_most_fifty_tags(cloud, group):
    """Source: BC:logs TooManyTagsException"""
    with refused(400, "TooManyTagsException"):
        cloud.logs.tag_resource(resourceArn=group[1], tags={f"key-{number}": "x" for number in range(50)})
