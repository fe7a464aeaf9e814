"""What every resource does the same way: up, plan, down. Written once, so that each resource only says five things.

A resource says what is wanted, finds what is there, creates, updates and deletes. `up` never assumes that existing
means correct: whatever differs is updated, so half-made things heal. `plan` is the same comparison without the writing;
there is no second path for a dry run. Update and delete touch only what carries our tags.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from stack.aws import MISSING, error_code, is_taken
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS, despite_others
from stack.outcome import Changes, Outcome, Shape, differences
from stack.ownership import advice, what_differs
from stack.shared_reads import asked_by
from stack.side_by_side import boxed
from stack.step import Foreign, Step, StepError
from stack.transient import not_now
from stack.waiting import GaveUp, NotYet

T = TypeVar("T")

# Of what makes several calls, each of which the SDK may have tried for a minute.
CALLS_BUDGET_SECONDS = 600


class Resource(Step):
    """A step that owns something. Subclasses say the five things; the rest is here."""

    adoptable = True
    settled = True
    """Whether `find` saw nothing that AWS still works on."""
    _young_until = float("-inf")
    """Until then AWS may not know everywhere what this step has just made."""
    _seen_at = float("-inf")
    """When the resource was last known to be there."""

    @abstractmethod
    def wanted(self) -> Shape:
        """What config.yaml asks for, as plain data."""

    @abstractmethod
    def find(self) -> Shape | None:
        """What is there now, in the shape of `wanted`, or None."""

    @abstractmethod
    def create(self) -> Shape:
        """Makes the bare thing; returns what AWS answered, in the shape of `wanted`."""

    @abstractmethod
    def update(self, changes: Changes) -> None:
        """Makes the changes {field: (live, wanted)}."""

    @abstractmethod
    def delete(self) -> None:
        """Deletes the thing and what AWS wants gone before it."""

    @property
    def identity(self) -> dict[str, str]:
        """The tags by which this resource is ours."""
        return self.lab.identity

    @property
    def tags(self) -> dict[str, str]:
        """All tags that this resource carries."""
        return {**self.identity, **self.lab.user_tags}

    def own_tags(self, live: Mapping[str, str]) -> dict[str, str]:
        """Those of the live tags that we want: what others have tagged is neither compared nor removed."""
        return {key: live[key] for key in self.tags if key in live}

    def steadily(self, call: Callable[..., T], *positional: Any, budget_seconds: float = 120, **named: Any) -> T:
        """The answer of an AWS call, made again while AWS says "not now" (transient.py). Raises GaveUp."""

        def attempt() -> T:
            try:
                return call(*positional, **named)
            except ClientError as error:
                if not_yet := not_now(error):
                    raise not_yet from error
                if error_code(error) in MISSING and self.lab.clock.monotonic() < self._young_until:
                    reason = f"AWS to show the new {self.title} everywhere"
                    raise NotYet(reason, VISIBLE_WITHIN_SECONDS) from error
                raise

        return self.patience.until_done(attempt, budget_seconds=budget_seconds, first_delay_seconds=0.5)

    def _patiently(self, calls: Callable[[], T]) -> T:
        """The same for what makes several calls."""
        return self.steadily(calls, budget_seconds=CALLS_BUDGET_SECONDS)

    def settle(self) -> None:
        """Reads again what lags or can get lost on AWS until it is as wanted."""

    def drift(self) -> Changes:
        """{field: (live, wanted)}; {} when in place."""
        return differences(self.find() or {}, self.wanted())

    def look_ahead(self, *, down: bool = False) -> None:
        self.forget()
        self.begin()
        look: Callable[[], Any] = self._is_to_go if down else self._compare
        with asked_by(self.key):
            self._ahead = boxed(partial(self._despite_others, look))

    def stands_on_something_new(self) -> None:
        if self._ahead and not self.trouble and self._ahead.result()[0] is not None:
            self.forget()

    def _seen(self, look: Callable[[], T]) -> T:
        """What `look_ahead` saw, else what `look` sees now."""
        seen: T = self._ahead.result() if self._ahead else look()
        return seen

    def plan(self) -> Outcome:
        self.begin()
        live, changes = self._seen(partial(self._despite_others, self._compare))
        if live is None:
            return self.outcome("would create", changes)
        return self.outcome("would update" if changes else "unchanged", changes)

    def up(self) -> Outcome:
        self.begin()
        looks: list[tuple[Shape | None, Changes]] = []

        def bring_in_place() -> None:
            live, changes = self._seen(self._compare)
            self.forget()
            looks.append((live, changes))
            after = self._made() if live is None else live
            if missing := differences(after, self.wanted()):
                self.update(missing)
            self.passes("written")
            if live is None or missing or not self.settled:
                self.settle()

        self._despite_others(bring_in_place)
        live, changes = looks[0]
        if live is None:
            return self.outcome("created", changes)
        return self.outcome("updated" if changes else "unchanged", changes)

    def _despite_others(self, attempt: Callable[[], T]) -> T:
        return despite_others(self.patience, f"{self.title} {self.name}", attempt)

    def require_there(self, is_seen: bool) -> None:
        """Raises NotYet for what is not to be seen, for reads lag; after half a minute StepError, for it is gone."""
        now = self.lab.clock.monotonic()
        if is_seen:
            self._seen_at = now
        elif now - self._seen_at >= VISIBLE_WITHIN_SECONDS:
            raise StepError(f"{self.name} vanished. {AT_WORK}")
        else:
            raise NotYet(f"AWS to show the {self.title}")

    def _made(self) -> Shape:
        """What `create` makes; or what is there now, made by a call whose answer was lost, or by another run."""
        try:
            made = self.create()
        except ClientError as error:
            if not is_taken(error):
                raise
            made = self._found_taken()
        self.is_new = True
        self._seen_at = self.lab.clock.monotonic()
        self._young_until = self._seen_at + VISIBLE_WITHIN_SECONDS
        return made

    def _found_taken(self) -> Shape:
        def look() -> Shape:
            live, _ = self._compare()
            if live is None:
                raise NotYet(f"AWS to show the {self.title} that it says is there")
            return live

        try:
            return self.patience.until_done(look, budget_seconds=VISIBLE_WITHIN_SECONDS)
        except GaveUp as gave_up:
            raise StepError(
                f"{gave_up}. Run the same again in a minute; if it stays: names of IAM are the same whatever their "
                f"upper and lower case, so look for another spelling of {self.name}"
            ) from gave_up

    def _compare(self) -> tuple[Shape | None, Changes]:
        live = self._patiently(self.find)
        changes = differences(live or {}, self.wanted())
        if live is not None:
            self._seen_at = self.lab.clock.monotonic()
            self.require_ours(live)
            self.require_possible(changes)
        return live, changes

    def identify(self) -> Shape | None:
        """What `down` needs to know: whether something is there, and its `tags`."""
        return self.find()

    def plan_down(self) -> Outcome:
        self.begin()
        return self.outcome("would delete" if self._seen(partial(self._despite_others, self._is_to_go)) else "absent")

    def down(self) -> Outcome:
        self.begin()
        is_to_go = self._seen(partial(self._despite_others, self._is_to_go))
        self.forget()
        if not is_to_go:
            return self.outcome("absent")
        self._despite_others(self._delete)
        self.passes("written")
        self._seen_at = self.lab.clock.monotonic()
        self.patience.until_done(self._gone, budget_seconds=300)
        return self.outcome("deleted")

    def _is_to_go(self) -> bool:
        """Whether there is something to delete. Raises Foreign and InUse for what must stay."""
        live = self._patiently(self.identify)
        if live is None:
            return False
        self.require_ours(live)
        self._patiently(self.require_unused)
        return True

    def _delete(self) -> None:
        try:
            self._patiently(self.delete)
        except ClientError as error:
            if error_code(error) not in MISSING or not self.is_gone():  # another teardown may have been faster
                raise

    def require_ours(self, live: Shape) -> None:
        """Raises Foreign unless the live tags hold our identity; notes it where --adopt names this resource."""
        tags = live["tags"]
        differing = what_differs(self.identity, tags)
        if not differing:
            return
        if self.is_adopted:
            self.note(f"--adopt: it was not ours ({differing})")
            return
        raise Foreign(
            f"{self.name} exists, but is not ours: {differing}. It is left as it is. "
            f"{advice(self.name, self.identity, tags)}"
        )

    def require_possible(self, changes: Changes) -> None:
        """Raises StepError for a change that AWS cannot make, or that would lose data."""

    def require_unused(self) -> None:
        """Raises InUse where something that is not ours depends on this resource, so that it must stay."""

    def is_gone(self) -> bool:
        return self._patiently(self.identify) is None

    def _gone(self) -> None:
        if self._despite_others(self.is_gone):
            return
        long_ago = self.lab.clock.monotonic() - self._seen_at >= VISIBLE_WITHIN_SECONDS
        if long_ago and self.find() is not None:  # what AWS is still deleting is not found
            raise StepError(f"{self.name} is there again. {AT_WORK}")
        raise NotYet(f"{self.title} {self.name} to be gone")
