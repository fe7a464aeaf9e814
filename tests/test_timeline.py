"""What the benchmarks read from the times of calls."""

import itertools
import random

import pytest

from benchmarks.timeline import TimedCall, longest_chain, peak, slowest_chain, split
from tests.backend import INVOKE_URL


def timed(*spans: tuple[float, float]) -> list[TimedCall]:
    return [TimedCall(f"Call{number}", started, ended) for number, (started, ended) in enumerate(spans)]


def follow_one_another(calls) -> bool:
    return all(one.ended <= other.started for one, other in itertools.pairwise(calls))


def test_nothing_was_called():
    assert (peak([]), longest_chain([]), slowest_chain([], lambda call: 1, lambda one, other: 0)) == (0, [], 0)


@pytest.mark.parametrize(
    ("spans", "at_once", "chained"),
    [
        ([(0, 1), (1, 2), (2, 3)], 1, 3),
        ([(0, 1), (0, 1), (0, 1)], 3, 1),
        ([(0, 9), (1, 2), (3, 4), (5, 6)], 2, 3),
        ([(0, 2), (1, 3), (2, 4), (3, 5)], 2, 2),
    ],
)
def test_peak_and_longest_chain(spans, at_once, chained):
    assert peak(timed(*spans)) == at_once
    assert len(longest_chain(timed(*spans))) == chained


def test_of_two_longest_chains_the_busier_one_counts():
    calls = timed((0, 1), (0, 3), (3, 4), (3, 5))
    assert longest_chain(calls) == [calls[1], calls[3]]


def test_longest_chain_is_that_of_all_chains():
    """Tried against every subset."""
    chance = random.Random(7)  # noqa: S311 no secret
    for _ in range(100):
        starts = [chance.randrange(20) for _ in range(8)]
        calls = timed(*((start, start + chance.randrange(1, 8)) for start in starts))
        by_start = sorted(calls, key=lambda call: call.started)
        subsets = itertools.chain.from_iterable(itertools.combinations(by_start, size) for size in range(9))
        chain = longest_chain(calls)
        assert follow_one_another(chain)
        assert len(chain) == max(len(subset) for subset in subsets if follow_one_another(subset))


@pytest.mark.parametrize(
    ("operations", "of_the_smoke_test"),
    [(["GetRole", INVOKE_URL, "GetItem", "Invoke"], [INVOKE_URL, "GetItem"]), (["Scan", "DeleteTable"], [])],
)
def test_calls_of_the_smoke_test_are_told_apart(operations, of_the_smoke_test):
    control, smoke = split(TimedCall(name, at, at + 1) for at, name in enumerate(operations))
    assert [call.operation for call in smoke] == of_the_smoke_test
    assert [call.operation for call in control] == [name for name in operations if name not in of_the_smoke_test]


def test_slowest_chain_counts_what_must_be_waited_for_and_not_what_was():
    calls = [
        TimedCall("CreateRole", 0, 1),
        TimedCall("CreateTable", 1, 2),
        TimedCall("CreateFunction", 20, 21),
    ]

    def wait(one: TimedCall, other: TimedCall) -> float:
        return 8 if (one.operation, other.operation) == ("CreateRole", "CreateFunction") else 0

    assert slowest_chain(calls, lambda call: 1, wait) == 1 + 8 + 1
