"""1.1 Names: IAM and CloudWatch Logs."""

import json

from tests.conformance.cloud import LOGS_ONLY, TRUST, refused

SIGNS = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
PATH = "It must begin and end with / and contain only alphanumeric characters and/or / characters."
FAILED = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"


def test_a_policy_name_holds_letters_digits_and_some_signs(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html"""
    cloud.policy(name=f"{cloud.name()}_+=,.@-")
    with refused(400, "ValidationError", f"The specified value for policyName is invalid. {SIGNS}"):
        cloud.policy(name="conformance policy")


def test_a_policy_name_has_at_most_128_characters(cloud):
    """Source: BC:iam policyNameType"""
    text = FAILED.format("policyName", "Member must have length less than or equal to 128")
    with refused(400, "ValidationError", text):
        cloud.policy(name="p" * 129)


def test_a_role_name_holds_letters_digits_and_some_signs(cloud):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/3087"""
    with refused(400, "ValidationError", f"The specified value for roleName is invalid. {SIGNS}"):
        cloud.role(name="conformance/role")


def test_a_role_is_not_looked_up_by_its_arn(cloud):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/3087"""
    with refused(400, "ValidationError", f"The specified value for roleName is invalid. {SIGNS}"):
        cloud.iam.get_role(RoleName=f"arn:{cloud.partition}:iam::{cloud.account}:role/r")


def test_a_role_name_has_at_most_64_characters(cloud):
    """Source: https://github.com/aws/eks-hybrid/pull/113"""
    text = FAILED.format("roleName", "Member must have length less than or equal to 64")
    with refused(400, "ValidationError", text):
        cloud.role(name="r" * 65)


def test_a_path_begins_and_ends_with_a_slash(cloud):
    """Source: https://github.com/aws-cloudformation/cfn-lint/issues/722"""
    with refused(400, "ValidationError", f"The specified value for path is invalid. {PATH}"):
        cloud.iam.create_role(RoleName=cloud.name(), Path="test/", AssumeRolePolicyDocument=json.dumps(TRUST))


def test_a_path_is_part_of_the_arn_and_not_of_the_name(cloud):
    """Names are unique whatever the path.

    Source: from experience
    """
    name, document = cloud.name(), json.dumps(LOGS_ONLY)
    arn = cloud.iam.create_policy(PolicyName=name, Path="/conformance/", PolicyDocument=document)["Policy"]["Arn"]
    cloud.later(cloud.iam.delete_policy, PolicyArn=arn)
    assert arn == f"arn:{cloud.partition}:iam::{cloud.account}:policy/conformance/{name}"
    text = f"A policy called {name} already exists. Duplicate names are not allowed."
    with refused(409, "EntityAlreadyExists", text):
        cloud.policy(name=name)


def test_a_role_is_found_whatever_the_case_of_its_name(cloud):
    """Source: from experience"""
    name = cloud.role()
    assert cloud.iam.get_role(RoleName=name.upper())["Role"]["RoleName"] == name
    cloud.iam.delete_role(RoleName=name.upper())
    with refused(404, "NoSuchEntity", f"The role with name {name} cannot be found."):
        cloud.iam.get_role(RoleName=name)


def test_a_policy_is_found_whatever_the_case_of_its_arn(cloud):
    """Source: https://github.com/awslabs/mcp/pull/4101"""
    arn, role = cloud.policy(), cloud.role()
    name = arn.rpartition("/")[2]
    cloud.iam.attach_role_policy(RoleName=role, PolicyArn=arn.replace(name, name.upper()))
    cloud.later(cloud.iam.detach_role_policy, RoleName=role, PolicyArn=arn)
    attached = cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == [{"PolicyName": name, "PolicyArn": arn}]
    cloud.iam.detach_role_policy(RoleName=role, PolicyArn=arn.replace(name, name.upper()))
    assert cloud.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


def test_a_policy_document_has_no_characters_beyond_latin_1(cloud):
    """Source: from experience"""
    document = json.dumps({**LOGS_ONLY, "Id": "日本"}, ensure_ascii=False)
    text = "The specified value for policyDocument is invalid. It must contain only printable ASCII characters."
    with refused(400, "ValidationError", text):
        cloud.iam.create_policy(PolicyName=cloud.name(), PolicyDocument=document)


def test_a_log_group_name_holds_letters_digits_and_some_signs(cloud):
    """Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""
    name = f"/{cloud.name()}:x"
    text = (
        f"1 validation error detected: Value '{name}' at 'logGroupName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
    )
    with refused(400, "InvalidParameterException", text):
        cloud.logs.create_log_group(logGroupName=name)


def test_a_log_group_name_has_at_most_512_characters(cloud):
    """Source: LS:logs test_create_log_group_invalid_name_length"""
    text = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    with refused(400, "InvalidParameterException", text):
        cloud.logs.create_log_group(logGroupName="a" * 513)


def test_a_log_group_name_does_not_start_with_aws_and_a_slash(cloud):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/429"""
    with refused(400, "InvalidParameterException", "Log groups starting with AWS/ are reserved for AWS."):
        cloud.logs.create_log_group(logGroupName=f"aws/lambda/{cloud.name()}")
