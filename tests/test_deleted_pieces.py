"""A piece that somebody deleted or put in place of ours: the plan names it, provision mends it, the API answers again.

As people do it: with the commands, and through the invoke URL.
"""

import http.client
import json
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from commands.flags import WOULD_CHANGE
from stack.permission import STATEMENT_ID
from stack.rest_api import RestApi
from tests.command_lines import IN_PLACE, called, outcomes
from tests.conftest import UNTHROTTLED, Bench

CONFIG = {"tags": {"course": "serverless"}, "api": UNTHROTTLED}
PLANNED = ["unchanged"] * 3 + ["would run"] + ["unchanged"] * 3 + ["would run"]
METHOD = "methods.POST /DynamoDBManager"
BODIES = [
    {"operation": "echo", "payload": {"a": [1, 2.5, None]}},
    {"operation": "create", "payload": {"Item": {"id": "1", "n": 7}}},
    {"operation": "read", "payload": {"Key": {"id": "1"}}},
    {"operation": "update", "payload": {"Key": {"id": "1"}, "AttributeUpdates": {"n": {"Value": 8}}}},
    {"operation": "list", "payload": {}},
    {"operation": "delete", "payload": {"Key": {"id": "1"}}},
    {"operation": "read", "payload": {"Key": {"id": 1}}},
    {"operation": "no such"},
    {"operation": "read", "tableName": "no-such-table", "payload": {"Key": {"id": "1"}}},
    {"no": "operation"},
    [],
]


class Account:
    """A lab that is in place, in the hands of somebody who deletes pieces of it."""

    def __init__(self, sandbox, folder):
        self.bench = Bench(sandbox, **CONFIG)
        self.lab, self.aws = self.bench.lab, self.bench.lab.aws
        self.config = folder / "config.yaml"
        self.config.write_text(json.dumps(CONFIG))

    def provision(self, *arguments, port=0):
        return called("provision", self.bench, "--config", str(self.config), *arguments, port=port)

    @property
    def api_id(self):
        return RestApi(self.lab).id()

    @property
    def at_method(self):
        resources = self.aws.apigateway.get_resources(restApiId=self.api_id)["items"]
        resource = next(each["id"] for each in resources if "resourceMethods" in each)
        return {"restApiId": self.api_id, "resourceId": resource, "httpMethod": "POST"}

    @property
    def at_stage(self):
        return {"restApiId": self.api_id, "stageName": "Prod"}

    def answers(self):
        """What the API answers to each body."""
        url = urlsplit(self.lab.invoke_url(self.api_id))
        with closing(http.client.HTTPConnection(url.netloc, timeout=60)) as connection:
            return [self.answer(connection, url.path, body) for body in BODIES]

    def answer(self, connection, path, body):
        if isinstance(body, dict) and "payload" in body:
            body = {"tableName": self.lab.table_name, **body}
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module")
def shared_account(sandbox, tmp_path_factory):
    account = Account(sandbox, tmp_path_factory.mktemp("config"))
    try:
        yield account
    finally:
        account.bench.clean()


@pytest.fixture
def account(shared_account):
    """Everything is in place, whatever an earlier test has left."""
    assert shared_account.provision().returncode == 0
    return shared_account


# What somebody does, given the account


def delete_method(account):
    account.aws.apigateway.delete_method(**account.at_method)


def delete_resource(account):
    where = account.at_method
    del where["httpMethod"]
    account.aws.apigateway.delete_resource(**where)


def delete_integration(account):
    account.aws.apigateway.delete_integration(**account.at_method)


def delete_integration_response(status):
    def act(account):
        account.aws.apigateway.delete_integration_response(**account.at_method, statusCode=status)

    return act


def delete_method_response(account):
    account.aws.apigateway.delete_method_response(**account.at_method, statusCode="409")


def delete_model(account):
    """One that is referred to is not deleted, so the method has to go before it."""
    delete_method(account)
    account.aws.apigateway.delete_model(restApiId=account.api_id, modelName="Envelope")


def delete_validator(account):
    (validator,) = account.aws.apigateway.get_request_validators(restApiId=account.api_id)["items"]
    account.aws.apigateway.delete_request_validator(restApiId=account.api_id, requestValidatorId=validator["id"])


def delete_stage(account):
    account.aws.apigateway.delete_stage(**account.at_stage)


def delete_throttle(account):
    operations = [{"op": "remove", "path": "/*/*"}]
    account.aws.apigateway.update_stage(**account.at_stage, patchOperations=operations)


def delete_permission(account):
    account.aws.lambda_.remove_permission(FunctionName=account.lab.function_name, StatementId=STATEMENT_ID)


def delete_attachment(account):
    account.aws.iam.detach_role_policy(RoleName=account.lab.role_name, PolicyArn=account.lab.policy_arn)


def return_to_an_older_policy(account):
    iam, arn = account.aws.iam, account.lab.policy_arn
    document = account.bench.step("policy").document()
    document["Statement"][0]["Action"].remove("dynamodb:PutItem")
    older = iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document))["PolicyVersion"]
    iam.set_default_policy_version(PolicyArn=arn, VersionId=older["VersionId"])


def delete_retention(account):
    account.aws.logs.delete_retention_policy(logGroupName=account.lab.log_group_name)


def delete_log_group(account):
    account.aws.logs.delete_log_group(logGroupName=account.lab.log_group_name)


def delete_function(account):
    account.aws.lambda_.delete_function(FunctionName=account.lab.function_name)


def delete_table(account):
    account.aws.dynamodb.delete_table(TableName=account.lab.table_name)


def delete_policy(account):
    delete_attachment(account)
    for version in account.aws.iam.list_policy_versions(PolicyArn=account.lab.policy_arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            account.aws.iam.delete_policy_version(PolicyArn=account.lab.policy_arn, VersionId=version["VersionId"])
    account.aws.iam.delete_policy(PolicyArn=account.lab.policy_arn)


def delete_role(account):
    delete_attachment(account)
    account.aws.iam.delete_role(RoleName=account.lab.role_name)


def delete_api(account):
    account.aws.apigateway.delete_rest_api(restApiId=account.api_id)


def deploy(account):
    """As the console's button does."""
    account.aws.apigateway.create_deployment(**account.at_stage, description="made in the console")


def deploy_without_a_response(account):
    delete_integration_response("400")(account)
    deploy(account)


def deploy_without_validation(account):
    operations = [{"op": "replace", "path": "/requestValidatorId", "value": ""}]
    account.aws.apigateway.update_method(**account.at_method, patchOperations=operations)
    deploy(account)


def untag(key, tag="course"):
    """Takes a tag from the resource of this step."""

    def act(account):
        aws, lab = account.aws, account.lab
        api = f"arn:aws:apigateway:us-east-1::/restapis/{account.api_id}"
        {
            "policy": lambda: aws.iam.untag_policy(PolicyArn=lab.policy_arn, TagKeys=[tag]),
            "role": lambda: aws.iam.untag_role(RoleName=lab.role_name, TagKeys=[tag]),
            "function": lambda: aws.lambda_.untag_resource(Resource=lab.function_arn, TagKeys=[tag]),
            "log group": lambda: aws.logs.untag_resource(resourceArn=lab.log_group_arn, tagKeys=[tag]),
            "table": lambda: aws.dynamodb.untag_resource(ResourceArn=lab.table_arn, TagKeys=[tag]),
            "api": lambda: aws.apigateway.untag_resource(resourceArn=api, tagKeys=[tag]),
            "stage": lambda: aws.apigateway.untag_resource(resourceArn=f"{api}/stages/Prod", tagKeys=[tag]),
        }[key]()

    return act


POLICY, ROLE, FUNCTION, _, TABLE, API, DEPLOYMENT, _ = range(8)
UPDATE, CREATE = "would update", "would create"
UPLOAD = ["PutRestApi"]
TAG = "tags.course (none) -> serverless"
NEW_STAGE = ["RemovePermission", "CreateStage", "UpdateStage", "AddPermission"]
# (what somebody does, the steps that the plan tells, a line of it, the calls that mend it)
PIECES = {
    "the method": (delete_method, {API: UPDATE}, f"{METHOD}.authorization (none) -> NONE", UPLOAD),
    "the resource": (delete_resource, {API: UPDATE}, f"{METHOD}.integration.type (none) -> AWS", UPLOAD),
    "the integration": (delete_integration, {API: UPDATE}, f"{METHOD}.integration.type (none) -> AWS", UPLOAD),
    "an integration response": (
        delete_integration_response("404"),
        {API: UPDATE},
        f"{METHOD}.responses.404.pattern (none) -> ",
        UPLOAD,
    ),
    "the default response": (
        delete_integration_response("200"),
        {API: UPDATE},
        f"{METHOD}.responses.200.pattern (none) -> default",
        UPLOAD,
    ),
    "a method response": (
        delete_method_response,
        {API: UPDATE},
        f'{METHOD}.method_responses ["200", "400", "403", "404", "429", "500", "504"] -> ',
        UPLOAD,
    ),
    "the model": (delete_model, {API: UPDATE}, "models.Envelope.type (none) -> object", UPLOAD),
    "the validator": (delete_validator, {API: UPDATE}, f"{METHOD}.validates_body false -> true", UPLOAD),
    "the API": (
        delete_api,
        {API: CREATE, DEPLOYMENT: CREATE},
        "endpoint_type (none) -> REGIONAL",
        ["CreateRestApi", "PutRestApi", "RemovePermission", "CreateDeployment", *NEW_STAGE[1:]],
    ),
    "the stage": (delete_stage, {DEPLOYMENT: CREATE}, "throttle.burst (none) -> 5000", NEW_STAGE),
    "the throttle": (delete_throttle, {DEPLOYMENT: UPDATE}, "throttle.burst (none) -> 5000", ["UpdateStage"]),
    "the permission": (
        delete_permission,
        {DEPLOYMENT: UPDATE},
        "permission.effect (none) -> Allow",
        ["AddPermission"],
    ),
    "the attachment": (delete_attachment, {ROLE: UPDATE}, "policies [] -> ", ["AttachRolePolicy"]),
    "the role": (
        delete_role,
        {ROLE: CREATE, FUNCTION: UPDATE},
        "role (none) -> arn:aws:iam::123456789012:role/",
        ["CreateRole", "AttachRolePolicy", "UpdateFunctionConfiguration"],
    ),
    "the policy": (
        delete_policy,
        {POLICY: CREATE, ROLE: UPDATE},
        "document.Items.Effect (none) -> Allow",
        ["CreatePolicy", "AttachRolePolicy"],
    ),
    "the retention": (
        delete_retention,
        {FUNCTION: UPDATE},
        "log_group.retention_days (none) -> 7",
        ["PutRetentionPolicy"],
    ),
    "the log group": (
        delete_log_group,
        {FUNCTION: UPDATE},
        "log_group.retention_days (none) -> 7",
        ["CreateLogGroup", "PutRetentionPolicy"],
    ),
    "the function": (
        delete_function,
        {FUNCTION: CREATE, DEPLOYMENT: UPDATE},
        "handler (none) -> lambda_function.lambda_handler",
        ["CreateFunction", "AddPermission"],
    ),
    "the table": (delete_table, {TABLE: CREATE}, "key.id (none) -> HASH S", ["CreateTable"]),
    "the tag of the policy": (untag("policy"), {POLICY: UPDATE}, TAG, ["TagPolicy"]),
    "the tag of the role": (untag("role"), {ROLE: UPDATE}, TAG, ["TagRole"]),
    "the tag of the function": (untag("function"), {FUNCTION: UPDATE}, TAG, ["TagResource"]),
    "the tag of the log group": (untag("log group"), {FUNCTION: UPDATE}, f"log_group.{TAG}", ["TagResource"]),
    "the tag of the table": (untag("table"), {TABLE: UPDATE}, TAG, ["TagResource"]),
    "the tag of the API": (untag("api"), {API: UPDATE}, TAG, ["TagResource"]),
    "the tag of the stage": (untag("stage"), {DEPLOYMENT: UPDATE}, TAG, ["TagResource"]),
    "the policy for an older one": (
        return_to_an_older_policy,
        {POLICY: UPDATE},
        "document.Items.Action",
        ["CreatePolicyVersion"],
    ),
    "the deployment for a foreign one": (
        deploy,
        {DEPLOYMENT: UPDATE},
        "document (none) -> ",
        ["UpdateStage"],
    ),
    "what is deployed, without a response": (
        deploy_without_a_response,
        {API: UPDATE, DEPLOYMENT: UPDATE},
        f"{METHOD}.responses.400.pattern (none) -> ",
        ["PutRestApi", "UpdateStage"],
    ),
    "what is deployed, without validation": (
        deploy_without_validation,
        {API: UPDATE, DEPLOYMENT: UPDATE},
        f"{METHOD}.validates_body false -> true",
        ["PutRestApi", "UpdateStage"],
    ),
}


@pytest.mark.parametrize("piece", PIECES)
def test_what_is_missing_is_named_and_mended_with_the_least_calls(account, door, piece):
    act, steps, line, calls = PIECES[piece]
    before = account.answers()
    act(account)
    plan = account.provision("--plan", port=door.port)
    assert plan.returncode == WOULD_CHANGE
    assert outcomes(plan.stdout) == [steps.get(number, word) for number, word in enumerate(PLANNED)]
    assert f"     {line}" in plan.stdout
    assert door.calls.writing == []
    assert account.provision(port=door.port).returncode == 0
    assert door.calls.writing == calls
    assert account.answers() == before
    door.calls.clear()
    assert outcomes(account.provision(port=door.port).stdout) == IN_PLACE
    assert door.calls.writing == []


@pytest.mark.parametrize("act", [deploy_without_a_response, deploy_without_validation, delete_permission])
def test_callers_feel_what_is_missing_until_it_is_mended(account, act):
    before = account.answers()
    act(account)
    assert account.answers() != before
    account.provision()
    assert account.answers() == before


@pytest.mark.parametrize(
    "key, calls",
    [
        ("policy", ["TagPolicy"]),
        ("role", ["TagRole"]),
        ("function", ["TagResource"]),
        ("log group", ["TagResource"]),
        ("table", ["TagResource"]),
    ],
)
def test_what_lost_the_tag_of_our_stack_gets_it_back_when_it_is_adopted(account, door, key, calls):
    name = getattr(account.lab, f"{key.replace(' ', '_')}_name")
    untag(key, "stack")(account)
    refused = account.provision(port=door.port)
    assert refused.returncode == 1
    assert f"If it is yours to manage: --adopt {name}" in refused.stderr + refused.stdout
    assert door.calls.writing == []
    door.calls.clear()
    plan = account.provision("--plan", "--adopt", name)
    assert f"tags.stack (none) -> {account.bench.prefix}lambda-apigateway" in plan.stdout
    assert account.provision("--adopt", name, port=door.port).returncode == 0
    assert door.calls.writing == calls
    assert outcomes(account.provision().stdout) == IN_PLACE
