"""What `python -m teardown` does once its arguments and config.yaml are known to be right."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from commands.display import Display, as_json, follow
from commands.flags import DONE, FAILED, WOULD_CHANGE
from commands.opening import open_lab
from commands.running import ask, require_known
from commands.strays import stays, told
from sandbox.process import Sandbox
from stack.config import Config
from stack.lab import Lab
from stack.order import build
from stack.outcome import Outcome
from stack.strays import Strays, look
from teardown.backward import Teardown


def carry_out(config: Config, options: argparse.Namespace, display: Display) -> int:
    if config.target == "sandbox" and Sandbox.configured().status() is None:
        display.line("the sandbox is not running")
        return report(options, display, [], outputs([], Strays(())), "nothing to do")
    lab = open_lab(config, options, display)
    teardown = Teardown.of(lab, build(lab))
    require_known(options, teardown.resources)
    display.fit(step.name for step in teardown.resources)
    code = take_away(options, display, lab, teardown)
    if teardown.hopeless and config.target == "sandbox" and Sandbox.configured().status() is None:
        display.line("The sandbox has ended, and what it held with it: nothing of this is left.")
    return code


def take_away(options: argparse.Namespace, display: Display, lab: Lab, teardown: Teardown) -> int:
    """Shows what would go, asks, deletes it and looks again; the exit code."""
    display.work("looking at what is there")
    strays_found = lab.side_by_side.begin(partial(look, lab))
    planned = teardown.plan()
    strays = Strays() if teardown.hopeless else strays_found()
    display.stop()
    pending = [outcome for outcome in planned if outcome.pending]
    at_rest = options.plan or not pending or teardown.hopeless
    is_shown = at_rest or options.adopt or not options.yes
    planned = teardown.in_full(planned) if is_shown and not teardown.hopeless else planned
    for outcome in planned if is_shown else ():
        if at_rest or outcome.outcome != "absent":
            display.done(outcome)
    for text in told(strays):
        display.line(text, "yellow")
    where = " under the names in config.yaml" if strays.doubts else ""
    if at_rest:
        text = f"{len(pending)} would be deleted; nothing was written" if pending else f"nothing to do{where}"
        left = remaining(planned) if options.plan else remaining(planned, "would delete")
        return report(options, display, planned, outputs(left, strays), text)
    if not options.yes:
        ask(options, display, "Delete all this?", "Nothing was deleted")
        teardown.forget()
    outcomes = follow(teardown.run(), display)
    found = teardown.look_again(outcomes)
    shown = {outcome.notes for outcome in outcomes}
    for outcome in found:
        if outcome.outcome in {"deleted", "failed"} and outcome.notes not in shown:
            display.done(outcome)
    left = remaining(found, "would delete")
    return report(options, display, outcomes, outputs(left, strays), f"nothing left{where}")


def remaining(outcomes: list[Outcome], *also: str) -> list[str]:
    """What stays, by step and name, and why."""
    reasons = {"refused": " (not ours)", "in use": " (in use)", "failed": "", "blocked": " (not tried)"}
    reasons |= dict.fromkeys(also, "")
    return [f"{each.step} {each.name}{reasons[each.outcome]}" for each in outcomes if each.outcome in reasons]


def outputs(left: list[str], strays: Strays) -> dict[str, Any]:
    return {"left": [*left, *stays(strays)], "strays": strays.as_json()}


def report(
    options: argparse.Namespace, display: Display, outcomes: list[Outcome], outputs: dict[str, Any], nothing: str
) -> int:
    """The last line, the JSON document and the exit code. `nothing` is said when nothing is left."""
    left = outputs["left"]
    if options.json:
        print(as_json(outcomes, outputs))
    display.line(f"left: {', '.join(left)}" if left else nothing)
    if left or any(outcome.outcome in {"refused", "in use", "failed"} for outcome in outcomes):
        return FAILED
    return WOULD_CHANGE if any(outcome.pending for outcome in outcomes) else DONE
