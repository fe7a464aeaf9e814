"""What nobody is sure of about the tagging API and Access Analyzer, and the sandbox cannot tell."""

import json

import pytest

from tests.conformance.cloud import LOGS_ONLY, TRUST


@pytest.fixture
def tag(cloud):
    """A tag that nothing else bears, and `found(kinds)`: the ARNs that the tagging API knows by it."""
    value = cloud.name()
    tagging = cloud.aws.client("resourcegroupstaggingapi")

    def found(*kinds):
        filters = {"ResourceTypeFilters": list(kinds)} if kinds else {}
        pages = tagging.get_paginator("get_resources").paginate(
            TagFilters=[{"Key": "conformance", "Values": [value]}], **filters
        )
        return [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]

    return value, found


def test_a_customer_managed_policy_is_not_found_by_its_tag(cloud, tag):
    """Source: from experience."""
    value, found = tag
    arn = cloud.policy()
    cloud.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "conformance", "Value": value}])
    assert not cloud.until(bool, lambda: arn in found())


def test_an_api_and_its_stage_are_found_apart(cloud, tag):
    """By `apigateway:restapis` the API, by `apigateway` both. Source: from experience."""
    value, found = tag
    api = cloud.api(tags={"conformance": value})
    resource = cloud.apigateway.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": resource, "httpMethod": "GET"}
    cloud.apigateway.put_method(**method, authorizationType="NONE")
    cloud.apigateway.put_integration(**method, type="MOCK")
    deployment = cloud.apigateway.create_deployment(restApiId=api)["id"]
    cloud.apigateway.create_stage(restApiId=api, stageName="Prod", deploymentId=deployment, tags={"conformance": value})
    arn = f"arn:{cloud.partition}:apigateway:{cloud.region}::/restapis/{api}"
    assert cloud.until(bool, lambda: sorted(found("apigateway")) == [arn, f"{arn}/stages/Prod"])
    assert found("apigateway:restapis") == [arn]


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
