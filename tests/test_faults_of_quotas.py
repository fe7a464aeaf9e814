"""Quotas that the whole account shares: a class that comes and goes at once waits, aloud, and comes through."""

import pytest

from stack.rest_api import RestApi
from tests.command_lines import NEW, called, outcomes, waits
from tests.inventory import inventory, listed

QUOTA = "a quota of AWS that the whole account shares"
SLOW = f"{QUOTA} (one DeleteRestApi per 30 s)"


def down(bench):
    return called("teardown", bench, "--yes")


def spent(done):
    return [seconds for _, seconds, _ in waits(done.stdout)]


@pytest.mark.parametrize("operation", ["CreateRestApi", "PutRestApi", "CreateDeployment"])
def test_a_quota_that_is_used_up_for_a_minute_and_a_half_is_waited_for_aloud(backend, faulty, behind, operation):
    fault = backend.on(operation).refuse_for(90, "TooManyRequestsException", "Too Many Requests", status=429)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert {(why, budget) for why, _, budget in waits(done.stdout)} == {(QUOTA, 1800)}
    assert spent(done) == sorted(spent(done))
    assert 90 <= faulty.clock.now < 110
    assert backend.calls.count(operation) == len(fault.acted) < 30
    (api,) = [api for api in listed(behind.apigateway, "get_rest_apis", "items") if api["name"] == faulty.lab.api_name]
    assert len(behind.apigateway.get_deployments(restApiId=api["id"])["items"]) == 1
    assert down(faulty).returncode == 0
    assert inventory(behind, faulty.prefix) == []


def test_a_teardown_waits_for_the_slowest_quota_of_all_in_its_own_rhythm(backend, faulty, behind):
    assert called("provision", faulty, "--until", "api").returncode == 0
    fault = backend.on("DeleteRestApi").refuse_for(200, "TooManyRequestsException", "Too Many Requests", status=429)
    done = down(faulty)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left")
    assert {(why, budget) for why, _, budget in waits(done.stdout)} == {(SLOW, 4 * 3600)}
    assert 200 <= faulty.clock.now < 275
    assert 5 <= len(fault.acted) <= 7
    assert all(22 <= pause <= 75 for pause in faulty.clock.sleeps)
    assert max(faulty.clock.sleeps) > 40  # who comes too early makes the queue longer, so the pauses grow
    assert inventory(behind, faulty.prefix) == []


def test_several_apis_of_ours_go_one_by_one_within_the_quota(backend, faulty, behind):
    assert called("provision", faulty, "--until", "api").returncode == 0
    tags = dict(RestApi(faulty.lab).identity)
    for _ in range(3):
        behind.apigateway.create_rest_api(name=faulty.lab.api_name, tags=tags)
    backend.on("DeleteRestApi").quota(1, per_seconds=30)
    done = down(faulty)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "nothing left")
    assert {why for why, _, _ in waits(done.stdout)} == {SLOW}
    assert 90 <= faulty.clock.now < 240
    assert backend.calls.count("DeleteRestApi") <= 4 + 6
    assert inventory(behind, faulty.prefix) == []
