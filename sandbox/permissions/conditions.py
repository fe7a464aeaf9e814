"""The condition operators of policies: what a request's values are compared with, and how.

A key that the request lacks fails the condition, unless the operator is a negated one, ends in IfExists, or begins with
ForAllValues. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from sandbox.permissions.patterns import matches, plain

Comparison = Callable[[str, str], bool]  # (wanted by the policy, told by the request)


def holds(name: str, told: Sequence[str], wanted: Sequence[str | None]) -> bool:
    """Whether `told`, the request's values of a key, meet an operator such as `ForAnyValue:StringLikeIfExists`.

    A wanted None holds a variable that the request has no value for: it matches nothing.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    quantity, _, bare = name.rpartition(":")
    if bare == "Null":
        return str(not told).lower() in {str(each).lower() for each in wanted}
    if not told and bare.endswith("IfExists"):
        return True
    bare = bare.removesuffix("IfExists")
    is_negated = bare not in COMPARISONS
    compare = COMPARISONS.get(bare.replace("Not", "", 1))
    if compare is None:  # IAM makes no policy with it
        return False
    met = [any(each is not None and _safely(compare, each, value) for each in wanted) != is_negated for value in told]
    if quantity == "ForAllValues":
        return all(met)
    return any(met) or (is_negated and not told and not quantity)


def _safely(compare: Comparison, wanted: str, told: str) -> bool:
    """What cannot be read as a number, a date or an address equals none."""
    try:
        return compare(wanted, told)
    except ValueError:
        return False


def same_arn(wanted: str, told: str) -> bool:
    """The six fields one by one; ArnEquals and ArnLike are the same."""
    pairs = list(zip(wanted.split(":", 5), told.split(":", 5), strict=False))
    return wanted.count(":") >= 5 <= told.count(":") and all(matches(*pair) for pair in pairs)


def _moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date, or of such seconds themselves."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _ordered(read: Callable[[str], float]) -> dict[str, Comparison]:
    """The five comparisons of numbers or dates."""

    def comparison(way: Callable[[float, float], bool]) -> Comparison:
        return lambda wanted, told: way(read(told), read(wanted))

    ways = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    return {name: comparison(way) for name, way in ways.items()}


COMPARISONS: dict[str, Comparison] = {
    "StringEquals": lambda wanted, told: plain(wanted) == told,
    "StringEqualsIgnoreCase": lambda wanted, told: plain(wanted).lower() == told.lower(),
    "StringLike": matches,
    "ArnEquals": same_arn,
    "ArnLike": same_arn,
    "Bool": lambda wanted, told: wanted.lower() == told.lower(),
    "BinaryEquals": operator.eq,
    "IpAddress": lambda wanted, told: ipaddress.ip_address(told) in ipaddress.ip_network(wanted, strict=False),
    **{f"Numeric{name}": comparison for name, comparison in _ordered(float).items()},
    **{f"Date{name}": comparison for name, comparison in _ordered(_moment).items()},
}
