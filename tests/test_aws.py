"""One account and region: clients, ARNs and URLs, and that only absence is taken for absence."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from stack.aws import Aws, as_dict, as_list, error_code, or_none
from stack.transient import NOT_NOW, not_now
from tests.conftest import free_port
from tests.faults import refuse


def refusal(code, message):
    return ClientError({"Error": {"Code": code, "Message": message}}, "AnyOperation")


CALLS = {
    "IAM policy": lambda lab: (lab.aws.iam, "get_policy", {"PolicyArn": lab.policy_arn}),
    "IAM role": lambda lab: (lab.aws.iam, "get_role", {"RoleName": lab.role_name}),
    "function": lambda lab: (lab.aws.lambda_, "get_function", {"FunctionName": lab.function_name}),
    "table": lambda lab: (lab.aws.dynamodb, "describe_table", {"TableName": lab.table_name}),
    "API": lambda lab: (lab.aws.apigateway, "get_rest_api", {"restApiId": "0123456789"}),
    "log group": lambda lab: (lab.aws.logs, "delete_log_group", {"logGroupName": lab.log_group_name}),
}


@pytest.fixture(params=CALLS)
def call(request, bench):
    return CALLS[request.param](bench.lab)


def aws_itself(region="us-east-1"):
    """AWS as a user without any configuration has it; nothing is called."""
    return Aws.configured(region)


# What an error means


def test_what_a_service_does_not_have_is_none(call):
    client, method, arguments = call
    assert or_none(getattr(client, method), **arguments) is None


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "Throttling", "InternalFailure"])
def test_no_other_error_is_taken_for_absence(bench, code):
    lab = bench.lab
    refuse(lab.aws.iam, "GetRole", code, "not now", status=403)
    with pytest.raises(ClientError, match="not now") as error:
        or_none(lab.aws.iam.get_role, RoleName=lab.role_name)
    assert error_code(error.value) == code


def test_access_denied_is_not_absence_in_any_service(call):
    client, method, arguments = call
    refuse(client, client.meta.method_to_api_mapping[method], "AccessDeniedException")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        or_none(getattr(client, method), **arguments)


def test_what_is_there_is_handed_on():
    assert or_none(dict, answer=1) == {"answer": 1}


@pytest.mark.parametrize("code, part, reason", NOT_NOW)
def test_not_now_is_told_by_its_code_and_its_text(code, part, reason):
    assert str(not_now(refusal(code, f"First words. {part.capitalize()} and more."))) == reason
    assert not_now(refusal("AnotherCode", part)) is None
    if part:
        assert not_now(refusal(code, "another text")) is None


@pytest.mark.parametrize(
    "code, message, reason",
    [
        (
            "InvalidParameterValueException",
            "The role defined for the function cannot be assumed by Lambda.",
            "IAM: Lambda cannot assume the role yet",
        ),
        ("InvalidParameterValueException", "Could not unzip uploaded file.", None),
        (
            "ResourceConflictException",
            "The operation cannot be performed at this time. An update is in progress for resource: arn",
            "Lambda to finish another change",
        ),
        ("ResourceConflictException", "Function already exist: f", None),
        ("ResourceConflictException", "The statement id (s) provided already exists.", None),
        (
            "ConflictException",
            "Unable to complete operation due to concurrent modification. Please try again later.",
            "API Gateway to finish another change of the API",
        ),
        ("ConflictException", "Another resource with the same parent already has this name: X", None),
        ("BadRequestException", "Invalid stage name", None),
        ("AccessDeniedException", "User is not authorized to perform: lambda:CreateFunction", None),
        ("NoSuchEntity", "The role with name r cannot be found.", None),
        ("LimitExceeded", "Cannot exceed quota for PolicyVersionsPerPolicy", None),
        ("ExpiredToken", "The security token included in the request is expired", None),
    ],
)
def test_what_aws_really_says_is_understood(code, message, reason):
    not_yet = not_now(refusal(code, message))
    assert reason == (not_yet and str(not_yet))


# Names


def test_tags_survive_the_form_of_iam_and_dynamodb():
    tags = {"stack": "lambda-apigateway", "owner": "ada@example.com"}
    assert as_list(tags)[0] == {"Key": "stack", "Value": "lambda-apigateway"}
    assert as_dict(as_list(tags)) == tags


def test_a_resource_that_never_had_tags_has_none():
    assert as_dict(None) == {}


@pytest.mark.parametrize(
    "region, partition", [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_an_arn_names_partition_region_and_account(region, partition):
    aws = aws_itself(region)
    aws.account = "123456789012"
    assert aws.arn("dynamodb", "table/t") == f"arn:{partition}:dynamodb:{region}:123456789012:table/t"
    assert aws.arn("iam", "role/r", region="") == f"arn:{partition}:iam::123456789012:role/r"
    assert aws.arn("apigateway", "/restapis/a", account="") == f"arn:{partition}:apigateway:{region}::/restapis/a"


def test_the_account_is_asked_for_once(bench):
    assert bench.lab.aws.account == bench.lab.aws.account == "123456789012"
    assert bench.calls == ["GetCallerIdentity"]


# Where an API is called


@pytest.mark.parametrize(
    "region, host",
    [
        ("us-east-1", "abc.execute-api.us-east-1.amazonaws.com"),
        ("cn-north-1", "abc.execute-api.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "abc.execute-api.us-gov-west-1.amazonaws.com"),
    ],
)
def test_on_aws_an_api_has_a_host_of_its_own(region, host):
    assert aws_itself(region).invoke_url("abc", "Prod", "Door") == f"https://{host}/Prod/Door"


def test_a_custom_endpoint_has_apis_in_its_path():
    aws = Aws.at("http://127.0.0.1:4599/", "us-east-1")
    assert aws.invoke_url("abc", "Prod", "Door") == "http://127.0.0.1:4599/_aws/execute-api/abc/Prod/Door"


def test_a_configured_endpoint_is_a_custom_endpoint(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert aws_itself().invoke_url("abc", "Prod", "Door") == "http://127.0.0.1:4566/_aws/execute-api/abc/Prod/Door"


@pytest.mark.parametrize(
    "name, value",
    [
        ("AWS_USE_FIPS_ENDPOINT", "true"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_ENDPOINT_URL_API_GATEWAY", "https://vpce-1.apigateway.us-east-1.vpce.amazonaws.com"),
    ],
)
def test_another_door_to_the_control_plane_is_still_aws(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    url = aws_itself().invoke_url("abc", "Prod", "Door")
    assert url == "https://abc.execute-api.us-east-1.amazonaws.com/Prod/Door"


def http_session(monkeypatch, aws, url):
    """How the session for plain HTTPS calls is made."""
    made = []
    monkeypatch.setattr("stack.aws.URLLib3Session", lambda **options: made.append(options))
    aws.http_session(url, timeout_seconds=35)
    return made[0]


def test_an_api_on_aws_is_called_as_the_clients_call_aws(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/school.pem")
    options = http_session(monkeypatch, aws_itself(), "https://abc.execute-api.us-east-1.amazonaws.com/Prod/Door")
    assert options["proxies"] == {"https": "http://127.0.0.1:9"}
    assert options["verify"] == "/etc/school.pem"


def test_an_api_on_this_machine_is_called_past_every_proxy_and_ca_bundle(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/school.pem")
    options = http_session(monkeypatch, Aws.at("http://127.0.0.1:4599", "us-east-1"), "http://127.0.0.1:4599/x")
    assert options["proxies"] == {}
    assert options["verify"] is True
    assert options["timeout"] == 35


# Clients


def test_an_endpoint_on_this_machine_sees_nothing_of_the_users_configuration(sandbox, monkeypatch, tmp_path):
    broken = tmp_path / "config"
    broken.write_text("this is no configuration file\n")
    surroundings = {
        "AWS_CONFIG_FILE": str(broken),
        "AWS_SHARED_CREDENTIALS_FILE": str(broken),
        "AWS_PROFILE": "nobody",
        "AWS_ACCESS_KEY_ID": "AKIDREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
        "AWS_CA_BUNDLE": "/none",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    aws = Aws.at(sandbox.endpoint_url, "us-east-1")
    assert aws.account == "123456789012"
    assert aws.session.get_credentials().access_key == "sandbox"


def test_a_client_is_made_once_even_by_many_threads():
    aws = Aws.at("http://127.0.0.1:9", "us-east-1")
    with ThreadPoolExecutor(8) as threads:
        clients = set(threads.map(lambda _: aws.client("sts"), range(32)))
    assert len(clients) == 1


def test_retries_are_the_projects_own(monkeypatch):
    monkeypatch.setenv("AWS_RETRY_MODE", "legacy")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    aws = aws_itself()
    assert aws.iam.meta.config.retries == {"mode": "standard", "total_max_attempts": 8}
    assert aws.client("iam", attempts=1).meta.config.retries == {"mode": "standard", "total_max_attempts": 1}


def test_what_must_not_happen_twice_is_sent_once():
    client = Aws.at(f"http://127.0.0.1:{free_port()}", "us-east-1").client("apigateway", attempts=1)
    sent = []
    client.meta.events.register("before-send", lambda request, **_: sent.append(request.url))
    with pytest.raises(EndpointConnectionError):
        client.create_rest_api(name="once")
    assert len(sent) == 1
