"""6 The rights of a function: its calls come with a session of its role, and its role's policies decide."""

import json
from types import SimpleNamespace

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from stack.aws import error_code
from tests.conformance.cloud import refused

TELL_CREDENTIALS = """
import os

def lambda_handler(event, context):
    return [os.environ[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")]
"""
INVALID = "The security token included in the request is invalid."
KEY = {"id": {"S": "own"}}


def allow(actions, resource, **condition):
    statement = {"Effect": "Allow", "Action": actions, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def in_policy(cloud, role, *statements):
    """An inline policy of the role."""
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    cloud.iam.put_role_policy(RoleName=role, PolicyName="rights", PolicyDocument=document)
    cloud.later(cloud.iam.delete_role_policy, RoleName=role, PolicyName="rights")


class Caller:
    """Whoever calls AWS with the credentials of a function, which are those of its code."""

    def __init__(self, cloud, role):
        self.cloud, self.role, self.function = cloud, role, cloud.function(TELL_CREDENTIALS, role)
        self.arn = f"arn:{cloud.partition}:sts::{cloud.account}:assumed-role/{role}/{self.function}"
        call = cloud.settled(
            lambda: cloud.lambda_.invoke(FunctionName=self.function),
            {"AccessDeniedException"},
            "cannot be assumed",
        )
        key, secret, token = json.loads(call["Payload"].read())
        self._session = boto3.Session(key, secret, token, region_name=cloud.region)

    def client(self, service):
        endpoint = self.cloud.aws.client(service).meta.endpoint_url
        return self._session.client(service, endpoint_url=endpoint, config=self.cloud.aws.client(service).meta.config)

    def told(self, action, resource, why=""):
        """The text of a refusal."""
        why = why or f"because no identity-based policy allows the {action} action"
        return f"User: {self.arn} is not authorized to perform: {action} on resource: {resource} {why}"


@pytest.fixture(scope="module")
def table(shared):
    """Its name and its ARN, and the ARN of one that the policy does not name and that is not there."""
    name = shared.table()
    arn = f"arn:{shared.partition}:dynamodb:{shared.region}:{shared.account}:table/{name}"
    return SimpleNamespace(name=name, arn=arn, other=f"{name}-other", other_arn=f"{arn}-other")


@pytest.fixture(scope="module")
def caller(shared, table):
    role = shared.role()
    logs = f"arn:{shared.partition}:logs:{shared.region}:{shared.account}:log-group"
    in_policy(
        shared,
        role,
        allow(["dynamodb:Put*", "dynamodb:getitem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLSelect"], table.arn),
        allow("dynamodb:DeleteItem", table.arn),
        {"Effect": "Deny", "Action": "dynamodb:Delete*", "Resource": "*"},
        allow("dynamodb:UpdateItem", table.arn, **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["own"]}}),
        allow(
            "dynamodb:Query",
            [table.arn],
            **{
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "name"]},
                "StringEqualsIfExists": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
            },
        ),
        allow("dynamodb:DescribeTable", table.arn, ArnLike={"lambda:SourceFunctionArn": "arn:*:lambda:*:*:function:*"}),
        allow("dynamodb:DescribeTimeToLive", table.arn, IpAddress={"aws:SourceIp": "192.0.2.0/24"}),
        allow("dynamodb:ListTagsOfResource", table.arn, StringEquals={"aws:RequestedRegion": shared.region}),
        allow("logs:CreateLogGroup", f"{logs}:exactly"),
    )
    caller = Caller(shared, role)
    dynamodb = caller.client("dynamodb")
    shared.settled(
        lambda: dynamodb.put_item(TableName=table.name, Item=KEY),
        {"AccessDeniedException", "UnrecognizedClientException"},
    )
    return caller


@pytest.fixture
def dynamodb(caller):
    return caller.client("dynamodb")


def test_what_a_policy_allows_is_done(dynamodb, table):
    """Names of actions ignore case and may hold wildcards.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    dynamodb.put_item(TableName=table.name, Item=KEY)
    assert dynamodb.get_item(TableName=table.name, Key=KEY, ConsistentRead=True)["Item"] == KEY


def test_what_no_policy_allows_is_refused(caller, dynamodb, table):
    """Source: https://github.com/AntonShuvaev/intellij-dynamodb/issues/29"""
    with refused(400, "AccessDeniedException", caller.told("dynamodb:Scan", table.arn)):
        dynamodb.scan(TableName=table.name)


def test_a_deny_wins_over_an_allow(caller, dynamodb, table):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    why = "with an explicit deny in an identity-based policy"
    with refused(400, "AccessDeniedException", caller.told("dynamodb:DeleteItem", table.arn, why)):
        dynamodb.delete_item(TableName=table.name, Key=KEY)


def test_another_table_is_refused_whether_it_is_there_or_not(caller, dynamodb, table):
    """Source: from experience"""
    with refused(400, "AccessDeniedException", caller.told("dynamodb:GetItem", table.other_arn)):
        dynamodb.get_item(TableName=table.other, Key=KEY)


def test_an_index_is_a_resource_of_its_own(caller, dynamodb, table):
    """Source: https://github.com/ionic-team/starters/issues/46"""
    with refused(400, "AccessDeniedException", caller.told("dynamodb:Query", f"{table.arn}/index/by-name")):
        dynamodb.query(
            TableName=table.name,
            IndexName="by-name",
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "own"}},
        )


def test_a_batch_needs_its_own_action_on_each_table(caller, dynamodb, table):
    """Source: https://github.com/stelviodev/stelvio/issues/136"""
    put = [{"PutRequest": {"Item": KEY}}]
    dynamodb.batch_write_item(RequestItems={table.name: put})
    with refused(400, "AccessDeniedException", caller.told("dynamodb:BatchWriteItem", table.other_arn)):
        dynamodb.batch_write_item(RequestItems={table.name: put, table.other: put})
    with refused(400, "AccessDeniedException", caller.told("dynamodb:BatchGetItem", table.arn)):
        dynamodb.batch_get_item(RequestItems={table.name: {"Keys": [KEY]}})


def test_a_transaction_needs_the_actions_of_its_parts(caller, dynamodb, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
    put = {"Put": {"TableName": table.name, "Item": KEY}}
    dynamodb.transact_write_items(TransactItems=[put])
    check = {"ConditionCheck": {"TableName": table.name, "Key": KEY, "ConditionExpression": "attribute_exists(id)"}}
    with refused(400, "AccessDeniedException", caller.told("dynamodb:ConditionCheckItem", table.arn)):
        dynamodb.transact_write_items(
            TransactItems=[put, {**check, "ConditionCheck": {**check["ConditionCheck"], "Key": {"id": {"S": "b"}}}}]
        )


def test_partiql_has_actions_of_its_own(caller, dynamodb, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html"""
    dynamodb.put_item(TableName=table.name, Item=KEY)
    select = f"""SELECT * FROM "{table.name}" WHERE id = 'own'"""  # noqa: S608
    found = dynamodb.execute_statement(Statement=select, ConsistentRead=True)
    assert found["Items"] == [KEY]
    with refused(400, "AccessDeniedException", caller.told("dynamodb:PartiQLInsert", table.arn)):
        dynamodb.execute_statement(Statement=f"INSERT INTO \"{table.name}\" VALUE {{'id': 'another'}}")


def test_a_condition_on_leading_keys_confines_to_items(caller, dynamodb, table):
    """Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html"""
    change = {"UpdateExpression": "SET #n = :n", "ExpressionAttributeNames": {"#n": "name"}}
    change["ExpressionAttributeValues"] = {":n": {"S": "Ada"}}
    dynamodb.update_item(TableName=table.name, Key=KEY, **change)
    with refused(400, "AccessDeniedException", caller.told("dynamodb:UpdateItem", table.arn)):
        dynamodb.update_item(TableName=table.name, Key={"id": {"S": "another's"}}, **change)


def test_a_condition_on_attributes_confines_to_some(caller, dynamodb, table):
    """With dynamodb:Attributes and dynamodb:Select a Query must ask for attributes, and for those only.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_dynamodb_attributes.html
    """
    query = {"TableName": table.name, "KeyConditionExpression": "id = :id"}
    query |= {"ExpressionAttributeValues": {":id": {"S": "own"}}, "ExpressionAttributeNames": {"#n": "name"}}
    dynamodb.query(**query, ProjectionExpression="id, #n")
    with refused(400, "AccessDeniedException", caller.told("dynamodb:Query", table.arn)):
        dynamodb.query(**query, ProjectionExpression="id, #n, secret")
    del query["ExpressionAttributeNames"]
    with refused(400, "AccessDeniedException", caller.told("dynamodb:Query", table.arn)):
        dynamodb.query(**query)


def test_lambda_tells_which_function_calls(dynamodb, table):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html"""
    dynamodb.describe_table(TableName=table.name)


def test_conditions_know_region_and_address(caller, dynamodb, table):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    dynamodb.list_tags_of_resource(ResourceArn=table.arn)
    with refused(400, "AccessDeniedException", caller.told("dynamodb:DescribeTimeToLive", table.arn)):
        dynamodb.describe_time_to_live(TableName=table.name)


def test_a_log_group_is_asked_for_with_an_empty_stream(cloud, caller):
    """A policy that names the group without `:*` does not allow CreateLogGroup.

    Source: https://github.com/aws-solutions/instance-scheduler-on-aws/issues/578
    """
    group = f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:exactly:log-stream:"
    with refused(400, "AccessDeniedException", caller.told("logs:CreateLogGroup", group)):
        caller.client("logs").create_log_group(logGroupName="exactly")


def test_lambda_and_iam_refuse_with_403(cloud, caller):
    """Source: https://github.com/awslabs/aws-deployment-framework/issues/460"""
    told = caller.told("lambda:InvokeFunction", cloud.function_arn(caller.function))
    with refused(403, "AccessDeniedException", told):
        caller.client("lambda").invoke(FunctionName=caller.function)
    with refused(403, "AccessDenied"):
        caller.client("iam").get_role(RoleName=caller.role)


def test_who_calls_needs_no_permission(caller):
    """The session is named after the function.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    """
    assert caller.client("sts").get_caller_identity()["Arn"] == caller.arn


def test_a_signature_in_the_query_is_a_signature(caller):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html"""
    url = caller.client("iam").generate_presigned_url("list_roles", HttpMethod="GET")
    denied = urllib3.request("GET", url)
    assert denied.status == 403
    assert "<Code>AccessDenied</Code>" in denied.data.decode()


def test_a_permissions_boundary_must_allow_as_well(cloud, table):
    """Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    reads = {"Version": "2012-10-17", "Statement": [allow("dynamodb:GetItem", table.arn)]}
    role = cloud.role(cloud.policy({"Version": "2012-10-17", "Statement": [allow("dynamodb:*", "*")]}))
    cloud.iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=cloud.policy(reads))
    cloud.later(cloud.iam.delete_role_permissions_boundary, RoleName=role)
    caller = Caller(cloud, role)
    dynamodb = caller.client("dynamodb")
    cloud.settled(lambda: dynamodb.get_item(TableName=table.name, Key=KEY), {"AccessDeniedException"})
    why = "because no permissions boundary allows the dynamodb:Scan action"
    with refused(400, "AccessDeniedException", caller.told("dynamodb:Scan", table.arn, why)):
        dynamodb.scan(TableName=table.name)


def test_without_the_right_to_log_there_are_no_lines(cloud):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    caller = Caller(cloud, cloud.role())
    group = f"/aws/lambda/{caller.function}"
    assert cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"] == []


def test_the_policy_of_aws_for_functions_lets_them_log_and_no_more(cloud, table):
    """Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html"""
    policy = f"arn:{cloud.partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    caller = Caller(cloud, cloud.role(policy))
    group = f"/aws/lambda/{caller.function}"
    lines = cloud.settled(lambda: cloud.logs.filter_log_events(logGroupName=group), {"ResourceNotFoundException"})
    assert "REPORT" in lines["events"][-1]["message"]
    with refused(400, "AccessDeniedException", caller.told("dynamodb:GetItem", table.arn)):
        caller.client("dynamodb").get_item(TableName=table.name, Key=KEY)


def test_a_session_ends_with_its_role(cloud, table):
    """Another role of the same name is another role.

    Source: from experience
    """
    reads = allow("dynamodb:GetItem", table.arn)
    caller = Caller(cloud, role := cloud.role())
    in_policy(cloud, role, reads)
    dynamodb = caller.client("dynamodb")
    cloud.settled(lambda: dynamodb.get_item(TableName=table.name, Key=KEY), {"AccessDeniedException"})
    cloud.iam.delete_role_policy(RoleName=role, PolicyName="rights")
    cloud.iam.delete_role(RoleName=role)
    cloud.role(name=role)
    in_policy(cloud, role, reads)

    def until_refused():
        try:
            dynamodb.get_item(TableName=table.name, Key=KEY)
        except ClientError as error:
            assert error_code(error) == "UnrecognizedClientException"
        else:
            raise ClientError({"Error": {"Code": "StillAccepted"}}, "GetItem")

    cloud.settled(until_refused, {"StillAccepted"} if cloud.on_aws else set())
    with refused(400, "UnrecognizedClientException", INVALID):
        dynamodb.get_item(TableName=table.name, Key=KEY)
