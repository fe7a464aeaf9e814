"""4.3 Gateway responses: what API Gateway answers by itself."""

import pytest

JSON = "application/json"


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.fixture
def api(cloud, function):
    """With POST /echo, which nobody may carry out yet; deployed to Prod."""
    integration = {"type": "aws", "httpMethod": "POST", "uri": cloud.integration_uri(function)}
    integration["responses"] = {"default": {"statusCode": "200"}}
    method = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    info = {"title": "conformance", "description": "conformance", "version": "1"}
    made = cloud.api({"openapi": "3.0.1", "info": info, "paths": {"/echo": {"post": method}}})
    cloud.deploy(made)
    cloud.call_until(lambda answer: answer.status == 500, cloud.url(made, "/echo"))
    return made


def put(cloud, api, kind, **choices):
    """Styles this type of response, and deploys it."""
    cloud.apigateway.put_gateway_response(restApiId=api, responseType=kind, **choices)
    cloud.deploy(api)


def test_what_is_not_there_is_answered_in_json(cloud, api):
    """Where there is no such path or method the answer is Missing Authentication Token, in JSON without a space.

    Source: LS:apigateway test_routing_not_found
    """
    for path, method in (("/nothing", "POST"), ("/echo", "GET")):
        answer = cloud.call(cloud.url(api, path), method=method)
        assert (answer.status, answer.content) == (403, b'{"message":"Missing Authentication Token"}')
        assert answer.headers["content-type"] == JSON
        assert answer.error_type == "MissingAuthenticationTokenException"


def test_every_answer_names_its_request(cloud, api):
    """Every answer has an x-amzn-requestid and an x-amz-apigw-id, those of API Gateway itself, too.

    Source: LS:apigateway test_invocation_trace_id
    """
    answer = cloud.call(cloud.url(api, "/nothing"))
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert answer.headers["x-amz-apigw-id"].endswith("=")


def test_the_ids_of_a_request_are_those_of_the_context(cloud, api):
    """The two headers are `$context.requestId` and `$context.extendedRequestId`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    template = "$context.requestId $context.extendedRequestId"
    put(cloud, api, "MISSING_AUTHENTICATION_TOKEN", statusCode="404", responseTemplates={"text/plain": template})
    answer = cloud.call_until(lambda answer: answer.status == 404, cloud.url(api, "/nothing"))
    ids = answer.headers["x-amzn-requestid"], answer.headers["x-amz-apigw-id"]
    assert tuple(answer.content.decode().split()) == ids


def test_a_function_that_may_not_be_called_is_an_internal_error(cloud, api):
    """Without the permission to call the function the answer is 500 Internal server error.

    Source: https://repost.aws/knowledge-center/api-gateway-rest-api-lambda-integrations
    """
    answer = cloud.call(cloud.url(api, "/echo"), "{}")
    assert (answer.status, answer.content) == (500, b'{"message":"Internal server error"}')
    assert answer.error_type == "InternalServerErrorException"


def test_a_type_can_be_given_a_status_a_body_and_headers(cloud, api):
    """The error type stays what it is.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
    """
    put(
        cloud,
        api,
        "MISSING_AUTHENTICATION_TOKEN",
        statusCode="404",
        responseTemplates={JSON: '{"said": $context.error.messageString, "type": "$context.error.responseType"}'},
        responseParameters={"gatewayresponse.header.x-from": "'a.b.c'"},
    )
    answer = cloud.call_until(lambda answer: answer.status == 404, cloud.url(api, "/nothing"))
    told = {"said": "Missing Authentication Token", "type": "MISSING_AUTHENTICATION_TOKEN"}
    assert (answer.status, answer.json) == (404, told)
    assert answer.headers["x-from"] == "a.b.c"
    assert answer.error_type == "MissingAuthenticationTokenException"


def test_headers_can_come_from_the_request(cloud, api):
    """A header of a gateway response can be mapped from the request's query and headers, and from $context.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-response-using-the-console.html
    """
    mapped = {
        "gatewayresponse.header.x-query": "method.request.querystring.q",
        "gatewayresponse.header.x-header": "method.request.header.x-own",
        "gatewayresponse.header.x-stage": "context.stage",
    }
    put(cloud, api, "MISSING_AUTHENTICATION_TOKEN", statusCode="404", responseParameters=mapped)
    url = cloud.url(api, "/nothing?q=first")
    answer = cloud.call_until(lambda answer: answer.status == 404, url, x_own="second")
    found = [answer.headers[name] for name in ("x-query", "x-header", "x-stage")]
    assert found == ["first", "second", "Prod"]
    assert cloud.call(f"{url}%0Asecond", x_own="").headers["x-query"] == "first second"


def test_a_style_is_seen_after_the_next_deployment_only(cloud, api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-gateway-response-using-the-console.html"""
    url = cloud.url(api, "/nothing")
    cloud.apigateway.put_gateway_response(restApiId=api, responseType="MISSING_AUTHENTICATION_TOKEN", statusCode="404")
    assert cloud.call(url).status == 403
    cloud.deploy(api)
    assert cloud.call_until(lambda answer: answer.status == 404, url).status == 404


def test_the_default_of_a_hundred_styles_all_that_have_no_style_of_their_own(cloud, api):
    """DEFAULT_5XX styles all 5XX responses, and gives them its status; 4XX responses are not touched.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
    """
    put(cloud, api, "DEFAULT_5XX", statusCode="503", responseTemplates={JSON: '"broken"'})
    answer = cloud.call_until(lambda answer: answer.status == 503, cloud.url(api, "/echo"), "{}")
    assert (answer.status, answer.json, answer.error_type) == (503, "broken", "InternalServerErrorException")
    assert cloud.call(cloud.url(api, "/nothing")).json == {"message": "Missing Authentication Token"}


def test_a_style_of_its_own_wins_over_that_of_its_hundred(cloud, api):
    """What the style of its own leaves open is the default of the type, not that of its hundred.

    Source: from experience
    """
    cloud.apigateway.put_gateway_response(
        restApiId=api, responseType="DEFAULT_4XX", statusCode="418", responseTemplates={JSON: '"hundred"'}
    )
    put(cloud, api, "MISSING_AUTHENTICATION_TOKEN", statusCode="404")
    answer = cloud.call_until(lambda answer: answer.status == 404, cloud.url(api, "/nothing"))
    assert (answer.status, answer.json) == (404, {"message": "Missing Authentication Token"})


def test_a_template_knows_variables_and_no_vtl(cloud, api):
    """Only variables are put in; directives of VTL come out as they are.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.responseTemplates.html
    """
    template = "#set($a = 1)$context.stage,$context.error.message,$context.noSuchThing."
    put(cloud, api, "MISSING_AUTHENTICATION_TOKEN", statusCode="404", responseTemplates={"text/plain": template})
    answer = cloud.call_until(lambda answer: answer.status == 404, cloud.url(api, "/nothing"))
    assert answer.content == b"#set($a = 1)Prod,Missing Authentication Token,."
    assert answer.headers["content-type"] == "text/plain"


def test_the_template_is_chosen_by_what_the_client_accepts(cloud, api):
    """Source: from experience"""
    templates = {"text/plain": "plain", JSON: '"json"'}
    put(cloud, api, "MISSING_AUTHENTICATION_TOKEN", statusCode="404", responseTemplates=templates)
    url = cloud.url(api, "/nothing")
    plain = cloud.call_until(lambda answer: answer.status == 404, url, accept="text/plain")
    assert (plain.content, plain.headers["content-type"]) == (b"plain", "text/plain")
    for accept in ("*/*", JSON, "image/png"):
        answer = cloud.call(url, accept=accept)
        assert (answer.content, answer.headers["content-type"]) == (b'"json"', JSON)


def test_more_than_10_mb_are_too_long_whatever_the_style(cloud, api):
    """A body of more than 10 MB is refused with 413, and no style changes that answer.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
    """
    cloud.apigateway.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", statusCode="418")
    put(cloud, api, "REQUEST_TOO_LARGE", statusCode="418")
    cloud.call_until(lambda answer: answer.status == 418, cloud.url(api, "/nothing"))
    answer = cloud.call(cloud.url(api, "/echo"), b" " * 10_485_761)
    assert (answer.status, answer.json) == (413, {"message": "Request Too Long"})
