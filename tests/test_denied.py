"""AccessDenied at any one call: the output names the step and the action, the rest goes on, and the next run heals.

Which calls there are is measured. Each is refused in turn in the words in which AWS names the action, and without them.
"""

from __future__ import annotations

import pytest

from stack import STACK
from tests.backend import Asked, Backend
from tests.command_lines import IN_PLACE, asked_by, called, outcomes, rows, whole
from tests.conftest import Bench
from tests.inventory import inventory, snapshot

every = pytest.mark.parametrize(
    "each",
    [pytest.param(5, id="every fifth"), pytest.param(1, id="every one", marks=pytest.mark.thorough)],
)
# These only look, and where one may not, a note says so.
OPTIONAL = {"dynamodb:GetItem", "dynamodb:Scan", "tag:GetResources"}
PREFIXES = {"tagging": "tag"}
WORDS = (
    "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: {0} on resource: * "
    "because no identity-based policy allows the {0} action"
)


def action(asked: Asked) -> str:
    """What IAM calls it: https://docs.aws.amazon.com/service-authorization/latest/reference/"""
    service, operation, verb = asked
    if service == "apigateway":
        return f"apigateway:{verb}"
    return f"{PREFIXES.get(service, service)}:{'InvokeFunction' if operation == 'Invoke' else operation}"


def code(asked: Asked) -> str:
    return "AccessDenied" if asked[0] in {"iam", "sts"} else "AccessDeniedException"


def denied(asked: Asked, verb: str, bench: Bench, door: Backend, *arguments: str) -> dict[str, str]:
    """{step: outcome} of a run in which this is refused, in words that name the action or in others."""
    service, operation, _ = asked
    words = WORDS.format(action(asked)) if len(operation) % 2 else "Access denied"
    door.calls.clear()
    door.on(f"{service}:{operation}").deny(code(asked), words)
    done = called(verb, bench, *arguments, port=door.port)
    door.faults.clear()
    what = (asked, done.stdout, done.stderr)
    assert asked in door.asked, what
    assert "Traceback" not in done.stdout + done.stderr, what
    assert ("failed" in outcomes(done.stdout)) == (done.returncode == 1) == (action(asked) not in OPTIONAL), what
    if (action(asked), arguments) != ("dynamodb:Scan", ("--yes",)):  # what is not shown is not explained
        text = action(asked) if action(asked) in OPTIONAL else f"your user lacks {action(asked)}"
        assert text in done.stdout, what
    return {step: outcome for _, step, _, outcome in rows(done.stdout)}


def blocked_by(failed: set[str]) -> set[str]:
    """The steps that need one of these."""
    broken = {step.number for step in STACK if step.title in failed}
    titles = set()
    for step in STACK:
        if step.title not in failed and broken & set(step.needs):
            broken.add(step.number)
            titles.add(step.title)
    return titles


def require_that_the_rest_goes_on(found: dict[str, str], asked: Asked) -> None:
    failed = {step for step, outcome in found.items() if outcome == "failed"}
    assert len(failed) == (action(asked) not in OPTIONAL), (asked, found)
    assert {step for step, outcome in found.items() if outcome == "blocked"} == blocked_by(failed), (asked, found)


@every
def test_at_any_call_of_a_first_run_the_action_is_named_and_the_next_run_ends_well(make_bench, door, each):
    for asked in asked_by("provision", make_bench(), door)[::each]:
        bench = make_bench()
        require_that_the_rest_goes_on(denied(asked, "provision", bench, door), asked)
        healed = called("provision", bench)
        assert healed.returncode == 0, (asked, healed.stdout)


def test_a_function_that_may_be_made_but_not_given_its_role_is_told_of_the_role(bench, door):
    door.on("CreateFunction").deny("AccessDeniedException", f"{WORDS.format('iam:PassRole')}")
    done = called("provision", bench, "--until", "3", port=door.port)
    assert outcomes(done.stdout) == ["created", "created", "failed"]
    assert "your user lacks iam:PassRole: ask for it" in done.stdout
    assert "put its ARN into role.existing_arn instead" in done.stdout


@pytest.fixture
def made(bench) -> Bench:
    assert called("provision", bench).returncode == 0
    return bench


@pytest.mark.parametrize("flags", [(), ("--plan",)], ids=["provision", "plan"])
def test_at_any_call_of_a_second_run_the_action_is_named_and_nothing_changes(made, door, flags):
    before = snapshot(made.lab.aws, made.prefix)
    for asked in asked_by("provision", made, door, *flags):
        found = denied(asked, "provision", made, door, *flags)
        require_that_the_rest_goes_on(found, asked)
        assert set(found.values()) <= {"unchanged", "passed", "would run", "failed", "blocked"}, (asked, found)
    assert snapshot(made.lab.aws, made.prefix) == before
    assert outcomes(called("provision", made).stdout) == IN_PLACE


@every
def test_at_any_call_of_a_teardown_the_action_is_named_and_the_next_run_deletes_the_rest(bench, door, each):
    for asked in asked_by("teardown", whole(bench), door, "--yes")[::each]:
        found = denied(asked, "teardown", whole(bench), door, "--yes")
        assert set(found.values()) <= {"deleted", "failed", "absent", "in use"}, (asked, found)
        assert len([step for step, outcome in found.items() if outcome == "failed"]) <= 2, (asked, found)
        rest = called("teardown", bench, "--yes")
        assert rest.returncode == 0, (asked, rest.stdout)
        assert inventory(bench.lab.aws, bench.prefix) == [], asked


def test_at_any_call_of_the_plan_of_a_teardown_the_action_is_named(bench, door):
    for asked in asked_by("teardown", whole(bench), door, "--plan"):
        found = denied(asked, "teardown", bench, door, "--plan")
        assert set(found.values()) <= {"would delete", "failed", "absent"}, (asked, found)


def test_a_policy_is_not_waited_for_where_its_role_could_not_be_deleted(bench, door):
    bench.up_to("role")
    door.on("DetachRolePolicy").deny("AccessDenied", "no")
    done = called("teardown", bench, "--yes", port=door.port)
    assert outcomes(done.stdout)[-3:] == ["failed", "in use", "absent"]
    lab = bench.lab
    assert f"{lab.policy_name} is still attached to {lab.role_name}, which could not be deleted" in done.stdout
    assert "waiting for" not in done.stdout
    assert done.returncode == 1
