"""The verb backward: the same steps in reverse, each taken away, and at the end one more look.

Deletes what carries our tags and refuses anything else by name; a step that fails does not keep the others from going.
What somebody else depends on stays, and with it what it needs itself.
The log group goes last of all: until function, role and policy are gone, a late log line can bring it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from commands.errors import FORESEEN, NOT_TRIED, is_useless_to_go_on, sentence
from stack.function import Function
from stack.lab import Lab
from stack.log_group import LogGroup
from stack.outcome import Outcome
from stack.step import Foreign, InUse, Step

GONE = {"deleted", "absent", "skipped", "kept"}


@dataclass
class Teardown:
    """What is taken away, in this order: the steps backwards without the checks, then the log group."""

    resources: tuple[Step, ...]
    hopeless: bool = False
    """True once every further call would fail in the same way; then nothing more is tried."""

    @classmethod
    def of(cls, lab: Lab, steps: Iterable[Step]) -> Teardown:
        log_group = LogGroup(lab)
        owners = [step for step in reversed(tuple(steps)) if step.in_teardown]
        return cls((*owners, log_group))

    def plan(self) -> list[Outcome]:
        """What `run` would do. Afterwards it is known whether an untagged log group can be ours."""
        outcomes: list[Outcome] = []
        for step, outcome in self._through(lambda step: step.plan_down()):
            if outcome is None:
                self._tell_log_group(outcomes, step)
            else:
                outcomes.append(outcome)
        return outcomes

    def run(self) -> Iterator[tuple[Step, Outcome | None]]:
        """(step, None) before each step and (step, outcome) after it."""
        return self._through(lambda step: step.down())

    def _through(self, verb: Callable[[Step], Outcome]) -> Iterator[tuple[Step, Outcome | None]]:
        """What is in use stays, and with it what it needs."""
        kept: dict[int, str] = {}
        for step in self.resources:
            yield step, None
            if holder := kept.get(step.number):
                outcome = self._attempt(step, step.plan_down)
                if outcome.pending:
                    outcome = replace(outcome, outcome="in use", notes=(f"{holder} needs it, and stays",))
            else:
                outcome = self._attempt(step, partial(verb, step))
            if outcome.outcome == "in use":
                kept |= dict.fromkeys((step.number, *step.needs), f"{step.title} {step.name}")
            yield step, outcome

    @staticmethod
    def _tell_log_group(outcomes: list[Outcome], step: Step) -> None:
        if isinstance(step, LogGroup):
            step.may_adopt_untagged = any(
                outcome.step == Function.title and outcome.outcome == "would delete" for outcome in outcomes
            )

    def look_again(self, done: list[Outcome]) -> list[Outcome]:
        """What is still there; the log group is deleted once more if a late log line has brought it back.

        Where it is hopeless to look: what was not done.
        """
        if self.hopeless:
            return [outcome for outcome in done if outcome.outcome not in GONE]
        found = []
        for step, seen in self._through(lambda step: step.plan_down()):
            if seen is None:
                continue
            outcome = seen
            if isinstance(step, LogGroup) and outcome.pending:
                outcome = self._attempt(step, step.down)
                outcome = replace(outcome, notes=(*outcome.notes, "it was back: a late log line had made it again"))
            if outcome.outcome not in GONE or outcome.outcome == "deleted":
                found.append(outcome)
        return found

    def _attempt(self, step: Step, call: Callable[[], Outcome]) -> Outcome:
        """The step's outcome; `refused` for what is not ours, `in use` for what must stay and `failed` else."""
        if self.hopeless:
            step.begin()
            step.notes.append(NOT_TRIED)
            return step.outcome("blocked")
        try:
            return call()
        except FORESEEN as error:
            self.hopeless = is_useless_to_go_on(error)
            word = "refused" if isinstance(error, Foreign) else "in use" if isinstance(error, InUse) else "failed"
            failed = step.outcome(word)
            return replace(failed, notes=(*failed.notes, sentence(error)))
