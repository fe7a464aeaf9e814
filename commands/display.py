"""Outcomes for people: one line a step, with live progress on a terminal and plain lines in a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from stack.outcome import Changes, Outcome

if TYPE_CHECKING:
    from stack.step import Step

STYLES = {
    "failed": "bold red",
    "blocked": "yellow",
    "skipped": "yellow",
    "kept": "yellow",
    "refused": "bold red",
    "in use": "bold red",
    "would create": "cyan",
    "would update": "cyan",
    "would delete": "cyan",
    "would run": "dim",
    "absent": "dim",
}
TITLE_WIDTH, NAME_WIDTH, VALUE_WIDTH = 15, 26, 72
# On a step's own line; --plan and --json tell all.
MOST_CHANGES, SHORT_WIDTH = 3, 24


class Display:
    """Writes to one stream; on a terminal with colours and a spinner (rich)."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.name_width = NAME_WIDTH
        self.console: Any = None
        self.spinner: Any = None
        if stream.isatty():
            from rich.console import Console  # noqa: PLC0415 a pipe does not pay for it

            self.console = Console(file=stream, highlight=False, soft_wrap=True)

    def line(self, text: str = "", style: str | None = None, end: str = "\n") -> None:
        if self.console:
            self.console.print(text, style=style, markup=False, end=end)
        else:
            print(text, file=self.stream, flush=True, end=end)

    def fit(self, names: Iterable[str]) -> None:
        """Makes the column of names wide enough for these."""
        self.name_width = max([NAME_WIDTH, *map(len, names)])

    def begin(self, step: Step) -> None:
        self.work(f"{step.number}  {step.title} {step.name}")

    def work(self, text: str) -> None:
        """Shows on a terminal that something is going on."""
        self.working = text
        if self.console:
            self.stop()
            self.spinner = self.console.status(self.working)
            self.spinner.start()

    def say(self, text: str) -> None:
        """What is being waited for."""
        if self.spinner:
            self.spinner.update(f"{self.working}: {text}")
        else:
            self.line(f"   {text}")

    def done(self, outcome: Outcome, in_full: bool = False) -> None:
        """The step's line; `in_full` adds a line for each change."""
        self.stop()
        word = outcome.outcome
        if outcome.changes and word == "updated":
            word = f"updated: {', '.join(shown(outcome.changes, SHORT_WIDTH))}"
            if len(outcome.changes) > MOST_CHANGES:
                word = f"updated: {len(outcome.changes)} fields (--json lists them)"
        seconds = f"{outcome.seconds:6.1f} s"
        name = outcome.name.ljust(self.name_width)
        self.line(
            f"{outcome.number}  {outcome.step:{TITLE_WIDTH}}  {name}  {seconds}  {word}",
            STYLES.get(outcome.outcome, "green"),
        )
        if in_full:
            for change in shown(outcome.changes):
                self.line(f"     {change}")
        for note in outcome.notes:
            self.line(f"     {note}")

    def stop(self) -> None:
        if self.spinner:
            self.spinner.stop()
            self.spinner = None

    def ask(self, question: str) -> bool:
        """Whether the person at the terminal says yes."""
        self.line(f"{question} [y/N] ", end="")
        answer = sys.stdin.readline()
        if not answer:  # Ctrl-D leaves the cursor behind the question
            self.line()
        return answer.strip().lower() in {"y", "yes"}


def follow(progress: Iterable[tuple[Step, Outcome | None]], display: Display, in_full: bool = False) -> list[Outcome]:
    """Shows each step while it works and when it is done; returns what was done."""
    outcomes = []
    for step, outcome in progress:
        if outcome is None:
            display.begin(step)
        else:
            display.done(outcome, in_full)
            outcomes.append(outcome)
    return outcomes


def shown(changes: Changes, width: int = VALUE_WIDTH) -> list[str]:
    """`field live -> wanted` for each change; values in JSON, shortened."""
    return [f"{field} {change(live, wanted, width)}" for field, (live, wanted) in changes.items()]


def change(live: Any, wanted: Any, width: int) -> str:
    """Of two lists that begin alike and are too long to show, only what is not in both."""
    told = f"{value(live, width)} -> {value(wanted, width)}"
    if value(live, width) != value(wanted, width) or not (isinstance(live, list) and isinstance(wanted, list)):
        return told
    gone, new = [each for each in live if each not in wanted], [each for each in wanted if each not in live]
    return " -> ".join(f"[..., {value(each, width)[1:]}" if each else "[...]" for each in (gone, new))


def value(of: Any, width: int) -> str:
    if of is None:
        return "(none)"
    text = of if isinstance(of, str) else json.dumps(of, default=str)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def as_json(outcomes: Sequence[Outcome], outputs: dict[str, Any]) -> str:
    return json.dumps({"steps": [outcome.as_json() for outcome in outcomes], "outputs": outputs}, indent=2)
