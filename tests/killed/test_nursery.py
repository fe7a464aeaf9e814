"""The process that runs the commands which are killed: it must see every call, or some would never be killed."""

from __future__ import annotations

from dataclasses import replace

from sandbox.process import Sandbox
from tests.door import Door
from tests.killed.nursery import ANSWERED, LOST, UNANSWERED
from tests.killed.stacks import STRIDE, Nest, Stack, Undisturbed, points, require_done, require_removed


def test_every_call_that_reaches_aws_is_counted(nest: Nest, door: Door) -> None:
    stack = Stack(replace(nest, sandbox=Sandbox(door.port)))
    for run in (stack.provision, stack.teardown):
        door.calls.clear()
        ended = run(nest.shipped)
        require_done(ended)
        assert [name for name in ended.calls if " " not in name] == door.calls


def test_the_calls_of_the_invoke_url_are_counted_as_well(undisturbed: Undisturbed) -> None:
    asked = [name for name in undisturbed.first if name.startswith("POST ")]
    assert asked == [
        *["POST ping"] * 3,
        *["POST create", "POST read", "POST update", "POST list", "POST delete", "POST read"],
        *["POST no-such-operation", "POST ping"],
    ]


def test_all_shares_together_are_all_calls(undisturbed: Undisturbed) -> None:
    for calls in (undisturbed.first, undisturbed.update, undisturbed.teardown):
        parts = [point for share in range(STRIDE) for point in points(calls, share)]
        assert sorted(parts) == list(enumerate(calls, 1))


def test_what_is_killed_has_been_carried_out_and_nothing_after_it(nest: Nest, undisturbed: Undisturbed) -> None:
    at = undisturbed.first.index("CreateRole") + 1
    for fate in (UNANSWERED, ANSWERED):
        stack = Stack(nest)
        ended = stack.provision(nest.shipped, fate, at)
        assert (ended.killed, ended.calls[-1]) == (True, "CreateRole")
        assert [name.split()[0] for name in stack.names()] == ["policy", "role"]
        require_removed(stack, nest.shipped)


def test_a_lost_answer_is_asked_for_again(nest: Nest, undisturbed: Undisturbed) -> None:
    stack = Stack(nest)
    ended = stack.provision(nest.shipped, LOST, 1)
    assert ended.calls == ["GetCallerIdentity", *undisturbed.first]
    require_removed(stack, nest.shipped)
