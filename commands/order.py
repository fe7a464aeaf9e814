"""Steps in their order, side by side where that allows it: a graph, a pool, and marks on the way of each step.

What is told is told in the documented order, whatever was done first.
https://docs.python.org/3/library/graphlib.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, wait
from functools import partial
from graphlib import TopologicalSorter
from queue import SimpleQueue

from stack.lab import Lab
from stack.outcome import Outcome
from stack.shared_reads import shared_reads
from stack.step import Mark, Step

MARKS: tuple[Mark, ...] = ("waits", "written")
# How long what is under way may go on after Ctrl-C. All of it may be killed at any time.
GRACE_SECONDS = 2

Node = tuple[str, Mark | None]
"""A step's key and a mark on its way, or None for its end."""


def look_ahead(lab: Lab, steps: Iterable[Step], *, down: bool = False) -> None:
    """All steps look side by side what is there, before any of them writes."""
    if lab.side_by_side.at_once > 1:
        with shared_reads():
            lab.side_by_side(*(partial(step.look_ahead, down=down) for step in steps))


def in_order(
    lab: Lab, steps: Iterable[Step], act: Callable[[Step], Outcome], after: Mapping[str, Iterable[Node]]
) -> Iterator[tuple[Step, Outcome | None]]:
    """(step, None) before each step and (step, what `act` returns) after it, in the order of `steps`.

    `after` tells by their keys what the steps are begun after; where the lab does one thing at a time, each is begun
    after the one before.
    """
    if lab.side_by_side.at_once == 1:
        for step in steps:
            yield step, None
            yield step, act(step)
    else:
        yield from Abreast(lab, tuple(steps), act, after).outcomes()


class Abreast:
    """One run of the steps through the graph."""

    def __init__(
        self, lab: Lab, steps: tuple[Step, ...], act: Callable[[Step], Outcome], after: Mapping[str, Iterable[Node]]
    ) -> None:
        self.lab, self.act = lab, act
        self.steps = {step.key: step for step in steps}
        before = {(key, None): [node for node in after.get(key, ()) if node[0] in self.steps] for key in self.steps}
        self.graph: TopologicalSorter[Node] = TopologicalSorter(before)
        self.graph.prepare()
        self.ahead: set[Node] = set(before).union(*before.values())
        self.reached: SimpleQueue[Node] = SimpleQueue()
        self.begun: dict[str, Future[Outcome]] = {}

    def outcomes(self) -> Iterator[tuple[Step, Outcome | None]]:
        try:
            for step in self.steps.values():
                yield step, None
                while (step.key, None) in self.ahead:
                    self._go_on()
                yield step, self.begun[step.key].result()
        except BaseException:
            self.lab.clock.stop()
            self.lab.side_by_side.leave()
            wait(self.begun.values(), GRACE_SECONDS)
            raise

    def _go_on(self) -> None:
        """Begins what can be begun, and waits until some step has come further."""
        for key, mark in self.graph.get_ready():
            if mark is None:
                self._begin(self.steps[key])
        if (node := self.reached.get()) in self.ahead:
            self.ahead.remove(node)
            self.graph.done(node)

    def _begin(self, step: Step) -> None:
        step.passes = lambda mark: self.reached.put((step.key, mark))
        is_alone = len(self.begun) == len(self.steps) - 1 and all(future.done() for future in self.begun.values())
        if is_alone:  # then here, where Ctrl-C is heard
            done: Future[Outcome] = Future()
            self.begun[step.key] = done
            done.set_result(self._run(step))
        else:
            self.begun[step.key] = self.lab.side_by_side.start(partial(self._run, step))

    def _run(self, step: Step) -> Outcome:
        try:
            return self.act(step)
        finally:
            for mark in (*MARKS, None):
                self.reached.put((step.key, mark))
