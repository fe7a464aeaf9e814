"""Somebody who changes a resource behind our back, one value at a time, found by walking through what is wanted.

An intruder is the same step that wants one thing otherwise; its own `up` writes that. What is wanted comes from
documents (a policy, a trust, OpenAPI, the code), from tags, or stands in `wanted()` alone. Every value of these has its
intruder, so that a field that is added later has one without being listed.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stack.function import HIDDEN
from stack.lifecycle import Resource
from stack.outcome import Changes, differences

# What `wanted` is derived from, where it does not say a thing itself.
SOURCES = ("document", "trust", "code", "tags")
# What does not become something else that AWS takes by having "Other" behind it, or by being doubled.
OTHERWISE = {
    "#/components/schemas/Envelope": "#/components/schemas/ErrorBody",
    "2012-10-17": "2008-10-17",
    "Allow": "Deny",
    "HASH S": "HASH N",
    "POST": "PUT",
    "REGIONAL": "EDGE",
    "apigateway.amazonaws.com": "s3.amazonaws.com",
    "arm64": "x86_64",
    "aws": "aws_proxy",
    "lambda.amazonaws.com": "ec2.amazonaws.com",
    "lambda:InvokeFunction": "lambda:GetFunction",
    "object": "array",
    "python3.13": "python3.12",
    "string": "number",
    "sts:AssumeRole": "sts:TagSession",
    "when_no_match": "never",
    29000: 28000,
}
# A response's status can only be one that the method declares, and each of those has its response.
REFUSED = "statusCode"
CODE = "def lambda_handler(event, context):\n    return event\n"

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Place:
    """Where a change is made: in `source`, at `path`; to a name there, or to its value."""

    source: str
    path: Path
    is_name: bool = False

    @property
    def is_last_resort(self) -> bool:
        """What the values of a source reach is not looked for elsewhere."""
        return self.is_name or self.source == "wanted"

    def __str__(self) -> str:
        return " ".join(map(str, (self.source, *self.path[-3:], *["(name)"][: self.is_name])))


@dataclass(frozen=True)
class Intrusion:
    """One change behind our back, which meets these fields of `wanted`.

    `make` does it to the resource of a step and returns what a plan must tell of it; None where it was done by hand.
    """

    key: str
    label: str
    fields: frozenset[str]
    make: Callable[[Any], Changes | None]


def intrusions(step: Resource, by_hand: Mapping[str, Callable[[Any], Any]]) -> Iterator[Intrusion]:
    """All of a resource and of its parts that are resources themselves; `by_hand` where no intruder can do it."""
    for field, make in by_hand.items():
        yield Intrusion(step.key, f"{field} by hand", frozenset({field}), make)
    covered = set(by_hand)
    parts = [name for name in step.wanted() if isinstance(getattr(step, name, None), Resource)]
    for part in ("", *parts):
        owner = getattr(step, part) if part else step
        for place in places(owner, skipped=parts):
            if place.is_last_resort and f"{part}{'.' * bool(part)}{field_at(place.path)}" in covered:
                continue
            met = {f"{part}{'.' * bool(part)}{field}" for field in met_fields(owner, place)}
            if met and not (place.is_name and (len(met) > 1 or met <= covered)):
                covered |= met
                yield Intrusion(step.key, f"{part} {place}".strip(), frozenset(met), Change(part, place))


@dataclass(frozen=True)
class Change:
    """Made by an intruder in a step, or in a part of it."""

    part: str
    place: Place

    def __call__(self, step: Resource) -> Changes:
        """Makes the change; returns what a plan must tell of it."""
        owner = getattr(step, self.part) if self.part else step
        owner.find()  # a deployment then knows its API
        made = intruder(owner, self.place)
        made.up()
        changes = differences(made.wanted(), owner.wanted())
        return {f"{self.part}.{field}" if self.part else field: change for field, change in changes.items()}


def intruder(owner: Resource, place: Place) -> Resource:
    """The same resource, that wants one thing otherwise."""
    kind = type(owner)
    source: Any = getattr(kind, place.source)
    if isinstance(source, property):
        says: Any = property(lambda self: changed(source.fget(self), place))
    else:
        says = lambda self: changed(source(self), place)  # noqa: E731
    return type(f"Other{kind.__name__}", (kind,), {place.source: says})(owner.lab)


def met_fields(owner: Resource, place: Place) -> set[str]:
    """The fields of `wanted` that this change meets; none where the document then contradicts itself."""
    try:
        return named(differences(intruder(owner, place).wanted(), owner.wanted()), owner)
    except KeyError:
        return set()


def named(changes: Iterable[str], owner: Resource) -> set[str]:
    """Those of the fields of `wanted` that these changes are about; of an empty one they name what is in it."""
    return {each for each in fields(owner.wanted()) for change in changes if f"{change}.".startswith(f"{each}.")}


def said(owner: Resource, source: str) -> Any:
    value = getattr(owner, source)
    return value() if callable(value) else value


def places(owner: Resource, skipped: list[str]) -> list[Place]:
    """The values of the sources, then their names, then what `wanted` says itself, but for the `skipped` parts."""
    sources = [each for each in SOURCES if hasattr(owner, each)]
    every = [Place(each, path) for each in sources for path in paths(said(owner, each))]
    values = [place for place in every if REFUSED not in place.path]
    # The outermost names are the form of a document.
    names = {place.path[:length]: place.source for place in every for length in range(2, len(place.path) + 1)}
    renamed = [Place(source, path, True) for path, source in names.items() if isinstance(path[-1], str)]
    own = [Place("wanted", path) for path in paths(owner.wanted()) if path[0] not in skipped]
    return [*values, *renamed, *own]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """The path to each value in nested data; what is empty is a value."""
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in below:
        yield from paths(each, (*path, key))
    if not below or not value:
        yield path


def field_at(path: Path) -> str:
    """As `differences` calls it: a list is one field."""
    return ".".join(each for each in path if isinstance(each, str))


def fields(wanted: Any) -> set[str]:
    return {field_at(path) for path in paths(wanted)}


def changed(value: Any, place: Place) -> Any:
    """The same data with another value at this place, or with another name for it."""
    if not place.path:
        return other(value)
    *above, last = place.path
    whole = holder = copied(value)
    for key in above:
        holder = holder[key]
    if place.is_name:
        renamed = {other(key) if key == last else key: each for key, each in holder.items()}
        holder.clear()
        holder.update(renamed)
    else:
        holder[last] = other(holder[last])
    return whole


def copied(value: Any) -> Any:
    """A copy in which nothing is shared: what stands in two places can be changed in one."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def other(value: Any) -> Any:
    """Something else of the same kind. Raises TypeError where nothing is known."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return OTHERWISE.get(value, value * 2)
    if isinstance(value, str):
        return OTHERWISE.get(value, f"{value}Other")
    if isinstance(value, dict):
        return {"OTHER": HIDDEN}  # what is told of an environment variable, whatever its value
    if isinstance(value, bytes):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("lambda_function.py", CODE)
        return buffer.getvalue()
    raise TypeError(f"no other value is known for {value!r}: change this field by hand")
