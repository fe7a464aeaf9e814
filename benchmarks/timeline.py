"""Calls in time: how many were in flight at once, and how many had to wait for one another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from tests.backend import INVOKE_URL

SMOKE = {INVOKE_URL, "GetItem", "DeleteItem", "Scan"}


@dataclass(frozen=True)
class TimedCall:
    """One call of AWS. `started` and `ended` are seconds from the start of the process that made it."""

    operation: str
    started: float
    ended: float
    status: int = 200

    @property
    def seconds(self) -> float:
        return self.ended - self.started

    @property
    def is_refused(self) -> bool:
        return self.status >= 400


@dataclass(frozen=True, order=True)
class Chain:
    """The longer is the greater, and of two as long the one with more seconds in flight."""

    length: int = 0
    seconds: float = 0.0
    calls: tuple[TimedCall, ...] = field(default=(), compare=False)


def split(calls: Iterable[TimedCall]) -> tuple[list[TimedCall], list[TimedCall]]:
    """Those of the control plane, and those of the smoke test. A teardown scans the table, too, and tests nothing."""
    calls = list(calls)
    has_tested = any(call.operation == INVOKE_URL for call in calls)
    smoke = [call for call in calls if has_tested and call.operation in SMOKE]
    return [call for call in calls if call not in smoke], smoke


def peak(calls: Sequence[TimedCall]) -> int:
    """The most calls that were in flight at once. One that begins when another ends is not at once with it."""
    changes = sorted([(call.ended, -1) for call in calls] + [(call.started, 1) for call in calls])
    return max(accumulate(change for _, change in changes), default=0)


def longest_chain(calls: Iterable[TimedCall]) -> list[TimedCall]:
    """The most calls of which each began after the one before had ended: what latency is paid for, one by one.

    Of several chains of that length the one with the most seconds in flight: it hardly ever waits for something else.
    """
    ordered = sorted(calls, key=lambda call: call.started)
    chains: list[Chain] = []
    for call in ordered:
        before = max((chain for chain in chains if chain.calls[-1].ended <= call.started), default=Chain())
        chains.append(Chain(before.length + 1, before.seconds + call.seconds, (*before.calls, call)))
    return list(max(chains, default=Chain()).calls)


def slowest_chain(
    calls: Sequence[TimedCall], weight: Callable[[TimedCall], float], wait: Callable[[TimedCall, TimedCall], float]
) -> float:
    """Seconds of the slowest such chain: each call's weight, and what AWS makes one wait between two of them."""
    ordered = sorted(calls, key=lambda call: call.started)
    lasted: list[float] = []
    for index, call in enumerate(ordered):
        before = (
            lasted[at] + wait(other, call) for at, other in enumerate(ordered[:index]) if other.ended <= call.started
        )
        lasted.append(weight(call) + max(before, default=0.0))
    return max(lasted, default=0.0)
