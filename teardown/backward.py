"""The verb backward: the same steps in reverse, each taken away, and at the end one more look.

Deletes what carries our tags and refuses anything else by name; a step that fails does not keep the others from going.
What somebody else depends on stays, and with it what it needs itself.
First all look, side by side. The stage goes before anything else, for it is the door; then what does not need one
another goes side by side, and the log group last of all: until function, role and policy are gone, a late log line can
bring it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from commands.errors import FORESEEN, NOT_TRIED, is_useless_to_go_on, sentence
from commands.order import Node, in_order, look_ahead
from stack.function import Function
from stack.lab import Lab
from stack.log_group import LogGroup
from stack.outcome import Outcome
from stack.step import Foreign, InUse, Step

GONE = {"deleted", "absent", "skipped", "kept"}


AFTER: dict[str, tuple[Node, ...]] = {
    "api": (("deployment", "written"),),
    "table": (("deployment", "written"),),
    "function": (("deployment", "written"),),
    "role": (("function", None),),
    "policy": (("role", None),),  # while IAM still shows the role, it seems to hold the policy
    "log-group": (("function", None), ("role", "written"), ("policy", "written")),
}


@dataclass
class Teardown:
    """What is taken away, in this order: the steps backwards without the checks, then the log group."""

    lab: Lab
    resources: tuple[Step, ...]
    hopeless: bool = False
    """True once every further call would fail in the same way; then nothing more is tried."""

    @classmethod
    def of(cls, lab: Lab, steps: Iterable[Step]) -> Teardown:
        log_group = LogGroup(lab)
        owners = [step for step in reversed(tuple(steps)) if step.in_teardown]
        return cls(lab, (*owners, log_group))

    def plan(self) -> list[Outcome]:
        """What `run` would do. Afterwards it is known whether an untagged log group can be ours."""
        look_ahead(self.lab, self.resources, down=True)
        outcomes: list[Outcome] = []
        kept: dict[int, str] = {}
        for step in self.resources:
            self._tell_log_group(outcomes, step)
            outcomes.append(self._take(step, step.plan_down, kept))
        return outcomes

    def in_full(self, planned: Iterable[Outcome]) -> list[Outcome]:
        return [step.in_full(outcome) for step, outcome in zip(self.resources, planned, strict=True)]

    def forget(self) -> None:
        """Forgets what `plan` has seen: so much time has passed that it may be different now."""
        for step in self.resources:
            step.forget()

    def run(self) -> Iterator[tuple[Step, Outcome | None]]:
        """(step, None) before each step and (step, outcome) after it."""
        kept: dict[int, str] = {}
        return in_order(self.lab, self.resources, lambda step: self._take(step, step.down, kept), AFTER)

    def _take(self, step: Step, verb: Callable[[], Outcome], kept: dict[int, str]) -> Outcome:
        """The outcome of `verb`; but what is in use stays, and with it what it needs, which `kept` tells by numbers."""
        holder = kept.get(step.number)
        outcome = self._attempt(step, step.plan_down if holder else verb)
        if holder and outcome.pending:
            outcome = replace(outcome, outcome="in use", notes=(f"{holder} needs it, and stays",))
        if outcome.outcome == "in use":
            kept |= dict.fromkeys((step.number, *step.needs), f"{step.title} {step.name}")
        return outcome

    @staticmethod
    def _tell_log_group(outcomes: list[Outcome], step: Step) -> None:
        if isinstance(step, LogGroup):
            step.may_adopt_untagged = any(
                outcome.step == Function.title and outcome.outcome == "would delete" for outcome in outcomes
            )
            if step.untagged and not step.may_adopt_untagged:
                step.forget()

    def look_again(self, done: list[Outcome]) -> list[Outcome]:
        """What is still there of what has not told that it is gone.

        The log group is looked at in any case, and deleted once more if a late log line has brought it back. Where it
        is hopeless to look: what was not done.
        """
        if self.hopeless:
            return [outcome for outcome in done if outcome.outcome not in GONE]
        found = []
        kept: dict[int, str] = {}
        for step, before in zip(self.resources, done, strict=True):
            if before.outcome in GONE and not isinstance(step, LogGroup):
                continue
            step.forget()
            outcome = self._take(step, step.plan_down, kept)
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
            self.hopeless = is_useless_to_go_on(error) or self.hopeless
            word = "refused" if isinstance(error, Foreign) else "in use" if isinstance(error, InUse) else "failed"
            failed = step.outcome(word)
            return replace(failed, notes=(*failed.notes, sentence(error)))
