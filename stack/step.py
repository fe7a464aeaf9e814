"""What a documented step is, and what stops one.

A step is either a resource (lifecycle.py), which owns something, or a check, which verifies what the others made.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, ClassVar, Literal

from stack.lab import Lab
from stack.outcome import Changes, Outcome
from stack.waiting import Patience

Mark = Literal["waits", "written"]
"""A place on a step's way: it has begun to wait, or it is through; all that it writes is written."""


class StepError(Exception):
    """A step cannot go on. The message says what happened to what, and what to do next."""


class Foreign(StepError):
    """Something of our name that does not carry our tags."""


class InUse(StepError):
    """Something of ours that somebody else depends on. It stays, and what it needs stays with it."""


class Step(ABC):
    """One of the documented steps. `needs` are the numbers of the steps that must be in place before it."""

    number: ClassVar[int]
    key: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[tuple[int, ...]] = ()
    in_teardown: ClassVar[bool] = True
    """False for a step that leaves nothing behind."""
    is_new = False
    """Whether this run has made it, so that what stands on it is to be looked at again."""
    adoptable: ClassVar[bool] = False
    """Whether --adopt can take over what is there under this step's name."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.aws = lab.aws
        self.passes: Callable[[Mark], None] = lambda mark: None
        self.patience = Patience(lab.say, lab.clock, lambda: self.passes("waits"))
        self.notes: list[str] = []
        self._started = 0.0
        self._ahead: Future[Any] | None = None

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    def adopted_as(self) -> tuple[str, str]:
        """What --adopt calls it: the name, or `table/NAME` where several things bear that name."""
        return self.name, f"{self.key}/{self.name}"

    @property
    def is_adopted(self) -> bool:
        return self.adoptable and not self.lab.adopt.isdisjoint(self.adopted_as)

    @abstractmethod
    def plan(self) -> Outcome:
        """What `up` would do. Reads only."""

    @abstractmethod
    def up(self) -> Outcome:
        """Brings the step in place, whatever was there before."""

    @abstractmethod
    def down(self) -> Outcome:
        """Takes the step away; a second time finds nothing to do."""

    @abstractmethod
    def plan_down(self) -> Outcome:
        """What `down` would do. Reads only."""

    def in_full(self, outcome: Outcome) -> Outcome:
        """An outcome of `plan_down` with what else goes, which may take a call or two to see."""
        return outcome

    @property
    def trouble(self) -> Exception | None:
        """What has kept `look_ahead` from seeing."""
        error = self._ahead.exception() if self._ahead else None
        return error if isinstance(error, Exception) else None

    def forget(self) -> None:
        """Forgets what `look_ahead` has seen: it may be different now."""
        self._ahead = None

    def stands_on_something_new(self) -> None:
        """Forgets as well, where anything is there at all."""
        self.forget()

    def look_ahead(self, *, down: bool = False) -> None:
        """Looks now what the next `plan` or `up` needs to know, or with `down` the next `plan_down` and `down`."""
        self.forget()

    def begin(self) -> None:
        self._started = self.lab.clock.monotonic()
        if self._ahead is None:  # else what was noted and waited for while looking belongs to the outcome
            self.notes, self.patience.waited = [], {}

    def note(self, text: str) -> None:
        """Adds a line to the outcome, once."""
        if text not in self.notes:
            self.notes.append(text)

    def outcome(self, outcome: str, changes: Changes | None = None) -> Outcome:
        waits = [f"waited {seconds:.1f} s for {reason}" for reason, seconds in self.patience.waited.items()]
        seconds = self.lab.clock.monotonic() - self._started
        return Outcome(self.number, self.title, self.name, outcome, changes or {}, seconds, (*self.notes, *waits))


class Check(Step):
    """A step that owns nothing: it verifies what the others made, and reports it with `word`."""

    word: ClassVar[str] = "passed"
    in_teardown = False

    @abstractmethod
    def verify(self) -> None:
        """Raises StepError when something is not as it must be."""

    def plan(self) -> Outcome:
        self.begin()
        return self.outcome("would run")

    def up(self) -> Outcome:
        self.begin()
        self.verify()
        return self.outcome(self.word)

    def plan_down(self) -> Outcome:
        return self.down()

    def down(self) -> Outcome:
        self.begin()
        return self.outcome("absent")
