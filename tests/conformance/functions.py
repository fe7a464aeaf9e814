"""What the conformance tests of functions have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from stack.aws import error_code
from tests.conformance.cloud import ECHO, SETTLING_SECONDS, Cloud, zipped


def creation(cloud: Cloud, like: str, **choices: Any) -> dict[str, Any]:
    """The arguments of CreateFunction for another function, with the role of one that is there."""
    return {
        "FunctionName": cloud.name(),
        "Runtime": "python3.13",
        "Handler": "index.lambda_handler",
        "Role": cloud.lambda_.get_function_configuration(FunctionName=like)["Role"],
        "Code": {"ZipFile": zipped(ECHO)},
        **choices,
    }


def created(cloud: Cloud, like: str, **choices: Any) -> dict[str, Any]:
    """CreateFunction's answer."""
    answer: dict[str, Any] = cloud.lambda_.create_function(**creation(cloud, like, **choices))
    cloud.later(cloud.lambda_.delete_function, FunctionName=answer["FunctionName"])
    return answer


def settled(cloud: Cloud, function: str) -> dict[str, Any]:
    """Its configuration, once no update is in progress."""
    cloud.lambda_.get_waiter("function_updated_v2").wait(FunctionName=function)
    answer: dict[str, Any] = cloud.lambda_.get_function(FunctionName=function)
    return dict(answer["Configuration"])


def refused_at_last(cloud: Cloud, code: str, call: Callable[[], Any]) -> ClientError:
    """The refusal; on AWS what leads to it takes a while to reach everywhere."""
    give_up = time.monotonic() + (SETTLING_SECONDS if cloud.on_aws else 0)
    while True:
        try:
            call()
        except ClientError as error:
            if error_code(error) == code or time.monotonic() > give_up:
                return error
        assert time.monotonic() < give_up, f"not refused: expected {code}"
        time.sleep(3)


def told(error: ClientError) -> tuple[int, str, str]:
    """(HTTP status, code, message)."""
    answer: Any = error.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"].get("Message", "")
