"""What Lambda tells of a function on its way: it is set up or updated in its own time, and both may fail.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
"""

from __future__ import annotations

from typing import Any

from stack.step import StepError
from stack.waiting import NotYet


def failures(configuration: Any) -> dict[str, str]:
    """Why Lambda could not set the function up (`failure`) or update it (`update_failure`); {} where all is well."""
    found = {}
    if configuration.get("State") == "Failed":
        found["failure"] = str(configuration.get("StateReason") or "Lambda gives no reason")
    if configuration.get("LastUpdateStatus") == "Failed":
        found["update_failure"] = str(configuration.get("LastUpdateStatusReason") or "Lambda gives no reason")
    return found


def is_settling(configuration: Any) -> bool:
    return bool(configuration.get("State") == "Pending" or configuration.get("LastUpdateStatus") == "InProgress")


def require_ready(name: str, configuration: Any) -> None:
    """Raises NotYet for a function that is still being set up or updated, and StepError where that has failed."""
    for reason in failures(configuration).values():
        raise StepError(
            f"Lambda could not set up {name}: {reason}. Mend that, then run the same again: it is set up anew"
        )
    if configuration.get("State") == "Pending":
        raise NotYet("the function to become Active (it is Pending)")
    if configuration.get("LastUpdateStatus") == "InProgress":
        raise NotYet("Lambda to finish the update of the function")
