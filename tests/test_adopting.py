"""`--adopt NAME` takes over what it names and nothing else, and shows beforehand what that changes."""

from __future__ import annotations

import io
import re
import sys

import pytest

from commands.display import shown
from stack.log_group import LogGroup
from tests.backend import Backend, Calls
from tests.command_lines import as_aws, at_a_terminal, called, config_file, on_a_terminal, outcomes, rows
from tests.conftest import Bench, command
from tests.foreigners import OCCUPANTS, Occupant, a_log_group, a_policy, a_role, a_table, look, make
from tests.inventory import inventory

THEIRS = {"stack": "theirs", "owner": "bob"}
HEADING = "To be taken over, live -> wanted:"


class Watched(Calls):
    """The calls, and what a command in this process had printed before the first of them that writes."""

    printed = ""

    def append(self, name: str) -> None:
        if not self.writing and isinstance(sys.stdout, io.StringIO):
            self.printed = sys.stdout.getvalue()
        super().append(name)


@pytest.fixture
def calls(door: Backend) -> Watched:
    door.calls = Watched()
    return door.calls


@pytest.mark.parametrize("occupant", OCCUPANTS, ids=lambda occupant: occupant.title)
def test_every_field_that_changes_is_shown_before_anything_is_written(
    bench: Bench, door: Backend, calls: Watched, occupant: Occupant
) -> None:
    name = occupant.name(bench)
    left = occupant.put(bench, name, THEIRS)
    left.__enter__()  # it becomes ours, and goes with the rest
    step = LogGroup(bench.lab) if occupant.title == "Log group" else bench.step(occupant.key)
    differences = shown(step.drift())
    assert f"tags.stack theirs -> {bench.lab.config.identity}" in differences

    refused = called("provision", bench, "--until", str(step.number), port=door.port)
    (flags,) = re.findall(r"If it is yours to manage: (--adopt \S+)", refused.stdout)
    calls.clear()
    done = called("provision", bench, *flags.split(), "--until", str(step.number), port=door.port)
    line, *rest = calls.printed.split(f"{HEADING}\n")[1].splitlines()
    assert [row[1:] for row in rows(line)] == [(occupant.title, name, "would update")]
    assert [each.strip() for each in rest[: len(differences)]] == differences
    assert rest[len(differences)].startswith("     --adopt: it was not ours (expected the tag ")
    assert done.returncode == 0
    assert outcomes(called("provision", bench, "--until", str(step.number)).stdout)[-1] in {"unchanged", "passed"}
    (adopted,) = [thing for key, thing in look(bench).items() if key.endswith(f" {name}")]
    assert "bob" in str(adopted), "its own tags stay"
    assert called("teardown", bench, "--yes").returncode == 0
    if occupant.title == "Lambda function":
        bench.lab.aws.iam.delete_role(RoleName=f"{bench.prefix}of-a-function")
    assert look(bench) == {}


def test_what_it_does_not_name_stays_refused(bench: Bench) -> None:
    lab = bench.lab
    a_table(bench, lab.table_name, THEIRS).__enter__()
    with a_policy(bench, lab.policy_name, THEIRS):
        policy = f"policy {lab.policy_name}"
        before = look(bench)[policy]
        done = called("provision", bench, "--adopt", lab.table_name)
        assert done.stdout.count("would update") == 1
        assert rows(done.stdout.split(HEADING)[1])[1][3] == "failed"
        assert rows(done.stdout.split(HEADING)[1])[5][3].startswith("updated: ")
        assert done.returncode == 1
        assert look(bench)[policy] == before
        done = called("teardown", bench, "--yes", "--adopt", lab.log_group_name)
        assert done.stdout.splitlines()[-1] == f"left: IAM policy {lab.policy_name} (not ours)"
        assert look(bench) == {policy: before}


def test_where_there_is_nothing_to_take_over_nothing_is_announced(bench: Bench) -> None:
    for _ in range(2):
        done = called("provision", bench, "--until", "2", "--adopt", bench.lab.role_name)
        assert (HEADING in done.stdout, done.returncode) == (False, 0)


def test_the_role_of_the_same_stack_in_another_region_is_shown_to_be_that(bench: Bench) -> None:
    bench.up_to("role")
    given = ("--region", "eu-west-1", "--until", "2", "--adopt", bench.lab.role_name, "--adopt", bench.lab.policy_name)
    done = called("provision", bench, *given)
    assert done.stdout.split("\n\n")[0].count("     tags.stack-region us-east-1 -> eu-west-1\n") == 2
    assert done.returncode == 0
    there = bench.new_lab(region="eu-west-1")
    for key in ("role", "policy"):
        assert bench.step(key, there).down().outcome == "deleted"


def test_a_name_that_several_things_bear_is_refused_and_each_goes_by_its_kind(bench: Bench, tmp_path) -> None:
    file = ("--config", config_file(tmp_path, "policy: {name: both}\ntable: {name: both}\n"))
    name = f"{bench.prefix}both"
    done = called("provision", bench, *file, "--adopt", name)
    assert done.returncode == 2
    assert done.stderr == (
        f"--adopt {name}: that is the name of IAM policy and DynamoDB table; say policy/{name} or table/{name}\n"
    )
    a_policy(bench, name, THEIRS).__enter__()
    with a_table(bench, name, THEIRS):
        before = look(bench)[f"table {name}"]
        done = called("provision", bench, *file, "--adopt", f"policy/{name}")
        assert outcomes(done.stdout.split("\n\n")[1])[0].startswith("updated: ")
        assert outcomes(done.stdout)[5] == "failed"
        assert look(bench)[f"table {name}"] == before
        assert called("teardown", bench, *file, "--yes").returncode == 1
    assert inventory(bench.lab.aws, bench.prefix) == []


@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_what_has_no_name_of_its_own_cannot_be_taken_over(bench: Bench, verb: str) -> None:
    for name in (bench.lab.api_name, "Prod", f"api/{bench.lab.api_name}", "nonsense"):
        done = called(verb, bench, "--adopt", name, "--yes")
        assert done.returncode == 2
        assert done.stderr.startswith(f"--adopt {name}: nothing that can be taken over has that name; there is ")
        assert all(named in done.stderr for named in (bench.lab.table_name, bench.lab.log_group_name))
    assert inventory(bench.lab.aws, bench.prefix) == []


def test_teardown_shows_what_it_takes_over_before_it_deletes(bench: Bench, door: Backend, calls: Watched) -> None:
    lab = bench.lab
    make(bench)
    lab.aws.dynamodb.tag_resource(ResourceArn=lab.table_arn, Tags=[{"Key": "stack", "Value": "theirs"}])
    given = ("--adopt", lab.table_name)
    note = f"     --adopt: it was not ours (expected the tag stack={lab.config.identity}, found stack=theirs)\n"
    assert note in called("teardown", bench, "--plan", *given).stdout
    unasked = command("teardown", "--prefix", bench.prefix, *given, SANDBOX_PORT=str(door.port))
    assert note in unasked.stdout
    assert unasked.stderr.startswith("Nothing was deleted: there is no terminal to ask at.")
    assert unasked.returncode == 2
    assert calls.writing == []
    done = called("teardown", bench, "--yes", *given, port=door.port)
    assert (calls.printed.count(note), done.stdout.count(note)) == (1, 2)
    assert "would delete" in calls.printed
    assert (done.stdout.splitlines()[-1], done.returncode) == ("nothing left", 0)


def test_teardown_takes_over_a_log_group_of_which_nothing_tells_whose_it_is(bench: Bench) -> None:
    name = bench.lab.log_group_name
    a_log_group(bench, name, {}).__enter__()
    done = called("teardown", bench, "--yes", "--adopt", name)
    assert (done.stdout.splitlines()[-1], done.returncode) == ("nothing left", 0)
    assert look(bench) == {}


# On AWS, where a question is asked


def test_without_a_terminal_it_is_shown_and_nothing_is_written(bench: Bench, door: Backend) -> None:
    with a_log_group(bench, bench.lab.log_group_name, THEIRS):
        before = look(bench)
        given = ("--target", "aws", "--adopt", bench.lab.log_group_name, "--json")
        done = command("provision", "--prefix", bench.prefix, *given, **as_aws(door.port))
        assert f"     tags.stack theirs -> {bench.lab.config.identity}\n" in done.stderr[done.stderr.index(HEADING) :]
        assert "Nothing was made: there is no terminal to ask at." in done.stderr
        assert done.returncode == 2
        assert door.calls.writing == []
        assert look(bench) == before


@on_a_terminal
def test_at_a_terminal_the_question_comes_after_the_differences(bench: Bench, door: Backend) -> None:
    with a_role(bench, bench.lab.role_name, THEIRS):
        before = look(bench)
        given = ("provision", "--prefix", bench.prefix, "--target", "aws", "--adopt", bench.lab.role_name)
        screen = at_a_terminal("n\n", *given, **as_aws(door.port))
        told = screen.text[: screen.text.index("Make this stack")]
        assert f"     tags.stack theirs -> {bench.lab.config.identity}\n" in told[told.index(HEADING) :]
        assert f'     policies [] -> ["{bench.lab.policy_arn[:60]}' in told
        assert screen.returncode == 2
        assert look(bench) == before
