"""8 Tags of Lambda functions."""

import pytest

from tests.conformance.cloud import refused
from tests.conformance.functions import creation

UNTAGGABLE = "Tags on function aliases and versions are not supported. Please specify a function ARN."


@pytest.fixture(scope="module")
def function(shared):
    return shared.function(Tags={"made": "with"})


def test_tags_are_a_dict_and_read_in_two_ways(cloud, function):
    """They are upserted by TagResource. Source: LS:lambda TestLambdaTags test_tag_lifecycle."""
    arn = cloud.function_arn(function)
    answer = cloud.lambda_.tag_resource(Resource=arn, Tags={"made": "later", "other": "one"})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    expected = {"made": "later", "other": "one"}
    assert cloud.lambda_.list_tags(Resource=arn)["Tags"] == expected
    assert cloud.lambda_.get_function(FunctionName=function)["Tags"] == expected
    cloud.lambda_.untag_resource(Resource=arn, TagKeys=["other", "absent"])
    assert cloud.lambda_.list_tags(Resource=arn)["Tags"] == {"made": "later"}


def test_no_tags_are_refused(cloud, function):
    """Source: LS:lambda TestLambdaTags test_tag_exceptions."""
    with refused(400, "InvalidParameterValueException", "An error occurred and the request cannot be processed."):
        cloud.lambda_.tag_resource(Resource=cloud.function_arn(function), Tags={})


@pytest.mark.parametrize("qualifier", ["$LATEST", "1"])
def test_versions_are_not_tagged(cloud, function, qualifier):
    """Source: LS:lambda TestLambdaTags test_tag_versions."""
    with refused(400, "InvalidParameterValueException", UNTAGGABLE):
        cloud.lambda_.tag_resource(Resource=f"{cloud.function_arn(function)}:{qualifier}", Tags={"one": "two"})


def test_an_unknown_function_is_not_tagged(cloud):
    """Source: LS:lambda TestLambdaTags test_tag_exceptions."""
    arn = cloud.function_arn(cloud.name())
    for call in (
        lambda: cloud.lambda_.tag_resource(Resource=arn, Tags={"one": "two"}),
        lambda: cloud.lambda_.untag_resource(Resource=arn, TagKeys=["one"]),
        lambda: cloud.lambda_.list_tags(Resource=arn),
    ):
        with refused(404, "ResourceNotFoundException", f"Function not found: {arn}"):
            call()


def test_what_is_no_arn_is_not_tagged(cloud):
    """Source: LS:lambda TestLambdaTags test_tag_exceptions."""
    for call in (
        lambda: cloud.lambda_.tag_resource(Resource="arn:aws:something", Tags={"one": "two"}),
        lambda: cloud.lambda_.untag_resource(Resource="arn:aws:something", TagKeys=["one"]),
        lambda: cloud.lambda_.list_tags(Resource="arn:aws:something"),
    ):
        with refused(400, "ValidationException"):
            call()


def test_a_function_has_at_most_50_tags(cloud, function):
    """Source: LS:lambda TestLambdaTags test_tag_limits."""
    many = {f"key-{number}": "value" for number in range(51)}
    with refused(400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit."):
        cloud.lambda_.tag_resource(Resource=cloud.function_arn(function), Tags=many)
    with refused(400, "InvalidParameterValueException", "Number of tags exceeds resource tag limit."):
        cloud.lambda_.create_function(**creation(cloud, function, Tags=many))
