"""6 API keys and usage plans."""

import pytest

from tests.conformance.two_posts import FORBIDDEN, PASSED, THROTTLED, at_once, is_throttled, open_api, passes, told


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def make_plan(cloud, api, *keys, **choices):
    """Its id; Prod is linked, and the keys are in it."""
    stages = [{"apiId": api, "stage": "Prod"}]
    plan = cloud.apigateway.create_usage_plan(name=cloud.name(), apiStages=stages, **choices)["id"]
    cloud.later(cloud.apigateway.delete_usage_plan, usagePlanId=plan)
    unlink = [{"op": "remove", "path": "/apiStages", "value": f"{api}:Prod"}]
    cloud.later(cloud.apigateway.update_usage_plan, usagePlanId=plan, patchOperations=unlink)
    for key in keys:
        cloud.apigateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    return plan


def make_key(cloud, **choices):
    """(id, value)"""
    made = cloud.apigateway.create_api_key(name=cloud.name(), **{"enabled": True, **choices})
    cloud.later(cloud.apigateway.delete_api_key, apiKey=made["id"])
    return made["id"], made["value"]


def test_a_method_that_needs_a_key_is_forbidden_without_one_and_with_a_wrong_one(cloud, function):
    """Source: LS:apigateway test_api_key_required_for_methods"""
    api = open_api(cloud, function, apiKeyRequired=True)
    key, value = make_key(cloud)
    make_plan(cloud, api, key)
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url, x_api_key=value)) == PASSED
    for headers in ({}, {"x_api_key": value + "x"}, {"x_api_key": ""}):
        assert told(cloud.call(url, **headers)) == FORBIDDEN


def test_templates_are_told_the_key(cloud, function):
    """`$context.identity.apiKey` is its value, `$context.identity.apiKeyId` its id.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    api = open_api(cloud, function, apiKeyRequired=True)
    resources = cloud.apigateway.get_resources(restApiId=api)["items"]
    first = next(each["id"] for each in resources if each["path"] == "/first")
    template = '["$context.identity.apiKey", "$context.identity.apiKeyId"]'
    cloud.apigateway.put_integration_response(
        restApiId=api,
        resourceId=first,
        httpMethod="POST",
        statusCode="200",
        responseTemplates={"application/json": template},
    )
    cloud.deploy(api)
    key, value = make_key(cloud)
    make_plan(cloud, api, key)
    answer = cloud.call_until(lambda answer: value in answer.content.decode(), cloud.url(api, "first"), x_api_key=value)
    assert (answer.status, answer.json) == (200, [value, key])


def test_a_key_that_is_disabled_is_forbidden(cloud, function):
    """Source: LS:apigateway test_api_key_required_for_methods"""
    api = open_api(cloud, function, apiKeyRequired=True)
    key, value = make_key(cloud)
    make_plan(cloud, api, key)
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url, x_api_key=value)) == PASSED
    patch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    cloud.apigateway.update_api_key(apiKey=key, patchOperations=patch)
    answer = cloud.call_until(lambda answer: answer.status == 403, url, x_api_key=value)
    assert told(answer) == FORBIDDEN


def test_a_key_without_a_plan_for_the_stage_is_forbidden(cloud, function):
    """Neither a key in no plan nor one in a plan that is not linked with the stage is enough.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """
    api, other = open_api(cloud, function, apiKeyRequired=True), open_api(cloud, function, apiKeyRequired=True)
    _, alone = make_key(cloud)
    elsewhere, value = make_key(cloud)
    make_plan(cloud, other, elsewhere)
    assert told(cloud.call_until(passes, cloud.url(other, "first"), x_api_key=value)) == PASSED
    for each in (alone, value):
        assert told(cloud.call(cloud.url(api, "first"), x_api_key=each)) == FORBIDDEN


def test_a_method_that_needs_no_key_does_not_look_at_one(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-setup-api-key-with-console.html"""
    url = cloud.url(open_api(cloud, function), "first")
    assert told(cloud.call_until(passes, url, x_api_key="nobody's")) == PASSED


def test_who_has_used_up_the_quota_of_a_plan_is_told_so(cloud, function):
    """The quota is of each key; the answer is 429 Limit Exceeded.

    Source: https://repost.aws/knowledge-center/api-gateway-429-limit
    """
    api = open_api(cloud, function, apiKeyRequired=True)
    (key, value), (second, of_the_second) = make_key(cloud), make_key(cloud)
    make_plan(cloud, api, key, second, quota={"limit": 3, "period": "DAY"})
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url, x_api_key=value)) == PASSED
    answers = [cloud.call(url, x_api_key=value).status for _ in range(3)]
    assert cloud.on_aws or answers == [200, 200, 429]  # AWS keeps quotas on a best-effort basis
    exceeded = 429, "LimitExceededException", b'{"message":"Limit Exceeded"}'
    assert told(cloud.call_until(is_throttled, url, x_api_key=value)) == exceeded
    assert told(cloud.call_until(passes, url, x_api_key=of_the_second)) == PASSED


def test_who_calls_more_often_than_the_plan_allows_is_throttled(cloud, function):
    """The throttle of a plan is for each key, over all methods of its stages.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
    """
    api = open_api(cloud, function, apiKeyRequired=True)
    (key, value), (second, of_the_second) = make_key(cloud), make_key(cloud)
    make_plan(cloud, api, key, second, throttle={"rateLimit": 0.01, "burstLimit": 4})
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url, x_api_key=value)) == PASSED
    assert told(cloud.call_until(passes, cloud.url(api, "second"), x_api_key=value)) == PASSED
    counted = at_once(cloud, 8, url, x_api_key=value)
    assert cloud.on_aws or counted == (2, 6)  # AWS keeps throttles on a best-effort basis
    assert told(cloud.call_until(is_throttled, url, x_api_key=value)) == THROTTLED
    assert told(cloud.call_until(passes, url, x_api_key=of_the_second)) == PASSED


def test_the_throttle_of_a_method_wins_over_that_of_the_plan(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html"""
    api = open_api(cloud, function, apiKeyRequired=True)
    key, value = make_key(cloud)
    plan = make_plan(cloud, api, key, throttle={"rateLimit": 0.01, "burstLimit": 1})
    of_first = f"/apiStages/{api}:Prod/throttle/~1first/POST"
    limits = {"rateLimit": "100", "burstLimit": "50"}
    patch = [{"op": "replace", "path": f"{of_first}/{name}", "value": limits[name]} for name in limits]
    cloud.apigateway.update_usage_plan(usagePlanId=plan, patchOperations=patch)
    assert told(cloud.call_until(passes, cloud.url(api, "first"), x_api_key=value)) == PASSED
    assert at_once(cloud, 8, cloud.url(api, "first"), x_api_key=value) == (8, 0)
    assert cloud.on_aws or at_once(cloud, 8, cloud.url(api, "second"), x_api_key=value) == (1, 7)
    assert told(cloud.call_until(is_throttled, cloud.url(api, "second"), x_api_key=value)) == THROTTLED


def test_a_key_in_a_header_does_not_count_where_authorizers_name_the_keys(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-key-source.html"""
    api = open_api(cloud, function, apiKeyRequired=True)
    key, value = make_key(cloud)
    make_plan(cloud, api, key)
    assert told(cloud.call_until(passes, cloud.url(api, "first"), x_api_key=value)) == PASSED
    patch = [{"op": "replace", "path": "/apiKeySource", "value": "AUTHORIZER"}]
    cloud.apigateway.update_rest_api(restApiId=api, patchOperations=patch)
    cloud.deploy(api)
    answer = cloud.call_until(lambda answer: answer.status == 403, cloud.url(api, "first"), x_api_key=value)
    assert told(answer) == FORBIDDEN
