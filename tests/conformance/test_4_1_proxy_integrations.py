"""4.1 Lambda proxy integrations: the whole request goes in, the whole response comes out."""

import base64
import json

import pytest

from tests.conformance.integrations import JSON, Api, document, method

# Answers what the request's body says; without one, the event.
SCRIPT = """
import json
def lambda_handler(event, context):
    if event["body"] is None:
        return {"body": json.dumps(event)}
    asked = json.loads(event["body"])
    if asked == "raise":
        raise Exception("on purpose")
    return asked
"""
BROKEN = 502, {"message": "Internal server error"}


@pytest.fixture(scope="module")
def api(shared):
    """POST /answer, GET /events/{id}, and /get, which calls its function by GET."""
    function = shared.function(SCRIPT)
    usual = {"type": "aws_proxy", "responses": {}}
    return Api(shared, {"/answer": usual, "/events/{id}": usual, "/get": usual | {"httpMethod": "GET"}}, function)


def answered(api, says):
    return api.post("/answer", json.dumps(says))


def event(api, path, **headers):
    return api.cloud.call(api.url(path), **headers).json


def test_the_event_holds_the_request(api):
    """The format is 1.0: resource, path, method, parameters once as single values and once as lists, and no body.

    Source: LS:apigateway test_lambda_aws_proxy_integration
    """
    told = event(api, "/events/a%20b?x=1&x=2&y=3", x_own="header")
    assert told.keys() == {
        *("resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters", "body"),
        *("multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "isBase64Encoded"),
    }
    assert (told["resource"], told["httpMethod"], told["body"]) == ("/events/{id}", "POST", None)
    assert (told["queryStringParameters"], told["stageVariables"]) == ({"x": "2", "y": "3"}, None)
    assert told["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["3"]}
    headers = {name.lower(): value for name, value in told["headers"].items()}
    lists = {name.lower(): value for name, value in told["multiValueHeaders"].items()}
    assert (headers["x-own"], lists["x-own"], told["isBase64Encoded"]) == ("header", ["header"], False)
    assert "content-length" not in headers


def test_the_event_tells_how_the_request_came(api):
    """By HTTPS on port 443, and from where.

    Source: LS:apigateway test_lambda_aws_proxy_integration
    """
    told = event(api, "/answer")
    headers = told["headers"]
    assert (headers["X-Forwarded-Port"], headers["X-Forwarded-Proto"]) == ("443", "https")
    assert headers["X-Forwarded-For"].startswith(told["requestContext"]["identity"]["sourceIp"])
    assert told["multiValueHeaders"]["X-Forwarded-Port"] == ["443"]


def test_what_there_is_none_of_is_null(api):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    told = event(api, "/answer")
    for field in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"):
        assert told[field] is None


def test_the_request_context_names_api_stage_and_caller(api):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    context = event(api, "/events/1", user_agent="an agent")["requestContext"]
    told = [context[field] for field in ("accountId", "apiId", "stage", "httpMethod", "path", "resourcePath")]
    assert told == [api.cloud.account, api.id, "Prod", "POST", "/Prod/events/1", "/events/{id}"]
    assert (context["protocol"], context["domainPrefix"]) == ("HTTP/1.1", api.id)
    assert (context["identity"]["userAgent"], context["identity"]["user"]) == ("an agent", None)
    assert context.keys() >= {
        *("deploymentId", "domainName", "extendedRequestId", "requestId", "requestTime"),
        *("requestTimeEpoch", "resourceId"),
    }


def test_an_empty_object_is_an_empty_answer(api):
    """None of the fields is needed: without any the answer is 200 with no body.

    Source: LS:apigateway test_lambda_aws_proxy_response_format
    """
    answer = answered(api, {})
    assert (answer.status, answer.content, answer.headers["content-type"]) == (200, b"", JSON)


def test_status_headers_and_body_are_those_of_the_function(api):
    """A status may be a text, a header a boolean.

    Source: LS:apigateway test_aws_proxy_response_payload_format_validation
    """
    headers = {"x-own": "value", "x-bool": True, "Content-Type": "text/plain"}
    answer = answered(api, {"statusCode": "201", "headers": headers, "body": "text"})
    assert (answer.status, answer.content) == (201, b"text")
    told = [answer.headers[name] for name in ("x-own", "x-bool", "content-type")]
    assert told == ["value", "true", "text/plain"]
    assert answered(api, {"statusCode": 200, "headers": None, "body": None}).status == 200


def test_headers_of_many_values_win(api):
    """Source: LS:apigateway test_aws_proxy_response_payload_format_validation"""
    says = {"headers": {"x-many": "one"}, "multiValueHeaders": {"x-many": ["a", "b"]}}
    assert answered(api, says).headers["x-many"] == "a, b"


def test_some_headers_come_under_another_name(api):
    """Such as Connection, Date, Server and WWW-Authenticate, before which comes `x-amzn-Remapped-`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """
    says = {"Date": "today", "WWW-Authenticate": "Basic", "Connection": "close", "Transfer-Encoding": "chunked"}
    headers = answered(api, {"headers": says, "body": "text"}).headers
    told = [headers[f"x-amzn-remapped-{name}"] for name in ("date", "www-authenticate", "connection")]
    assert told == ["today", "Basic", "close"]
    assert headers["date"] != "today"
    assert not headers.keys() & {"www-authenticate", "x-amzn-remapped-transfer-encoding"}


def test_a_header_is_sent_in_utf_8(api):
    """Source: from experience"""
    answer = answered(api, {"headers": {"x-own": "grün 🍏"}})
    assert answer.headers["x-own"].encode("latin-1").decode() == "grün 🍏"


def test_a_body_in_base64_passes_as_it_is(api):
    """Where no media type is binary.

    Source: from experience
    """
    text = base64.b64encode(b"data").decode()
    assert answered(api, {"body": text, "isBase64Encoded": True}).content == text.encode()


@pytest.mark.parametrize(
    "says",
    [
        "just a text",
        {"statusCode": 200, "wrong": "value"},
        {"statusCode": "test"},
        {"statusCode": 200, "multiValueHeaders": {"x-many": "one"}},
    ],
    ids=str,
)
def test_an_answer_in_another_form_is_a_bad_gateway(api, says):
    """Another type, another field, a status that is no number, a header whose values are no list: 502.

    Source: LS:apigateway test_aws_proxy_response_payload_format_validation
    """
    answer = answered(api, says)
    assert (answer.status, answer.json) == BROKEN
    assert answer.error_type == "InternalServerErrorException"


@pytest.mark.parametrize(
    "says",
    [
        ["list"],
        {"body": {"no": "text"}},
        {"body": {}},
        {"headers": {"x-own": [1]}},
        {"headers": {"no name": "value"}},
        {"headers": ["list"]},
        {"multiValueHeaders": ["list"]},
        {"statusCode": [200]},
        {"statusCode": 99},
        {"statusCode": 600},
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_a_bad_gateway_too(api, says):
    """Source: from experience"""
    answer = answered(api, says)
    assert (answer.status, answer.json) == BROKEN


def test_a_function_that_fails_is_a_bad_gateway(api):
    """Its errorMessage is not shown.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
    """
    answer = answered(api, "raise")
    assert (answer.status, answer.json) == BROKEN


def test_a_proxy_calls_its_function_by_post_only(api):
    """Source: LS:apigateway test_lambda_aws_proxy_integration_non_post_method"""
    answer = api.post("/get", "{}")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_stage_variable_names_the_function(cloud, api):
    """`${stageVariables.name}` may stand in the uri of an integration.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html
    """
    uri = cloud.integration_uri("${stageVariables.function}")
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "responses": {}}
    made = cloud.api(document({"/variable": method(integration)}))
    cloud.allow_api(api.function, made)
    cloud.deploy(made, variables={"function": api.function})
    answer = cloud.call_until(lambda answer: answer.status == 200, cloud.url(made, "/variable"))
    assert answer.json["stageVariables"] == {"function": api.function}
