"""The process that runs the commands which are killed: it must see every call, or some would never be killed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from sandbox.process import Sandbox
from stack.config import load
from tests.backend import INVOKE_URL, Backend
from tests.killed.nursery import ANSWERED, LOST, UNANSWERED
from tests.killed.stacks import (
    STRIDE,
    Nest,
    Stack,
    Undisturbed,
    is_writing,
    points,
    require_done,
    require_killed,
    require_removed,
)


def test_every_call_that_reaches_aws_is_counted(nest: Nest, door: Backend) -> None:
    stack = Stack(replace(nest, sandbox=Sandbox(door.port)))
    for run in (stack.provision, stack.teardown):
        door.calls.clear()
        ended = run(nest.shipped)
        require_done(ended)
        made = [name.rpartition(".")[2] for name in ended.calls if " " not in name]
        assert sorted(made) == sorted(name for name in door.calls if name != INVOKE_URL)


def test_the_calls_of_the_invoke_url_are_counted_as_well(undisturbed: Undisturbed) -> None:
    asked = [name for name in undisturbed.first if name.startswith("POST ")]
    assert Counter(asked) == {
        **{"POST ping": 4, "POST create": 1, "POST read": 2, "POST update": 1, "POST list": 1, "POST delete": 1},
        "POST no-such-operation": 1,
    }


def test_all_shares_together_are_each_call_that_writes_and_each_kind_that_reads(undisturbed: Undisturbed) -> None:
    for calls in undisturbed.commands:
        parts = [point for share in range(STRIDE) for point in points(calls, share)]
        assert len(parts) == len(set(parts))
        assert {name for name, _ in parts} == set(calls)
        assert [name for name in sorted(calls) if is_writing(name)] == [
            name for name, _ in sorted(parts) if is_writing(name)
        ]


def test_a_command_makes_the_same_calls_in_each_run_and_so_each_run_covers_the_same(
    nest: Nest, undisturbed: Undisturbed
) -> None:
    again = Undisturbed.measured(nest)
    for one, other in zip(undisturbed.commands, again.commands, strict=True):
        assert Counter(one) == Counter(other)


def test_what_is_killed_has_been_carried_out_and_nothing_after_it(nest: Nest, undisturbed: Undisturbed) -> None:
    for fate in (UNANSWERED, ANSWERED):
        stack = Stack(nest)
        ended = stack.provision(nest.shipped, fate, ("iam.CreateRole", 1))
        require_killed(ended, undisturbed.first, ("iam.CreateRole", 1))
        assert ended.calls[-1] == "iam.CreateRole"
        assert [name.split()[0] for name in stack.names()] == ["policy", "role"]
        require_removed(stack, nest.shipped)


def test_a_lost_answer_is_asked_for_again(nest: Nest, undisturbed: Undisturbed) -> None:
    stack = Stack(nest)
    ended = stack.provision(nest.shipped, LOST, ("sts.GetCallerIdentity", 1))
    assert Counter(ended.calls) == Counter(["sts.GetCallerIdentity", *undisturbed.first])
    require_removed(stack, nest.shipped)


def test_what_killed_stacks_must_equal_has_one_of_each_and_nothing_left_over(undisturbed: Undisturbed) -> None:
    for shape, versions in ((undisturbed.after_first, 1), (undisturbed.after_update, 2)):
        kinds = {key.split(" PREFIX-")[0].split(" /aws")[0]: each for key, each in shape.items()}
        assert sorted(kinds) == ["api", "function", "log group", "policy", "role", "table"]
        assert len(shape) == len(kinds)
        assert len(kinds["api"]["deployments"]) == len(kinds["api"]["stages"]) == 1
        assert kinds["api"]["deployments"][0]["description"].endswith("HASH OF THE DOCUMENT")
        assert [each["Sid"] for each in kinds["function"]["statements"]] == ["apigateway-invoke"]
        assert len(kinds["policy"]["versions"]) == versions
        assert len(kinds["role"]["attached"]) == 1
        assert kinds["table"]["items"] == []


# Names, where it all is, and what cannot be changed once it is there.
STAYS = {
    *("stack", "target", "region", "prefix", "sandbox.pace", "role.existing_arn", "table.partition_key"),
    *("policy.name", "role.name", "function.name", "table.name", "api.name", "api.stage"),
}


def choices(config: Any, path: str = "") -> dict[str, Any]:
    """{dotted key: value} of a config; the tags are one choice."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        deeper = isinstance(value, dict) and key != "tags"
        found |= choices(value, f"{path}{key}.") if deeper else {f"{path}{key}": value}
    return found


def test_an_update_changes_every_choice_that_can_be_changed(nest: Nest) -> None:
    before, after = (choices(load(each.config).model_dump()) for each in (nest.shipped, nest.changed))
    assert {key for key, value in before.items() if value == after[key]} == STAYS
    assert nest.shipped.source.read_bytes() != nest.changed.source.read_bytes()


def test_an_update_changes_each_thing(undisturbed: Undisturbed) -> None:
    assert undisturbed.after_first.keys() == undisturbed.after_update.keys()
    for name, before in undisturbed.after_first.items():
        assert undisturbed.after_update[name] != before
