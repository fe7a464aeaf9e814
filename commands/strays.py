"""How strays are told: what stays although it carries our tags, and how to be rid of it."""

from __future__ import annotations

from collections.abc import Iterator

from stack.strays import Strays

ADVICE = (
    "To remove what stays: put its name back into config.yaml and run the teardown, which removes all that config.yaml "
    "then names; or delete it by hand."
)


def told(strays: Strays) -> Iterator[str]:
    """A line for each, the advice, and what could not be looked at."""
    for stray in strays.found or ():
        yield f"{stray.kind} {stray.name} carries our tags, but config.yaml does not name it: it stays as it is."
    if strays.found:
        yield ADVICE
    yield from strays.doubts


def stays(strays: Strays) -> list[str]:
    return [f"{stray.kind} {stray.name} (not in config.yaml)" for stray in strays.found or ()]
