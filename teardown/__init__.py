"""The verb backward: the same steps in reverse, each taken away, and at the end one more look.

Deletes what carries our tags and refuses anything else by name; a step that fails does not keep the others from going.
The log group goes last of all: until function, role and policy are gone, a late log line can bring it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from commands.errors import FORESEEN, sentence
from stack.function import Function
from stack.lab import Lab
from stack.log_group import LogGroup
from stack.outcome import Outcome
from stack.step import Foreign, Step


@dataclass
class Teardown:
    """What is taken away, in this order: the steps backwards without the checks, then the log group."""

    resources: tuple[Step, ...]

    @classmethod
    def of(cls, lab: Lab, steps: Iterable[Step]) -> Teardown:
        log_group = LogGroup(lab)
        owners = [step for step in reversed(tuple(steps)) if step.in_teardown]
        return cls((*owners, log_group))

    def plan(self) -> list[Outcome]:
        """What `run` would do. Afterwards it is known whether an untagged log group can be ours."""
        outcomes: list[Outcome] = []
        for step in self.resources:
            self._tell_log_group(outcomes, step)
            outcomes.append(attempt(step, step.plan_down))
        return outcomes

    def run(self) -> Iterator[tuple[Step, Outcome | None]]:
        """(step, None) before each step and (step, outcome) after it."""
        for step in self.resources:
            yield step, None
            yield step, attempt(step, step.down)

    @staticmethod
    def _tell_log_group(outcomes: list[Outcome], step: Step) -> None:
        if isinstance(step, LogGroup):
            step.may_adopt_untagged = any(
                outcome.step == Function.title and outcome.outcome == "would delete" for outcome in outcomes
            )

    def look_again(self) -> list[Outcome]:
        """What is still there; the log group is deleted once more if a late log line has brought it back."""
        found = []
        for step in self.resources:
            outcome = attempt(step, step.plan_down)
            if isinstance(step, LogGroup) and outcome.pending:
                outcome = attempt(step, step.down)
                outcome = replace(outcome, notes=(*outcome.notes, "it was back: a late log line had made it again"))
            if outcome.outcome not in {"absent", "skipped", "kept"}:
                found.append(outcome)
        return found


def attempt(step: Step, call: Callable[[], Outcome]) -> Outcome:
    """The step's outcome; `refused` for what is not ours and `failed` else, with the reason in its notes."""
    try:
        return call()
    except FORESEEN as error:
        failed = step.outcome("refused" if isinstance(error, Foreign) else "failed")
        return replace(failed, notes=(*failed.notes, sentence(error)))
