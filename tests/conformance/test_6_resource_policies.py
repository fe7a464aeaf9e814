"""6 Who may call a method: signatures, and the API's resource policy."""

import json
import time

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conformance.cloud import Answer
from tests.conformance.two_posts import PASSED, open_api, passes, told


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def signed(cloud, url, keys=None):
    request = AWSRequest("POST", url, data=b"{}", headers={"Content-Type": "application/json"})
    SigV4Auth(keys or cloud.aws.session.get_credentials(), "execute-api", cloud.region).add_auth(request)
    answer = urllib3.request("POST", url, body=b"{}", headers=dict(request.headers), retries=False)
    return Answer(answer.status, dict(answer.headers.items()), answer.data)


def signed_until_it_passes(cloud, url, keys=None):
    give_up = time.monotonic() + (120 if cloud.on_aws else 0)
    while (answer := signed(cloud, url, keys)).status != 200 and time.monotonic() < give_up:
        time.sleep(3)
    return answer


def test_a_method_with_aws_iam_answers_signed_calls_only(cloud, function):
    """A call without a signature misses an authentication token.

    Source: https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
    """
    url = cloud.url(open_api(cloud, function, authorizationType="AWS_IAM"), "first")
    missing = (403, "MissingAuthenticationTokenException", b'{"message":"Missing Authentication Token"}')
    assert told(signed_until_it_passes(cloud, url)) == PASSED
    assert told(cloud.call(url, "{}")) == missing


def assumed(cloud, *statements):
    """(credentials, ARN) of a session of a role that may do what the statements say."""
    trust = {"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "sts:AssumeRole"}
    role = cloud.role(trust={"Version": "2012-10-17", "Statement": [trust]})
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    cloud.iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=text)
    cloud.later(cloud.iam.delete_role_policy, RoleName=role, PolicyName="own")
    made = cloud.settled(
        lambda: cloud.sts.assume_role(RoleArn=cloud.role_arn(role), RoleSessionName="me"), {"AccessDenied"}
    )
    of = made["Credentials"]
    keys = Credentials(of["AccessKeyId"], of["SecretAccessKey"], of["SessionToken"])
    return keys, made["AssumedRoleUser"]["Arn"]


@pytest.mark.parametrize(
    ("statements", "end"),
    [
        ([{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*/Prod/POST/second"}], ""),
        (
            [
                {"Effect": "Allow", "Action": "execute-api:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "*/Prod/POST/first"},
            ],
            " with an explicit deny",
        ),
    ],
)
def test_a_role_that_signs_needs_the_right_to_invoke_the_method(cloud, function, statements, end):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html"""
    prefix = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:"
    api = open_api(cloud, function, authorizationType="AWS_IAM")
    made = [{**each, "Resource": each["Resource"].replace("*/", f"{prefix}{api}/")} for each in statements]
    keys, arn = assumed(cloud, *made)
    assert told(signed_until_it_passes(cloud, cloud.url(api, "second"), keys)) == PASSED
    assert told(signed(cloud, cloud.url(api, "first"), keys)) == refusal(cloud, api, end, who=arn)


def test_a_method_with_an_authorizer_answers_nobody_without_a_token(cloud, function):
    """The answer is 401 Unauthorized.

    Source: https://repost.aws/knowledge-center/api-gateway-401-error-lambda-authorizer
    """
    api = open_api(cloud, function)
    authorizer = cloud.apigateway.create_authorizer(
        restApiId=api,
        name="conformance",
        type="TOKEN",
        authorizerUri=cloud.integration_uri(function),
        identitySource="method.request.header.Authorization",
    )
    resources = cloud.apigateway.get_resources(restApiId=api)["items"]
    first = next(each["id"] for each in resources if each["path"] == "/first")
    patch = [
        {"op": "replace", "path": "/authorizationType", "value": "CUSTOM"},
        {"op": "replace", "path": "/authorizerId", "value": authorizer["id"]},
    ]
    cloud.apigateway.update_method(restApiId=api, resourceId=first, httpMethod="POST", patchOperations=patch)
    cloud.deploy(api)
    answer = cloud.call_until(lambda answer: answer.status == 401, cloud.url(api, "first"))
    assert told(answer) == (401, "UnauthorizedException", b'{"message":"Unauthorized"}')
    assert told(cloud.call(cloud.url(api, "second"))) == PASSED


def policy(cloud, api, *statements):
    everybody = {"Principal": "*", "Action": "execute-api:Invoke"}
    resource = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{api}/"
    made = [{**everybody, **each, "Resource": resource + each.get("Resource", "*")} for each in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": made})


def attach(cloud, api, *statements):
    patch = [{"op": "replace", "path": "/policy", "value": policy(cloud, api, *statements)}]
    cloud.apigateway.update_rest_api(restApiId=api, patchOperations=patch)
    cloud.deploy(api)


def refusal(cloud, api, end="", who="anonymous"):
    resource = f"arn:{cloud.partition}:execute-api:{cloud.region}:********{cloud.account[-4:]}:{api}/Prod/POST/first"
    text = f"User: {who} is not authorized to perform: execute-api:Invoke on resource: {resource}{end}"
    return 403, "AccessDeniedException", json.dumps({"Message": text}, separators=(",", ":")).encode()


NOWHERE = {"aws:SourceIp": ["192.0.2.0/24"]}  # https://datatracker.ietf.org/doc/html/rfc5737


def test_whom_a_resource_policy_does_not_allow_is_refused(cloud, function):
    """The body has a capital Message, and shows four digits of the account.

    Source: https://repost.aws/knowledge-center/api-gateway-403-error-lambda-authorizer
    """
    api = open_api(cloud, function)
    attach(cloud, api, {"Effect": "Allow", "Condition": {"IpAddress": NOWHERE}})
    answer = cloud.call_until(lambda answer: answer.status == 403, cloud.url(api, "first"))
    assert told(answer) == refusal(cloud, api)


def test_whom_a_resource_policy_denies_is_refused_with_an_explicit_deny(cloud, function):
    """AWS's own example: allowed for everybody, denied to everybody who does not come from certain addresses.

    Source: https://repost.aws/knowledge-center/api-gateway-resource-policy-access
    """
    api = open_api(cloud, function)
    attach(cloud, api, {"Effect": "Allow"}, {"Effect": "Deny", "Condition": {"NotIpAddress": NOWHERE}})
    answer = cloud.call_until(lambda answer: answer.status == 403, cloud.url(api, "first"))
    assert told(answer) == refusal(cloud, api, " with an explicit deny")


def test_a_resource_policy_can_allow_one_path_alone(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html"""
    api = open_api(cloud, function)
    attach(cloud, api, {"Effect": "Allow", "Resource": "Prod/POST/second"})
    answer = cloud.call_until(lambda answer: answer.status == 403, cloud.url(api, "first"))
    assert told(answer) == refusal(cloud, api)
    assert told(cloud.call(cloud.url(api, "second"))) == PASSED


def test_a_resource_policy_acts_from_the_next_deployment_on(cloud, function):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html"""
    api = open_api(cloud, function)
    url = cloud.url(api, "first")
    assert told(cloud.call_until(passes, url)) == PASSED
    value = policy(cloud, api, {"Effect": "Deny"})
    patch = [{"op": "replace", "path": "/policy", "value": value}]
    cloud.apigateway.update_rest_api(restApiId=api, patchOperations=patch)
    assert told(cloud.call(url)) == PASSED
    cloud.deploy(api)
    answer = cloud.call_until(lambda answer: answer.status == 403, url)
    assert told(answer) == refusal(cloud, api, " with an explicit deny")


def test_a_resource_policy_alone_can_let_a_role_of_the_account_in(cloud, function):
    """The caller's own policies need not say anything of it.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
    """
    api = open_api(cloud, function, authorizationType="AWS_IAM")
    keys, arn = assumed(cloud, {"Effect": "Allow", "Action": "logs:*", "Resource": "*"})
    role = cloud.role_arn(arn.split("/")[1])
    attach(cloud, api, {"Effect": "Allow", "Principal": {"AWS": role}, "Resource": "Prod/POST/first"})
    assert told(signed_until_it_passes(cloud, cloud.url(api, "first"), keys)) == PASSED
    assert told(signed(cloud, cloud.url(api, "second"), keys))[:2] == (403, "AccessDeniedException")
