"""IAM on a bad day: it sees late what was made and what was detached, keeps five versions, asks to slow down."""

import json

import pytest

from tests.command_lines import called, outcomes, waits
from tests.inventory import inventory, snapshot

DETACHED = "IAM to see what was detached"
QUOTA = "a quota of IAM that the whole account shares"


@pytest.fixture
def role_and_policy(backend, faulty):
    """A lab that has come to its second step."""
    assert up(faulty).returncode == 0
    backend.calls.clear()
    return faulty


def up(bench, *arguments):
    return called("provision", bench, "--until", "role", *arguments)


def down(bench):
    return called("teardown", bench, "--yes")


# What was detached


@pytest.mark.parametrize("operation", ["DeleteRole", "DeletePolicy"])
def test_what_iam_still_takes_for_attached_is_waited_for_and_then_deleted(backend, role_and_policy, behind, operation):
    fault = backend.on(operation).refuse_for(100, "DeleteConflict", "must detach all policies first.", status=409)
    done = down(role_and_policy)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left")
    assert {(why, budget) for why, _, budget in waits(done.stdout)} == {(DETACHED, 120)}
    assert 100 <= role_and_policy.clock.now < 120
    assert len(fault.acted) == backend.calls.count(operation) <= 60
    assert backend.calls.count("DetachRolePolicy") == 1
    assert inventory(behind, role_and_policy.prefix) == []


@pytest.mark.parametrize(("operation", "left"), [("DeleteRole", "role"), ("DeletePolicy", "policy")])
def test_what_iam_takes_for_attached_for_ever_is_left_and_the_next_teardown_ends_it(
    backend, role_and_policy, behind, operation, left
):
    backend.on(operation).refuse_for(125, "DeleteConflict", "must detach all policies first.", status=409)
    done = down(role_and_policy)
    name = f"{role_and_policy.prefix}lambda-{'apigateway-role' if left == 'role' else 'custom-policy'}"
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, f"left: IAM {left} {name}")
    assert f"waited 120 s for {DETACHED}" in done.stdout
    assert inventory(behind, role_and_policy.prefix) == [f"{left} {name}"]
    assert role_and_policy.clock.now == pytest.approx(120)
    again = down(role_and_policy)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "nothing left")
    assert inventory(behind, role_and_policy.prefix) == []


def test_a_role_that_iam_still_shows_does_not_hold_the_policy(backend, role_and_policy, behind):
    shown = backend.on("GetRole", after="DeleteRole").serve_older(times=5)
    backend.on("DeletePolicy").refuse("DeleteConflict", "Cannot delete a policy attached to entities.", status=409)
    done = down(role_and_policy)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left"), done.stdout
    between = backend.calls[backend.calls.index("DeleteRole") : backend.calls.index("DeletePolicy")]
    assert between.count("GetRole") > len(shown.acted) == 5
    assert inventory(behind, role_and_policy.prefix) == []


def test_a_role_that_the_console_put_into_its_own_instance_profile_is_taken_out_and_deleted(
    backend, role_and_policy, behind
):
    name = role_and_policy.lab.role_name
    behind.iam.create_instance_profile(InstanceProfileName=name)
    behind.iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    done = down(role_and_policy)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left")
    assert f"the instance profile {name} is not ours; it stays, without the role" in done.stdout
    assert backend.calls.writing == ["DetachRolePolicy", "RemoveRoleFromInstanceProfile", "DeleteRole", "DeletePolicy"]
    assert behind.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"] == []
    behind.iam.delete_instance_profile(InstanceProfileName=name)
    assert inventory(behind, role_and_policy.prefix) == []


# Versions


def test_a_sixth_version_takes_the_place_of_the_oldest_that_is_not_in_force(backend, role_and_policy, behind):
    iam, arn = behind.iam, role_and_policy.lab.policy_arn
    other = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=other)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=other, SetAsDefault=True)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v2")
    done = up(role_and_policy)
    assert (done.returncode, outcomes(done.stdout)[1:]) == (0, ["unchanged"])
    assert outcomes(done.stdout)[0].startswith("updated: ")
    assert waits(done.stdout) == [("IAM to make room for another version of the policy", 0, 120)]
    assert backend.calls.writing == ["CreatePolicyVersion", "DeletePolicyVersion", "CreatePolicyVersion"]
    versions = {
        each["VersionId"]: each["IsDefaultVersion"] for each in iam.list_policy_versions(PolicyArn=arn)["Versions"]
    }
    assert versions == {"v2": False, "v3": False, "v4": False, "v6": False, "v7": True}
    assert outcomes(up(role_and_policy).stdout) == ["unchanged", "unchanged"]


# Throttling


def test_every_call_of_iam_may_be_throttled_for_longer_than_the_sdk_tries(backend, faulty, behind):
    """Each operation in turn, ten times in a row: eight tries of the SDK, then those that are told."""

    def put_in_the_way():
        """What role and policy are not deleted with."""
        deny = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]})
        behind.iam.put_role_policy(RoleName=faulty.lab.role_name, PolicyName="by-hand", PolicyDocument=deny)
        behind.iam.create_policy_version(PolicyArn=faulty.lab.policy_arn, PolicyDocument=deny)

    assert up(faulty).returncode == 0
    put_in_the_way()
    assert down(faulty).returncode == 0
    undisturbed = list(backend.calls)
    operations = dict.fromkeys(call for call in undisturbed if call.service == "iam")
    assert len(operations) == 15
    faults = [backend.on(f"iam:{each}").refuse("Throttling", "Rate exceeded", times=10) for each in operations]
    backend.calls.clear()
    made = up(faulty)
    assert (made.returncode, outcomes(made.stdout)) == (0, ["created", "created"]), made.stdout
    assert inventory(behind, faulty.prefix) == [f"policy {faulty.lab.policy_name}", f"role {faulty.lab.role_name}"]
    put_in_the_way()
    gone = down(faulty)
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "nothing left"), gone.stdout
    assert {why for why, _, _ in waits(made.stdout + gone.stdout)} == {QUOTA}
    assert [len(fault.acted) for fault in faults] == [10] * len(operations)
    assert len(backend.calls) <= len(undisturbed) + 20 * len(operations)
    assert inventory(behind, faulty.prefix) == []


# What was made


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Policy {policy} does not exist or is not attachable.", "IAM to show the policy that was just made"),
        ("The role with name {role} cannot be found.", "AWS to show the new IAM role everywhere"),
    ],
)
def test_what_was_just_made_may_be_unknown_to_the_next_call(backend, faulty, text, reason):
    told = text.format(policy=faulty.lab.policy_arn, role=faulty.lab.role_name)
    backend.on("AttachRolePolicy").refuse("NoSuchEntity", told, status=404, times=3)
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, ["created", "created"])
    assert [(why, budget) for why, _, budget in waits(done.stdout)] == [(reason, 30)] * 3
    assert backend.calls.writing == ["CreatePolicy", "CreateRole", *["AttachRolePolicy"] * 4]
    assert outcomes(up(faulty).stdout) == ["unchanged", "unchanged"]


@pytest.mark.parametrize(("reading", "writing"), [("GetPolicy", "CreatePolicy"), ("GetRole", "CreateRole")])
def test_what_the_next_run_does_not_see_yet_is_found_and_used(backend, role_and_policy, behind, reading, writing):
    before = snapshot(behind, role_and_policy.prefix)
    backend.on(reading).missing(times=3)
    done = up(role_and_policy)
    assert done.returncode == 0
    assert len(waits(done.stdout)) == 2
    assert {budget for _, _, budget in waits(done.stdout)} == {30}
    assert backend.calls.writing == [writing]
    assert snapshot(behind, role_and_policy.prefix) == before
    assert outcomes(up(role_and_policy).stdout) == ["unchanged", "unchanged"]


def test_a_name_that_is_taken_and_never_shown_is_given_up(backend, role_and_policy):
    fault = backend.on("GetRole").missing(times=1000)
    done = up(role_and_policy)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["unchanged", "failed"])
    assert "names of IAM are the same whatever their upper and lower case" in done.stdout
    assert role_and_policy.clock.now == pytest.approx(30)
    assert len(fault.acted) < 60


def test_what_was_not_made_just_now_is_not_waited_for_longer_than_half_a_minute(backend, role_and_policy, behind):
    """The role of an earlier run vanishes while this one attaches its policy."""
    behind.iam.detach_role_policy(RoleName=role_and_policy.lab.role_name, PolicyArn=role_and_policy.lab.policy_arn)
    text = f"The role with name {role_and_policy.lab.role_name} cannot be found."
    backend.on("AttachRolePolicy").refuse("NoSuchEntity", text, status=404, times=100)
    done = up(role_and_policy)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["unchanged", "failed"])
    assert "Another run is at work on the same stack" in done.stdout
    assert role_and_policy.clock.now == pytest.approx(30)
    assert set(backend.calls.writing) == {"AttachRolePolicy"}
