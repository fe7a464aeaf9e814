"""`python -m teardown` as its users meet it: it shows, asks, deletes what is ours, refuses the rest, looks again."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from typing import Any

import pytest

from stack import STACK, build
from stack.lab import Lab
from stack.log_group import LogGroup
from tests.backend import PATIENCE_SECONDS
from tests.command_lines import (
    at_a_terminal,
    called,
    interrupted,
    on_a_terminal,
    read_until,
    rows,
    run,
    terminal,
)
from tests.conftest import Bench, command
from tests.inventory import inventory

ORDER = ["Deployment", "REST API", "DynamoDB table", "Lambda function", "IAM role", "IAM policy", "Log group"]


def there(bench: Bench) -> list[str]:
    return inventory(bench.lab.aws, bench.prefix)


def outcomes(text: str) -> dict[str, str]:
    """{step: outcome} in the order of the lines."""
    return {step: outcome for _, step, _, outcome in rows(text)}


@pytest.fixture
def whole(bench) -> Bench:
    """A whole stack, with three items in its table."""
    for step in build(bench.lab):
        if step.in_teardown:
            step.up()
    for number in "123":
        bench.lab.aws.dynamodb.put_item(TableName=bench.lab.table_name, Item={"id": {"S": number}})
    assert len(there(bench)) == 6
    return bench


# What goes


def test_everything_goes_in_reverse_order_and_a_second_time_there_is_nothing_to_do(whole):
    first = run("teardown", whole, "--yes")
    assert outcomes(first.stdout) == dict.fromkeys(ORDER, "deleted")
    assert list(outcomes(first.stdout)) == ORDER
    assert first.stdout.splitlines()[-1] == "nothing left"
    assert (first.returncode, first.stderr) == (0, "")
    assert there(whole) == []

    second = run("teardown", whole)
    assert outcomes(second.stdout) == dict.fromkeys(ORDER, "absent")
    assert second.stdout.splitlines()[-1] == "nothing to do"
    assert (second.returncode, second.stderr) == (0, "")


@pytest.mark.parametrize("last", STACK[:-1], ids=lambda step: step.key)
def test_a_stack_that_was_made_up_to_a_step_goes_wholly(bench, last):
    assert called("provision", bench, "--until", str(last.number)).returncode == 0
    assert there(bench) != []
    done = called("teardown", bench, "--yes")
    made = {each.title for each in STACK[: last.number] if each.in_teardown}
    made |= {"Log group"} if "Lambda function" in made else set()
    assert outcomes(done.stdout) == {title: "deleted" if title in made else "absent" for title in ORDER}
    assert done.stdout.splitlines()[-1] == "nothing left"
    assert (done.returncode, done.stderr) == (0, "")
    assert there(bench) == []


@dataclass
class Hurried:
    """A clock whose sleeps take no time."""

    now: float = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_log_group_that_comes_back_at_once_is_not_waited_for(bench):
    bench.up_to("function")
    lab, clock = bench.lab, Hurried()
    log_group = LogGroup(Lab(lab.config, lab.aws, clock=clock))
    late_lines = [lambda: lab.aws.logs.create_log_group(logGroupName=lab.log_group_name)]

    def comes_back(**_: Any) -> None:
        if late_lines:
            late_lines.pop()()

    lab.aws.logs.meta.events.register("after-call.cloudwatch-logs.DeleteLogGroup", comes_back)
    assert log_group.down().outcome == "deleted"
    assert clock.now == 0


# Before it goes


def test_the_plan_shows_what_would_go_with_the_number_of_items_and_deletes_nothing(whole, door):
    before = there(whole)
    plan = run("teardown", whole, "--plan", port=door.port)
    assert outcomes(plan.stdout) == dict.fromkeys(ORDER, "would delete")
    assert "\n     with 3 items\n" in plan.stdout
    assert plan.stdout.splitlines()[-1] == "7 would be deleted; nothing was written"
    assert (plan.returncode, plan.stderr) == (3, "")
    assert door.calls.writing == []
    assert there(whole) == before


def test_the_plan_of_nothing_ends_with_0(bench):
    plan = called("teardown", bench, "--plan")
    assert outcomes(plan.stdout) == dict.fromkeys(ORDER, "absent")
    assert plan.stdout.splitlines()[-1] == "nothing to do"
    assert plan.returncode == 0


def test_without_a_terminal_and_without_yes_nothing_is_deleted(whole, door):
    refused = run("teardown", whole, port=door.port)
    assert refused.returncode == 2
    assert refused.stderr.startswith("Nothing was deleted: there is no terminal to ask at. Add --yes")
    assert door.calls.writing == []


@on_a_terminal
def test_at_a_terminal_it_shows_asks_and_only_then_deletes(whole):
    given = ("teardown", "--prefix", whole.prefix)
    environment = {"SANDBOX_PORT": str(whole.sandbox.port)}
    before = there(whole)

    refused = at_a_terminal("n\n", *given, **environment)
    question = refused.text.index("Delete all this?")
    assert refused.text.index("with 3 items") < question
    for line in before:
        name = line.rpartition(" ")[2]
        assert refused.text.index(name) < question, name
    assert "Nothing was deleted." in refused.text
    assert refused.returncode == 2
    assert there(whole) == before

    done = at_a_terminal("y\n", *given, **environment)
    assert "nothing left" in done.text
    assert done.returncode == 0
    assert there(whole) == []


def test_where_no_sandbox_runs_there_is_nothing_to_do_and_none_is_started(no_sandbox):
    nothing = "the sandbox is not running\nnothing to do\n"
    done = command("teardown", SANDBOX_PORT=str(no_sandbox))
    assert (done.returncode, done.stdout, done.stderr) == (0, nothing, "")
    done = command("teardown", "--yes", "--json", SANDBOX_PORT=str(no_sandbox))
    assert (done.returncode, done.stderr) == (0, nothing)
    assert json.loads(done.stdout) == {"steps": [], "outputs": {"left": [], "strays": []}}


# --json


def test_json_is_one_document_and_the_progress_goes_to_stderr(whole):
    done = run("teardown", whole, "--json", "--yes")
    document = json.loads(done.stdout)
    assert [step["step"] for step in document["steps"]] == ORDER
    for step in document["steps"]:
        assert {"number", "step", "name", "outcome", "changes", "seconds"} <= set(step)
        assert (step["outcome"], step["changes"]) == ("deleted", {})
    assert document["outputs"] == {"left": [], "strays": []}
    assert outcomes(done.stderr) == dict.fromkeys(ORDER, "deleted")
    assert done.stderr.splitlines()[-1] == "nothing left"


# What fails


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(whole, door):
    door.on("DeleteTable").deny("AccessDeniedException")
    done = called("teardown", whole, "--yes", "--json", port=door.port)
    document = json.loads(done.stdout)
    name = whole.lab.table_name
    failed = {step["step"]: step["notes"] for step in document["steps"] if step["outcome"] != "deleted"}
    assert list(failed) == ["DynamoDB table"]
    assert "DeleteTable: AccessDeniedException: refused by the test" in failed["DynamoDB table"][0]
    assert document["outputs"]["left"] == [f"DynamoDB table {name}"]
    assert done.stderr.splitlines()[-1] == f"left: DynamoDB table {name}"
    assert done.returncode == 1
    assert there(whole) == [f"table {name}"]

    assert called("teardown", whole, "--yes").stdout.splitlines()[-1] == "nothing left"
    assert there(whole) == []


@on_a_terminal
def test_after_ctrl_c_the_next_run_deletes_the_rest(whole, door):
    stopped = interrupted(door, "DeleteTable", "teardown", "--prefix", whole.prefix, "--yes")
    assert stopped.returncode == 130
    shown = outcomes(stopped.stdout)
    assert shown["Deployment"] == "deleted"
    assert not shown.keys() & {"DynamoDB table", "Log group"}
    assert "Traceback" not in stopped.stderr
    assert stopped.stderr.startswith("Stopped. The same command deletes what is left.")

    done = called("teardown", whole, "--yes")
    assert set(outcomes(done.stdout).values()) <= {"absent", "deleted"}
    assert there(whole) == []


@on_a_terminal
def test_ctrl_c_at_the_question_deletes_nothing(whole):
    before = there(whole)
    environment = {"SANDBOX_PORT": str(whole.sandbox.port)}
    with terminal("teardown", "--prefix", whole.prefix, **environment) as (screen, process):
        read_until(screen, b"[y/N]")
        os.kill(process.pid, signal.SIGINT)
        text = read_until(screen, None)
        assert process.wait(PATIENCE_SECONDS) == 130
    assert "Traceback" not in text
    assert there(whole) == before
