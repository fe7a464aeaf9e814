"""How often API Gateway's control plane may be called, at the pace of AWS: token buckets of each operation and of all.

https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.core.exceptions import JsonRESTError

from sandbox.pace import CLOCK
from sandbox.tokens import Bucket

EVERY_CALL = "every call"


@dataclass(frozen=True)
class Quota:
    """`calls` at once, and as many again in each `seconds`."""

    calls: int
    seconds: float

    def missing_seconds(self, bucket: Bucket) -> float:
        return bucket.missing_seconds(self.calls / self.seconds, self.calls)


QUOTAS = {
    EVERY_CALL: Quota(40, 4),
    "CreateRestApi": Quota(1, 3),
    "CreateRestApi EDGE": Quota(1, 30),
    "CreateDeployment": Quota(1, 5),
    "CreateResource": Quota(5, 1),
    "DeleteResource": Quota(5, 1),
    "CreateApiKey": Quota(5, 1),
    "DeleteApiKey": Quota(5, 1),
    "GetResources": Quota(5, 2),
    "PutRestApi": Quota(1, 1),
    "UpdateUsagePlan": Quota(1, 20),
    "UpdateAccount": Quota(1, 20),
    "DeleteRestApi": Quota(1, 30),
}


class TooManyRequests(JsonRESTError):  # type: ignore[misc]
    """The text: https://github.com/cloud-custodian/cloud-custodian/issues/7100"""

    code = 429

    def __init__(self, seconds: float) -> None:
        super().__init__("TooManyRequestsException", "Too Many Requests")
        self.retry_after = str(math.ceil(seconds))

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        return [*super().get_headers(*args, **kwargs), ("Retry-After", self.retry_after)]


class Quotas:
    """Of one account; each region has its own. Thread-safe."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._lock = threading.Lock()

    def spend(self, region: str, name: str) -> None:
        """Raises TooManyRequests. A call that is refused takes nothing from the quotas."""
        if not CLOCK.pace.quotas:
            return
        with self._lock:
            buckets = {each: self._bucket(region, each) for each in (EVERY_CALL, name) if each in QUOTAS}
            seconds = max(QUOTAS[each].missing_seconds(bucket) for each, bucket in buckets.items())
            if seconds:
                raise TooManyRequests(seconds)
            for bucket in buckets.values():
                bucket.take()

    def _bucket(self, region: str, name: str) -> Bucket:
        return self._buckets.setdefault((region, name), Bucket(QUOTAS[name].calls))


def quota_name(operation: str, body: str | bytes, query: Mapping[str, Sequence[str]]) -> str:
    """The operation; CreateRestApi and ImportRestApi share theirs, and have another one for EDGE, the default."""
    if operation == "CreateRestApi":
        types = (json.loads(body).get("endpointConfiguration") or {}).get("types") or ["EDGE"]
    elif operation == "ImportRestApi":
        types = query.get("endpointConfigurationTypes") or ["EDGE"]
    else:
        return operation
    return "CreateRestApi EDGE" if "EDGE" in types else "CreateRestApi"


ACCOUNT_QUOTAS = Quotas()
