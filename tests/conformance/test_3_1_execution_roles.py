"""3.1 Roles that Lambda cannot assume."""

import pytest

from tests.conformance.cloud import TRUST, refused
from tests.conformance.functions import creation, settled

NOT_ASSUMABLE = "The role defined for the function cannot be assumed by Lambda."
OTHER_TRUST = {
    **TRUST,
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def test_a_role_that_does_not_trust_lambda_is_refused(cloud, function):
    """CreateFunction says the same of a role that is not there yet as of one that trusts another service.

    Source: https://github.com/hashicorp/terraform-provider-aws/issues/44517
    """
    role = cloud.role_arn(cloud.role(trust=OTHER_TRUST))
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.create_function(**creation(cloud, function, Role=role))
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.update_function_configuration(FunctionName=function, Role=role)


def of_account(account):
    """A trust policy that lets Lambda assume the role for this account only."""
    statement = {**TRUST["Statement"][0], "Condition": {"StringEquals": {"aws:SourceAccount": account}}}
    return {**TRUST, "Statement": [statement]}


def test_a_trust_policy_may_name_the_account(cloud, function):
    """Lambda tells IAM for which account it assumes a role.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
    """
    role = cloud.role_arn(cloud.role(trust=of_account(cloud.account)))
    cloud.settled(
        lambda: cloud.lambda_.update_function_configuration(FunctionName=function, Role=role),
        {"InvalidParameterValueException"},
    )
    assert settled(cloud, function)["Role"] == role


def test_a_trust_policy_that_names_another_account_is_refused(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html"""
    role = cloud.role_arn(cloud.role(trust=of_account("000000000000")))
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.update_function_configuration(FunctionName=function, Role=role)


def test_a_role_that_is_not_there_is_refused(cloud, function):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/44517"""
    role = cloud.role_arn(cloud.name())
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.create_function(**creation(cloud, function, Role=role))
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.update_function_configuration(FunctionName=function, Role=role)


def test_a_role_of_another_account_is_refused(cloud, function):
    """Source: https://github.com/fabric8io/kubernetes-alexa/issues/6"""
    role = f"arn:{cloud.partition}:iam::000000000000:role/other"
    with refused(403, "AccessDeniedException", "Cross-account pass role is not allowed."):
        cloud.lambda_.create_function(**creation(cloud, function, Role=role))


def test_a_refused_update_changes_nothing(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html"""
    before = settled(cloud, function)
    with refused(400, "InvalidParameterValueException", NOT_ASSUMABLE):
        cloud.lambda_.update_function_configuration(
            FunctionName=function, Description="other", Role=cloud.role_arn(cloud.name())
        )
    assert settled(cloud, function) == before
