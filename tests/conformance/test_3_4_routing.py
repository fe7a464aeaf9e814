"""3.4 From the invoke URL to a method."""

import re

import pytest

JSON = "application/json"
MISSING = (403, "MissingAuthenticationTokenException", b'{"message":"Missing Authentication Token"}')
FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')
# Each method answers with its own name.
PATHS = {
    "/": {"get": "root"},
    "/items": {"get": "items", "post": "post items"},
    "/items/{id}": {"get": "item", "x-amazon-apigateway-any-method": "any item"},
    "/items/new": {"get": "new"},
    "/items/{id}/parts": {"get": "parts"},
    "/{proxy+}": {"options": "rest", "put": "put rest"},
}


def document(uri):
    """In OpenAPI 3.0."""

    def operation(path, name):
        integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "passthroughBehavior": "when_no_match"}
        template = {JSON: f'"{name}"'}
        integration["responses"] = {"default": {"statusCode": "200", "responseTemplates": template}}
        names = [name.strip("{+}") for name in re.findall(r"{.+?}", path)]
        given = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
        responses = {"200": {"description": "ok"}}
        return {"parameters": given, "responses": responses, "x-amazon-apigateway-integration": integration}

    paths = {path: {verb: operation(path, name) for verb, name in verbs.items()} for path, verbs in PATHS.items()}
    info = {"title": "conformance", "description": "conformance", "version": "1"}
    return {"openapi": "3.0.1", "info": info, "paths": paths}


@pytest.fixture(scope="module")
def ask(shared):
    """ask("/items", "POST") gives the name of the method that answered, or (status, error type, body)."""
    function = shared.function()
    api = shared.api(document(shared.integration_uri(function)))
    shared.allow_api(function, api)
    shared.deploy(api)
    base = shared.url(api)
    shared.call_until(lambda answer: answer.status == 200, f"{base}items", method="GET")

    def call(path, method="GET", stage="Prod"):
        url = f"{shared.url(api, stage=stage)}{path.removeprefix('/')}"
        answer = shared.call(url, method=method)
        told = answer.status, answer.error_type, answer.content
        return answer.json if answer.status == 200 and answer.content else told

    return call


@pytest.mark.parametrize("stage", ["prod", "PROD", "Test"])
def test_a_stage_that_is_not_there_is_forbidden(ask, stage):
    """Names of stages are case-sensitive.

    Source: https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden
    """
    assert ask("/items", stage=stage) == FORBIDDEN


@pytest.mark.parametrize(("path", "method"), [("/nothing", "GET"), ("/Items", "GET"), ("/items", "DELETE")])
def test_a_path_or_method_that_is_not_there_misses_an_authentication_token(ask, path, method):
    """Source: LS:apigateway test_routing_not_found"""
    assert ask(path, method) == MISSING


def test_the_root_is_a_resource_too(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html"""
    assert ask("/") == "root"


@pytest.mark.parametrize(
    ("path", "name"),
    [("/items/new", "new"), ("/items/5", "item"), ("/items/5/parts", "parts"), ("/items/new/parts", "parts")],
)
def test_a_fixed_segment_wins_over_a_parameter(ask, path, name):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html"""
    assert ask(path) == name


def test_a_greedy_parameter_takes_what_nothing_else_fits(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html"""
    assert ask("/some/where", "PUT") == "put rest"
    assert ask("/items/5/parts/6", "PUT") == "put rest"


def test_a_greedy_parameter_is_never_empty(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-set-up-simple-proxy.html"""
    assert ask("/", "PUT") == MISSING


def test_a_resource_without_the_method_is_passed_over(ask):
    """A path whose best resource lacks the method goes to the next best one that has it.

    Source: LS:apigateway test_proxy_routing_with_hardcoded_resource_sibling
    """
    assert ask("/items", "OPTIONS") == "rest"
    assert ask("/items/new", "POST") == "any item"


def test_any_takes_what_a_less_fitting_resource_names(ask):
    """Source: LS:apigateway test_proxy_routing_with_hardcoded_resource_sibling"""
    assert ask("/items/5", "OPTIONS") == "any item"


def test_a_method_wins_over_any(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html"""
    assert ask("/items/5", "GET") == "item"


@pytest.mark.parametrize("method", ["DELETE", "HEAD", "PATCH", "POST", "PUT"])
def test_any_is_each_of_seven_methods(ask, method):
    """ANY means DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
    """
    assert ask("/items/5", method) == ((200, "", b"") if method == "HEAD" else "any item")


def test_any_is_no_method_that_is_unknown(ask):
    """Source: from experience"""
    assert ask("/items/5", "BREW") == MISSING


def test_head_is_not_answered_by_get(ask):
    """Source: from experience"""
    assert ask("/items", "HEAD") == (403, "MissingAuthenticationTokenException", b"")


def test_a_slash_at_the_end_does_not_count(ask):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    assert ask("/items/5/") == "item"


@pytest.mark.parametrize("path", ["//items", "///items"])
def test_slashes_between_the_stage_and_the_path_do_not_count(ask, path):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    assert ask(f"/{path}") == "items"


def test_a_slash_before_the_stage_does_not_count(ask):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    assert ask("/items", stage="/Prod") == "items"


def test_two_slashes_are_an_empty_segment(ask):
    """A greedy parameter takes it, `{id}` does not.

    Source: LS:apigateway test_lambda_aws_proxy_integration
    """
    assert ask("/items//parts", "PUT") == "put rest"
    assert ask("/items//parts") == MISSING


def test_an_escaped_slash_divides_nothing(ask):
    """Source: from experience"""
    assert ask("/items/5%2Fparts") == "item"


def test_a_fixed_segment_may_be_escaped(ask):
    """Source: from experience"""
    assert ask("/%69tems") == "items"


def test_a_query_is_no_part_of_the_path(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html"""
    assert ask("/items?id=5/parts") == "items"


def test_an_api_that_is_not_there_is_forbidden(cloud):
    """Or its name is not known to the DNS.

    Source: from experience
    """
    if not cloud.on_aws:
        answer = cloud.call(cloud.url("nosuchapi0", "/items"))
        assert (answer.status, answer.error_type, answer.content) == FORBIDDEN


def test_a_default_endpoint_that_is_disabled_is_forbidden(cloud):
    """From the next deployment on.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
    """
    function = cloud.function()
    api = cloud.api(document(cloud.integration_uri(function)))
    cloud.allow_api(function, api)
    cloud.deploy(api)
    url = cloud.url(api, "/items")
    assert cloud.call_until(lambda answer: answer.status == 200, url, method="GET").status == 200
    patch = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    cloud.apigateway.update_rest_api(restApiId=api, patchOperations=patch)
    assert cloud.call(url, method="GET").status == 200
    cloud.deploy(api)
    answer = cloud.call_until(lambda answer: answer.status == 403, url, method="GET")
    assert (answer.status, answer.error_type, answer.content) == FORBIDDEN
