"""Two runs on one stack at the same time: whatever the one does between two calls of the other, it ends well."""

from __future__ import annotations

import json

import pytest

from provision import provision
from stack import build
from stack.lab import Lab
from stack.openapi import document_hash
from stack.step import Check
from teardown import Teardown
from tests.conftest import Bench
from tests.door import Calls
from tests.faults import FakeClock
from tests.inventory import inventory, snapshot

WELL = {"created", "updated", "unchanged", "passed", "deleted", "absent"}


class Person:
    """Who runs the verbs: with clients of their own, and on a clock on which waiting takes no time."""

    def __init__(self, bench):
        self.aws = bench.new_lab().aws
        self.aws.session.events.register("before-call", self._call)
        self.calls, self.meanwhile = Calls(), lambda: None

    def _call(self, model, **_):
        self.calls.append(model.name)
        self.meanwhile()

    def run(self, verb, bench, *, checks=False, meanwhile=lambda: None):
        """The outcomes of the verb on the bench's stack. `meanwhile` is called before each call, once it is counted."""
        self.calls.clear()
        self.meanwhile = meanwhile
        lab = Lab(bench.lab.config, self.aws, clock=FakeClock())
        steps = [step for step in build(lab) if checks or not isinstance(step, Check)]
        if verb == "provision":
            return [outcome for _, outcome in provision(steps) if outcome]
        teardown = Teardown.of(lab, steps)
        planned = teardown.plan()
        if not any(outcome.pending for outcome in planned):
            return planned
        done = [outcome for _, outcome in teardown.run() if outcome]
        return done + teardown.look_again()


@pytest.fixture(scope="module")
def people(sandbox):
    """Two of them, who work on many stacks one after another."""
    bench = Bench(sandbox)
    return Person(bench), Person(bench)


@pytest.fixture(scope="module")
def undisturbed(sandbox, people):
    """{verb: the calls of it alone on a new stack}, and under "snapshot" what provision alone makes."""
    bench, (one, _) = Bench(sandbox), people
    found = {}
    for verb in ("provision", "teardown"):
        ended_well(one.run(verb, bench))
        found[verb] = list(one.calls)
        found.setdefault("snapshot", seen(bench))
    return found


def seen(bench):
    """What there is of the bench's stack, in a form that compares with another bench's."""
    text = json.dumps(snapshot(bench.lab.aws, bench.prefix, masked=True))
    return json.loads(text.replace(document_hash(bench.lab), "DOCUMENT").replace(bench.prefix, "PREFIX-"))


def bad(outcomes):
    return [(each.step, each.outcome, each.notes) for each in outcomes if each.outcome not in WELL]


def ended_well(outcomes):
    assert bad(outcomes) == []


def disturbed(people, bench, verb, other, number):
    """(outcomes of the verb, of the other one, which ran from its beginning to its end before that call of the first)"""
    one, another = people
    others = []

    def meanwhile():
        if len(one.calls) == number:
            others.extend(another.run(other, bench))

    outcomes = one.run(verb, bench, meanwhile=meanwhile)
    assert others
    return outcomes, others
