"""Nothing foreign is touched: it stays byte for byte, is named, holds up only what needs it, and fails the run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

import stack.table
from stack import STACK
from stack.aws import MANAGED_BY, as_list
from tests.command_lines import IN_PLACE, called, outcomes, rows, run
from tests.conftest import Bench
from tests.foreigners import (
    DOCUMENT,
    OCCUPANTS,
    Occupant,
    Put,
    a_function,
    a_group_that_holds_our_policy,
    a_log_group,
    a_policy,
    a_queue_that_calls_our_function,
    a_role,
    a_role_bounded_by_our_policy,
    a_role_that_holds_our_policy,
    a_statement_about_our_function,
    a_table,
    a_usage_plan_for_our_stage,
    a_user_that_holds_our_policy,
    an_api,
    an_instance_profile_with_our_role,
    look,
    make,
)
from tests.inventory import inventory, without

TEARDOWN = ["Deployment", "REST API", "DynamoDB table", "Lambda function", "IAM role", "IAM policy", "Log group"]


def gone(text: str) -> dict[str, str]:
    """{step: outcome} of a teardown."""
    return {step: outcome for _, step, _, outcome in rows(text)}


# Of our name, without our tags


TAGS = {
    "no tags": lambda bench: {},
    "another stack's tags": lambda bench: {"stack": "theirs", "managed-by": MANAGED_BY, "stack-region": "us-east-1"},
    "our stack's name only": lambda bench: {"stack": bench.lab.config.identity},
    "our project's name only": lambda bench: {"managed-by": MANAGED_BY, "owner": "bob"},
}
TAGGED = [
    pytest.param(
        occupant,
        tags,
        id=f"{occupant.title} with {name}",
        marks=[] if name == "our stack's name only" else [pytest.mark.thorough],
    )
    for occupant in OCCUPANTS
    for name, tags in TAGS.items()
    if (occupant.title, name) != ("Log group", "no tags")  # that is Lambda's own doing
]


@pytest.fixture(autouse=True)
def tables_show_their_tags_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A young table without tags is looked at again for some seconds, for its tags may be late."""
    monkeypatch.setattr(stack.table, "TAGS_BUDGET_SECONDS", 0)


def around(key: str) -> list[str]:
    """What becomes of the eight steps where this one meets something foreign."""
    broken: set[int] = set()
    words = []
    for step in STACK:
        word = "created" if step.in_teardown else "passed"
        word = "failed" if step.key == key else "blocked" if broken & set(step.needs) else word
        broken |= {step.number} if word in {"failed", "blocked"} else set()
        words.append(word)
    return words


@pytest.mark.parametrize(("occupant", "tags"), TAGGED)
def test_what_has_our_name_and_not_our_tags_stays_and_is_refused(
    bench: Bench, occupant: Occupant, tags: Callable[[Bench], dict[str, str]]
) -> None:
    name = occupant.name(bench)
    with occupant.put(bench, name, tags(bench)):
        before = look(bench)
        last = next(step.number for step in STACK if step.key == occupant.key)
        made = called("provision", bench, "--until", str(last))
        assert outcomes(made.stdout) == around(occupant.key)[:last]
        assert f"     {name} exists, but is not ours: expected the tag " in made.stdout
        assert f"If it is yours to manage: --adopt {name}" in made.stdout
        assert made.returncode == 1
        assert before.items() <= look(bench).items()

        removed = called("teardown", bench, "--yes")
        assert gone(removed.stdout)[occupant.title] == "refused"
        assert f"     {name} exists, but is not ours: expected the tag " in removed.stdout
        assert removed.stdout.splitlines()[-1] == f"left: {occupant.title} {name} (not ours)"
        assert removed.returncode == 1
        assert look(bench) == before


@pytest.mark.parametrize("occupant", OCCUPANTS, ids=lambda occupant: occupant.title)
def test_the_plans_tell_what_is_refused_and_the_rest_comes_and_goes(bench: Bench, occupant: Occupant) -> None:
    name = occupant.name(bench)
    with occupant.put(bench, name, {"owner": "bob"}):
        before = look(bench)
        plan = called("provision", bench, "--plan")
        words = {"created": "would create", "passed": "would run"}
        assert outcomes(plan.stdout) == [words.get(word, word) for word in around(occupant.key)]
        assert f"     {name} exists, but is not ours: expected the tag " in plan.stdout
        assert plan.returncode == 1
        assert look(bench) == before

        made = called("provision", bench)
        assert (outcomes(made.stdout), made.returncode) == (around(occupant.key), 1)
        both = look(bench)
        assert before.items() <= both.items()

        plan = called("teardown", bench, "--plan")
        assert gone(plan.stdout)[occupant.title] == "refused"
        assert f"     {name} exists, but is not ours: expected the tag " in plan.stdout
        assert plan.returncode == 1
        assert look(bench) == both

        assert called("teardown", bench, "--yes").returncode == 1
        assert look(bench) == before


def test_of_five_at_once_each_is_refused_by_name_also_in_processes_of_their_own(bench: Bench) -> None:
    lab = bench.lab
    theirs = {"owner": "bob", "stack": "theirs"}
    with (
        a_policy(bench, lab.policy_name, theirs),
        a_role(bench, lab.role_name, theirs),
        a_function(bench, lab.function_name, theirs),
        a_log_group(bench, lab.log_group_name, theirs),
        a_table(bench, lab.table_name, theirs),
    ):
        before = look(bench)
        made = run("provision", bench)
        assert outcomes(made.stdout) == ["failed", *["blocked"] * 3, "failed", "created", *["blocked"] * 2]
        assert made.returncode == 1
        assert before.items() <= look(bench).items()

        removed = run("teardown", bench, "--yes", "--json")
        refused = ["DynamoDB table", "Lambda function", "IAM role", "IAM policy", "Log group"]
        expected = {title: "refused" if title in refused else "absent" for title in TEARDOWN}
        assert gone(removed.stderr) == expected | {"REST API": "deleted"}
        names = [lab.table_name, lab.function_name, lab.role_name, lab.policy_name, lab.log_group_name]
        left = [f"{title} {name} (not ours)" for title, name in zip(refused, names, strict=True)]
        assert json.loads(removed.stdout)["outputs"]["left"] == left
        assert removed.returncode == 1
        assert look(bench) == before


def test_apis_of_our_name_are_no_obstacle_and_stay(bench: Bench) -> None:
    with contextlib.ExitStack() as there:
        for tags in TAGS.values():
            there.enter_context(an_api(bench, bench.lab.api_name, tags(bench)))
        before = look(bench)
        made = called("provision", bench)
        assert outcomes(made.stdout)[5:] == ["created", "created", "passed"]
        assert made.returncode == 0
        assert before.items() <= look(bench).items()
        assert inventory(bench.lab.aws, bench.prefix).count(f"api {bench.lab.api_name}") == 5
        assert outcomes(called("provision", bench).stdout) == IN_PLACE
        removed = called("teardown", bench, "--yes")
        assert (removed.stdout.splitlines()[-1], removed.returncode) == ("nothing left", 0)
        assert look(bench) == before


def test_what_only_begins_with_our_names_is_not_looked_at(bench: Bench) -> None:
    lab = bench.lab
    with (
        a_policy(bench, f"{lab.policy_name}2", {}),
        a_role(bench, f"{lab.role_name}2"),
        a_function(bench, f"{lab.function_name}2", {}),
        a_log_group(bench, f"{lab.log_group_name}2", {}),
        a_table(bench, f"{lab.table_name}2", {}),
    ):
        before = look(bench)
        made = called("provision", bench)
        assert made.returncode == 0
        assert before.items() <= look(bench).items()
        removed = called("teardown", bench, "--yes")
        assert (removed.stdout.splitlines()[-1], removed.returncode) == ("nothing left", 0)
        assert look(bench) == before


def test_the_same_stack_in_another_region_keeps_its_role_and_policy(bench: Bench) -> None:
    make(bench)
    there = bench.new_lab(region="eu-west-1")
    before = look(bench)
    made = called("provision", bench, "--region", "eu-west-1")
    assert outcomes(made.stdout) == around("policy")
    assert "It belongs to the same stack in us-east-1." in made.stdout
    assert "set another `prefix` in config.yaml" in made.stdout
    assert made.returncode == 1
    assert look(bench) == before

    removed = called("teardown", bench, "--region", "eu-west-1", "--yes")
    assert gone(removed.stdout)["IAM role"] == gone(removed.stdout)["IAM policy"] == "refused"
    assert removed.stdout.count("It belongs to the same stack in us-east-1.") == 2
    assert removed.returncode == 1
    assert look(bench) == before
    assert [thing.split()[0] for thing in inventory(there.aws, bench.prefix)] == ["policy", "role"]


# The log group that Lambda makes by itself


def without_tags(bench: Bench) -> None:
    logs, arn = bench.lab.aws.logs, bench.lab.log_group_arn
    logs.untag_resource(resourceArn=arn, tagKeys=list(bench.lab.identity))


def test_a_log_group_without_tags_goes_with_our_function(bench: Bench) -> None:
    bench.up_to("function")
    without_tags(bench)
    assert gone(called("teardown", bench, "--yes").stdout)["Log group"] == "deleted"
    assert look(bench) == {}


def test_a_log_group_without_tags_stays_where_no_function_tells_whose_it_is(bench: Bench) -> None:
    name = bench.lab.log_group_name
    with a_log_group(bench, name, {}):
        before = look(bench)
        done = called("teardown", bench, "--yes")
        assert gone(done.stdout)["Log group"] == "refused"
        assert f"--adopt {name}" in done.stdout
        assert done.returncode == 1
        assert look(bench) == before


def test_a_log_group_of_others_does_not_hold_our_function(bench: Bench) -> None:
    bench.up_to("function")
    without_tags(bench)
    logs, arn = bench.lab.aws.logs, bench.lab.log_group_arn
    logs.tag_resource(resourceArn=arn, tags={"owner": "bob"})
    group = f"log group {bench.lab.log_group_name}"
    before = look(bench)
    try:
        done = called("teardown", bench, "--yes")
        assert gone(done.stdout)["Lambda function"] == "deleted"
        assert gone(done.stdout)["Log group"] == "refused"
        assert done.returncode == 1
        assert look(bench) == {group: before[group]}
    finally:
        logs.delete_log_group(logGroupName=bench.lab.log_group_name)


# Of others, and leaning on ours


@dataclass(frozen=True)
class Leaning:
    """Something that depends on ours; what stays because of it, and what is said about it."""

    put: Put
    said: str
    kept: tuple[str, ...]


POLICY = ("IAM policy",)
ROLE = ("IAM role", *POLICY)
FUNCTION = ("Lambda function", *ROLE, "Log group")
STAGE = ("Deployment", "REST API", *FUNCTION)
LEANING = [
    Leaning(a_role_that_holds_our_policy, "is also attached to role {prefix}bob.", POLICY),
    Leaning(a_role_bounded_by_our_policy, "is also attached to role {prefix}bob.", POLICY),
    Leaning(a_user_that_holds_our_policy, "is also attached to user {prefix}bob.", POLICY),
    Leaning(a_group_that_holds_our_policy, "is also attached to group {prefix}staff.", POLICY),
    Leaning(an_instance_profile_with_our_role, "is in the instance profile {prefix}servers,", ROLE),
    Leaning(a_statement_about_our_function, "also has the statements from-a-bucket,", FUNCTION),
    Leaning(a_queue_that_calls_our_function, ":{prefix}queue, by an event source mapping", FUNCTION),
    Leaning(a_usage_plan_for_our_stage, "the usage plan {prefix}customers (", STAGE),
]


@pytest.mark.parametrize("case", LEANING, ids=lambda case: case.put.__name__)
def test_what_others_lean_on_stays_with_what_it_needs_until_they_let_go(bench: Bench, case: Leaning) -> None:
    make(bench)
    ours = look(bench)
    said = case.said.format(prefix=bench.prefix)
    with case.put(bench):
        put = look(bench)
        kept_whole = {f"function {bench.lab.function_name}"} if "Lambda function" in case.kept else set()
        theirs = {key: put[key] for key in (put.keys() - ours.keys()) | kept_whole}
        assert set(make(bench)) == {"unchanged"}
        assert look(bench) == put

        plan = called("teardown", bench, "--plan")
        words = {title: "in use" if title in case.kept else "would delete" for title in TEARDOWN}
        assert (gone(plan.stdout), plan.returncode) == (words, 1)
        assert said in plan.stdout
        assert look(bench) == put

        done = called("teardown", bench, "--yes")
        assert gone(done.stdout) == {title: word.replace("would delete", "deleted") for title, word in words.items()}
        assert said in done.stdout
        assert done.stdout.splitlines()[-1].startswith("left: ")
        assert done.stdout.splitlines()[-1].count("(in use)") == len(case.kept)
        assert done.returncode == 1
        left = {key: thing for key, thing in look(bench).items() if key in theirs}
        assert without(left, {"RevisionId"}) == without(theirs, {"RevisionId"})  # our statement is gone
    last = called("teardown", bench, "--yes")
    assert (last.stdout.splitlines()[-1], last.returncode) == ("nothing left", 0)
    assert look(bench) == {}


def test_that_others_may_call_the_function_too_is_noted_and_no_failure(bench: Bench) -> None:
    make(bench)
    with a_statement_about_our_function(bench):
        before = look(bench)
        for arguments in ((), ("--plan",)):
            done = called("provision", bench, *arguments)
            note = (
                f"others may call {bench.lab.function_name} too, by the statements from-a-bucket of its resource policy"
            )
            assert done.stdout.count(note) == 1
            assert done.returncode == 0
        assert look(bench) == before


def test_the_profile_that_the_console_made_beside_the_role_stays_without_the_role(bench: Bench) -> None:
    make(bench)
    with an_instance_profile_with_our_role(bench, bench.lab.role_name):
        done = called("teardown", bench, "--yes")
        assert f"the instance profile {bench.lab.role_name} is not ours; it stays, without the role" in done.stdout
        assert (done.stdout.splitlines()[-1], done.returncode) == ("nothing left", 0)
        (profile,) = look(bench).values()
        assert (profile["InstanceProfileName"], profile["Roles"]) == (bench.lab.role_name, [])
    assert look(bench) == {}


def test_what_others_put_into_ours_is_left_alone_and_goes_with_it(bench: Bench) -> None:
    make(bench)
    lab, name = bench.lab, bench.lab.function_name
    lab.aws.iam.put_role_policy(RoleName=lab.role_name, PolicyName="by-hand", PolicyDocument=DOCUMENT)
    lab.aws.lambda_.publish_version(FunctionName=name)
    lab.aws.lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    lab.aws.lambda_.create_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    lab.aws.dynamodb.put_item(TableName=lab.table_name, Item={"id": {"S": "1"}})
    before = look(bench)
    assert set(make(bench)) == {"unchanged"}
    assert look(bench) == before
    assert lab.aws.lambda_.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "1"
    done = called("teardown", bench, "--yes")
    assert "its inline policy by-hand went with it" in done.stdout
    assert (done.stdout.splitlines()[-1], done.returncode) == ("nothing left", 0)
    assert look(bench) == {}


def test_our_policy_stays_where_a_foreign_role_of_our_roles_name_holds_it(bench: Bench) -> None:
    bench.up_to("role")
    iam, lab = bench.lab.aws.iam, bench.lab
    iam.untag_role(RoleName=lab.role_name, TagKeys=list(lab.global_identity))
    before = look(bench)
    done = called("teardown", bench, "--yes")
    assert gone(done.stdout) == dict.fromkeys(TEARDOWN, "absent") | {"IAM role": "refused", "IAM policy": "in use"}
    assert f"{lab.policy_name} is also attached to role {lab.role_name}" in done.stdout
    assert done.returncode == 1
    assert look(bench) == before
    iam.tag_role(RoleName=lab.role_name, Tags=as_list(lab.global_identity))
