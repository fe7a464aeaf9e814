"""How long AWS takes until what was made is there. `instant` is for most labs; `aws` is for those that want to feel it.

The times are what is usual on AWS, from experience: a role is assumable after some seconds, rarely after a minute
(https://github.com/DataDog/stratus-red-team/issues/358), a function Pending for two, a table CREATING for seven, and
the first HTTPS answers of a new stage are 403. The quotas are documented: see quotas.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True)
class Pace:
    """Seconds from the call that makes or changes something until that is settled."""

    name: str
    role_seconds: float
    function_seconds: float
    table_seconds: float
    stage_seconds: float
    quotas: bool
    """Whether the control plane of API Gateway refuses calls that come too fast."""


PACES = {
    pace.name: pace
    for pace in (
        Pace("instant", role_seconds=0, function_seconds=0, table_seconds=0, stage_seconds=0, quotas=False),
        Pace("aws", role_seconds=8, function_seconds=2, table_seconds=7, stage_seconds=3, quotas=True),
    )
}


class Clock:
    """The pace that this sandbox keeps, and its time."""

    def __init__(self) -> None:
        self.pace = PACES["instant"]

    def now(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def today(self) -> date:
        """In UTC."""
        return datetime.now(UTC).date()


CLOCK = Clock()
