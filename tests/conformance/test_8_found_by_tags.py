"""8 What the tagging API finds by tags."""

import pytest

from tests.conformance.cloud import refused
from tests.conformance.test_8_tags_api_gateway import DOCUMENT

TYPES = {"table": "dynamodb:table", "function": "lambda:function", "group": "logs:log-group"}


@pytest.fixture(scope="module")
def tagging(shared):
    return shared.aws.client("resourcegroupstaggingapi")


@pytest.fixture(scope="module")
def tag(shared):
    """The value of the tag `conformance` that nothing else bears."""
    return shared.name()


@pytest.fixture(scope="module")
def arns(shared, tag):
    """{kind: ARN} of one tagged thing of each kind."""
    tags = {"conformance": tag, "kind": "any"}
    as_list = [{"Key": key, "Value": value} for key, value in tags.items()]
    table, function, group = shared.table(Tags=as_list), shared.function(Tags=tags), shared.name()
    shared.logs.create_log_group(logGroupName=group, tags=tags)
    shared.later(shared.logs.delete_log_group, logGroupName=group)
    api = shared.api(DOCUMENT, tags=tags)
    deployment = shared.settled(
        lambda: shared.apigateway.create_deployment(restApiId=api), codes={"TooManyRequestsException"}
    )
    shared.apigateway.create_stage(restApiId=api, stageName="Prod", deploymentId=deployment["id"], tags=tags)
    own = f"arn:{shared.partition}:apigateway:{shared.region}::/restapis/{api}"
    return {
        "api": own,
        "function": shared.function_arn(function),
        "group": f"arn:{shared.partition}:logs:{shared.region}:{shared.account}:log-group:{group}",
        "stage": f"{own}/stages/Prod",
        "table": shared.dynamodb.describe_table(TableName=table)["Table"]["TableArn"],
    }


def found(tagging, value, *kinds, **more):
    """The ARNs with the tag `conformance` of this value; also by other filters in `more`."""
    filters = {"ResourceTypeFilters": list(kinds)} if kinds else {}
    pages = tagging.get_paginator("get_resources").paginate(
        TagFilters=[{"Key": "conformance", "Values": [value]}], **filters, **more
    )
    return sorted(each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"])


def test_whatever_was_tagged_at_its_own_service_is_found_with_its_tags(shared, tagging, tag, arns):
    """The index lags behind. A stage is found beside its API.

    Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    expected = sorted(arns.values())
    assert shared.until(lambda each: each == expected, lambda: found(tagging, tag)) == expected
    answer = tagging.get_resources(TagFilters=[{"Key": "conformance", "Values": [tag]}])
    shown = [{"Key": "conformance", "Value": tag}, {"Key": "kind", "Value": "any"}]
    for each in answer["ResourceTagMappingList"]:
        assert sorted(each["Tags"], key=lambda one: one["Key"]) == shown


@pytest.mark.parametrize("name", TYPES)
def test_a_type_is_named_as_in_the_arns(shared, tagging, tag, arns, name):
    """Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    kind, expected = TYPES[name], [arns[name]]
    assert shared.until(lambda each: each == expected, lambda: found(tagging, tag, kind)) == expected
    assert found(tagging, tag, kind.partition(":")[0]) == expected


def test_an_api_and_its_stage_are_found_apart(shared, tagging, tag, arns):
    """By `apigateway:restapis` the API, by `apigateway` both. Source: from experience."""
    both = [arns["api"], arns["stage"]]
    assert shared.until(lambda each: each == both, lambda: found(tagging, tag, "apigateway")) == both
    assert found(tagging, tag, "apigateway:restapis") == [arns["api"]]


def test_every_filter_must_hold_and_one_value_of_each(shared, tagging, tag, arns):
    """Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    ours = {"Key": "conformance", "Values": [tag]}

    def count(*filters):
        return len(tagging.get_resources(TagFilters=list(filters))["ResourceTagMappingList"])

    assert shared.until(lambda seen: seen == len(arns), lambda: count(ours)) == len(arns)
    assert count(ours, {"Key": "kind", "Values": ["other", "any"]}) == len(arns)
    assert count(ours, {"Key": "kind"}) == len(arns)
    assert count(ours, {"Key": "kind", "Values": ["other"]}) == 0
    assert count(ours, {"Key": "absent"}) == 0


def test_there_are_at_most_as_many_on_a_page_as_asked(shared, tagging, tag, arns):
    """The next page is found by a token.

    Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    expected = sorted(arns.values())
    assert shared.until(lambda each: each == expected, lambda: found(tagging, tag, ResourcesPerPage=2)) == expected
    page = tagging.get_resources(TagFilters=[{"Key": "conformance", "Values": [tag]}], ResourcesPerPage=2)
    assert len(page["ResourceTagMappingList"]) <= 2
    assert page["PaginationToken"]


def test_what_is_made_between_two_pages_does_not_disturb_them(cloud, tagging, tag, arns):
    """Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    filters = [{"Key": "conformance", "Values": [tag]}]
    first = tagging.get_resources(TagFilters=filters, ResourcesPerPage=1)
    cloud.api()
    cloud.logs.create_log_group(logGroupName=(group := cloud.name()))
    cloud.later(cloud.logs.delete_log_group, logGroupName=group)
    next_page = tagging.get_resources(TagFilters=filters, ResourcesPerPage=1, PaginationToken=first["PaginationToken"])
    seen = {each["ResourceARN"] for page in (first, next_page) for each in page["ResourceTagMappingList"]}
    assert seen <= set(arns.values())


@pytest.mark.parametrize("count", [0, 101])
def test_a_page_holds_1_to_100(tagging, count):
    """The words of the refusal are moto's.

    Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    with refused(400, "InvalidParameterException"):
        tagging.get_resources(ResourcesPerPage=count)


@pytest.mark.parametrize("more", [{"TagFilters": [{"Key": "a"}]}, {"ResourceTypeFilters": ["lambda"]}])
def test_arns_and_filters_do_not_go_together(tagging, arns, more):
    """The words of the refusal are not known.

    Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    with refused(400, "InvalidParameterException"):
        tagging.get_resources(ResourceARNList=[arns["table"]], **more)


def test_by_arn_only_what_exists_is_found(shared, tagging, arns):
    """Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""

    def by_arn():
        answer = tagging.get_resources(ResourceARNList=[arns["table"], f"{arns['table']}-not"])
        return [each["ResourceARN"] for each in answer["ResourceTagMappingList"]]

    assert shared.until(bool, by_arn) == [arns["table"]]


def test_a_role_is_never_found(cloud, tagging):
    """Nor a user; IAM has its own lists.

    Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html
    """
    value = cloud.name()
    cloud.iam.tag_role(RoleName=cloud.role(), Tags=[{"Key": "conformance", "Value": value}])
    assert found(tagging, value) == []


def test_a_region_finds_what_is_in_it(shared, tagging, tag, arns):
    """Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
    assert shared.until(bool, lambda: found(tagging, tag))
    other = "eu-west-1" if shared.region != "eu-west-1" else "us-east-1"
    elsewhere = shared.aws.session.client(
        "resourcegroupstaggingapi", region_name=other, endpoint_url=shared.aws.endpoint_url
    )
    assert found(elsewhere, tag) == []
