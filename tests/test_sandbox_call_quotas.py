"""Quotas of API Gateway that cannot be shown on AWS for a few cents: so many APIs, and so many calls a second.

The latter are kept at the pace of AWS only.
"""

import pytest

from sandbox.pace import CLOCK, PACES
from sandbox.quotas import Quotas, TooManyRequests, quota_name
from sandbox.refusals.api_gateway import RefusingApiGateway
from sandbox.refusals.api_gateway.backend import RESOURCES_PER_API
from sandbox.refusals.api_gateway.calls import LimitExceeded, check_room
from sandbox.refusals.api_gateway.stages import STAGES_PER_API
from sandbox.refusals.api_gateway.usage_plans import PLANS_PER_REGION
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


@pytest.mark.parametrize(("kind", "most"), [("EDGE", 120), ("REGIONAL", 600)])
def test_a_region_has_so_many_apis(kind, most):
    backend = RefusingApiGateway("us-east-1", "123456789012")
    for number in range(most):
        backend.create_rest_api(f"api {number}", None, endpoint_configuration={"types": [kind]})
    with pytest.raises(LimitExceeded):
        backend.create_rest_api("one more", None, endpoint_configuration={"types": [kind]})
    assert len(backend.apis) == most
    other = "REGIONAL" if kind == "EDGE" else "EDGE"
    assert backend.create_rest_api("of the other kind", None, endpoint_configuration={"types": [other]})


@pytest.mark.parametrize(
    ("most", "documented"), [(RESOURCES_PER_API, 300), (STAGES_PER_API, 10), (PLANS_PER_REGION, 300)]
)
def test_there_are_so_many_things_and_no_more(most, documented):
    assert most == documented
    check_room(range(most - 1), most, "Things", "API")
    with pytest.raises(LimitExceeded, match="Maximum number of Things for this API has been reached"):
        check_room(range(most), most, "Things", "API")


def test_a_call_that_is_not_imitated_says_so(sandbox):
    apigateway = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1")).apigateway
    with refused(501, "NotImplemented", "The sandbox does not imitate API Gateway's GetUsage"):
        apigateway.get_usage(usagePlanId="x", startDate="2026-01-01", endDate="2026-01-02")


def test_what_a_key_has_used_outlives_an_update_of_its_plan(sandbox):
    cloud = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1"))
    api = cloud.api()
    root = cloud.apigateway.get_rest_api(restApiId=api)["rootResourceId"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    cloud.apigateway.put_method(**where, authorizationType="NONE", apiKeyRequired=True)
    cloud.apigateway.put_method_response(**where, statusCode="200")
    cloud.apigateway.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    cloud.apigateway.put_integration_response(**where, statusCode="200")
    cloud.deploy(api)
    key = cloud.apigateway.create_api_key(name=cloud.name(), enabled=True)
    plan = cloud.apigateway.create_usage_plan(
        name=cloud.name(), apiStages=[{"apiId": api, "stage": "Prod"}], quota={"limit": 2, "period": "DAY"}
    )
    cloud.apigateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    statuses = []
    for number in range(3):
        patch = [{"op": "replace", "path": "/description", "value": str(number)}]
        cloud.apigateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=patch)
        statuses.append(cloud.call(cloud.url(api), "{}", x_api_key=key["value"]).status)
    assert statuses == [200, 200, 429]
    cloud.close()
    cloud.apigateway.delete_usage_plan(usagePlanId=plan["id"])
    cloud.apigateway.delete_api_key(apiKey=key["id"])
