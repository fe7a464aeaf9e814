"""Step 2, the IAM role: one role for one function, trusted by Lambda alone, with the one policy."""

import itertools
import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from stack.config import Config
from stack.role import TRUST
from stack.step import Foreign
from stack.waiting import GaveUp
from tests.faults import FakeClock, refuse

VERBS = ("plan", "up", "plan_down", "down")
ANOTHER_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Lambda", "Effect": "Deny", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:TagSession"},
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
    ],
}


@pytest.fixture
def tagged(bench):
    """A lab with a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    return bench


@pytest.fixture
def extra_policy(bench):
    """The ARN of a policy that is not the lab's."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam = bench.lab.aws.iam
    arn = iam.create_policy(PolicyName=f"{bench.prefix}extra", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    yield arn
    bench.clean()
    iam.delete_policy(PolicyArn=arn)


def attached(lab):
    listed = lab.aws.iam.list_attached_role_policies(RoleName=lab.role_name)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in listed]


def test_the_role_is_created_once_as_asked(tagged):
    bench = tagged
    bench.step("policy").up()
    bench.calls.clear()
    assert bench.step("role").up().outcome == "created"
    assert bench.calls.writing == ["CreateRole", "AttachRolePolicy"]
    lab = bench.lab
    role = lab.aws.iam.get_role(RoleName=lab.role_name)["Role"]
    assert role["RoleName"] == f"{bench.prefix}lambda-apigateway-role"
    assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == {
        "stack": f"{bench.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "stack-region": "us-east-1",
        "course": "serverless",
    }
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert (statement["Effect"], statement["Action"]) == ("Allow", "sts:AssumeRole")
    assert attached(lab) == [lab.policy_arn]


def test_a_second_up_changes_nothing(bench):
    bench.up_to("role")
    bench.calls.clear()
    assert bench.step("role").plan().outcome == "unchanged"
    assert bench.step("role").up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_every_field_that_drifted_is_named_and_mended(tagged, extra_policy):
    bench = tagged
    bench.up_to("role")
    lab, iam = bench.lab, bench.lab.aws.iam
    iam.update_assume_role_policy(RoleName=lab.role_name, PolicyDocument=json.dumps(ANOTHER_TRUST))
    iam.detach_role_policy(RoleName=lab.role_name, PolicyArn=lab.policy_arn)
    iam.attach_role_policy(RoleName=lab.role_name, PolicyArn=extra_policy)
    iam.tag_role(RoleName=lab.role_name, Tags=[{"Key": "course", "Value": "other"}])
    bench.calls.clear()
    changes = bench.step("role").plan().changes
    assert bench.calls.writing == []
    extra = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole"]}
    assert changes == {
        "trust.Lambda.Effect": ("Deny", "Allow"),
        "trust.Lambda.Principal.Service": ("ec2.amazonaws.com", "lambda.amazonaws.com"),
        "trust.Lambda.Action": (["sts:TagSession"], ["sts:AssumeRole"]),
        "trust.statement 2": (extra, None),
        "policies": ([extra_policy], [lab.policy_arn]),
        "tags.course": ("other", "serverless"),
    }
    assert bench.step("role").up().changes == changes
    assert bench.calls.writing == ["UpdateAssumeRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "TagRole"]
    assert bench.step("role").plan().outcome == "unchanged"
    assert iam.get_role(RoleName=lab.role_name)["Role"]["AssumeRolePolicyDocument"] == TRUST


def test_a_widened_trust_is_mended_and_nothing_else(bench):
    bench.up_to("role")
    lab = bench.lab
    lab.aws.iam.update_assume_role_policy(RoleName=lab.role_name, PolicyDocument=json.dumps(ANOTHER_TRUST))
    bench.calls.clear()
    assert bench.step("role").up().outcome == "updated"
    assert bench.calls.writing == ["UpdateAssumeRolePolicy"]


def test_an_extra_policy_is_detached_and_nothing_else(bench, extra_policy):
    bench.up_to("role")
    lab = bench.lab
    lab.aws.iam.attach_role_policy(RoleName=lab.role_name, PolicyArn=extra_policy)
    bench.calls.clear()
    changes = bench.step("role").up().changes
    assert changes == {"policies": (sorted([lab.policy_arn, extra_policy]), [lab.policy_arn])}
    assert bench.calls.writing == ["DetachRolePolicy"]
    assert attached(lab) == [lab.policy_arn]


def test_a_policy_that_was_detached_is_attached_again(bench):
    bench.up_to("role")
    lab = bench.lab
    lab.aws.iam.detach_role_policy(RoleName=lab.role_name, PolicyArn=lab.policy_arn)
    bench.calls.clear()
    assert bench.step("role").up().changes == {"policies": ([], [lab.policy_arn])}
    assert bench.calls.writing == ["AttachRolePolicy"]


def test_the_same_trust_written_otherwise_is_no_drift(bench):
    bench.up_to("role")
    lab = bench.lab
    (statement,) = TRUST["Statement"]
    otherwise = {"Statement": {**statement, "Action": ["sts:AssumeRole"]}, "Version": "2012-10-17"}
    lab.aws.iam.update_assume_role_policy(RoleName=lab.role_name, PolicyDocument=json.dumps(otherwise))
    assert bench.step("role").plan().outcome == "unchanged"


def test_a_role_that_vanished_is_made_again(bench):
    bench.up_to("role")
    lab = bench.lab
    lab.aws.iam.detach_role_policy(RoleName=lab.role_name, PolicyArn=lab.policy_arn)
    lab.aws.iam.delete_role(RoleName=lab.role_name)
    assert bench.step("role").plan().outcome == "would create"
    assert bench.step("role").up().outcome == "created"
    assert bench.step("role").plan().outcome == "unchanged"


def test_a_second_down_finds_nothing_to_do(bench):
    bench.up_to("role")
    assert bench.step("role").plan_down().outcome == "would delete"
    bench.calls.clear()
    assert bench.step("role").down().outcome == "deleted"
    assert bench.calls.writing == ["DetachRolePolicy", "DeleteRole"]
    bench.calls.clear()
    assert bench.step("role").down().outcome == "absent"
    assert bench.step("role").plan_down().outcome == "absent"
    assert bench.calls.writing == []


def test_inline_policies_and_an_instance_profile_do_not_block_down(bench):
    bench.up_to("role")
    lab, iam = bench.lab, bench.lab.aws.iam
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    for name in ("one", "two"):
        iam.put_role_policy(RoleName=lab.role_name, PolicyName=name, PolicyDocument=json.dumps(document))
    iam.create_instance_profile(InstanceProfileName=lab.role_name)
    iam.add_role_to_instance_profile(InstanceProfileName=lab.role_name, RoleName=lab.role_name)
    bench.calls.clear()
    try:
        assert bench.step("role").down().outcome == "deleted"
        assert sorted(bench.calls.writing) == [
            "DeleteRole",  # which IAM refuses for what is given by hand
            "DeleteRole",
            "DeleteRolePolicy",
            "DeleteRolePolicy",
            "DetachRolePolicy",
            "RemoveRoleFromInstanceProfile",
        ]
        assert bench.calls.writing[-1] == "DeleteRole"
    finally:
        iam.delete_instance_profile(InstanceProfileName=lab.role_name)


def test_what_iam_does_not_see_detached_yet_is_waited_for(bench):
    bench.up_to("role")
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.iam, "DeleteRole", "DeleteConflict", status=409, times=3)
    outcome = bench.step("role").down()
    assert outcome.outcome == "deleted"
    assert outcome.notes == (f"waited {clock.now:.1f} s for IAM to see what was detached",)


def test_what_iam_never_sees_detached_is_given_up(bench):
    bench.up_to("role")
    bench.lab.clock = FakeClock()
    refuse(bench.lab.aws.iam, "DeleteRole", "DeleteConflict", status=409, times=1000)
    with pytest.raises(GaveUp, match=r"^waited 120 s for IAM to see what was detached$"):
        bench.step("role").down()
    bench.lab = bench.new_lab()  # whose IAM sees again


def test_any_other_refusal_travels_at_once(bench):
    bench.up_to("role")
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.iam, "DeleteRole", "UnmodifiableEntity", "a service-linked role", status=400)
    with pytest.raises(ClientError, match="a service-linked role"):
        bench.step("role").down()
    assert clock.sleeps == []


# Whose it is


def test_somebody_elses_role_of_our_name_is_left_as_it_is(bench):
    lab = bench.lab
    lab.aws.iam.create_role(RoleName=lab.role_name, AssumeRolePolicyDocument=json.dumps(ANOTHER_TRUST))
    bench.calls.clear()
    try:
        for verb in VERBS:
            with pytest.raises(Foreign, match=f"--adopt {lab.role_name}$"):
                getattr(bench.step("role"), verb)()
        assert bench.calls.writing == []
    finally:
        lab.aws.iam.delete_role(RoleName=lab.role_name)


def test_an_adopted_role_gets_our_trust_policy_and_tags(bench):
    lab = bench.lab
    bench.step("policy").up()
    lab.aws.iam.create_role(RoleName=lab.role_name, AssumeRolePolicyDocument=json.dumps(ANOTHER_TRUST))
    lab.adopt = frozenset({lab.role_name})
    assert bench.step("role").up().outcome == "updated"
    lab.adopt = frozenset()
    assert bench.step("role").plan().outcome == "unchanged"


def test_the_same_stack_in_another_region_is_foreign_and_a_prefix_is_suggested(bench):
    bench.up_to("role")
    elsewhere = bench.new_lab(region="eu-west-1")
    bench.calls.clear()
    for key, verb in itertools.product(("policy", "role"), VERBS):
        with pytest.raises(Foreign) as foreign:
            getattr(bench.step(key, elsewhere), verb)()
        assert str(foreign.value) == (
            f"{bench.step(key).name} exists, but is not ours: expected the tag stack-region=eu-west-1, "
            "found stack-region=us-east-1. It is left as it is. It belongs to the same stack in us-east-1. "
            "IAM names are shared by all regions: set another `prefix` in config.yaml"
        )
    assert bench.calls.writing == []
