"""8 Tags of REST APIs and stages."""

import pytest

from tests.conformance.cloud import refused

MOCK = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
DOCUMENT = {
    "openapi": "3.0.1",
    "info": {"title": "conformance", "version": "1"},
    "paths": {"/": {"get": {"responses": {}, "x-amazon-apigateway-integration": MOCK}}},
}


@pytest.fixture(scope="module")
def api(shared):
    """With a stage Prod; both tagged."""
    made = shared.api(DOCUMENT, tags={"made": "yes"})
    deployment = shared.settled(
        lambda: shared.apigateway.create_deployment(restApiId=made), codes={"TooManyRequestsException"}
    )
    shared.apigateway.create_stage(
        restApiId=made, stageName="Prod", deploymentId=deployment["id"], tags={"stage": "yes"}
    )
    return made


def arn(cloud, path):
    return f"arn:{cloud.partition}:apigateway:{cloud.region}::/restapis/{path}"


@pytest.fixture(params=["api", "stage"])
def tagged(request, cloud, api):
    """(ARN, how the owner itself shows its tags)"""
    if request.param == "api":
        return arn(cloud, api), lambda: cloud.apigateway.get_rest_api(restApiId=api)["tags"]
    return (
        arn(cloud, f"{api}/stages/Prod"),
        lambda: cloud.apigateway.get_stage(restApiId=api, stageName="Prod")["tags"],
    )


def test_tags_are_made_with_the_api_and_listed(cloud, api):
    """Source: LS:apigateway test_create_rest_api_with_tags"""
    assert cloud.apigateway.get_rest_api(restApiId=api)["tags"]["made"] == "yes"
    pages = cloud.apigateway.get_paginator("get_rest_apis").paginate()
    (listed,) = (each for page in pages for each in page["items"] if each["id"] == api)
    assert listed["tags"]["made"] == "yes"


def test_tags_are_added_and_changed_and_removed(cloud, tagged):
    """The ARN of an API or a stage names no account.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_TagResource.html
    """
    owner, shown = tagged
    before = shown()
    cloud.apigateway.tag_resource(resourceArn=owner, tags={"a:b/c": "d=e", "empty": ""})
    assert shown() == {**before, "a:b/c": "d=e", "empty": ""}
    cloud.apigateway.tag_resource(resourceArn=owner, tags={"a:b/c": "changed"})
    assert (
        shown() == {**before, "a:b/c": "changed", "empty": ""} == cloud.apigateway.get_tags(resourceArn=owner)["tags"]
    )
    cloud.apigateway.untag_resource(resourceArn=owner, tagKeys=["a:b/c", "empty", "was never there"])
    assert shown() == before


def test_an_api_and_its_stage_have_tags_of_their_own(cloud, api):
    """GetTags does not tell what a stage inherits.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    assert cloud.apigateway.get_tags(resourceArn=arn(cloud, api))["tags"] == {"made": "yes"}
    assert cloud.apigateway.get_tags(resourceArn=arn(cloud, f"{api}/stages/Prod"))["tags"] == {"stage": "yes"}


@pytest.mark.parametrize("path", ["nosuchapi1", "API/stages/prod", "nosuchapi1/stages/Prod"])
def test_what_is_not_there_has_no_tags(cloud, api, path):
    """Source: BC:apigateway TagResource"""
    owner = arn(cloud, path.replace("API", api))
    with refused(404, "NotFoundException"):
        cloud.apigateway.get_tags(resourceArn=owner)
    with refused(404, "NotFoundException"):
        cloud.apigateway.tag_resource(resourceArn=owner, tags={"a": "b"})
    with refused(404, "NotFoundException"):
        cloud.apigateway.untag_resource(resourceArn=owner, tagKeys=["a"])


@pytest.mark.parametrize(
    "tags",
    [{"a" * 129: "b"}, {"a": "b" * 257}, {"a*": "b"}, {"a": "b&c"}],
    ids=["long-key", "long-value", "key", "value"],
)
def test_a_tag_that_breaks_the_rules_is_refused(cloud, api, tags):
    """The words of the refusals are not known.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    with refused(400, "BadRequestException"):
        cloud.apigateway.tag_resource(resourceArn=arn(cloud, api), tags=tags)
    with refused(400, "BadRequestException"):
        cloud.apigateway.create_rest_api(name=cloud.name(), tags=tags)


def test_the_prefix_aws_is_reserved(cloud, api):
    """Source: https://github.com/serverless/serverless/issues/9223"""
    told = "Invalid tag key. Tag keys cannot start with 'aws:' (case insensitive)"
    with refused(400, "BadRequestException", told):
        cloud.apigateway.tag_resource(resourceArn=arn(cloud, api), tags={"Aws:a": "b"})


def test_the_fifty_first_tag_is_refused(cloud, api):
    """The words of the refusal are not known.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
    """
    with refused(400, "BadRequestException"):
        cloud.apigateway.tag_resource(resourceArn=arn(cloud, api), tags={f"key-{n}": "x" for n in range(50)})
