"""The stack: API Gateway -> Lambda -> DynamoDB, one file a resource; `order.py` puts them into the order of the steps.

`stack.STACK` and `stack.build` are those of `order.py`, loaded when they are asked for: they take boto3 along, which
config.yaml is read without. No module holds state, so many stacks fit into one process.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stack.order import STACK, build

__all__ = ["STACK", "STEPS", "build"]

STEPS = (
    ("policy", "IAM policy"),
    ("role", "IAM role"),
    ("function", "Lambda function"),
    ("echo", "Echo test"),
    ("table", "DynamoDB table"),
    ("api", "REST API"),
    ("deployment", "Deployment"),
    ("smoke", "Smoke test"),
)
"""Key and title of each documented step, in order: what a command line names before it loads the steps themselves."""


def __getattr__(name: str) -> Any:
    if name in {"STACK", "build"}:
        return getattr(importlib.import_module("stack.order"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
