"""What a step did or would do, as data, and the one comparison of what is there with what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Shape = dict[str, Any]
Changes = dict[str, tuple[Any, Any]]
"""{field: (live, wanted)}; nested fields are dotted; None stands for "not there"."""


@dataclass(frozen=True)
class Outcome:
    """What a step did, as data; terminal, JSON, notebooks and tests each show it in their own way.

    outcome: created, updated, unchanged, passed, skipped, deleted, absent, kept; in a plan: "would create",
    "would update", "would delete", "would run"; from the verbs: failed, blocked, refused, "in use".
    """

    number: int
    step: str
    name: str
    outcome: str
    changes: Changes
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def pending(self) -> bool:
        """True in a plan for a step that would write."""
        return self.outcome in {"would create", "would update", "would delete"}

    def as_json(self) -> dict[str, Any]:
        """Plain data; each change as {"live": ..., "wanted": ...}."""
        changes = {name: {"live": live, "wanted": wanted} for name, (live, wanted) in self.changes.items()}
        return {
            "number": self.number,
            "step": self.step,
            "name": self.name,
            "outcome": self.outcome,
            "changes": changes,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }


EMPTY: tuple[Any, ...] = (None, "", [], {})


def differences(live: Mapping[str, Any], wanted: Mapping[str, Any], path: str = "") -> Changes:
    """Every leaf in which the two differ, as {dotted field: (live, wanted)}; {} when they are equal.

    Absent and empty are the same: AWS leaves out what is empty.
    """
    found: Changes = {}
    for key in {**wanted, **live}:
        name, old, new = f"{path}{key}", live.get(key), wanted.get(key)
        if isinstance(new, Mapping) and isinstance(old, Mapping | None):
            found |= differences(old or {}, new, f"{name}.")
        elif old != new and not (old in EMPTY and new in EMPTY):
            found[name] = (old, new)
    return found
