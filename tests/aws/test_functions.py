"""What nobody is sure of about functions, their roles and logs, and the sandbox cannot tell."""

import json

from tests.conformance.cloud import LOGS_ONLY, TRUST

VERSION = "import boto3\n\ndef lambda_handler(event, context):\n    return boto3.__version__\n"


def test_a_role_of_a_confused_deputy_is_still_assumed(cloud):
    """A trust policy with aws:SourceAccount lets Lambda assume the role. Source: from experience."""
    statement = TRUST["Statement"][0] | {"Condition": {"StringEquals": {"aws:SourceAccount": cloud.account}}}
    role = cloud.role(cloud.policy(), trust=TRUST | {"Statement": [statement]})
    function = cloud.function(role=role)
    assert json.loads(cloud.lambda_.invoke(FunctionName=function, Payload=b"5")["Payload"].read()) == 5


def test_a_role_that_is_made_again_keeps_a_function_without_variables_alive(cloud):
    """Source: from experience."""
    policy = cloud.policy()
    role = cloud.role(policy)
    function = cloud.function(role=role)
    cloud.iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    cloud.settled(lambda: cloud.iam.delete_role(RoleName=role), {"DeleteConflict"})
    cloud.role(policy, name=role)
    answer = cloud.settled(
        lambda: cloud.lambda_.invoke(FunctionName=function, Payload=b"5"), {"AccessDeniedException"}, "assumed"
    )
    assert "FunctionError" not in answer


def test_the_runtime_brings_a_boto3_of_this_year(cloud):
    """Its version is not specified anywhere. Source: from experience."""
    version = json.loads(cloud.lambda_.invoke(FunctionName=cloud.function(VERSION))["Payload"].read())
    assert tuple(map(int, version.split(".")[:2])) >= (1, 40)


def test_the_log_group_is_made_with_the_right_of_the_documented_form(cloud):
    """logs:CreateLogGroup is asked for `log-group:NAME`, with `:*` or without. Source: from experience."""
    allowed = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": f"arn:{cloud.partition}:logs:{cloud.region}:{cloud.account}:log-group:/aws/lambda/*:*",
            },
        ],
    }
    function = cloud.function(role=cloud.role(cloud.policy(allowed)))
    cloud.lambda_.invoke(FunctionName=function, Payload=b"{}")
    group = f"/aws/lambda/{function}"
    cloud.settled(
        lambda: cloud.logs.describe_log_streams(logGroupName=group)["logStreams"][0],
        {"ResourceNotFoundException"},
    )


def test_a_log_group_does_not_come_back_once_function_role_and_policy_are_gone(cloud):
    """Source: from experience."""
    policy = cloud.policy(LOGS_ONLY)
    role = cloud.role(policy)
    function = cloud.function(role=role)
    cloud.lambda_.invoke(FunctionName=function, Payload=b"{}")
    cloud.lambda_.delete_function(FunctionName=function)
    cloud.iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    cloud.settled(lambda: cloud.iam.delete_role(RoleName=role), {"DeleteConflict"})
    group = f"/aws/lambda/{function}"
    cloud.settled(lambda: cloud.logs.delete_log_group(logGroupName=group), {"ResourceNotFoundException"})
    assert not cloud.until(bool, lambda: cloud.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"])
