"""The verb forward: the documented steps in their order, each brought in place.

A step that fails stops what needs it and nothing else; what was made stays, and a second run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from commands.errors import FORESEEN, NOT_TRIED, is_useless_to_go_on, sentence
from stack.outcome import Outcome
from stack.step import Step


def provision(steps: Iterable[Step], *, plan: bool = False) -> Iterator[tuple[Step, Outcome | None]]:
    """(step, None) before each step and (step, outcome) after it; `plan` reads and writes nothing."""
    broken: set[int] = set()
    hopeless = False
    for step in steps:
        yield step, None
        step.begin()
        missing = sorted(broken & set(step.needs))
        if missing or hopeless:
            step.notes.append(f"needs step {', '.join(map(str, missing))}" if missing else NOT_TRIED)
            outcome = step.outcome("blocked")
        else:
            try:
                outcome = step.plan() if plan else step.up()
            except FORESEEN as error:
                hopeless = is_useless_to_go_on(error)
                failed = step.outcome("failed")
                outcome = replace(failed, notes=(*failed.notes, sentence(error)))
        if outcome.outcome in {"failed", "blocked"}:
            broken.add(step.number)
        yield step, outcome
