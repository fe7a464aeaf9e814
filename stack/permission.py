"""Statements of a function's resource policy, in a form that compares.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stack.aws import or_none
from stack.outcome import Shape

STATEMENT_ID = "apigateway-invoke"
"""Of the one statement that is ours: step 7 writes it."""


def invoke_statement(source_arn: str) -> Shape:
    """What lets API Gateway call a function from there and nowhere else, as `canonical_statement` gives it."""
    return {
        "effect": "Allow",
        "principal": "apigateway.amazonaws.com",
        "action": "lambda:InvokeFunction",
        "conditions": {"arnlike aws:sourcearn": source_arn},
    }


def live_statements(lambda_: Any, function_name: str) -> dict[str, Shape]:
    """{statement id: `canonical_statement`} of all that the policy holds."""
    answer = or_none(lambda_.get_policy, FunctionName=function_name)
    statements = json.loads(answer["Policy"])["Statement"] if answer else []
    return {each["Sid"]: canonical_statement(each) for each in statements}


def foreign_ids(statements: Mapping[str, Shape]) -> list[str]:
    """Those by which others may call the function too."""
    return [each for each in statements if each != STATEMENT_ID]


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
