"""Every field that is wanted, changed behind our back: the plan names it, up mends it and nothing else.

The fields are found by walking through what each resource wants (intruders.py); none is listed here but those that no
resource can write wrong, and those are changed by hand.
"""

import json

import pytest
from botocore.exceptions import ClientError

from stack import STACK
from stack.aws import Aws
from stack.config import Config
from stack.config_rules import OUR_TAGS
from stack.deployment import MARK
from stack.lab import Lab
from stack.lifecycle import Resource
from stack.role import TRUST
from stack.step import Foreign, StepError
from tests.conftest import Bench
from tests.faults import amend
from tests.intruders import fields, intrusions, met_fields, named, places

CHOICES = {"tags": {"course": "serverless"}}
METHOD = "methods.POST /DynamoDBManager"
# {step and field: the calls that mend it}
LEAST = {
    "policy document": ["CreatePolicyVersion"],
    "policy tags": ["TagPolicy"],
    "role trust": ["UpdateAssumeRolePolicy"],
    "role policies": ["AttachRolePolicy", "DetachRolePolicy"],
    "role tags": ["TagRole"],
    "function role": ["UpdateFunctionConfiguration"],
    "function runtime": ["UpdateFunctionConfiguration"],
    "function handler": ["UpdateFunctionConfiguration"],
    "function memory_mb": ["UpdateFunctionConfiguration"],
    "function timeout_seconds": ["UpdateFunctionConfiguration"],
    "function variables": ["UpdateFunctionConfiguration"],
    "function code_sha256": ["UpdateFunctionCode"],
    "function architecture": ["UpdateFunctionCode"],
    "function log_group retention_days": ["PutRetentionPolicy"],
    "function log_group tags": ["TagResource"],
    "function tags": ["TagResource"],
    "table billing_mode": ["UpdateTable"],
    "table tags": ["TagResource"],
    "api name": ["PutRestApi"],
    "api description": ["PutRestApi"],
    "api methods": ["PutRestApi"],
    "api models": ["PutRestApi"],
    "api endpoint_type": ["UpdateRestApi"],
    "api tags": ["TagResource"],
    "deployment stage": ["RemovePermission", "CreateStage", "UpdateStage", "AddPermission", "DeleteStage"],
    "deployment document": ["CreateDeployment", "UpdateStage", "DeleteDeployment"],
    "deployment superseded": ["DeleteDeployment"],
    "deployment throttle": ["UpdateStage"],
    "deployment permission": ["RemovePermission", "AddPermission"],
    "deployment tags": ["TagResource"],
}


# Of the API's document: what changes nothing that API Gateway does, and what has no other value.
UNCOMPARED = {
    "$ref",
    "ErrorBody",
    "description",
    "openapi",
    "operationId",
    "requestBody",
    "validateRequestParameters",
    "version",
    "x-amazon-apigateway-request-validator",
}
# What AWS does not change. Of a policy it takes no older version of the language.
FIXED = {"policy document.version", "table key.id"}


# By hand, where no resource can write it otherwise


def without_on_demand(table):
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    table.aws.dynamodb.update_table(TableName=table.name, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)


def at_method(api):
    """Where the method is, as arguments."""
    identifier = api.id()
    resources = api.aws.apigateway.get_resources(restApiId=identifier)["items"]
    resource = next(each["id"] for each in resources if "resourceMethods" in each)
    return {"restApiId": identifier, "resourceId": resource, "httpMethod": "POST"}


def patched(call, op, path, value, **more):
    """Patches what belongs to the method."""

    def make(api):
        operation = {"op": op, "path": path, "value": value}
        getattr(api.aws.apigateway, call)(**at_method(api), **more, patchOperations=[operation])

    return make


def one_more_response(api):
    api.aws.apigateway.put_method_response(**at_method(api), statusCode="418")


def another_stage(deployment):
    """A stage cannot be renamed, so it is made again under another name."""
    apigateway, identifier = deployment.aws.apigateway, deployment.rest_api.id()
    stage = apigateway.get_stage(restApiId=identifier, stageName=deployment.name)
    apigateway.create_stage(
        restApiId=identifier, stageName="Live", deploymentId=stage["deploymentId"], tags=stage["tags"]
    )
    throttle = [
        {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "10"},
        {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "20"},
    ]
    apigateway.update_stage(restApiId=identifier, stageName="Live", patchOperations=throttle)
    apigateway.delete_stage(restApiId=identifier, stageName=deployment.name)


def left_behind(deployment):
    identifier = deployment.rest_api.id()
    deployment.aws.apigateway.create_deployment(restApiId=identifier, description=f"{MARK}of an earlier run")


def denied(deployment):
    """AWS can hold such a statement (PutResourcePolicy), the sandbox cannot: it is read until it is removed."""
    removed = []

    def deny(parsed):
        if not removed:
            parsed["Policy"] = parsed["Policy"].replace('"Allow"', '"Deny"')

    lambda_ = deployment.aws.lambda_
    lambda_.meta.events.register("before-call.lambda.RemovePermission", lambda **_: removed.append(True))
    amend(lambda_, "GetPolicy", deny, times=1000)


TEMPLATE = "/{}Templates/application~1json"
BY_HAND = {
    "table": {"billing_mode": without_on_demand},
    "api": {
        f"{METHOD}.authorization": patched("update_method", "replace", "/authorizationType", "AWS_IAM"),
        f"{METHOD}.api_key_required": patched("update_method", "replace", "/apiKeyRequired", "true"),
        f"{METHOD}.method_responses": one_more_response,
        f"{METHOD}.integration.request_templates": patched(
            "update_integration", "add", TEMPLATE.format("request"), "{}"
        ),
        f"{METHOD}.responses.200.templates": patched(
            "update_integration_response", "add", TEMPLATE.format("response"), "{}", statusCode="200"
        ),
    },
    "deployment": {"stage": another_stage, "superseded": left_behind, "permission.effect": denied},
}


# The walk


def resources(lab):
    return [step(lab) for step in STACK if issubclass(step, Resource)]


def without_aws():
    aws = Aws.at("http://127.0.0.1:9", "us-east-1")
    aws.account = "123456789012"
    return Lab(Config(**CHOICES), aws)


ALL = [each for step in resources(without_aws()) for each in intrusions(step, BY_HAND.get(step.key, {}))]


def is_fixed(intrusion):
    return any(f"{intrusion.key} {field}" in FIXED for field in intrusion.fields)


def is_identity(intrusion):
    """Then the resource is no longer ours. A stage is, because its API is."""
    field = min(intrusion.fields)
    return "tags." in field and field.rpartition(".")[2] in OUR_TAGS and intrusion.key != "deployment"


def each_of(intrusions):
    return pytest.mark.parametrize(
        "intrusion", [pytest.param(each, id=f"{each.key} {each.label}") for each in intrusions]
    )


@pytest.fixture(scope="module")
def shared_bench(sandbox):
    """Everything is in place; beside it a role and a policy to which an intruder can point."""
    bench = Bench(sandbox, **CHOICES)
    iam, lab = bench.lab.aws.iam, bench.lab
    bench.up_to("deployment")
    document = json.dumps(bench.step("policy").document())
    policy = iam.create_policy(PolicyName=f"{lab.policy_name}Other", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_role(RoleName=f"{lab.role_name}Other", AssumeRolePolicyDocument=json.dumps(TRUST))
    yield bench
    bench.clean()
    iam.delete_role(RoleName=f"{lab.role_name}Other")
    iam.delete_policy(PolicyArn=policy)


@pytest.fixture
def in_place(shared_bench, intrusion):
    """This step is as it is wanted, whatever an earlier test has left."""
    bench = shared_bench
    mend(bench, intrusion.key)
    versions = bench.lab.aws.iam.list_policy_versions(PolicyArn=bench.lab.policy_arn)["Versions"]
    for version in versions:
        if not version["IsDefaultVersion"]:
            bench.lab.aws.iam.delete_policy_version(PolicyArn=bench.lab.policy_arn, VersionId=version["VersionId"])
    return bench


def mend(bench, key):
    """Brings this step in place, whosever tags it carries."""
    step = bench.step(key)
    owner = bench.new_lab(**CHOICES)
    owner.adopt = names(step)
    bench.step(key, owner).up()


def names(step):
    """Of the step and of its log group, if it has one."""
    return frozenset(each.name for each in (step, getattr(step, "log_group", step)))


def least(intrusion):
    """The calls that mend what this intrusion did."""
    (head,) = {" ".join(field.split(".")[: 2 if "log_group" in field else 1]) for field in intrusion.fields}
    return LEAST[f"{intrusion.key} {head}"]


def told(changes, step):
    """Of these changes those of the fields of `wanted`; AWS may have more to tell."""
    return {field: change for field, change in changes.items() if named([field], step)}


@each_of([each for each in ALL if not is_identity(each) and not is_fixed(each)])
def test_what_was_changed_is_named_and_mended_with_the_least_calls(in_place, intrusion):
    expected = intrusion.make(in_place.step(intrusion.key))
    in_place.calls.clear()
    step = in_place.step(intrusion.key)
    plan = step.plan()
    assert plan.outcome == "would update"
    assert named(plan.changes, step) == intrusion.fields
    if expected is not None:
        assert told(plan.changes, step) == told(expected, step)
    assert in_place.calls.writing == []
    assert in_place.step(intrusion.key).up().changes == plan.changes
    assert in_place.calls.writing == least(intrusion)
    assert in_place.step(intrusion.key).plan().outcome == "unchanged"


@each_of([each for each in ALL if is_identity(each) and each.key != "api"])
def test_what_lost_our_identity_is_left_alone_until_it_is_adopted(in_place, intrusion):
    step = in_place.step(intrusion.key)
    expected = intrusion.make(step)
    in_place.calls.clear()
    ((field, (live, wanted)),) = expected.items()
    tag = field.rpartition(".")[2]
    for look in ("plan", "up"):
        with pytest.raises(Foreign, match=f"expected the tag {tag}={wanted}, found {tag}={live}"):
            getattr(in_place.step(intrusion.key), look)()
    assert in_place.calls.writing == []
    owner = in_place.new_lab(**CHOICES)
    owner.adopt = names(step)
    assert in_place.step(intrusion.key, owner).plan().changes == expected
    assert in_place.step(intrusion.key, owner).up().changes == expected
    assert in_place.calls.writing == least(intrusion)
    assert in_place.step(intrusion.key).plan().outcome == "unchanged"


@each_of([each for each in ALL if is_identity(each) and each.key == "api"])
def test_an_api_that_lost_our_identity_is_no_longer_found(in_place, intrusion):
    step = in_place.step("api")
    identifier = step.id()
    try:
        intrusion.make(step)
        assert in_place.step("api").plan().outcome == "would create"
    finally:
        arn = in_place.lab.api_arn(identifier)
        in_place.lab.aws.apigateway.tag_resource(resourceArn=arn, tags=in_place.lab.api_identity)
    assert in_place.step("api").plan().outcome == "unchanged"


def test_every_field_that_is_wanted_was_changed():
    for step in resources(without_aws()):
        met = set().union(*(each.fields for each in ALL if each.key == step.key))
        assert met == fields(step.wanted()), step.title


def test_every_value_of_a_document_is_compared():
    for step in resources(without_aws()):
        for place in places(step, skipped=[]):
            if not place.is_last_resort and not met_fields(step, place):
                assert UNCOMPARED & set(place.path), place


# What AWS does not change


@pytest.mark.parametrize("intrusion", [each for each in ALL if each.key == "policy" and is_fixed(each)])
def test_the_language_of_a_policy_cannot_be_changed_to_an_older_one(in_place, intrusion):
    with pytest.raises(ClientError, match="must be version 2012-10-17 or greater"):
        intrusion.make(in_place.step("policy"))
    assert in_place.step("policy").plan().outcome == "unchanged"


@pytest.mark.parametrize("intrusion", [each for each in ALL if each.key == "table" and is_fixed(each)])
def test_another_key_is_named_and_stopped_without_harm(bench, intrusion):
    intrusion.make(bench.step("table"))
    item = {"id": {"N": "1"}}
    bench.lab.aws.dynamodb.put_item(TableName=bench.lab.table_name, Item=item)
    bench.calls.clear()
    for look in ("plan", "up"):
        with pytest.raises(StepError, match=r"has the key id \(HASH N\), but table.partition_key asks for id"):
            getattr(bench.step("table"), look)()
    assert bench.calls.writing == []
    assert bench.lab.aws.dynamodb.scan(TableName=bench.lab.table_name)["Items"] == [item]
