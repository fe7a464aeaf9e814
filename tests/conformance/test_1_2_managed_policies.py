"""1.2 IAM managed policies."""

import json

from tests.conformance.cloud import LOGS_ONLY, refused


def test_a_policy_is_not_made_twice(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    name = cloud.name()
    cloud.policy(name=name)
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    with refused(409, "EntityAlreadyExists", text):
        cloud.policy(name=name)


def test_names_that_differ_in_case_only_are_one(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    name = cloud.name()
    cloud.policy(name=name)
    with refused(409, "EntityAlreadyExists"):
        cloud.policy(name=name.upper())


def test_an_unknown_policy_is_told_so(cloud):
    """Source: recorded answers"""
    with refused(404, "NoSuchEntity"):
        cloud.iam.get_policy(PolicyArn=f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}")


def test_the_sixth_version_is_refused(cloud):
    """A policy has at most five versions.

    Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html
    """
    arn = cloud.policy()
    for _ in range(4):
        version = cloud.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(LOGS_ONLY))
        cloud.later(cloud.iam.delete_policy_version, PolicyArn=arn, VersionId=version["PolicyVersion"]["VersionId"])
    with refused(409, "LimitExceeded"):
        cloud.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(LOGS_ONLY))


def test_the_default_version_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicyVersion.html"""
    with refused(409, "DeleteConflict", "Cannot delete the default version of a policy."):
        cloud.iam.delete_policy_version(PolicyArn=cloud.policy(), VersionId="v1")


def test_a_policy_with_versions_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    arn = cloud.policy()
    cloud.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(LOGS_ONLY))
    cloud.later(cloud.iam.delete_policy_version, PolicyArn=arn, VersionId="v2")
    with refused(409, "DeleteConflict"):
        cloud.iam.delete_policy(PolicyArn=arn)


def test_an_attached_policy_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html"""
    arn = cloud.policy()
    cloud.role(arn)
    with refused(409, "DeleteConflict", "Cannot delete a policy attached to entities."):
        cloud.iam.delete_policy(PolicyArn=arn)
