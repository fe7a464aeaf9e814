"""Two stacks in one account come, change and go in every order, and neither is ever seen by the other."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from stack import build
from stack.lab import Lab
from teardown.backward import Teardown
from tests.command_lines import IN_PLACE, NEW, called, outcomes
from tests.conftest import Bench
from tests.inventory import snapshot

MADE, GONE = ["created"] * 6, ["deleted"] * 7
# Who takes each of five turns: 0 makes, changes and removes its stack, 1 makes and removes its own.
ORDERS = sorted(set(itertools.permutations([0, 0, 0, 1, 1])))


@pytest.fixture
def one(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(stack="x")


def begins_alike(one: Bench) -> dict[str, Any]:
    """Another stack whose prefix begins with that of the first."""
    return {"prefix": f"{one.prefix}b-", "stack": "x"}


def spelled_alike(one: Bench) -> dict[str, Any]:
    """Another stack under other names whose `stack` tag is spelled like that of the first: `t-` and `x` are `t-x`."""
    name = one.prefix.replace("-", "_")
    names = {key: {"name": f"{name}{key}"} for key in ("policy", "role", "function", "table", "api")}
    return {"prefix": "", "stack": f"{one.prefix}x", **names}


def make(lab: Lab) -> list[str]:
    """The whole stack without its checks."""
    return [step.up().outcome for step in build(lab) if step.in_teardown]


def remove(lab: Lab) -> list[str]:
    return [outcome.outcome for _, outcome in Teardown.of(lab, build(lab)).run() if outcome]


def changed(bench: Bench) -> Lab:
    config = bench.lab.config
    function = config.function.model_copy(update={"memory_mb": 256, "log_retention_days": 30})
    return bench.new_lab(config.model_copy(update={"function": function}))


def things_of(lab: Lab, seen: dict[str, Any]) -> dict[str, Any]:
    """What bears one of the names of this stack."""
    names = (lab.policy_name, lab.role_name, lab.function_name, lab.log_group_name, lab.table_name, lab.api_name)
    return {
        key: thing for key, thing in seen.items() if key.split(" (")[0].endswith(tuple(f" {each}" for each in names))
    }


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "".join(map(str, order)))
@pytest.mark.parametrize("alike", [pytest.param(begins_alike, marks=pytest.mark.thorough), spelled_alike])
def test_in_every_order_neither_sees_the_other(
    one: Bench, make_bench: Callable[..., Bench], alike: Callable[[Bench], dict[str, Any]], order: tuple[int, ...]
) -> None:
    labs = one.lab, make_bench(**alike(one)).lab
    change = [*["unchanged"] * 2, "updated", *["unchanged"] * 3]
    turns = [
        iter([(make, labs[0], MADE), (make, changed(one), change), (remove, labs[0], GONE)]),
        iter([(make, labs[1], MADE), (remove, labs[1], GONE)]),
    ]

    def seen(whose: int) -> dict[str, Any]:
        return things_of(labs[whose], snapshot(one.lab.aws, one.prefix.rstrip("-")))

    for who in order:
        other = seen(1 - who)
        action, lab, words = next(turns[who])
        assert action(lab) == words
        assert seen(1 - who) == other
        assert len(seen(who)) == (0 if action is remove else 6)


def test_two_whole_stacks_side_by_side(one: Bench, make_bench: Callable[..., Bench]) -> None:
    other = make_bench(prefix=f"{one.prefix}b-")
    prefixes = one.prefix, other.lab.config.prefix

    def commands(verb: str, *arguments: str) -> list[Any]:
        """For each of both; the later --prefix counts."""
        return [called(verb, one, "--prefix", prefix, *arguments) for prefix in prefixes]

    assert [outcomes(made.stdout) for made in commands("provision")] == [NEW] * 2
    assert [outcomes(made.stdout) for made in commands("provision")] == [IN_PLACE] * 2
    assert [gone.stdout.splitlines()[-1] for gone in commands("teardown", "--yes")] == ["nothing left"] * 2
