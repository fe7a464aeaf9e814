"""1.6 Stages of a REST API."""

import pytest

from tests.conformance.cloud import refused

VALID_PATHS = (
    "[/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, "
    "/accessLogSettings/destinationArn, /accessLogSettings/format, /{resourcePath}/{httpMethod}/metrics/enabled, "
    "/{resourcePath}/{httpMethod}/logging/dataTrace, /{resourcePath}/{httpMethod}/logging/loglevel, /{resourcePath}/"
    "{httpMethod}/throttling/burstLimit/{resourcePath}/{httpMethod}/throttling/rateLimit/{resourcePath}/{httpMethod}/"
    "caching/ttlInSeconds, /{resourcePath}/{httpMethod}/caching/enabled, /{resourcePath}/{httpMethod}/caching/"
    "dataEncrypted, /{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, /{resourcePath}/"
    "{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, /*/*/metrics/enabled, /*/*/logging/dataTrace, "
    "/*/*/logging/loglevel, /*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, "
    "/*/*/caching/enabled, /*/*/caching/dataEncrypted, /*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, /tracingEnabled]"
)
DEFAULTS = {
    "cacheDataEncrypted": False,
    "cacheTtlInSeconds": 300,
    "cachingEnabled": False,
    "dataTraceEnabled": False,
    "metricsEnabled": False,
    "requireAuthorizationForCacheControl": True,
    "throttlingRateLimit": 10000.0,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}


@pytest.fixture(scope="module")
def deployed(shared):
    """(api id, deployment id) of an API that answers GET / by itself."""
    api = shared.api()
    root = shared.apigateway.get_rest_api(restApiId=api)["rootResourceId"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    shared.apigateway.put_method(**where, authorizationType="NONE")
    shared.apigateway.put_integration(**where, type="MOCK")
    made = shared.settled(
        lambda: shared.apigateway.create_deployment(restApiId=api), codes={"TooManyRequestsException"}
    )
    return api, made["id"]


@pytest.fixture
def make(cloud, deployed):
    """make("Name") gives the answer of CreateStage."""
    api, deployment = deployed

    def make(name, **choices):
        wanted = {"restApiId": api, "stageName": name, "deploymentId": deployment, **choices}
        cloud.later(cloud.apigateway.delete_stage, restApiId=api, stageName=name)
        return cloud.apigateway.create_stage(**wanted)

    return make


@pytest.fixture
def update(cloud, deployed, make):
    """update("replace", path, value) is an UpdateStage of a stage of its own."""
    make("Prod")

    def update(op, path, value=None):
        patch = {"op": op, "path": path, **({} if value is None else {"value": value})}
        return cloud.apigateway.update_stage(restApiId=deployed[0], stageName="Prod", patchOperations=[patch])

    return update


def test_a_new_stage_is_told_with_its_defaults(cloud, deployed, make):
    """Source: LS:apigateway test_create_update_stages"""
    made = make("s1", description="my stage")
    expected = {
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "deploymentId": deployed[1],
        "description": "my stage",
        "methodSettings": {},
        "stageName": "s1",
        "tracingEnabled": False,
    }
    for told in (made, cloud.apigateway.get_stage(restApiId=deployed[0], stageName="s1")):
        assert {key: told.get(key) for key in expected} == expected
        assert {"createdDate", "lastUpdatedDate"} <= set(told)


def test_a_stage_is_not_made_twice(make):
    """Source: from experience"""
    make("Prod")
    with refused(409, "ConflictException", "Stage already exists"):
        make("Prod")


def test_names_of_stages_have_letters_digits_hyphens_and_underscores(make):
    """Source: from experience"""
    assert make("a-B_9")
    for name in ("a b", "a.b", "$default"):
        with refused(400, "BadRequestException", "Stage name only allows a-zA-Z0-9_-"):
            make(name)


def test_names_of_stages_are_case_sensitive(cloud, deployed, make):
    """Source: from experience"""
    make("Prod")
    make("prod")
    names = {stage["stageName"] for stage in cloud.apigateway.get_stages(restApiId=deployed[0])["item"]}
    assert names == {"Prod", "prod"}


def test_a_stage_is_of_a_deployment_that_is_there(make):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Deployment id does not exist"):
        make("Prod", deploymentId="fake12")


def test_an_api_has_at_most_ten_stages(cloud, deployed, make):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
    api, deployment = deployed
    for number in range(10):
        make(f"s{number}")
    once = cloud.aws.client("apigateway", attempts=1)
    with refused(429, "LimitExceededException"):
        once.create_stage(restApiId=api, stageName="s10", deploymentId=deployment)


def test_stages_are_listed_by_their_deployment(cloud, deployed, make):
    """Source: LS:apigateway test_get_stages_filters_by_deployment_id"""
    make("Prod")
    api, deployment = deployed
    listed = cloud.apigateway.get_stages(restApiId=api, deploymentId=deployment)["item"]
    assert [stage["stageName"] for stage in listed] == ["Prod"]
    assert cloud.apigateway.get_stages(restApiId=api, deploymentId="fake12")["item"] == []


def test_an_unknown_stage_is_told_so(cloud, deployed):
    """Source: from experience"""
    for call in (cloud.apigateway.get_stage, cloud.apigateway.delete_stage):
        with refused(404, "NotFoundException", "Invalid stage identifier specified"):
            call(restApiId=deployed[0], stageName="absent")


def test_an_update_of_something_else_names_what_there_is(update):
    """Source: LS:apigateway test_create_update_stages"""
    for path in ("/documentation_version", "/tags/tag1"):
        with refused(400, "BadRequestException", f"Invalid method setting path: {path}. Must be one of: {VALID_PATHS}"):
            update("replace", path, "x")


def test_a_method_setting_brings_the_others_with_their_defaults(update):
    """A method setting brings all others with their defaults; patches take strings, reads tell numbers and flags.

    Source: LS:apigateway test_create_update_stages
    """
    told = update("replace", "/*/*/throttling/burstLimit", "123")
    assert told["methodSettings"] == {"*/*": {**DEFAULTS, "throttlingBurstLimit": 123}}


def test_a_setting_of_one_method_names_its_path_and_its_verb(cloud, deployed, update):
    """UpdateStage throttles one method by its path and its verb; a slash in the path may be written ~1.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
    """
    update("replace", "/~1pets/GET/throttling/rateLimit", "7")
    settings = cloud.apigateway.get_stage(restApiId=deployed[0], stageName="Prod")["methodSettings"]
    assert [setting["throttlingRateLimit"] for setting in settings.values()] == [7]


def test_a_setting_is_not_of_any_verb(update):
    """Source: from experience"""
    path = "/~1pets/ANY/throttling/rateLimit"
    with refused(400, "BadRequestException", f"Invalid method setting path: {path}. Must be one of: {VALID_PATHS}"):
        update("replace", path, "7")


def test_a_limit_of_a_stage_is_a_number(update):
    """Source: from experience"""
    for value in ("fast", "NaN", ""):
        with refused(400, "BadRequestException"):
            update("replace", "/*/*/throttling/rateLimit", value)


def test_method_settings_that_are_not_there_are_not_removed(update):
    """Source: LS:apigateway test_update_stage_remove_wildcard, test_update_stage_canary_deployment_validation"""
    update("replace", "/*/*/throttling/burstLimit", "123")
    assert update("remove", "/*/*")["methodSettings"] == {}
    for key in ("*/*", "canarySettings/badPath"):
        text = f"Cannot remove method setting {key} because there is no method setting for this method "
        with refused(400, "BadRequestException", text):
            update("remove", f"/{key}")


def test_a_stage_points_only_to_deployments_that_are_there(update):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Deployment id does not exist"):
        update("replace", "/deploymentId", "fake12")


def test_stage_variables_are_added_replaced_and_removed(update):
    """Source: LS:apigateway test_create_update_stages"""
    assert update("replace", "/variables/var1", "test")["variables"] == {"var1": "test"}
    assert update("add", "/variables/var2", "test2")["variables"] == {"var1": "test", "var2": "test2"}
    assert update("remove", "/variables/var1")["variables"] == {"var2": "test2"}


def test_a_stage_is_not_updated_by_other_operations(update):
    """Source: from experience"""
    with refused(400, "BadRequestException"):
        update("test", "/variables/var1", "test")


def test_an_update_of_a_stage_is_done_whole_or_not(cloud, deployed, update):
    """Source: from experience"""
    patches = [
        {"op": "replace", "path": "/description", "value": "changed"},
        {"op": "replace", "path": "/nothing", "value": "x"},
    ]
    with refused(400, "BadRequestException"):
        cloud.apigateway.update_stage(restApiId=deployed[0], stageName="Prod", patchOperations=patches)
    told = cloud.apigateway.get_stage(restApiId=deployed[0], stageName="Prod")
    assert told.get("description", "") == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [("/*/*/logging/loglevel", "INFO"), ("/accessLogSettings/format", "$context.requestId")],
)
def test_a_stage_logs_only_where_the_account_has_a_role_for_it(cloud, update, path, value):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html"""
    if cloud.apigateway.get_account().get("cloudwatchRoleArn"):
        pytest.skip("this account has a role for API Gateway's logs")
    text = "CloudWatch Logs role ARN must be set in account settings to enable logging"
    with refused(400, "BadRequestException", text):
        update("replace", path, value)


@pytest.mark.parametrize("path", ["/description", "/tracingEnabled"])
def test_a_patch_of_a_stage_without_a_value_empties(cloud, update, path):
    """Source: from experience"""
    update("replace", path, "true")
    told = update("replace", path, None)
    assert not told.get(path[1:])
