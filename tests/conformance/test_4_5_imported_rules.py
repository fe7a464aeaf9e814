"""4.5 What an import says of who may call, and how, is obeyed."""

import json

import pytest

JSON = "application/json"
FORBIDDEN = (403, "ForbiddenException", b'{"message":"Forbidden"}')
RULES = {
    "/needy": {
        "parameters": [
            {"name": "page", "in": "query", "required": True, "schema": {"type": "string"}},
            {"name": "size", "in": "query", "schema": {"type": "string"}},
        ],
        "x-amazon-apigateway-request-validator": "all",
    },
    "/fitting": {
        "requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Pair"}}}},
        "x-amazon-apigateway-request-validator": "all",
    },
    "/keyed": {"security": [{"key": []}]},
    "/signed": {"x-amazon-apigateway-auth": {"type": "AWS_IAM"}},
    "/denied": {},
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"},
        {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/POST/denied"},
    ],
}


def document(uri):
    """In OpenAPI 3.0: POST of each path, with its rules."""
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": {"default": {"statusCode": "200"}}}
    method = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    number = {"$ref": "#/components/schemas/Number"}
    return {
        "openapi": "3.0.1",
        "info": {"title": "conformance", "description": "conformance", "version": "1"},
        "paths": {path: {"post": {**method, **rules}} for path, rules in RULES.items()},
        "components": {
            "schemas": {
                "Number": {"type": "number"},
                "Pair": {"type": "object", "required": ["a"], "properties": {"a": number}},
            },
            "securitySchemes": {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}},
        },
        "x-amazon-apigateway-request-validators": {
            "all": {"validateRequestBody": True, "validateRequestParameters": True},
        },
        "x-amazon-apigateway-policy": POLICY,
        "x-amazon-apigateway-gateway-responses": {
            "MISSING_AUTHENTICATION_TOKEN": {
                "statusCode": 404,
                "responseParameters": {"gatewayresponse.header.x-own": "'yes'"},
                "responseTemplates": {JSON: '{"gone": $context.error.messageString}'},
            },
        },
    }


@pytest.fixture(scope="module")
def ask(shared):
    """ask("needy") gives the answer to a POST."""
    function = shared.function()
    api = shared.api(document(shared.integration_uri(function)))
    shared.allow_api(function, api)
    shared.deploy(api)
    shared.call_until(lambda answer: answer.status == 200, shared.url(api, "fitting"), '{"a":1}', content_type=JSON)

    def post(path, body="{}", **headers):
        return shared.call(shared.url(api, path), body, content_type=JSON, **headers)

    return post


def told(answer):
    return answer.status, answer.error_type, answer.content


def test_an_imported_parameter_is_required(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-validation-set-up.html"""
    missing = b'{"message":"Missing required request parameters: [page]"}'
    assert told(ask("needy")) == (400, "BadRequestException", missing)
    assert ask("needy?page=1").status == 200


def test_an_imported_model_that_refers_to_another_is_validated_against(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-validation-set-up.html"""
    invalid = 400, "BadRequestException", b'{"message":"Invalid request body"}'
    assert told(ask("fitting", '{"a":"1"}')) == invalid
    assert ask("fitting", '{"a":1}').status == 200


def test_an_imported_key_is_needed(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-key-source.html"""
    assert told(ask("keyed")) == FORBIDDEN
    assert told(ask("keyed", x_api_key="a" * 20)) == FORBIDDEN


def test_an_imported_signature_is_needed(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-auth.html"""
    answer = ask("signed")
    assert (answer.status, json.loads(answer.content)) == (404, {"gone": "Missing Authentication Token"})


def test_an_imported_policy_is_obeyed(ask):
    """Its resources may be written short, as `execute-api:/*`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-policy.html
    """
    answer = ask("denied")
    assert (answer.status, answer.error_type) == (403, "AccessDeniedException")
    assert answer.json["Message"].endswith("/Prod/POST/denied with an explicit deny")


def test_an_imported_gateway_response_is_given(ask):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html"""
    answer = ask("nothing")
    assert (answer.status, answer.json) == (404, {"gone": "Missing Authentication Token"})
    assert (answer.headers["x-own"], answer.error_type) == ("yes", "MissingAuthenticationTokenException")
