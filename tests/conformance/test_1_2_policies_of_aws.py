"""1.2 IAM managed policies of AWS itself."""

import json

from tests.conformance.cloud import LOGS_ONLY, refused


def test_policies_of_aws_are_listed_apart(cloud):
    """Source: LS:iam test_list_policies_scope_local, test_list_policies_scope_aws"""
    own = cloud.policy()
    pages = cloud.iam.get_paginator("list_policies").paginate
    assert own in [one["Arn"] for page in pages(Scope="Local") for one in page["Policies"]]
    first = cloud.iam.list_policies(Scope="AWS", MaxItems=5)
    assert (len(first["Policies"]), first["IsTruncated"]) == (5, True)
    assert all(":aws:policy/" in one["Arn"] for one in first["Policies"])


def test_policies_of_aws_cannot_be_changed(cloud):
    """Source: from experience"""
    arn = f"arn:{cloud.partition}:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    for call in (
        lambda: cloud.iam.delete_policy(PolicyArn=arn),
        lambda: cloud.iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}]),
        lambda: cloud.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(LOGS_ONLY)),
    ):
        with refused(403, "AccessDenied"):
            call()
    assert cloud.iam.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn
