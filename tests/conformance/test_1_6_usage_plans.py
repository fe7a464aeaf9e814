"""1.6 Usage plans, API keys and the account's settings of API Gateway."""

import uuid

import pytest

from tests.conformance.cloud import TRUST, refused


@pytest.fixture(scope="module")
def api(shared):
    """An API with the stages First and Second."""
    api = shared.api()
    root = shared.apigateway.get_rest_api(restApiId=api)["rootResourceId"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    shared.apigateway.put_method(**where, authorizationType="NONE")
    shared.apigateway.put_integration(**where, type="MOCK")
    for stage in ("First", "Second"):
        shared.deploy(api, stage)
    return api


@pytest.fixture
def make_plan(cloud):
    """make_plan(...) gives the answer of CreateUsagePlan."""

    def make(**choices):
        made = cloud.apigateway.create_usage_plan(name=cloud.name(), **choices)
        cloud.later(delete, plan=made["id"])
        return made

    def delete(plan):
        patches = [
            {"op": "remove", "path": "/apiStages", "value": f"{each['apiId']}:{each['stage']}"}
            for each in cloud.apigateway.get_usage_plan(usagePlanId=plan)["apiStages"]
        ]
        if patches:
            cloud.apigateway.update_usage_plan(usagePlanId=plan, patchOperations=patches)
        cloud.apigateway.delete_usage_plan(usagePlanId=plan)

    return make


@pytest.fixture
def make_key(cloud):
    """make_key(...) gives the answer of CreateApiKey."""

    def make(**choices):
        made = cloud.apigateway.create_api_key(**{"name": cloud.name(), **choices})
        cloud.later(cloud.apigateway.delete_api_key, apiKey=made["id"])
        return made

    return make


def update(cloud, plan, op, path, value=None):
    patch = {"op": op, "path": path, **({} if value is None else {"value": value})}
    return cloud.settled(
        lambda: cloud.apigateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=[patch]),
        codes={"TooManyRequestsException"},
    )


def test_a_usage_plan_is_told_as_it_was_made(cloud, api, make_plan):
    """Source: LS:apigateway test_api_key_required_for_methods"""
    wanted = {
        "apiStages": [{"apiId": api, "stage": "First"}],
        "description": "Test Usage Plan for API key",
        "quota": {"limit": 10, "offset": 0, "period": "DAY"},
        "throttle": {"burstLimit": 1, "rateLimit": 2.0},
        "tags": {"tag_key": "tag_value"},
    }
    made = make_plan(**wanted)
    told = cloud.apigateway.get_usage_plan(usagePlanId=made["id"])
    assert {key: told[key] for key in wanted} == {key: made[key] for key in wanted} == wanted


def test_a_usage_plan_is_for_stages_that_are_there(api, make_plan):
    """Source: from experience"""
    with refused(404, "NotFoundException", f"API Stage not found: {api}:first"):
        make_plan(apiStages=[{"apiId": api, "stage": "first"}])


def test_limits_of_a_usage_plan_are_updated(cloud, make_plan):
    """Source: LS:apigateway test_usage_plan_crud"""
    plan = make_plan()
    update(cloud, plan, "replace", "/throttle/burstLimit", "100")
    told = update(cloud, plan, "replace", "/throttle/rateLimit", "200")
    assert told["throttle"] == {"burstLimit": 100, "rateLimit": 200.0}
    assert "throttle" not in update(cloud, plan, "remove", "/throttle")


def test_a_linked_usage_plan_is_not_deleted(cloud, api, make_plan):
    """Source: https://github.com/aws/aws-sdk-js/issues/3841"""
    plan = make_plan(apiStages=[{"apiId": api, "stage": "First"}])
    text = (
        f"Cannot delete Usage Plan {plan['id']} because there are API Stages associated with it, including {api}:First"
    )
    with refused(400, "BadRequestException", text):
        cloud.apigateway.delete_usage_plan(usagePlanId=plan["id"])


def test_a_stage_is_linked_and_unlinked_by_value(cloud, api, make_plan):
    """The stage stands in the patch's value, `API:STAGE`, and not in its path.

    Source: https://github.com/boto/boto3/issues/2629
    """
    plan = make_plan()
    told = update(cloud, plan, "add", "/apiStages", f"{api}:First")
    assert told["apiStages"] == [{"apiId": api, "stage": "First"}]
    text = (
        f"Invalid patch path  '/apiStages/{api}:First' specified for op 'remove'. Must be one of: [/apiStages, /quota, "
        "/throttle, /productCode, /apiStages/<apidId:stageName>/throttle/<resourcePath>/<httpMethod>, "
        "/apiStages/<apidId:stageName>/throttle]"
    )
    with refused(400, "BadRequestException", text):
        update(cloud, plan, "remove", f"/apiStages/{api}:First")
    with refused(400, "BadRequestException", "Invalid API Stage specified"):
        update(cloud, plan, "remove", "/apiStages")
    assert update(cloud, plan, "remove", "/apiStages", f"{api}:First")["apiStages"] == []


def test_a_stage_that_is_not_linked_is_not_unlinked(cloud, api, make_plan):
    """Source: from experience"""
    plan = make_plan()
    text = f"Invalid API Stage {{api: {api}, stage: First}} specified for usageplan {plan['id']}"
    with refused(400, "BadRequestException", text):
        update(cloud, plan, "remove", "/apiStages", f"{api}:First")


def test_a_method_has_a_throttle_of_its_own_in_a_usage_plan(cloud, api, make_plan):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html"""
    plan = make_plan(apiStages=[{"apiId": api, "stage": "First"}])
    base = f"/apiStages/{api}:First/throttle/~1pets/GET"
    update(cloud, plan, "replace", f"{base}/burstLimit", "2")
    told = update(cloud, plan, "replace", f"{base}/rateLimit", "3")
    assert told["apiStages"][0]["throttle"] == {"/pets/GET": {"burstLimit": 2, "rateLimit": 3.0}}
    assert not update(cloud, plan, "remove", base)["apiStages"][0].get("throttle")


def test_a_deleted_stage_leaves_its_usage_plans(cloud, api, make_plan):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/14100"""
    cloud.deploy(api, "Third")
    plan = make_plan(apiStages=[{"apiId": api, "stage": "Third"}])
    cloud.apigateway.delete_stage(restApiId=api, stageName="Third")
    assert cloud.apigateway.get_usage_plan(usagePlanId=plan["id"])["apiStages"] == []


def test_an_unknown_usage_plan_is_told_so(cloud):
    """Source: MOTO"""
    for call in (cloud.apigateway.get_usage_plan, cloud.apigateway.delete_usage_plan):
        with refused(404, "NotFoundException", "Invalid Usage Plan ID specified"):
            call(usagePlanId="fake12")


def test_the_value_of_a_key_has_at_least_20_characters(make_key):
    """Source: MOTO"""
    with refused(400, "BadRequestException", "API Key value should be at least 20 characters"):
        make_key(value="x" * 19)


def test_the_value_of_a_key_has_at_most_128_characters(make_key):
    """Source: from experience"""
    with refused(400, "BadRequestException"):
        make_key(value="x" * 129)


def test_no_two_keys_have_the_same_value(make_key):
    """Source: https://github.com/rrahul963/serverless-add-api-key/issues/27"""
    value = uuid.uuid4().hex
    make_key(value=value)
    with refused(409, "ConflictException", "API Key already exists"):
        make_key(value=value)


def test_two_keys_may_have_the_same_name(make_key):
    """Source: from experience"""
    first = make_key()
    assert make_key(name=first["name"])["id"] != first["id"]


def test_the_value_of_a_key_is_told_when_asked_for(cloud, make_key):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/API_GetApiKey.html"""
    made = make_key()
    assert "value" not in cloud.apigateway.get_api_key(apiKey=made["id"])
    assert cloud.apigateway.get_api_key(apiKey=made["id"], includeValue=True)["value"] == made["value"]


def test_a_key_is_disabled(cloud, make_key):
    """Source: LS:apigateway test_api_key_required_for_methods"""
    made = make_key(enabled=True)
    patch = [{"op": "replace", "path": "/enabled", "value": "false"}]
    told = cloud.apigateway.update_api_key(apiKey=made["id"], patchOperations=patch)
    assert (told["enabled"], "value" in told) == (False, False)


def test_an_unknown_key_is_told_so(cloud):
    """Source: MOTO"""
    for call in (cloud.apigateway.get_api_key, cloud.apigateway.delete_api_key):
        with refused(404, "NotFoundException", "Invalid API Key identifier specified"):
            call(apiKey="fake12")


def test_a_key_is_put_into_a_plan_once(cloud, make_plan, make_key):
    """Source: from experience"""
    plan, key = make_plan(), make_key()
    wanted = {"usagePlanId": plan["id"], "keyId": key["id"], "keyType": "API_KEY"}
    assert cloud.apigateway.create_usage_plan_key(**wanted)["value"] == key["value"]
    with refused(409, "ConflictException"):
        cloud.apigateway.create_usage_plan_key(**wanted)


def test_a_key_has_one_plan_for_a_stage(cloud, api, make_plan, make_key):
    """Source: from experience"""
    stages = [{"apiId": api, "stage": "Second"}]
    first, second, key = make_plan(apiStages=stages), make_plan(apiStages=stages), make_key()
    cloud.apigateway.create_usage_plan_key(usagePlanId=first["id"], keyId=key["id"], keyType="API_KEY")
    text = (
        f"Usage Plan {second['id']} cannot be added because API Key {key['id']} cannot reference multiple Usage Plans "
        f"with the same API Stage: {api}:Second"
    )
    with refused(409, "ConflictException", text):
        cloud.apigateway.create_usage_plan_key(usagePlanId=second["id"], keyId=key["id"], keyType="API_KEY")


def test_a_deleted_key_leaves_its_plans(cloud, make_plan, make_key):
    """Source: from experience"""
    plan, key = make_plan(), make_key()
    cloud.apigateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    cloud.apigateway.delete_api_key(apiKey=key["id"])
    assert cloud.apigateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"] == []


def test_the_account_tells_its_throttle(cloud):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"""
    assert set(cloud.apigateway.get_account()["throttleSettings"]) == {"rateLimit", "burstLimit"}


def test_a_role_that_does_not_trust_api_gateway_does_not_write_its_logs(cloud):
    """UpdateAccount refuses a role that API Gateway cannot use.

    Source: TF:apigateway/account.go
    """
    arn = cloud.role_arn(cloud.role(trust=TRUST))
    patch = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}]
    text = (
        "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway "
        "and add the required role policy."
    )
    with refused(400, "BadRequestException", text):
        cloud.apigateway.update_account(patchOperations=patch)


def test_the_account_has_no_other_settings(cloud):
    """UpdateAccount changes the role for logs only.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
    """
    with refused(400, "BadRequestException", "Invalid patch path /throttleSettings/rateLimit"):
        cloud.apigateway.update_account(
            patchOperations=[{"op": "replace", "path": "/throttleSettings/rateLimit", "value": "1"}]
        )
