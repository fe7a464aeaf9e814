"""Waiting: on a condition, within a budget, said aloud. No test here lets time pass."""

import pytest

from stack.waiting import GaveUp, InQueue, NotYet, Patience, RealClock, Stopped
from tests.faults import FakeClock


class Settling:
    """An attempt that is through after saying NotYet with each of these reasons, one a call."""

    def __init__(self, *reasons):
        self.reasons, self.calls = list(reasons), 0

    def __call__(self):
        self.calls += 1
        if self.reasons:
            raise NotYet(self.reasons.pop(0))
        return "through"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def said():
    return []


@pytest.fixture
def patience(clock, said):
    return Patience(said.append, clock)


def test_what_is_through_at_once_is_not_waited_for(patience, clock, said):
    assert patience.until_done(Settling(), budget_seconds=60) == "through"
    assert (clock.sleeps, said, patience.waited) == ([], [], {})


def test_an_attempt_is_repeated_until_it_is_through(patience, clock):
    attempt = Settling("the moon", "the moon")
    assert patience.until_done(attempt, budget_seconds=60) == "through"
    assert (attempt.calls, len(clock.sleeps)) == (3, 2)


def test_what_settles_is_not_waited_for_much_longer_than_it_takes(patience, clock):
    def attempt():
        if clock.now < seconds:
            raise NotYet("the moon")

    for seconds in (0.1, 1, 8, 60):
        clock.now = 0.0
        patience.until_done(attempt, budget_seconds=1000)
        assert seconds <= clock.now <= seconds * 1.125 + 0.25


def test_in_a_queue_delays_double_up_to_the_longest(patience, clock):
    def attempt():
        if clock.now < 120:
            raise InQueue("the moon")

    patience.until_done(attempt, budget_seconds=1000, first_delay_seconds=1, longest_delay_seconds=10)
    assert len(clock.sleeps) < 20
    assert 7.5 <= clock.sleeps[-1] <= 12.5


def test_who_sleeps_is_woken_when_all_is_stopped():
    clock = RealClock()
    clock.stop()
    with pytest.raises(Stopped):
        Patience(clock=clock).until_done(Settling("the moon"), budget_seconds=1000, first_delay_seconds=1000)


def test_two_stacks_do_not_knock_in_step():
    clocks = [FakeClock(), FakeClock()]
    for clock in clocks:
        Patience(clock=clock).until_done(Settling(*["the moon"] * 5), budget_seconds=1000)
    assert clocks[0].sleeps != clocks[1].sleeps


def test_giving_up_says_what_was_waited_for_and_how_long(patience):
    with pytest.raises(GaveUp, match=r"^waited 60 s for the moon$") as gave_up:
        patience.until_done(Settling(*["the moon"] * 99), budget_seconds=60)
    assert isinstance(gave_up.value.__cause__, NotYet)


def test_the_budget_is_used_up_and_not_exceeded(patience, clock):
    with pytest.raises(GaveUp):
        patience.until_done(Settling(*["the moon"] * 99), budget_seconds=60)
    assert clock.now == pytest.approx(60)


def test_the_end_of_the_budget_has_an_attempt_of_its_own(patience, clock):
    attempt = Settling(*["the moon"] * 99)
    with pytest.raises(GaveUp):
        patience.until_done(attempt, budget_seconds=60)
    assert attempt.calls == len(clock.sleeps) + 1


def test_without_a_budget_there_is_one_attempt(patience, clock):
    attempt = Settling("the moon")
    with pytest.raises(GaveUp, match=r"^waited 0 s for the moon$"):
        patience.until_done(attempt, budget_seconds=0)
    assert (attempt.calls, clock.sleeps) == (1, [])


def test_an_attempt_that_takes_long_uses_up_the_budget_too(patience, clock):
    def attempt():
        clock.now += 50
        raise NotYet("a slow moon")

    with pytest.raises(GaveUp, match=r"^waited 10\d s for a slow moon$"):
        patience.until_done(attempt, budget_seconds=60)


def test_every_wait_is_said_with_its_reason_and_its_budget(patience, clock, said):
    patience.until_done(Settling("the moon", "the sun"), budget_seconds=60, first_delay_seconds=8)
    assert said == [
        "waiting for the moon, 0 s of at most 60 s",
        f"waiting for the sun, {clock.sleeps[0]:.0f} s of at most 60 s",
    ]


def test_each_reason_has_its_own_sum(patience, clock):
    patience.until_done(Settling("the moon", "the sun", "the moon"), budget_seconds=60)
    first, second, third = clock.sleeps
    assert patience.waited == {"the moon": pytest.approx(first + third), "the sun": pytest.approx(second)}


def test_any_other_error_travels_at_once(patience, clock):
    def attempt():
        raise LookupError("no such moon")

    with pytest.raises(LookupError, match="no such moon"):
        patience.until_done(attempt, budget_seconds=60)
    assert clock.sleeps == []


def test_left_alone_it_waits_by_the_real_clock():
    assert Patience().until_done(Settling("a moment"), budget_seconds=5, first_delay_seconds=0.001) == "through"
