"""The verb forward: the documented steps in their order, each brought in place.

First all steps look, side by side. Then they write in their order; only the table and the API's definition, which
nobody can call yet, are made while the function waits for IAM or to become Active. A step that fails stops what needs
it and nothing else; what was made stays, and a second run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from commands.errors import FORESEEN, NOT_TRIED, is_useless_to_go_on, sentence
from commands.order import Node, in_order, look_ahead
from stack.lab import Lab
from stack.outcome import Outcome
from stack.step import Check, Step

AFTER: dict[str, tuple[Node, ...]] = {
    "role": (("policy", None),),
    "function": (("role", None),),
    "echo": (("function", None),),
    "table": (("function", "waits"),),
    "api": (("function", "waits"),),
    "deployment": (("echo", None), ("table", "written"), ("api", "written")),
    "smoke": (("table", None), ("api", None), ("deployment", None)),
}


def provision(lab: Lab, steps: Iterable[Step], *, plan: bool = False) -> Iterator[tuple[Step, Outcome | None]]:
    """(step, None) before each step and (step, outcome) after it; `plan` reads and writes nothing."""
    steps = tuple(steps)
    broken: set[int] = set()
    made: set[int] = set()
    look_ahead(lab, [step for step in steps if not (plan and isinstance(step, Check))])
    culprit = next((step for step in steps if step.trouble and is_useless_to_go_on(step.trouble)), None)
    hopeless = culprit is not None

    def act(step: Step) -> Outcome:
        nonlocal hopeless
        missing = sorted(broken & set(step.needs))
        if step is not culprit and (missing or hopeless):
            step.forget()
            step.begin()
            step.notes.append(f"needs step {', '.join(map(str, missing))}" if missing else NOT_TRIED)
            outcome = step.outcome("blocked")
        else:
            if made & set(step.needs):
                step.stands_on_something_new()
            try:
                outcome = step.plan() if plan else step.up()
            except FORESEEN as error:
                hopeless = is_useless_to_go_on(error) or hopeless
                failed = step.outcome("failed")
                outcome = replace(failed, notes=(*failed.notes, sentence(error)))
        if outcome.outcome in {"failed", "blocked"}:
            broken.add(step.number)
        if step.is_new:
            made.add(step.number)
        return outcome

    return in_order(lab, steps, act, AFTER)
