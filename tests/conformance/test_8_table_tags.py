"""8 Tags of DynamoDB tables."""

import pytest

from tests.conformance.cloud import refused


def arn_of(cloud, table):
    return cloud.dynamodb.describe_table(TableName=table)["Table"]["TableArn"]


def tags_of(cloud, arn):
    return {tag["Key"]: tag["Value"] for tag in cloud.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]}


@pytest.fixture(scope="module")
def arn(shared):
    return arn_of(shared, shared.table(Tags=[{"Key": "made", "Value": "with it"}]))


def test_tags_that_a_table_was_made_with_are_listed_once_it_is_active(shared, arn):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    assert tags_of(shared, arn)["made"] == "with it"


def test_a_tag_of_the_same_key_is_overwritten(cloud):
    """TagResource is asynchronous, and overwrites.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TagResource.html
    """
    own = arn_of(cloud, cloud.table(Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}]))
    cloud.dynamodb.tag_resource(ResourceArn=own, Tags=[{"Key": "a", "Value": "2"}])
    wanted = {"a": "2", "b": "1"}
    assert cloud.until(lambda tags: tags == wanted, lambda: tags_of(cloud, own)) == wanted
    listed = cloud.dynamodb.list_tags_of_resource(ResourceArn=own)["Tags"]
    assert len(listed) == 2


def test_a_tag_is_taken_away(cloud):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UntagResource.html"""
    own = arn_of(cloud, cloud.table(Tags=[{"Key": "a", "Value": "1"}]))
    cloud.dynamodb.untag_resource(ResourceArn=own, TagKeys=["a", "never there"])
    assert cloud.until(lambda tags: not tags, lambda: tags_of(cloud, own)) == {}


def test_the_tags_of_an_unknown_table_are_told_by_its_arn(shared, arn):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    unknown = f"{arn}-not"
    text = f"Requested resource not found: ResourceArn: {unknown} not found"
    with refused(400, "ResourceNotFoundException", text):
        tags_of(shared, unknown)
    with refused(400, "ResourceNotFoundException", text):
        shared.dynamodb.tag_resource(ResourceArn=unknown, Tags=[{"Key": "a", "Value": "1"}])
    with refused(400, "ResourceNotFoundException", text):
        shared.dynamodb.untag_resource(ResourceArn=unknown, TagKeys=["a"])


REFUSED = {
    "none": ([], "Atleast one Tag needs to be provided as Input."),
    "of aws": ([{"Key": "aws:a", "Value": "1"}], "Tag Key cannot be prefixed with aws:, Key: aws:a"),
    "too many": (
        [{"Key": str(number), "Value": "1"} for number in range(51)],
        "Number of Tags exceed the current limit for the provided ResourceArn",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_fifty_tags_at_most_and_none_of_aws(shared, arn, case):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/service.md"""
    tags, text = REFUSED[case]
    with refused(400, "ValidationException", text):
        shared.dynamodb.tag_resource(ResourceArn=arn, Tags=tags)


def test_a_table_is_not_made_with_tags_that_are_refused(cloud):
    """Source: https://github.com/aws-controllers-k8s/dynamodb-controller/blob/main/docs/api-quirks/table.md"""
    name = cloud.name()
    with refused(400, "ValidationException", "Tag Key cannot be prefixed with aws:, Key: aws:a"):
        cloud.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "aws:a", "Value": "1"}],
        )
    with refused(400, "ResourceNotFoundException"):
        cloud.dynamodb.describe_table(TableName=name)
