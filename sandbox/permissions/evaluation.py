"""What policies say of a request: pure data in, a decision out.

Policies are JSON texts, parsed once each. An explicit Deny wins, then an Allow; what nothing allows is not allowed.
The same for identity policies, permissions boundaries and resource policies: how their decisions are combined is up to
whoever asks. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sandbox.permissions.conditions import holds
from sandbox.permissions.patterns import matches, matches_resource, with_variables


class Decision(Enum):
    ALLOWED = "allowed"
    DENIED = "explicitDeny"
    NOT_ALLOWED = "implicitDeny"


@dataclass(frozen=True)
class Asked:
    """`action` is `service:Operation`, `resource` an ARN.

    `context` holds the condition keys that the request has, each with its values; names of keys ignore case.
    `principals` are the names by which a resource policy may know the caller (ARNs, the account's number, a service);
    nobody is anonymous.
    """

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    principals: frozenset[str] = frozenset()

    @functools.cached_property
    def values(self) -> dict[str, tuple[str, ...]]:
        return {key.lower(): values for key, values in self.context.items()}


def decision(policies: Iterable[str], asked: Asked) -> Decision:
    """What these policies (JSON texts) say together."""
    effects = {
        statement["Effect"]
        for text in policies
        for statement in many(parsed(text)["Statement"])
        if concerns(statement, asked, has_variables=parsed(text).get("Version") == "2012-10-17")
    }
    if "Deny" in effects:
        return Decision.DENIED
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


@functools.lru_cache(maxsize=256)
def parsed(policy: str) -> dict[str, Any]:
    return dict(json.loads(policy))


def concerns(statement: Mapping[str, Any], asked: Asked, *, has_variables: bool) -> bool:
    """Whether each element of the statement matches. Elements that it lacks do, as in trust policies; a Principal of
    `*` is everybody, anonymous callers too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
    """

    def filled(text: str) -> str | None:
        return with_variables(text, asked.values) if has_variables else text

    def is_resource(pattern: str) -> bool:
        return (known := filled(pattern)) is not None and matches_resource(known, asked.resource)

    tests = {
        "Action": lambda pattern: matches(pattern.lower(), asked.action.lower()),
        "Resource": is_resource,
        "Principal": lambda name: name == "*" or name in asked.principals,
    }
    for element, test in tests.items():
        if element in statement and not any(map(test, listed(statement[element]))):
            return False
        if f"Not{element}" in statement and any(map(test, listed(statement[f"Not{element}"]))):
            return False
    return all(
        holds(operator, asked.values.get(key, ()), [filled(each) for each in wanted])
        for operator, key, wanted in conditions(statement)
    )


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(operator, key in lower case, values)."""
    for operator, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            yield operator, key.lower(), [str(each) for each in many(wanted)]


def listed(element: Any) -> list[Any]:
    """The patterns or names of an element. Principals come by kind: {"AWS": [...], "Service": "..."}."""
    return [each for kind in element.values() for each in many(kind)] if isinstance(element, dict) else many(element)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
