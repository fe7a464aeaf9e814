"""4.1 MOCK integrations: API Gateway answers by itself."""

import pytest

from tests.conformance.integrations import JSON, document, method

TEMPLATES = {
    "/fine": '{"statusCode": 200}',
    "/failed": '{"statusCode": 500}',
    "/asked": '{"statusCode": $input.params("status")}',
    "/text": '{"statusCode": "200"}',
    "/nothing": "{}",
    "/broken": "{",
}
RESPONSES = {
    "default": {"statusCode": "200", "responseTemplates": {JSON: '{"by": "$context.stage"}'}},
    r"5\d\d": {"statusCode": "503", "responseTemplates": {JSON: '{"mocked": "failure"}'}},
    "40": {"statusCode": "404"},
}


@pytest.fixture(scope="module")
def url(shared):
    """url(path), of POST without a function."""
    paths = {
        path: {"type": "mock", "requestTemplates": {JSON: template}, "responses": RESPONSES}
        for path, template in TEMPLATES.items()
    }
    told = {"statusCode": "200", "responseTemplates": {JSON: '{"told": "$context.requestOverride.path.name"}'}}
    setting = "#set($context.requestOverride.path.name = $input.params('name')){\"statusCode\": 200}"
    paths["/told"] = {"type": "mock", "requestTemplates": {JSON: setting}, "responses": {"default": told}}
    paths["/unmapped"] = {"type": "mock", "passthroughBehavior": "never", "responses": RESPONSES}
    api = shared.api(document({path: method(integration) for path, integration in paths.items()}))
    shared.deploy(api)
    shared.call_until(lambda answer: answer.status == 200, shared.url(api, "/fine"))
    return lambda path: shared.url(api, path)


def test_a_mock_answers_what_its_templates_say(cloud, url):
    """The request template gives the status, the response template the body.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-mock-integration.html
    """
    answer = cloud.call(url("/fine"))
    assert (answer.status, answer.json) == (200, {"by": "Prod"})


def test_the_status_of_a_mock_selects_the_response(cloud, url):
    """The pattern is matched against the status code that the request template gives, all of it.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html
    """
    answer = cloud.call(url("/failed"))
    assert (answer.status, answer.json) == (503, {"mocked": "failure"})
    assert cloud.call(url("/asked?status=404")).status == 200


def test_the_response_template_sees_what_the_request_template_sets(cloud, url):
    """Source: LS:apigateway test_integration_mock_with_request_overrides_in_response_template"""
    assert cloud.call(url("/told?name=x")).json == {"told": "x"}


@pytest.mark.parametrize("path", ["/text", "/nothing", "/broken"])
def test_a_mock_without_a_status_is_a_broken_configuration(cloud, url, path):
    """The request template has to give an integer `statusCode`.

    Source: https://repost.aws/knowledge-center/api-gateway-cors-errors
    """
    answer = cloud.call(url(path), content_type=JSON)
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_mock_refuses_a_type_without_a_template_as_well(cloud, url):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    answer = cloud.call(url("/unmapped"), "{}", content_type=JSON)
    assert (answer.status, answer.json) == (415, {"message": "Unsupported Media Type"})


def test_a_gateway_response_knows_the_context(cloud):
    """Its template may name `$context` as mapping templates do; more of VTL does not work there.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.responseTemplates.html
    """
    text = "#set($a = 1)$context.httpMethod $context.path $context.resourcePath $context.identity.userAgent"
    broken = document({"/broken": method({"type": "mock", "requestTemplates": {JSON: "{}"}, "responses": RESPONSES})})
    styled = {"DEFAULT_5XX": {"responseTemplates": {JSON: text}}}
    api = cloud.api({**broken, "x-amazon-apigateway-gateway-responses": styled})
    cloud.deploy(api)
    answer = cloud.call_until(lambda answer: answer.status == 500, cloud.url(api, "/broken"), user_agent="an agent")
    assert answer.content.decode() == "#set($a = 1)POST /Prod/broken /broken an agent"
