"""4.2 What an integration response makes of an answer: template, status and headers."""

import json

import pytest

from tests.conformance.integrations import JSON, Api

TEXT = "text/plain"
NOT_FOUND = r"\[NotFound\][\s\S]*"
MESSAGE = "$input.path('$.errorMessage').substring(11)"
ESCAPED = f"""$util.escapeJavaScript({MESSAGE}).replaceAll("\\\\'","'")"""


def response(template=None, **fields):
    templates = {} if template is None else {"responseTemplates": {JSON: template}}
    return {"responses": {"default": {"statusCode": "200", **templates, **fields}}}


def status(value):
    return response(f"#set($context.responseOverride.status = {value})said")


@pytest.fixture(scope="module")
def api(shared):
    error = {"statusCode": "404", "responseTemplates": {JSON: f'{{"error": "{ESCAPED}"}}'}}
    constants = {"method.response.header.X-Constant": "'a constant'", "method.response.header.X-Stage": "context.stage"}
    mapped = {
        "method.response.header.X-From-Body": "integration.response.body.a.b",
        "method.response.header.X-Object": "integration.response.body.a",
        "method.response.header.X-Missing": "integration.response.body.missing",
        "method.response.header.X-From-Header": "integration.response.header.Content-Type",
    }
    paths = {
        "/mapped": response("{\"got\": $input.json('$.a')}"),
        "/error": {"responses": {"default": {"statusCode": "200"}, NOT_FOUND: error}},
        "/request": response("$context.awsEndpointRequestId $input.path('$.requestId')"),
        "/accept": response(responseTemplates={TEXT: "text", JSON: '"json"'}),
        "/passed": response(),
        "/status/202": status(202),
        "/status/600": status(600),
        "/status/text": status('"202"'),
        "/header": response("#set($context.responseOverride.header.x-over = \"$input.path('$.a')\")said"),
        "/headers": response(responseParameters=constants | mapped),
        "/remapped": response(responseParameters={"method.response.header.Server": "'mine'"}),
        "/broken": response("$input.path('$[')"),
    }
    return Api(shared, paths)


def test_a_template_makes_the_body(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings.html"""
    answer = api.post("/mapped", '{"a": [1]}')
    assert (answer.status, answer.json) == (200, {"got": [1]})
    assert answer.headers["content-type"] == JSON


def test_without_a_template_the_answer_passes_as_it_is(api):
    """Source: LS:apigateway test_lambda_aws_integration"""
    answer = api.post("/passed", '{"a": "grün"}')
    assert (answer.status, answer.json, answer.headers["content-type"]) == (200, {"a": "grün"}, JSON)


def test_numbers_pass_digit_by_digit(api):
    """Also those that are no JSON.

    Source: https://github.com/aws/aws-lambda-python-runtime-interface-client
    """
    answer = api.post("/passed", '{"numbers": ["1.50", "1E+2", "NaN"]}')
    assert (answer.status, answer.content) == (200, b"[1.50, 1E+2, NaN]")


@pytest.mark.parametrize("message", ["gone", 'it\'s "gone"', "two\nlines", "back\\slash", "grün 🍏", "<a/b>"])
def test_the_message_of_an_error_comes_without_its_prefix(api, message):
    """`substring`, `escapeJavaScript` and `replaceAll` make a JSON text of any message.

    Source: from experience
    """
    answer = api.post("/error", json.dumps({"raise": f"[NotFound] {message}"}))
    assert (answer.status, answer.json) == (404, {"error": message})


def test_the_context_tells_the_request_id_of_the_function(api):
    """Source: from experience"""
    told, known = api.post("/request", '{"raise": "on purpose"}').content.decode().split(" ")
    assert told == known


def test_the_template_goes_by_what_the_client_accepts(api):
    """The template is that of the Accept header, else that of application/json, and gives the answer its type.

    Source: from experience
    """
    answer = api.post("/accept", "{}", accept=TEXT)
    assert (answer.content, answer.headers["content-type"].partition(";")[0]) == (b"text", TEXT)
    for accept in (JSON, "*/*", "image/png"):
        assert api.post("/accept", "{}", accept=accept).content == b'"json"'


def test_a_template_sets_the_status(api):
    """`$context.responseOverride.status` wins over the status of the integration response.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
    """
    answer = api.post("/status/202", "{}")
    assert (answer.status, answer.content) == (202, b"said")


@pytest.mark.parametrize("path", ["/status/600", "/status/text"])
def test_a_status_that_is_none_is_ignored(api, path):
    """Anything but an integer from 100 to 599 is ignored.

    Source: from experience
    """
    assert api.post(path, "{}").status == 200


def test_a_template_sets_a_header(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html"""
    assert api.post("/header", '{"a": "b"}').headers["x-over"] == "b"


def test_response_parameters_set_headers(api):
    """A header is a constant in quotes, a variable of the context, or a header or a place in the body of the answer.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
    """
    headers = api.post("/headers", '{"a": {"b": "deep"}}').headers
    assert (headers["x-constant"], headers["x-stage"]) == ("a constant", "Prod")
    assert (headers["x-from-body"], headers["x-object"], headers["x-from-header"]) == ("deep", '{"b":"deep"}', JSON)
    assert "x-missing" not in headers


def test_some_headers_come_under_another_name(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html"""
    headers = api.post("/remapped", "{}").headers
    assert (headers["x-amzn-remapped-server"], headers.get("server")) == ("mine", None)


def test_a_template_that_cannot_be_rendered_is_a_broken_configuration(api):
    """Source: from experience"""
    answer = api.post("/broken", "{}")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
