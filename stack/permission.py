"""Statements of a function's resource policy, in a form that compares.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stack.outcome import Shape


def canonical_statement(statement: Mapping[str, Any]) -> Shape:
    """A statement of a resource policy in a form that compares. AWS stores condition keys as `AWS:SourceArn`."""
    principal = statement["Principal"]
    return {
        "effect": statement["Effect"],
        "principal": principal["Service"] if isinstance(principal, Mapping) else principal,
        "action": statement["Action"],
        "conditions": {
            f"{operator} {key}".lower(): value
            for operator, keys in statement.get("Condition", {}).items()
            for key, value in keys.items()
        },
    }
