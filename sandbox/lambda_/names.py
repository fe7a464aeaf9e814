"""How a function is named: by its name, or by an ARN or a part of one, with or without a qualifier."""

from __future__ import annotations

import re
from typing import NamedTuple

# https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#lambda-GetFunction-request-FunctionName
NAME = re.compile(
    r"(?:arn:[a-z-]+:lambda:)?(?:(?P<region>(?:[a-z]+-)+\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>[a-zA-Z0-9$_-]+))?"
)


class FunctionName(NamedTuple):
    region: str | None
    account: str | None
    name: str
    qualifier: str | None


def parsed(text: str) -> FunctionName | None:
    """None for what names no function."""
    match = NAME.fullmatch(text)
    return FunctionName(**match.groupdict()) if match else None


def unreachable(named: FunctionName, region: str) -> str | None:
    """LS:lambda test_get_function_wrong_region: why a function is not to be had here; None when it is."""
    if named.region in (None, region):
        return None
    return f"Functions from '{named.region}' are not reachable in this region ('{region}')"
