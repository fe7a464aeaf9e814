"""Waiting for what AWS settles in its own time: on a condition, within a budget, said aloud, never a bare sleep.

An attempt either returns or raises NotYet with the reason; everything else travels. Delays begin short and are a tenth
of what was waited already: so nothing is waited for much longer than it takes. In a queue, where knocking makes it
longer for all, they double. Jitter keeps 200 stacks in one account from knocking in step.
"""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

T = TypeVar("T")

SHORTEST_PAUSE_SECONDS = 0.001


class Clock(Protocol):
    """Time as the steps see it; tests bring their own."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...

    def stop(self) -> None:
        """Wakes all who sleep, and lets nobody sleep any more."""


class Stopped(BaseException):
    """What who slept is woken with. As KeyboardInterrupt, whose echo it is in the other threads, it is no error."""


class RealClock:
    def __init__(self) -> None:
        self._stopped = threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float, /) -> None:
        if self._stopped.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        self._stopped.set()


class NotYet(Exception):
    """AWS is still settling. The message completes "waiting for ..."; some waits have a budget of their own."""

    growth = 0.1
    """How much of what was waited already is waited once more before the next attempt."""

    def __init__(self, reason: str, budget_seconds: float = math.inf) -> None:
        super().__init__(reason)
        self.budget_seconds = budget_seconds


class InQueue(NotYet):
    """Others are served first, and each attempt takes a place among them."""

    growth = 1.0


class GaveUp(Exception):
    """The budget is spent. The message says what was waited for and how long."""


@dataclass
class Patience:
    """Retries an attempt until it is through; remembers what it waited for as {reason: seconds}."""

    say: Callable[[str], None] = lambda text: None
    clock: Clock = field(default_factory=RealClock)
    waits: Callable[[], None] = lambda: None
    """Is told before each pause."""
    waited: dict[str, float] = field(default_factory=dict)

    def until_done(
        self,
        attempt: Callable[[], T],
        *,
        budget_seconds: float,
        first_delay_seconds: float = 0.2,
        longest_delay_seconds: float = 10.0,
    ) -> T:
        """The result of `attempt`. Raises GaveUp when it still says NotYet after `budget_seconds`."""
        started = self.clock.monotonic()
        while True:
            try:
                return attempt()
            except NotYet as not_yet:
                reason = str(not_yet)
                spent = self.clock.monotonic() - started
                budget = min(budget_seconds, not_yet.budget_seconds)
                if budget - spent < SHORTEST_PAUSE_SECONDS:
                    raise GaveUp(f"waited {spent:.0f} s for {reason}") from not_yet
                delay = min(max(first_delay_seconds, spent * not_yet.growth), longest_delay_seconds)
            self.waits()
            self.say(f"waiting for {reason}, {spent:.0f} s of at most {budget:.0f} s")
            pause = min(delay * random.uniform(0.75, 1.25), budget - spent)  # noqa: S311 jitter, no secret
            self.clock.sleep(pause)
            self.waited[reason] = self.waited.get(reason, 0.0) + pause
