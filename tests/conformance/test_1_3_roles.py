"""1.3 IAM roles."""

import json

import pytest

from tests.conformance.cloud import LOGS_ONLY, TRUST, refused


def absent(name):
    return f"The role with name {name} cannot be found."


def test_a_role_is_not_made_twice(cloud):
    """Source: LS:iam test_role_errors"""
    name = cloud.role()
    with refused(409, "EntityAlreadyExists", f"Role with name {name} already exists."):
        cloud.role(name=name)


def test_names_of_roles_that_differ_in_case_only_are_one(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    name = cloud.role()
    with refused(409, "EntityAlreadyExists", f"Role with name {name.upper()} already exists."):
        cloud.role(name=name.upper())


def test_an_unknown_role_is_told_so(cloud):
    """Source: LS:iam test_role_errors"""
    name = cloud.name()
    for call in (
        cloud.iam.get_role,
        cloud.iam.update_role,
        cloud.iam.delete_role,
        cloud.iam.list_role_tags,
        cloud.iam.list_attached_role_policies,
        cloud.iam.list_role_policies,
        cloud.iam.list_instance_profiles_for_role,
    ):
        with refused(404, "NoSuchEntity", absent(name)):
            call(RoleName=name)


def test_tags_and_boundary_are_told_by_get_role_and_not_by_list_roles(cloud):
    """Source: LS:iam test_role_permissions_boundary_lifecycle, test_role_with_tags"""
    name, path, boundary = cloud.name(), f"/{cloud.name()}/", cloud.policy()
    tags = [{"Key": "course", "Value": "serverless"}]
    cloud.iam.create_role(
        RoleName=name,
        Path=path,
        AssumeRolePolicyDocument=json.dumps(TRUST),
        PermissionsBoundary=boundary,
        Tags=tags,
    )
    cloud.later(cloud.iam.delete_role, RoleName=name)
    found = cloud.iam.get_role(RoleName=name)["Role"]
    held = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary}
    assert (found["Tags"], found["PermissionsBoundary"]) == (tags, held)
    (listed,) = cloud.iam.list_roles(PathPrefix=path)["Roles"]
    assert (listed["Arn"], "Tags" in listed, "PermissionsBoundary" in listed) == (found["Arn"], False, False)


def test_a_boundary_is_a_policy_that_is_there(cloud):
    """Source: LS:iam test_role_permissions_boundary_errors"""
    name, arn = cloud.role(), f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}"
    with refused(404, "NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable."):
        cloud.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    wrong = arn.replace(":policy/", ":not_a_policy/")
    with refused(400, "InvalidInput", f"ARN {wrong} is not valid."):
        cloud.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=wrong)


def test_update_role_changes_what_it_is_given_and_nothing_else(cloud):
    """Source: LS:iam test_update_role"""
    name = cloud.role()
    cloud.iam.update_role(RoleName=name, Description="told", MaxSessionDuration=7200)
    cloud.iam.update_role(RoleName=name)
    found = cloud.iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("told", 7200)


def test_a_session_lasts_at_most_twelve_hours(cloud):
    """Source: BC:iam UpdateRole.MaxSessionDuration"""
    text = (
        "1 validation error detected: Value at 'maxSessionDuration' failed to satisfy constraint: "
        "Member must have value less than or equal to 43200"
    )
    with refused(400, "ValidationError", text):
        cloud.iam.update_role(RoleName=cloud.role(), MaxSessionDuration=43201)


def test_to_attach_a_policy_twice_is_no_error(cloud):
    """Source: from experience"""
    policy = cloud.policy()
    role = cloud.role(policy)
    cloud.iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    assert len(cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1


def test_an_unknown_policy_is_not_attached(cloud):
    """Source: LS:iam test_role_attach_policy"""
    arn = f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}"
    with refused(404, "NoSuchEntity", f"Policy {arn} does not exist or is not attachable."):
        cloud.iam.attach_role_policy(RoleName=cloud.role(), PolicyArn=arn)


def test_what_is_no_arn_is_not_attached(cloud):
    """Source: LS:iam test_role_managed_policy_errors"""
    name = cloud.policy().rpartition("/")[2]
    with refused(400, "ValidationError", f"ARN {name} is not valid."):
        cloud.iam.attach_role_policy(RoleName=cloud.role(), PolicyArn=name)


def test_what_is_not_attached_is_not_detached(cloud):
    """Source: LS:iam test_role_managed_policy_errors"""
    arn = cloud.policy()
    with refused(404, "NoSuchEntity", f"Policy {arn} was not found."):
        cloud.iam.detach_role_policy(RoleName=cloud.role(), PolicyArn=arn)


def test_policies_of_aws_are_attached_as_ones_own(cloud):
    """Source: LS:iam test_attach_detach_aws_managed_policy_role"""
    arn = f"arn:{cloud.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    role = cloud.role(arn)
    attached = cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": arn}]
    nothing = f"arn:{cloud.partition}:iam::aws:policy/Nonexistent"
    with refused(404, "NoSuchEntity", f"Policy {nothing} was not found."):
        cloud.iam.detach_role_policy(RoleName=role, PolicyArn=nothing)


def test_the_eleventh_policy_is_not_attached(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    role = cloud.role(*(cloud.policy() for _ in range(10)))
    with refused(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10"):
        cloud.iam.attach_role_policy(RoleName=role, PolicyArn=cloud.policy())


def test_the_inline_policies_of_a_role_have_at_most_10240_characters_together(cloud):
    """Source: https://github.com/aws/aws-cdk/issues/12403"""
    role = cloud.role()
    large = json.dumps({**LOGS_ONLY, "Id": "x" * 6000})
    cloud.iam.put_role_policy(RoleName=role, PolicyName="one", PolicyDocument=large)
    cloud.later(cloud.iam.delete_role_policy, RoleName=role, PolicyName="one")
    with refused(409, "LimitExceeded", f"Maximum policy size of 10240 bytes exceeded for role {role}"):
        cloud.iam.put_role_policy(RoleName=role, PolicyName="two", PolicyDocument=large)


def test_an_inline_policy_is_refused_as_a_managed_one_is(cloud):
    """Source: BC:iam PutRolePolicy"""
    malformed = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*"}}
    with refused(400, "MalformedPolicyDocument", "Policy statement must contain resources."):
        cloud.iam.put_role_policy(RoleName=cloud.role(), PolicyName="inline", PolicyDocument=json.dumps(malformed))


def test_an_unknown_inline_policy_is_told_so(cloud):
    """Source: LS:iam test_role_inline_policy_errors"""
    role, text = cloud.role(), "The role policy with name inline cannot be found."
    with refused(404, "NoSuchEntity", text):
        cloud.iam.get_role_policy(RoleName=role, PolicyName="inline")
    with refused(404, "NoSuchEntity", text):
        cloud.iam.delete_role_policy(RoleName=role, PolicyName="inline")


def test_a_role_with_an_attached_policy_is_not_deleted(cloud):
    """Source: LS:iam test_delete_role_with_attached_policy"""
    with refused(409, "DeleteConflict", "Cannot delete entity, must detach all policies first."):
        cloud.iam.delete_role(RoleName=cloud.role(cloud.policy()))


def test_a_role_with_an_inline_policy_is_not_deleted(cloud):
    """Source: LS:iam test_delete_role_with_inline_policy"""
    role = cloud.role()
    cloud.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=json.dumps(LOGS_ONLY))
    cloud.later(cloud.iam.delete_role_policy, RoleName=role, PolicyName="inline")
    with refused(409, "DeleteConflict", "Cannot delete entity, must delete policies first."):
        cloud.iam.delete_role(RoleName=role)


def test_a_role_that_is_made_again_has_another_id_under_the_same_arn(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html"""
    name = cloud.role()
    old = cloud.iam.get_role(RoleName=name)["Role"]
    cloud.iam.delete_role(RoleName=name)
    cloud.settled(lambda: cloud.role(name=name), {"EntityAlreadyExists"})
    new = cloud.iam.get_role(RoleName=name)["Role"]
    assert new["Arn"] == old["Arn"]
    assert new["RoleId"] != old["RoleId"]
    assert new["RoleId"].startswith("AROA")


@pytest.fixture
def profile(cloud):
    """The name of an instance profile with a role of the same name, as the EC2 console makes them."""
    name = cloud.role()
    cloud.iam.create_instance_profile(InstanceProfileName=name)
    cloud.later(cloud.iam.delete_instance_profile, InstanceProfileName=name)
    cloud.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    cloud.later(cloud.iam.remove_role_from_instance_profile, InstanceProfileName=name, RoleName=name)
    return name


def test_a_role_in_an_instance_profile_is_not_deleted(cloud, profile):
    """Source: LS:iam test_delete_role_with_instance_profile"""
    text = "Cannot delete entity, must remove roles from instance profile first."
    for call, parameter in (
        (cloud.iam.delete_role, "RoleName"),
        (cloud.iam.delete_instance_profile, "InstanceProfileName"),
    ):
        with refused(409, "DeleteConflict", text):
            call(**{parameter: profile})


def test_the_instance_profiles_of_a_role_are_listed(cloud, profile):
    """Source: LS:iam test_list_instance_profiles_for_role"""
    listed = cloud.iam.list_instance_profiles_for_role(RoleName=profile)["InstanceProfiles"]
    assert [one["InstanceProfileName"] for one in listed] == [profile]


def test_an_instance_profile_has_one_role(cloud, profile):
    """Source: LS:iam test_add_second_role_to_instance_profile_error"""
    text = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    with refused(409, "LimitExceeded", text):
        cloud.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=cloud.role())


def test_an_instance_profile_is_not_made_twice(cloud, profile):
    """Source: LS:iam test_instance_profile_errors"""
    with refused(409, "EntityAlreadyExists", f"Instance Profile {profile} already exists."):
        cloud.iam.create_instance_profile(InstanceProfileName=profile)


def test_what_is_not_in_an_instance_profile_is_told_so(cloud, profile):
    """Source: LS:iam test_role_instance_profile_operations_errors"""
    other, nothing = cloud.role(), cloud.name()
    for name, role, text in (
        (profile, other, f"Role {other} in Instance Profile {profile} cannot be found."),
        (profile, nothing, absent(nothing)),
        (nothing, other, f"Instance Profile {nothing} cannot be found."),
    ):
        with refused(404, "NoSuchEntity", text):
            cloud.iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=role)
