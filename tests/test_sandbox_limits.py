"""What only a clock that can be moved shows of throttles and quotas."""

from datetime import date

import pytest
from moto.apigateway.models import ApiKey, Stage, UsagePlan

from sandbox.gateway.throttling import Buckets
from sandbox.gateway.usage import Usage, period_start
from sandbox.pace import CLOCK


@pytest.fixture
def clock(monkeypatch):
    """clock["now"] and clock["today"] are what the sandbox's clock tells."""
    told = {"now": 1000.0, "today": date(2026, 3, 2)}
    monkeypatch.setattr(CLOCK, "now", lambda: told["now"])
    monkeypatch.setattr(CLOCK, "today", lambda: told["today"])
    return told


def taken(buckets, owner, count, key="first/POST", **limits):
    """How many of so many calls at once pass."""
    limits = {"rateLimit": 2, "burstLimit": 5, **limits}
    return sum(buckets.take(owner, key, limits) for _ in range(count))


def test_a_bucket_is_full_at_first_and_fills_at_its_rate(clock):
    buckets, stage = Buckets(), Stage("Prod")
    assert taken(buckets, stage, 10) == 5
    clock["now"] += 1.5
    assert taken(buckets, stage, 10) == 3


def test_a_bucket_never_holds_more_than_its_burst(clock):
    buckets, stage = Buckets(), Stage("Prod")
    taken(buckets, stage, 5)
    clock["now"] += 3600
    assert taken(buckets, stage, 10) == 5


def test_less_than_one_call_a_second_fills_a_bucket_too(clock):
    buckets, stage = Buckets(), Stage("Prod")
    assert taken(buckets, stage, 2, rateLimit=0.1, burstLimit=1) == 1
    clock["now"] += 9.9
    assert taken(buckets, stage, 1, rateLimit=0.1, burstLimit=1) == 0
    clock["now"] += 0.2
    assert taken(buckets, stage, 1, rateLimit=0.1, burstLimit=1) == 1


def test_a_burst_that_becomes_smaller_holds_for_what_is_in_the_bucket(clock):
    buckets, stage = Buckets(), Stage("Prod")
    assert taken(buckets, stage, 1, burstLimit=100) == 1
    assert taken(buckets, stage, 10, burstLimit=2) == 2


def test_each_owner_and_each_key_has_a_bucket_of_its_own(clock):
    buckets, stage, other = Buckets(), Stage("Prod"), Stage("Prod")
    assert taken(buckets, stage, 10) == 5
    assert taken(buckets, stage, 10, key="second/POST") == 5
    assert taken(buckets, other, 10) == 5


@pytest.mark.parametrize("limits", [{}, {"rateLimit": -1, "burstLimit": -1}, {"rateLimit": 1}, {"burstLimit": 1}])
def test_without_both_limits_nothing_is_throttled(clock, limits):
    buckets, stage = Buckets(), Stage("Prod")
    assert all(buckets.take(stage, "first/POST", limits) for _ in range(100))


def test_a_quota_begins_anew_with_its_period(clock):
    usage, key = Usage(Buckets()), ApiKey("k")
    plan = UsagePlan("p", quota={"limit": 2, "period": "DAY"})
    assert [usage.count(plan, key) for _ in range(3)] == [True, True, False]
    clock["today"] = date(2026, 3, 3)
    assert [usage.count(plan, key) for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize(
    ("period", "offset", "today", "start"),
    [
        ("DAY", 0, "2026-03-02", "2026-03-02"),
        ("WEEK", 0, "2026-03-01", "2026-03-01"),  # a Sunday
        ("WEEK", 0, "2026-03-07", "2026-03-01"),
        ("WEEK", 1, "2026-03-01", "2026-02-23"),
        ("WEEK", 1, "2026-03-02", "2026-03-02"),
        ("MONTH", 0, "2026-03-31", "2026-03-01"),
        ("MONTH", 2, "2026-03-02", "2026-02-03"),
        ("MONTH", 2, "2026-03-03", "2026-03-03"),
        ("MONTH", 27, "2026-03-27", "2026-02-28"),
        ("MONTH", 27, "2026-01-05", "2025-12-28"),
    ],
)
def test_a_period_starts_so_many_days_later(period, offset, today, start):
    assert period_start(period, offset, date.fromisoformat(today)) == date.fromisoformat(start)
