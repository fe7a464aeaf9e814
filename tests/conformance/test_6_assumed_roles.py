"""6 Who may take on a role: whom its trust policy names."""

from tests.conformance.cloud import TRUST, refused


def trusting(cloud, **more):
    """A trust policy for the callers of this account."""
    statement = {"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def assume(cloud, role, **choices):
    return cloud.sts.assume_role(RoleArn=cloud.role_arn(role), RoleSessionName="session", **choices)


def denied(cloud, role):
    caller = cloud.sts.get_caller_identity()["Arn"]
    text = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {cloud.role_arn(role)}"
    return refused(403, "AccessDenied", text)


def test_a_role_that_trusts_the_account_can_be_assumed(cloud):
    """Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html"""
    role = cloud.role(trust=trusting(cloud))
    made = cloud.settled(lambda: assume(cloud, role), {"AccessDenied"})
    assert made["AssumedRoleUser"]["Arn"] == f"arn:{cloud.partition}:sts::{cloud.account}:assumed-role/{role}/session"


def test_a_role_that_trusts_others_cannot_be_assumed(cloud):
    """Source: https://repost.aws/knowledge-center/iam-assume-role-error"""
    other = trusting(cloud, Principal={"AWS": cloud.role_arn(cloud.role())})
    for role in (cloud.role(trust=TRUST), cloud.role(trust=other)):
        with denied(cloud, role):
            assume(cloud, role)


def test_a_role_that_is_not_there_is_refused_in_the_same_words(cloud):
    """Source: https://repost.aws/knowledge-center/iam-assume-role-error"""
    role = cloud.name()
    with denied(cloud, role):
        assume(cloud, role)


def test_a_role_can_ask_for_an_external_id(cloud):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html"""
    role = cloud.role(trust=trusting(cloud, Condition={"StringEquals": {"sts:ExternalId": "ours"}}))
    assert cloud.settled(lambda: assume(cloud, role, ExternalId="ours"), {"AccessDenied"})
    for choices in ({}, {"ExternalId": "theirs"}):
        with denied(cloud, role):
            assume(cloud, role, **choices)
