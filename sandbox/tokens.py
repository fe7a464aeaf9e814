"""A token bucket: a call takes a token, and tokens come back at a rate, up to a burst.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import math

from sandbox.pace import CLOCK


class Bucket:
    """Full at first. Times are those of `CLOCK`; whoever uses it from several threads holds a lock."""

    def __init__(self, burst: float) -> None:
        self.tokens, self.filled_at = burst, CLOCK.now()

    def missing_seconds(self, rate: float, burst: float) -> float:
        """Until there is a token, at `rate` tokens a second and at most `burst`; 0 when there is one."""
        now = CLOCK.now()
        self.tokens = min(burst, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens >= 1:
            return 0.0
        return (1 - self.tokens) / rate if rate else math.inf

    def take(self) -> None:
        self.tokens -= 1
