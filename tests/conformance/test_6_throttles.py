"""6 Throttles of a stage and of its methods."""

import pytest

from tests.conformance.two_posts import PASSED, THROTTLED, at_once, is_throttled, open_api, passes, told


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def set_throttle(cloud, api, method, rate, burst):
    values = {"rateLimit": rate, "burstLimit": burst}
    patch = [{"op": "replace", "path": f"/{method}/throttling/{name}", "value": str(values[name])} for name in values]
    cloud.apigateway.update_stage(restApiId=api, stageName="Prod", patchOperations=patch)


def test_more_calls_at_once_than_the_burst_of_the_stage_are_throttled(cloud, function):
    """Each method has the throttle of the stage to itself.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    """
    api = open_api(cloud, function)
    set_throttle(cloud, api, "*/*", 0.01, 3)
    assert told(cloud.call_until(passes, cloud.url(api, "second"))) == PASSED
    counted = at_once(cloud, 8, cloud.url(api, "first")), at_once(cloud, 3, cloud.url(api, "second"))
    assert cloud.on_aws or counted == ((3, 5), (2, 1))  # AWS keeps throttles on a best-effort basis
    assert told(cloud.call_until(is_throttled, cloud.url(api, "first"))) == THROTTLED


def test_the_throttle_of_a_method_wins_over_that_of_the_stage(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html"""
    api = open_api(cloud, function)
    set_throttle(cloud, api, "*/*", 0.01, 1)
    set_throttle(cloud, api, "~1first/POST", 100, 50)
    assert told(cloud.call_until(passes, cloud.url(api, "first"))) == PASSED
    assert at_once(cloud, 8, cloud.url(api, "first")) == (8, 0)
    assert cloud.on_aws or at_once(cloud, 8, cloud.url(api, "second")) == (1, 7)
    assert told(cloud.call_until(is_throttled, cloud.url(api, "second"))) == THROTTLED


def test_a_throttle_acts_without_a_deployment(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-stages.html"""
    api = open_api(cloud, function)
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url)) == PASSED
    set_throttle(cloud, api, "*/*", 0, 0)
    assert told(cloud.call_until(is_throttled, url)) == THROTTLED
