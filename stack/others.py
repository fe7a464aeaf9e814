"""Other runs at work on the same stack. There is no lock: whoever is disturbed looks again and goes on from there.

What is gone, or there already, in the middle of a step is another run's doing. It is looked at again for half a minute;
then the step stops and says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import ClientError

from stack.aws import MISSING, error_code, error_message, is_taken
from stack.step import StepError
from stack.waiting import GaveUp, NotYet, Patience

T = TypeVar("T")

# Terraform's figure is two minutes; what was seen is seconds.
VISIBLE_WITHIN_SECONDS = 30
AT_WORK = "Another run is at work on the same stack: when it has ended, run the same again"


class Disturbed(NotYet):
    """Between two calls something changed that this run needs."""


def is_disturbed(error: ClientError) -> bool:
    """Whether what a call needs is gone, or what it makes is there."""
    gone = "Deployment id does not exist"  # that of a stage; everything else that is missing has a code for it
    return error_code(error) in MISSING or is_taken(error) or gone in error_message(error)


def despite_others(patience: Patience, what: str, attempt: Callable[[], T]) -> T:
    """The result of `attempt`, made again while another run gets in the way of it. Raises StepError."""

    def once() -> T:
        try:
            return attempt()
        except ClientError as error:
            if not is_disturbed(error):
                raise
            reason = f"another run to leave the {what} alone ({error.operation_name}: {error_code(error)})"
            raise Disturbed(reason) from error

    try:
        return patience.until_done(once, budget_seconds=VISIBLE_WITHIN_SECONDS)
    except GaveUp as gave_up:
        if isinstance(gave_up.__cause__, Disturbed):
            raise StepError(f"{gave_up}. {AT_WORK}") from gave_up
        raise
