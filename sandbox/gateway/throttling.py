"""How often a method may be called: a token bucket each, by the rate and the burst of a stage's settings.

Each method has a bucket of its own, also where the settings are for all (`*/*`); settings of a method win over those.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from sandbox.gateway.call import Call
from sandbox.gateway.responses import Refused
from sandbox.tokens import Bucket


class Buckets:
    """Those of a stage or of a usage plan, which go with it. Thread-safe."""

    def __init__(self) -> None:
        self._of: WeakKeyDictionary[Any, dict[Any, Bucket]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def take(self, owner: Any, key: Any, limits: Mapping[str, Any]) -> bool:
        """Whether there was a token left. `limits` are moto's `rateLimit` (in 1/s) and `burstLimit`; -1 is no limit."""
        rate, burst = float(limits.get("rateLimit", -1)), float(limits.get("burstLimit", -1))
        if rate < 0 or burst < 0:
            return True
        with self._lock:
            bucket = self._of.setdefault(owner, {}).setdefault(key, Bucket(burst))
            if bucket.missing_seconds(rate, burst):
                return False
            bucket.take()
            return True


def throttle(call: Call, buckets: Buckets) -> None:
    """By the stage's settings for this method. Raises Refused."""
    settings = {key.replace("~1", "/").strip("/"): value for key, value in dict(call.stage.method_settings).items()}
    setting = settings.get(method_key(call), settings.get("*/*", {}))
    limits = {
        "rateLimit": setting.get("throttlingRateLimit", -1),
        "burstLimit": setting.get("throttlingBurstLimit", -1),
    }
    if not buckets.take(call.stage, method_key(call), limits):
        raise Refused("THROTTLED")


def method_key(call: Call) -> str:
    """By which settings know a method: `path/VERB`, without a slash in front."""
    return f"{call.resource.get_path()}/{call.method.http_method}".strip("/")
