"""At the pace of AWS: API Gateway's control plane takes so many calls in so many seconds, and no more."""

import pytest

from sandbox.pace import CLOCK, PACES
from sandbox.quotas import Quotas, TooManyRequests, quota_name
from stack.aws import Aws
from tests.conformance.cloud import Cloud, refused
from tests.conftest import running_sandbox


@pytest.fixture
def clock(monkeypatch):
    """[the time in seconds], at the pace of AWS."""
    now = [1000.0]
    monkeypatch.setattr(CLOCK, "pace", PACES["aws"])
    monkeypatch.setattr(CLOCK, "now", lambda: now[0])
    return now


def count(quotas, name, region="us-east-1", most=100):
    """How many calls of this name are taken at once."""
    for number in range(most):
        try:
            quotas.spend(region, name)
        except TooManyRequests:
            return number
    return most


@pytest.mark.parametrize(
    ("name", "calls", "seconds"),
    [
        ("CreateRestApi", 1, 3),
        ("CreateRestApi EDGE", 1, 30),
        ("CreateDeployment", 1, 5),
        ("CreateResource", 5, 1),
        ("DeleteApiKey", 5, 1),
        ("GetResources", 5, 2),
        ("PutRestApi", 1, 1),
        ("UpdateUsagePlan", 1, 20),
        ("UpdateAccount", 1, 20),
        ("DeleteRestApi", 1, 30),
        ("GetRestApi", 40, 4),
    ],
)
def test_so_many_calls_in_so_many_seconds(clock, name, calls, seconds):
    quotas = Quotas()
    assert count(quotas, name) == calls
    clock[0] += seconds / calls * 0.99
    assert count(quotas, name) == 0
    clock[0] += seconds / calls * 0.02
    assert count(quotas, name) == 1
    clock[0] += 100 * seconds
    assert count(quotas, name) == calls


def test_all_calls_together_are_ten_a_second(clock):
    quotas = Quotas()
    assert sum(count(quotas, f"Get{number}", most=3) for number in range(30)) == 40
    clock[0] += 1
    assert count(quotas, "PutMethod") == 10


def test_a_call_that_is_refused_takes_nothing(clock):
    quotas = Quotas()
    assert count(quotas, "CreateDeployment") == 1
    for _ in range(50):
        assert count(quotas, "CreateDeployment") == 0
    assert count(quotas, "GetStage") == 39


def test_each_region_has_quotas_of_its_own(clock):
    quotas = Quotas()
    assert count(quotas, "DeleteRestApi", "us-east-1") == 1
    assert count(quotas, "DeleteRestApi", "eu-west-1") == 1


def test_an_instant_sandbox_has_no_quotas(clock, monkeypatch):
    monkeypatch.setattr(CLOCK, "pace", PACES["instant"])
    assert count(Quotas(), "DeleteRestApi") == 100


def test_it_is_told_when_to_come_again(clock):
    quotas = Quotas()
    quotas.spend("us-east-1", "DeleteRestApi")
    clock[0] += 10.5
    with pytest.raises(TooManyRequests) as caught:
        quotas.spend("us-east-1", "DeleteRestApi")
    assert dict(caught.value.get_headers())["Retry-After"] == "20"


@pytest.mark.parametrize(
    ("operation", "body", "query", "name"),
    [
        ("CreateRestApi", "{}", {}, "CreateRestApi EDGE"),
        ("CreateRestApi", '{"endpointConfiguration": {"types": ["REGIONAL"]}}', {}, "CreateRestApi"),
        ("ImportRestApi", "openapi: 3.0.1", {}, "CreateRestApi EDGE"),
        ("ImportRestApi", "{}", {"endpointConfigurationTypes": ["PRIVATE"]}, "CreateRestApi"),
        ("PutRestApi", "{}", {}, "PutRestApi"),
    ],
)
def test_what_is_made_at_the_edge_has_a_quota_of_its_own(operation, body, query, name):
    assert quota_name(operation, body, query) == name


def test_a_sandbox_at_the_pace_of_aws_refuses_what_comes_too_fast():
    with running_sandbox() as sandbox:
        sandbox.keep("aws")
        apigateway = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1")).aws.client("apigateway", attempts=1)
        wanted = {"name": "quotas", "endpointConfiguration": {"types": ["REGIONAL"]}}
        apigateway.create_rest_api(**wanted)
        with refused(429, "TooManyRequestsException", "Too Many Requests"):
            apigateway.create_rest_api(**wanted)
        sandbox.keep("instant")
        apigateway.create_rest_api(**wanted)
