"""1.3 Trust policies of IAM roles."""

import json

import pytest

from tests.conformance.cloud import TRUST, refused


def trust(**elements):
    """A trust policy of one statement; elements that are None are left out."""
    body = {**TRUST["Statement"][0], **elements}
    return {"Version": "2012-10-17", "Statement": [{key: value for key, value in body.items() if value is not None}]}


@pytest.fixture(scope="module")
def role(shared):
    return shared.role()


MALFORMED = [
    ("{no json", "This policy contains invalid Json"),
    ({"Version": "2012-10-17", "Statement": []}, "Could not parse the policy: Statement is empty!"),
    (trust(Principal=None), "Missing required field Principal"),
    (trust(Resource="*"), "Has prohibited field Resource"),
    (trust(Action="sts:InvalidAction"), "AssumeRole policy may only specify STS AssumeRole actions."),
    (trust(Principal={"Service": "lambda"}), 'Invalid principal in policy: "SERVICE":"lambda"'),
    (trust(Principal={"AWS": "arn:aws:iam"}), 'Invalid principal in policy: "AWS":"arn:aws:iam"'),
    (trust(Principal="*"), 'AssumeRolepolicy contained an invalid principal: "STAR":"*".'),
]


@pytest.mark.parametrize(("document", "text"), MALFORMED)
def test_a_role_with_a_malformed_trust_policy_is_not_made(cloud, document, text):
    """Source: LS:iam test_create_role_with_malformed_assume_role_policy_document, and
    https://github.com/aws/aws-cdk/pull/5746 and https://github.com/hashicorp/terraform/issues/35086
    """
    written = document if isinstance(document, str) else json.dumps(document)
    with refused(400, "MalformedPolicyDocument", text):
        cloud.iam.create_role(RoleName=cloud.name(), AssumeRolePolicyDocument=written)


@pytest.mark.parametrize(("document", "text"), MALFORMED)
def test_a_trust_policy_is_not_changed_to_a_malformed_one(shared, role, document, text):
    """Source: LS:iam test_update_assume_role_policy_errors"""
    written = document if isinstance(document, str) else json.dumps(document)
    with refused(400, "MalformedPolicyDocument", text):
        shared.iam.update_assume_role_policy(RoleName=role, PolicyDocument=written)


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        ({"Effect": "Permit"}, "Syntax errors in policy."),
        ({"Effect": ["Allow"]}, "Syntax errors in policy."),
        ({"Condition": "always"}, "Syntax errors in policy."),
        ({"Condition": {"StringEquals": "always"}}, "Syntax errors in policy."),
        ({"Condition": {"Sometimes": {"aws:SourceAccount": "1"}}}, "Syntax errors in policy."),
        ({"Effect": "allow"}, "The policy failed legacy parsing"),
    ],
)
def test_effects_and_conditions_of_a_trust_policy_are_those_that_there_are(cloud, elements, text):
    """Source: from experience"""
    with refused(400, "MalformedPolicyDocument", text):
        cloud.role(trust=trust(**elements))


def test_a_principal_is_of_a_known_kind(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"""
    with refused(400, "MalformedPolicyDocument"):
        cloud.role(trust=trust(Principal={"Lambda": "lambda.amazonaws.com"}))


def test_a_trust_policy_does_not_say_whom_not_to_trust(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html"""
    with refused(400, "MalformedPolicyDocument"):
        cloud.role(trust=trust(Principal=None, NotPrincipal={"AWS": cloud.account}))


def test_a_role_does_not_trust_a_role_that_is_not_there(cloud):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/8905"""
    arn = cloud.role_arn(cloud.name())
    with refused(400, "MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"'):
        cloud.role(trust=trust(Principal={"AWS": arn}))
    cloud.role(trust=trust(Principal={"AWS": f"arn:{cloud.partition}:iam::{cloud.account}:root"}))


def test_a_trust_policy_may_be_of_the_older_version(cloud):
    """Source: from experience"""
    cloud.role(trust={**TRUST, "Version": "2008-10-17"})


def test_a_trust_policy_has_at_most_2048_characters_beside_white_space(cloud):
    """Source: https://github.com/kubeflow/kubeflow/issues/6687"""
    name, text = cloud.role(), "Cannot exceed quota for ACLSizePerRole: 2048"
    with refused(409, "LimitExceeded", text):
        cloud.role(trust=trust(Sid="x" * 2048))
    with refused(409, "LimitExceeded", text):
        cloud.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust(Sid="x" * 2048)))


def test_a_trust_policy_is_overwritten_whole(cloud):
    """Source: BC:iam UpdateAssumeRolePolicy"""
    name, wanted = cloud.role(), trust(Principal={"Service": "ec2.amazonaws.com"})
    for _ in range(2):
        cloud.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(wanted))
        assert cloud.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == wanted
