"""What others see of API Gateway while a call is under way: all of it as it was, or all of it as it will be."""

import threading

import pytest
from moto.core.models import responses_mock

from sandbox.permissions.identities import ACCOUNT
from sandbox.refusals.api_gateway import RefusingApiGateway, backend
from tests.conformance.test_4_5_imports import FIRST, SECOND, put


def test_a_stage_never_shows_a_deployment_that_is_not_whole(monkeypatch):
    apigateway = RefusingApiGateway("us-east-1", ACCOUNT)
    api = apigateway.create_rest_api("x", None)
    seen = []

    def snapshot(api):
        seen.append({name: api.deployments[stage.deployment_id].snapshot for name, stage in api.stages.items()})
        return len(seen)

    monkeypatch.setattr(backend, "snapshot", snapshot)
    for _ in range(3):
        apigateway.create_deployment(api.id, "Prod")
    assert seen == [{}, {"Prod": 1}, {"Prod": 2}]
    assert api.deployments[api.stages["Prod"].deployment_id].snapshot == 3
    assert len(api.deployments) == 3


def test_a_new_stage_has_its_age_from_the_start(monkeypatch):
    apigateway = RefusingApiGateway("us-east-1", ACCOUNT)
    api = apigateway.create_rest_api("x", None)
    before = []
    monkeypatch.setattr(backend, "began", lambda stage: before.append(dict(api.stages)) or stage)
    deployment = apigateway.create_deployment(api.id, "Prod")
    apigateway.create_stage(api.id, "Beta", deployment.id)
    assert [list(stages) for stages in before] == [[], ["Prod"]]


def test_nobody_sees_an_import_half_done(cloud):
    many = {**FIRST, "paths": {f"/{number}": SECOND["paths"]["/orders"] for number in range(100)}}
    api = cloud.api(many)
    done = threading.Event()
    seen = []

    def look():
        while not done.is_set():
            seen.append(len(cloud.apigateway.get_resources(restApiId=api, limit=500)["items"]))

    watchers = [threading.Thread(target=look) for _ in range(2)]
    for watcher in watchers:
        watcher.start()
    try:
        for document in 5 * (SECOND, many):
            put(cloud, api, document)
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()
    assert seen
    assert set(seen) <= {101, 2}


@pytest.mark.parametrize("name", ["Prod", ""])
def test_a_deployment_mocks_no_urls(name):
    """moto's own keeps them all for ever."""
    apigateway = RefusingApiGateway("us-east-1", ACCOUNT)
    api = apigateway.create_rest_api("x", None)
    api.default.add_method("GET", "NONE", api_key_required=False)
    known = len(responses_mock.registered())
    deployment = apigateway.create_deployment(api.id, name)
    apigateway.create_stage(api.id, "Beta", deployment.id)
    assert len(responses_mock.registered()) == known
