"""What nobody is sure of about the tagging API and Access Analyzer, and the sandbox cannot tell."""

import json

import pytest

from tests.conformance.cloud import LOGS_ONLY, TRUST


@pytest.fixture
def tag(cloud):
    """A tag that nothing else bears, and `found()`: the ARNs that the tagging API knows by it."""
    value = cloud.name()
    tagging = cloud.aws.client("resourcegroupstaggingapi")

    def found():
        filters = [{"Key": "conformance", "Values": [value]}]
        pages = tagging.get_paginator("get_resources").paginate(TagFilters=filters)
        return [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]

    return value, found


def test_a_customer_managed_policy_is_not_found_by_its_tag(cloud, tag):
    """Source: from experience."""
    value, found = tag
    arn = cloud.policy()
    cloud.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "conformance", "Value": value}])
    assert not cloud.until(bool, lambda: arn in found())


@pytest.mark.parametrize(
    ("kind", "document", "more"),
    [
        ("IDENTITY_POLICY", LOGS_ONLY, {}),
        ("RESOURCE_POLICY", TRUST, {"validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"}),
    ],
)
def test_access_analyzer_judges_a_policy_without_an_analyzer(cloud, kind, document, more):
    """Source: from experience."""
    judged = cloud.aws.client("accessanalyzer").validate_policy(
        policyType=kind, policyDocument=json.dumps(document), **more
    )
    assert not [each for each in judged["findings"] if each["findingType"] in {"ERROR", "SECURITY_WARNING"}]
