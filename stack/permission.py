"""Statements of a function's resource policy, in a form that compares.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stack.aws import or_none
from stack.outcome import Shape


def live_statement(lambda_: Any, function_name: str, statement_id: str) -> Shape | None:
    """The statement of this id as `canonical_statement`, or None."""
    answer = or_none(lambda_.get_policy, FunctionName=function_name)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    found = next((each for each in statements if each.get("Sid") == statement_id), None)
    return canonical_statement(found) if found else None


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
