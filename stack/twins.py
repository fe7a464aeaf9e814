"""Twins: several APIs with our tags, made by runs that did not see one another. Which one stays.

createdDate has whole seconds and ids are random, so of two that were made within one second nobody knows the first. A
run only ever deletes the one that it has made itself, and the one that saw no other keeps its own.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from stack.step import StepError

LONGEST_LOOK_SECONDS = 4.0
# A twin as young as this may be about to be deleted by the run that made it.
FRESH_SECONDS = 300


class Twins(StepError):
    """More than one API carries our tags."""


def age(api: Any) -> tuple[Any, str]:
    """Sorts APIs from the oldest to the youngest; within a second the id decides, so that all runs sort alike."""
    return api["createdDate"], api["id"]


def rivals(made: Any, ours: list[Any]) -> list[Any]:
    """Those that were there before `made`, or may have been."""
    return [api for api in ours if api["id"] != made["id"] and api["createdDate"] <= made["createdDate"]]


def look_seconds(made: Any, found: list[Any]) -> float:
    """How long to look whether those found are deleted: an older one stays, one of the same second may go."""
    is_older = found[0]["createdDate"] < made["createdDate"]
    return 0 if is_older else random.uniform(0.2, LONGEST_LOOK_SECONDS)  # noqa: S311 so that not both delete theirs


def are_fresh(ours: list[Any]) -> bool:
    """Whether there are twins whose maker may still delete its own."""
    if len(ours) < 2:
        return False
    seconds: float = (datetime.now(UTC) - ours[-1]["createdDate"]).total_seconds()
    return seconds < FRESH_SECONDS


def only_one(ours: list[Any]) -> Any:
    """Our API, or None. Raises Twins."""
    if len(ours) > 1:
        ids = ", ".join(api["id"] for api in ours)
        raise Twins(
            f"{len(ours)} APIs carry our tags: {ids}. Only one can be the lab's. Delete the others "
            "(`aws apigateway delete-rest-api --rest-api-id ID`) or run the teardown, which deletes all"
        )
    return ours[0] if ours else None
