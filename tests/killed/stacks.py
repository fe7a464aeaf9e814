"""A stack of its own for each call at which a command is killed, and the undisturbed one that it must equal then."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.process import Sandbox
from stack.aws import Aws
from stack.config import load
from stack.lab import Lab
from stack.openapi import document_hash
from tests.backend.calls import READING
from tests.conftest import LIGHT
from tests.inventory import inventory, snapshot
from tests.killed.nursery import ANSWERED, LOST, UNANSWERED, Ended, Nursery, Order, Point

# Everything of a stack that can change while its names stay.
CHANGES: dict[str, Any] = {
    "tags": {"course": "serverless-101"},
    "policy": {"scope": "any"},
    "function": {
        "runtime": "python3.12",
        "handler": "lambda_function.other_handler",
        "memory_mb": 1024,
        "timeout_seconds": 15,
        "architecture": "x86_64",
        "log_retention_days": 30,
    },
    "api": {"path": "Operations", "method": "PUT", "throttle": {"rate_per_second": 50, "burst": 40}},
}
# Of so many calls `make test` kills one; those between are `thorough`.
STRIDE = 9
NOWHERE: Point = "", 0
READING_ITEMS = {"ping", "list", "read", "no-such-operation"}
KILLED = pytest.mark.parametrize("fate", [UNANSWERED, ANSWERED])
IN_SHARES = pytest.mark.parametrize(
    "share", [pytest.param(share, marks=[pytest.mark.thorough] if share else []) for share in range(STRIDE)]
)


@dataclass(frozen=True)
class Choices:
    """A config file, and the function's code."""

    config: Path
    source: Path


@dataclass(frozen=True)
class Nest:
    """What stacks share: the account, the process that runs their commands, and the two states of config.yaml."""

    sandbox: Sandbox
    aws: Aws
    nursery: Nursery
    shipped: Choices
    changed: Choices

    @classmethod
    def made(cls, sandbox: Sandbox, nursery: Nursery, folder: Path) -> Nest:
        choices = []
        for name, changes in (("shipped", {}), ("changed", CHANGES)):
            config, source = folder / f"{name}.yaml", folder / f"{name}.py"
            config.write_text(yaml.safe_dump(changes), encoding="utf-8")
            source.write_text(f"{LIGHT.read_text()}\n# {name}\n", encoding="utf-8")
            choices.append(Choices(config, source))
        return cls(sandbox, Aws.at(sandbox.endpoint_url, "us-east-1"), nursery, *choices)


class Stack:
    """A stack of a prefix that nothing else has."""

    def __init__(self, nest: Nest) -> None:
        self.nest = nest
        self.prefix = f"k{uuid.uuid4().hex[:8]}-"

    def provision(self, choices: Choices, fate: str | None = None, point: Point = NOWHERE) -> Ended:
        return self._run("provision", choices, fate, point)

    def teardown(self, choices: Choices, fate: str | None = None, point: Point = NOWHERE) -> Ended:
        return self._run("teardown", choices, fate, point, "--yes")

    def _run(self, verb: str, choices: Choices, fate: str | None, point: Point, *more: str) -> Ended:
        arguments = ["--config", str(choices.config), "--prefix", self.prefix, *more]
        return self.nest.nursery.run(
            Order(self.nest.sandbox.port, verb, arguments, str(choices.source), fate, *point),
        )

    def names(self) -> list[str]:
        return inventory(self.nest.aws, self.prefix)

    def shape(self, choices: Choices) -> Any:
        """All that there is of it, in a form in which two stacks of the same choices are equal."""
        lab = Lab(load(choices.config, {"prefix": self.prefix}), self.nest.aws)
        known = {self.prefix: "PREFIX-", document_hash(lab): "HASH OF THE DOCUMENT"}

        def neutral(value: Any) -> Any:
            if isinstance(value, dict):
                return {neutral(key): neutral(each) for key, each in value.items()}
            if isinstance(value, list):
                return [neutral(each) for each in value]
            for text, name in known.items() if isinstance(value, str) else ():
                value = value.replace(text, name)
            return value

        return neutral(snapshot(self.nest.aws, self.prefix, masked=True))


@dataclass(frozen=True)
class Undisturbed:
    """The calls of the three commands that nothing happens to, and what there is after the first two."""

    first: list[str]
    update: list[str]
    teardown: list[str]
    after_first: Any
    after_update: Any

    @property
    def commands(self) -> tuple[list[str], ...]:
        return self.first, self.update, self.teardown

    @classmethod
    def measured(cls, nest: Nest) -> Undisturbed:
        stack = Stack(nest)
        first, after_first = stack.provision(nest.shipped), stack.shape(nest.shipped)
        update, after_update = stack.provision(nest.changed), stack.shape(nest.changed)
        stack.teardown(nest.changed)
        stack.provision(nest.shipped)
        teardown = stack.teardown(nest.shipped)
        for ended in (first, update, teardown):
            assert ended.code == 0, ended.printed
        assert stack.names() == []
        return cls(first.calls, update.calls, teardown.calls, after_first, after_update)


def is_writing(name: str) -> bool:
    """Whether it can leave the account other than it was."""
    return not name.partition(".")[2].startswith(READING) and name.partition(" ")[2] not in READING_ITEMS


def points(calls: list[str], share: int, fate: str = ANSWERED) -> list[Point]:
    """This share of the calls to which this is done: by name, for the order is another one in each run.

    A call that only reads leaves the account as it was before and after its answer, and as it was at the write before
    it: it is killed once, after the last answer of its name. A read whose answer is lost, the SDK just makes again.
    """
    named = [
        (name, nth)
        for name, times in sorted(Counter(calls).items())
        for nth in range(1, times + 1)
        if is_writing(name) or (fate == ANSWERED and nth == times) or (fate == LOST and " " in name)
    ]
    return named[share::STRIDE]


def require_killed(ended: Ended, calls: list[str], point: Point) -> None:
    """That it came to this call, and made no call that the undisturbed one does not make."""
    name, nth = point
    assert ended.killed, ended.printed
    assert ended.calls.count(name) >= nth
    assert Counter(ended.calls) <= Counter(calls)


def require_done(ended: Ended) -> None:
    assert ended.code == 0, ended.printed


def require_removed(stack: Stack, choices: Choices) -> None:
    require_done(stack.teardown(choices))
    assert stack.names() == []
