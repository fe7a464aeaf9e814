"""1.3 IAM roles."""

import json

from tests.conformance.cloud import LOGS_ONLY, refused


def test_a_role_is_not_made_twice(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    name = cloud.role()
    with refused(409, "EntityAlreadyExists", f"Role with name {name} already exists."):
        cloud.role(name=name)


def test_names_of_roles_that_differ_in_case_only_are_one(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    name = cloud.role()
    with refused(409, "EntityAlreadyExists"):
        cloud.role(name=name.upper())


def test_to_attach_a_policy_twice_is_no_error(cloud):
    """Source: from experience"""
    policy = cloud.policy()
    role = cloud.role(policy)
    cloud.iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    assert len(cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1


def test_an_unknown_policy_is_not_attached(cloud):
    """Source: recorded answers"""
    arn = f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}"
    with refused(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable."):
        cloud.iam.attach_role_policy(RoleName=cloud.role(), PolicyArn=arn)


def test_what_is_not_attached_is_not_detached(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DetachRolePolicy.html"""
    with refused(404, "NoSuchEntity"):
        cloud.iam.detach_role_policy(RoleName=cloud.role(), PolicyArn=cloud.policy())


def test_the_eleventh_policy_is_not_attached(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    role = cloud.role(*(cloud.policy() for _ in range(10)))
    with refused(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"):
        cloud.iam.attach_role_policy(RoleName=role, PolicyArn=cloud.policy())


def test_a_role_with_an_attached_policy_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
    with refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first."):
        cloud.iam.delete_role(RoleName=cloud.role(cloud.policy()))


def test_a_role_with_an_inline_policy_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
    role = cloud.role()
    cloud.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(LOGS_ONLY))
    cloud.later(cloud.iam.delete_role_policy, RoleName=role, PolicyName="inline")
    with refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first."):
        cloud.iam.delete_role(RoleName=role)


def test_a_role_in_an_instance_profile_is_not_deleted(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html"""
    role, profile = cloud.role(), cloud.name()
    cloud.iam.create_instance_profile(InstanceProfileName=profile)
    cloud.later(cloud.iam.delete_instance_profile, InstanceProfileName=profile)
    cloud.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    cloud.later(cloud.iam.remove_role_from_instance_profile, InstanceProfileName=profile, RoleName=role)
    text = "Cannot delete entity, must remove roles from instance profile first."
    with refused(409, "DeleteConflict", text):
        cloud.iam.delete_role(RoleName=role)


def test_a_trust_policy_that_is_no_json_is_refused(cloud):
    """Source: recorded answers"""
    with refused(400, "MalformedPolicyDocument", "This policy contains invalid Json"):
        cloud.iam.create_role(RoleName=cloud.name(), AssumeRolePolicyDocument="{no json")
