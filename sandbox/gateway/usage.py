"""API keys and usage plans: who may call a method that asks for a key, how often at once, and how often in a period.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from moto.apigateway.models import ApiKey, UsagePlan, apigateway_backends

from sandbox.gateway.call import Call
from sandbox.gateway.responses import Refused
from sandbox.gateway.throttling import Buckets, method_key
from sandbox.pace import CLOCK
from sandbox.permissions.identities import ACCOUNT

HEADER = "x-api-key"


class Usage:
    """What each key has used of its plan. Thread-safe."""

    def __init__(self, buckets: Buckets) -> None:
        self.buckets = buckets
        self._used: WeakKeyDictionary[UsagePlan, dict[str, tuple[date, int]]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def admit(self, call: Call) -> Call:
        """The call, whose context tells its key if it needed one. Raises Refused."""
        if not call.method.api_key_required:
            return call
        key, plan, linked = identify(call)
        own = (linked.get("throttle") or {}).get(f"/{method_key(call)}")
        bucket, limits = (method_key(call), own) if own else ("", plan.throttle)
        if not self.buckets.take(plan, (key.id, bucket), limits):
            raise Refused("THROTTLED")
        if plan.quota and not self.count(plan, key):
            raise Refused("QUOTA_EXCEEDED")
        identity = {"apiKey": key.value, "apiKeyId": key.id}
        return replace(call, context={**call.context, "identity": identity})

    def count(self, plan: UsagePlan, key: ApiKey) -> bool:
        """Whether one more request is within the quota."""
        start = period_start(plan.quota["period"], int(plan.quota.get("offset", 0)), CLOCK.today())
        with self._lock:
            keys = self._used.setdefault(plan, {})
            counted_from, used = keys.get(key.id, (start, 0))
            used = used if counted_from == start else 0
            keys[key.id] = start, used + 1
            return used < int(plan.quota["limit"])


def identify(call: Call) -> tuple[ApiKey, UsagePlan, dict[str, Any]]:
    """The key, the plan that it is in, and how that plan is linked with the stage. Raises Refused.

    Where the source of keys is an authorizer there is none: authorizers are not imitated.
    """
    backend = apigateway_backends[ACCOUNT][call.region]
    value = call.request.headers.get(HEADER) if call.api.api_key_source == "HEADER" else None
    key = next((each for each in list(backend.keys.values()) if each.enabled and each.value == value), None)
    if key is None:
        raise Refused("INVALID_API_KEY")
    for plan in list(backend.usage_plans.values()):
        in_plan = key.id in backend.usage_plan_keys.get(plan.id, {})
        for linked in list(plan.api_stages) if in_plan else []:
            if (linked["apiId"], linked["stage"]) == (call.api.id, call.stage.name):
                return key, plan, linked
    raise Refused("INVALID_API_KEY")


def period_start(period: str, offset: int, today: date) -> date:
    """A WEEK starts on Sunday, a MONTH on its first, each `offset` days later.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-apigateway-usageplan-quotasettings.html
    """
    if period == "WEEK":
        return today - timedelta(days=(today.isoweekday() - offset) % 7)
    if period == "MONTH":
        return (today - timedelta(days=offset)).replace(day=1) + timedelta(days=offset)
    return today
