"""The order of steps: a graph, marks on the way, and what is told, whatever was done first. No step here calls AWS."""

import threading

import pytest
from botocore.exceptions import ClientError

from commands.order import in_order, look_ahead
from provision import forward
from stack.aws import Aws
from stack.config import Config
from stack.lab import Lab
from stack.side_by_side import SideBySide
from stack.step import Check, StepError
from teardown import backward

PATIENCE_SECONDS = 30


def lab_with(at_once):
    return Lab(Config(), Aws.at("http://127.0.0.1:9", "us-east-1"), side_by_side=SideBySide(at_once))


@pytest.fixture
def lab():
    return lab_with(8)


class Errand(Check):
    """A step that runs `errand`."""

    number, title, name = 1, "Errand", "errand"

    def __init__(self, lab, key, errand=lambda step: None):
        super().__init__(lab)
        self.key, self.errand = key, errand

    def verify(self):
        self.errand(self)

    def down(self):
        self.verify()
        return super().down()


def run(lab, steps, after=()):
    return list(in_order(lab, steps, lambda step: step.up(), dict(after)))


def told(progress):
    return [(step.key, outcome and outcome.outcome) for step, outcome in progress]


def test_what_needs_nothing_goes_side_by_side_and_is_told_in_order(lab):
    second_is_done = threading.Event()
    first = Errand(lab, "first", lambda step: second_is_done.wait(PATIENCE_SECONDS) or pytest.fail("alone"))
    second = Errand(lab, "second", lambda step: second_is_done.set())
    assert told(run(lab, [first, second])) == [
        ("first", None),
        ("first", "passed"),
        ("second", None),
        ("second", "passed"),
    ]


def test_a_step_is_begun_after_the_end_of_what_it_names(lab):
    done = []
    steps = [Errand(lab, key, lambda step: done.append(step.key)) for key in ("a", "b", "c")]
    run(lab, steps, {"a": [("b", None)], "b": [("c", None)]})
    assert done == ["c", "b", "a"]


@pytest.mark.parametrize("mark", ["waits", "written"])
def test_a_step_is_begun_after_a_mark_while_the_other_goes_on(lab, mark):
    other_is_done = threading.Event()

    def passes(step):
        step.passes(mark)
        step.passes(mark)  # as one does who waits twice
        assert other_is_done.wait(PATIENCE_SECONDS)

    first = Errand(lab, "first", passes)
    second = Errand(lab, "second", lambda step: other_is_done.set())
    assert [outcome.outcome for _, outcome in run(lab, [first, second], {"second": [("first", mark)]}) if outcome]


def test_to_wait_is_a_mark(lab):
    second_is_done = threading.Event()

    def waits(step):
        step.patience.waits()
        assert second_is_done.wait(PATIENCE_SECONDS)

    steps = [Errand(lab, "first", waits), Errand(lab, "second", lambda step: second_is_done.set())]
    run(lab, steps, {"second": [("first", "waits")]})


def test_a_mark_that_never_came_comes_with_the_end(lab):
    steps = [Errand(lab, "first"), Errand(lab, "second")]
    assert told(run(lab, steps, {"second": [("first", "waits"), ("first", "written")]}))[-1] == ("second", "passed")


def test_what_is_not_among_the_steps_is_not_waited_for(lab):
    assert told(run(lab, [Errand(lab, "b")], {"b": [("a", None), ("a", "waits")]})) == [("b", None), ("b", "passed")]


def test_the_last_one_runs_in_the_thread_that_hears_ctrl_c(lab):
    where = {}
    steps = [Errand(lab, key, lambda step: where.update({step.key: threading.current_thread()})) for key in "abc"]
    run(lab, steps, {"c": [("a", None), ("b", None)]})
    assert where["c"] is threading.main_thread()
    assert where["a"] is not threading.main_thread()


def test_one_at_a_time_each_is_begun_after_the_one_before():
    lab, done = lab_with(1), []
    steps = [Errand(lab, key, lambda step: done.append((step.key, threading.current_thread()))) for key in "abc"]
    run(lab, steps, {"a": [("c", None)]})
    assert done == [(key, threading.main_thread()) for key in "abc"]


def test_what_nobody_foresaw_stops_the_others_and_travels(lab):
    has_begun, slept = threading.Event(), []

    def sleeps(step):
        has_begun.set()
        try:
            lab.clock.sleep(PATIENCE_SECONDS)
        except BaseException as stopped:
            slept.append(type(stopped).__name__)
            raise

    def breaks(step):
        assert has_begun.wait(PATIENCE_SECONDS)
        raise LookupError("unforeseen")

    steps = [Errand(lab, "first", breaks), Errand(lab, "second", sleeps)]
    with pytest.raises(LookupError, match="unforeseen"):
        run(lab, steps)
    assert slept == ["Stopped"]


def test_who_stops_listening_stops_the_steps(lab):
    stopped = threading.Event()

    def sleeps(step):
        try:
            lab.clock.sleep(PATIENCE_SECONDS)
        finally:
            stopped.set()

    progress = in_order(lab, [Errand(lab, "a"), Errand(lab, "b", sleeps)], lambda step: step.up(), {})
    assert told([next(progress), next(progress)]) == [("a", None), ("a", "passed")]
    progress.close()
    assert stopped.wait(PATIENCE_SECONDS)


class Looker(Errand):
    def look_ahead(self, *, down=False):
        self.errand(self)


def test_all_look_side_by_side(lab):
    together = threading.Barrier(3)
    look_ahead(lab, [Looker(lab, key, lambda step: together.wait(PATIENCE_SECONDS)) for key in "abc"])


def test_one_at_a_time_nobody_looks_ahead():
    lab = lab_with(1)
    look_ahead(lab, [Looker(lab, "a", lambda step: pytest.fail("it looked"))])


@pytest.mark.parametrize(("room", "last"), [(forward, "echo"), (backward, "role")], ids=["provision", "teardown"])
def test_a_session_that_has_expired_stays_so_whatever_fails_after_it(lab, monkeypatch, room, last):
    has_expired, judge = threading.Event(), room.is_useless_to_go_on

    def judged(error):
        has_expired.set()
        return judge(error)

    def expires(step):
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "CreateTable")

    def fails_later(step):
        step.passes("waits")
        assert has_expired.wait(PATIENCE_SECONDS)
        raise StepError("only this one")

    monkeypatch.setattr(room, "is_useless_to_go_on", judged)
    steps = [
        Errand(lab, "function", fails_later),
        Errand(lab, "table", expires),
        Errand(lab, last, lambda step: pytest.fail("it was tried")),
    ]
    run = forward.provision(lab, steps) if room is forward else backward.Teardown(lab, tuple(steps)).run()
    assert [outcome.outcome for _, outcome in run if outcome] == ["failed", "failed", "blocked"]
