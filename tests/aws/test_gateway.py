"""What nobody is sure of about API Gateway, and the sandbox cannot tell. A failure is an answer, too."""

import json
import socket
from urllib.parse import urlsplit

import pytest

from stack.config import Config
from stack.lab import Lab
from stack.openapi import CLASSIFIED, document

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


def test_which_of_two_patterns_wins(cloud):
    """Not documented; `.*four hundred.*` for 405 was once seen to win over `.+` for 502. Source: from experience."""
    function = cloud.function(RAISES)
    api = cloud.api(definition(cloud.integration_uri(function)))
    cloud.allow_api(function, api)
    resources = cloud.apigateway.get_resources(restApiId=api)["items"]
    method = {
        "restApiId": api,
        "resourceId": next(each["id"] for each in resources if each["path"] == "/x"),
        "httpMethod": "POST",
    }
    for status, pattern in (("502", ".+"), ("405", ".*four hundred.*")):
        cloud.apigateway.put_method_response(**method, statusCode=status)
        cloud.apigateway.put_integration_response(**method, statusCode=status, selectionPattern=pattern)
    cloud.deploy(api)
    url = cloud.url(api, "/x")
    told = cloud.call_until(lambda answer: answer.status in {405, 502}, url, '{"message": "four hundred"}')
    assert told.status == 405


def test_the_labs_own_document_draws_no_warning(cloud):
    """Source: from experience."""
    lab = Lab(Config(region=cloud.region), cloud.aws)
    api = cloud.api()
    answer = cloud.apigateway.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(document(lab)).encode())
    assert answer.get("warnings", []) == []


def test_a_change_right_after_an_import_is_taken(cloud):
    """Source: https://github.com/hashicorp/terraform-provider-aws/issues/45905, from experience."""
    api = cloud.api(definition(cloud.integration_uri("absent")))
    patch = [{"op": "replace", "path": "/description", "value": "changed"}]
    assert cloud.apigateway.update_rest_api(restApiId=api, patchOperations=patch)["description"] == "changed"


def test_the_name_of_an_unknown_api_does_not_resolve(cloud):
    """Others have seen a 403 from a wildcard. Source: from experience."""
    host = urlsplit(cloud.url("a1b2c3d4e5", "/x")).hostname
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo(host, 443)
