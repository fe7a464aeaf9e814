"""Two runs on one stack at the same time: whatever the one does between two calls of the other, it ends well."""

from __future__ import annotations

import json
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from provision.forward import provision
from stack import build
from stack.lab import Lab
from stack.openapi import document_hash
from stack.step import Check
from teardown.backward import Teardown
from tests.backend import Calls
from tests.command_lines import run
from tests.conftest import Bench
from tests.faults import FakeClock
from tests.inventory import inventory, snapshot

WELL = {"created", "updated", "unchanged", "passed", "deleted", "absent"}
MEANWHILE = [(verb, other) for verb in ("provision", "teardown") for other in ("provision", "teardown")]
COMMANDS = [("provision", "provision"), ("provision", "teardown"), ("teardown", "teardown")]
ONE_IN = 8


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
            return [outcome for _, outcome in provision(steps[0].lab, steps) if outcome]
        teardown = Teardown.of(lab, steps)
        planned = teardown.plan()
        if not any(outcome.pending for outcome in planned):
            return planned
        done = [outcome for _, outcome in teardown.run() if outcome]
        return done + teardown.look_again(done)


class World:
    """Two people in one account, and what a run does when nobody disturbs it."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.one, self.another = (Person(Bench(sandbox)) for _ in range(2))
        self.calls = {}
        """{verb: the calls of it alone, on a new stack}"""
        bench = Bench(sandbox)
        ended_well(self.one.run("teardown", bench))  # which asks for the account's number, once
        for verb in ("provision", "teardown"):
            ended_well(self.one.run(verb, bench))
            self.calls[verb] = list(self.one.calls)
            if verb == "provision":
                self.made = seen(bench)

    def provisions_and_tears_down(self, bench):
        """Both end well, whatever was there; the one leaves what it always makes, the other nothing."""
        ended_well(self.another.run("provision", bench))
        assert seen(bench) == self.made
        ended_well(self.another.run("teardown", bench))
        assert inventory(bench.lab.aws, bench.prefix) == []


@pytest.fixture(scope="module")
def world(sandbox):
    return World(sandbox)


def seen(bench):
    """What there is of the bench's stack, in a form that compares with another bench's."""
    text = json.dumps(snapshot(bench.lab.aws, bench.prefix, masked=True))
    return json.loads(text.replace(document_hash(bench.lab), "DOCUMENT").replace(bench.prefix, "PREFIX-"))


def told(outcomes):
    """What did not go well, as {step: (outcome, what is said of it)}."""
    return {each.step: (each.outcome, " ".join(each.notes)) for each in outcomes if each.outcome not in WELL}


def ended_well(outcomes):
    assert told(outcomes) == {}


def ended_in_plain_words(outcomes):
    """Whatever did not go well says that another run is at work and what to do, or names what it needs."""
    for step, (outcome, text) in told(outcomes).items():
        if outcome == "failed":
            assert "nother run" in text, (step, text)
            assert "run the same again" in text, (step, text)
        else:
            assert outcome in {"blocked", "would delete"}, (step, outcome, text)


# Between two calls


def points(calls):
    """The numbers of the writing calls, and of the calls that follow them."""
    numbers = [number for number, name in enumerate(calls, 1) if name in Calls(calls).writing]
    return sorted({near for number in numbers for near in (number, number + 1) if near <= len(calls)})


def another_run_meanwhile(world, verb, other, numbers):
    """The other verb runs from its beginning to its end before this call of the first one."""
    for number in numbers:
        bench = Bench(world.sandbox)
        try:
            if verb == "teardown":
                ended_well(world.another.run("provision", bench))
            disturbed(world, bench, verb, other, number)
            world.provisions_and_tears_down(bench)
        except AssertionError as error:
            where = f"{other} before call {number} of {verb}, {world.calls[verb][number - 1]}"
            raise AssertionError(f"{where}: {error}") from error


def disturbed(world, bench, verb, other, number):
    others = []

    def meanwhile():
        if len(world.one.calls) == number:
            others.extend(world.another.run(other, bench))

    outcomes = world.one.run(verb, bench, meanwhile=meanwhile)
    assert others
    ended_well(others)
    ended_in_plain_words(outcomes)
    if verb == other:
        ended_well(outcomes)
        assert verb == "teardown" or seen(bench) == world.made
        assert verb == "provision" or inventory(bench.lab.aws, bench.prefix) == []


@pytest.mark.parametrize("verb, other", MEANWHILE)
def test_another_run_between_some_two_calls(world, verb, other):
    numbers = points(world.calls[verb])[::ONE_IN]
    assert len(numbers) >= 2
    another_run_meanwhile(world, verb, other, numbers)


@pytest.mark.thorough
@pytest.mark.parametrize("verb, other", MEANWHILE)
def test_another_run_between_more_of_the_calls(world, verb, other):
    another_run_meanwhile(world, verb, other, points(world.calls[verb])[1::6])


@pytest.mark.parametrize("call", ["Invoke", "GetItem"])
def test_a_teardown_under_the_tests_ends_them_with_a_sentence(world, call):
    bench, others = Bench(world.sandbox), []

    def meanwhile():
        if world.one.calls[-1] == call and not others:
            others.extend(world.another.run("teardown", bench))

    ended_well(world.another.run("provision", bench))
    outcomes = world.one.run("provision", bench, checks=True, meanwhile=meanwhile)
    ended_well(others)
    assert any(outcome == "failed" for outcome, _ in told(outcomes).values())
    world.provisions_and_tears_down(bench)


# As two do it at two terminals


def commands(bench, started):
    """What the commands did that are started together, each after its delay: [(verb, delay in seconds), ...]"""

    def after(verb, delay):
        time.sleep(delay)  # it is what the test is about, and waits for nothing
        return run(verb, bench, "--yes")

    with ThreadPoolExecutor() as threads:
        return list(threads.map(lambda each: after(*each), started))


def attempt(bench, verbs, number):
    """Two commands with delays of their own, on a stack that is there already for two that take it away."""
    dice = random.Random(number)  # noqa: S311
    if "teardown" in verbs and (verbs[0] == verbs[1] or number % 2):
        assert run("provision", bench).returncode == 0
    started = [(verb, dice.uniform(0, 2.5)) for verb in verbs]
    return started, commands(bench, started)


def at_the_same_time(world, verbs, numbers):
    benches = {number: Bench(world.sandbox) for number in numbers}
    with ThreadPoolExecutor(4) as threads:
        attempts = list(threads.map(lambda number: attempt(benches[number], verbs, number), numbers))
    for number, (started, done) in zip(numbers, attempts, strict=True):
        bench = benches[number]
        said = f"try {number}, {started}:\n" + "\n".join(each.stdout + each.stderr for each in done)
        assert {each.returncode for each in done} <= ({0} if verbs[0] == verbs[1] else {0, 1}), said
        assert verbs != ("provision", "provision") or seen(bench) == world.made, said
        assert verbs != ("teardown", "teardown") or inventory(bench.lab.aws, bench.prefix) == [], said
        world.provisions_and_tears_down(bench)


@pytest.mark.parametrize("verbs", COMMANDS)
def test_two_commands_at_the_same_time(world, verbs):
    at_the_same_time(world, verbs, [1])


@pytest.mark.thorough
@pytest.mark.parametrize("verbs", COMMANDS)
def test_two_commands_at_the_same_time_ten_times(world, verbs):
    at_the_same_time(world, verbs, range(2, 12))
