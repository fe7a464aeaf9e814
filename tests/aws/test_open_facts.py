"""What is not known of AWS and the sandbox cannot tell: each test settles one fact. A failure is an answer, too."""

import json

import pytest

from stack.openapi import CLASSIFIED

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
RAISES = "def lambda_handler(event, context):\n    raise Exception(event['message'])\n"
MESSAGE_TEMPLATE = '"$util.escapeJavaScript($input.path(\'$.errorMessage\').substring(13)).replaceAll("\\\\\'","\'")"'


def definition(uri, **operation):
    """One POST /x with this integration and the rest of its operation."""
    post = {
        "responses": {"200": {"description": "ok"}, "400": {"description": "bad"}},
        "x-amazon-apigateway-integration": {
            "type": "aws",
            "httpMethod": "POST",
            "uri": uri,
            "responses": {
                "default": {"statusCode": "200"},
                r"\[BadRequest\][\s\S]*": {"statusCode": "400", "responseTemplates": {JSON: MESSAGE_TEMPLATE}},
            },
        },
        **operation,
    }
    return {
        "openapi": "3.0.1",
        "info": {"title": "open facts", "description": "open facts", "version": "1"},
        "components": {"schemas": {"Any": {"type": "object"}}},
        "paths": {"/x": {"post": post}},
    }


@pytest.fixture(scope="module")
def door(shared):
    """(api id, url) of a function that raises what it is told."""
    function = shared.function(RAISES)
    api = shared.api(definition(shared.integration_uri(function)))
    shared.allow_api(function, api)
    shared.deploy(api)
    url = shared.url(api, "/x")
    shared.call_until(lambda answer: answer.status in {200, 400}, url, '{"message": "[BadRequest] ready"}')
    return api, url


@pytest.mark.parametrize("key", [FORM, "$default"])
def test_a_model_key_survives_an_import(cloud, key):
    """Source: from experience."""
    content = {kind: {"schema": {"$ref": "#/components/schemas/Any"}} for kind in (JSON, key)}
    api = cloud.api(definition(cloud.integration_uri("absent"), requestBody={"content": content}))
    resources = cloud.apigateway.get_resources(restApiId=api, embed=["methods"])["items"]
    method = next(each["resourceMethods"]["POST"] for each in resources if each["path"] == "/x")
    assert method["requestModels"] == {JSON: "Any", key: "Any"}


def test_the_message_template_renders_as_in_the_sandbox(shared, door):
    """Source: from experience."""
    told = shared.call(door[1], json.dumps({"message": '[BadRequest] it\'s "quoted" \\ and ümlaut'}))
    assert (told.status, told.json) == (400, 'it\'s "quoted" \\ and ümlaut')


def test_a_long_message_is_matched_whole(shared, door):
    """Source: from experience."""
    told = shared.call(door[1], json.dumps({"message": "[BadRequest] " + "line\n" * 200}))
    assert told.status == 400


def test_a_malformed_body_without_a_validator_is_a_400(shared, door):
    """Source: from experience."""
    told = shared.call(door[1], "{no json")
    assert told.status == 400
    assert told.json["message"].startswith("Could not parse request body into json")


def test_negative_lookahead_is_understood(cloud):
    """Source: from experience."""
    function = cloud.function(RAISES)
    document = definition(cloud.integration_uri(function))
    responses = document["paths"]["/x"]["post"]["x-amazon-apigateway-integration"]["responses"]
    responses[rf"(?!{CLASSIFIED})[\s\S]+"] = {"statusCode": "400", "responseTemplates": {JSON: '"other"'}}
    api = cloud.api(document)
    cloud.allow_api(function, api)
    cloud.deploy(api)
    url = cloud.url(api, "/x")
    told = cloud.call_until(lambda answer: answer.content == b'"other"', url, '{"message": "unforeseen"}')
    assert (told.status, told.json) == (400, "other")


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
