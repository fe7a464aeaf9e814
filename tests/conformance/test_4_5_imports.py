"""4.5 Imports: a REST API's whole definition in one document."""

import copy
import json

import pytest

X = "x-amazon-apigateway-"
JSON = "application/json"
MOCK = {
    "type": "mock",
    "passthroughBehavior": "when_no_match",
    "requestParameters": {"integration.request.querystring.page": "method.request.querystring.page"},
    "requestTemplates": {JSON: '{"statusCode": 200}'},
    "responses": {"default": {"statusCode": "200"}, "4..": {"statusCode": "404", "responseTemplates": {JSON: "{}"}}},
}


def schema(name):
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def parameter(name, place, *, required=False):
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


FIRST = {
    "openapi": "3.0.1",
    "info": {"title": "conformance first", "version": "1", "description": "the first"},
    f"{X}request-validators": {
        "both": {"validateRequestBody": True, "validateRequestParameters": True},
        "body": {"validateRequestBody": True, "validateRequestParameters": False},
    },
    f"{X}request-validator": "body",
    f"{X}gateway-responses": {"THROTTLED": {"statusCode": 420, "responseTemplates": {JSON: '{"slow": "down"}'}}},
    f"{X}binary-media-types": ["image/png"],
    f"{X}minimum-compression-size": 1024,
    f"{X}api-key-source": "HEADER",
    "components": {
        "schemas": {
            "Order": {"type": "object", "required": ["id", "by"], "properties": {"by": {"type": "string"}}},
            "Orders": {"type": "array", "description": "all", "items": {"$ref": "#/components/schemas/Order"}},
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
            "iam": {"type": "apiKey", "name": "Authorization", "in": "header", f"{X}authtype": "awsSigv4"},
        },
    },
    "paths": {
        "/orders/{id}": {
            "parameters": [parameter("id", "path", required=True)],
            "post": {
                "operationId": "order",
                f"{X}request-validator": "both",
                "security": [{"key": []}],
                "parameters": [parameter("page", "query"), parameter("x-who", "header", required=True)],
                "requestBody": {"content": {JSON: schema("Order")}},
                "responses": {
                    "200": {
                        "description": "done",
                        "headers": {"x-count": {"schema": {"type": "string"}}},
                        "content": {JSON: schema("Orders")},
                    },
                    "404": {"description": "none"},
                },
                f"{X}integration": MOCK,
            },
            "get": {
                "security": [{"iam": []}],
                "parameters": [parameter("page", "query")],
                "responses": {"200": {"description": "done"}, "404": {"description": "none"}},
                f"{X}integration": MOCK,
            },
        }
    },
}
SECOND = {
    "openapi": "3.0.1",
    "info": {"title": "conformance second", "version": "2"},
    "components": {"schemas": {"Order": {"type": "object", "title": "another"}}},
    "paths": {
        "/orders": {
            f"{X}any-method": {
                "responses": {"200": {"description": "done"}},
                f"{X}integration": {"type": "mock", "requestTemplates": {JSON: '{"statusCode": 200}'}},
            }
        }
    },
}


def put(cloud, api, document, mode="overwrite", **choices):
    body = json.dumps(document).encode()
    return cloud.settled(
        lambda: cloud.apigateway.put_rest_api(restApiId=api, mode=mode, body=body, **choices),
        codes={"TooManyRequestsException"},
    )


def resources(cloud, api):
    """{path: resource with its methods}"""
    pages = cloud.apigateway.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    return {each["path"]: each for page in pages for each in page["items"]}


def method(cloud, api, verb="POST", path="/orders/{id}"):
    resource = resources(cloud, api)[path]["id"]
    return cloud.apigateway.get_method(restApiId=api, resourceId=resource, httpMethod=verb)


def models(cloud, api):
    """{name: schema}"""
    items = cloud.apigateway.get_models(restApiId=api, limit=500)["items"]
    return {each["name"]: json.loads(each["schema"]) for each in items}


def validators(cloud, api):
    """{name: (body, parameters)}"""
    items = cloud.apigateway.get_request_validators(restApiId=api, limit=500)["items"]
    return {each["name"]: (each["validateRequestBody"], each["validateRequestParameters"]) for each in items}


@pytest.fixture(scope="module")
def first(shared):
    """An API into which FIRST was put, over nothing."""
    return shared.api(FIRST, tags={"made": "yes"})


@pytest.fixture
def api(cloud):
    """An API into which FIRST was put, to be changed."""
    return cloud.api(FIRST, tags={"made": "yes"})


def test_an_import_keeps_the_settings_of_an_api(cloud, first):
    """Name, description, version, binary media types, compression and key source come from the document.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
    """
    told = cloud.apigateway.get_rest_api(restApiId=first)
    assert (told["name"], told["description"], told["version"]) == ("conformance first", "the first", "1")
    assert (told["binaryMediaTypes"], told["minimumCompressionSize"]) == (["image/png"], 1024)
    assert told["apiKeySource"] == "HEADER"


def test_an_import_keeps_models(cloud, first):
    """A reference is written out; a schema's description is the model's.

    Source: LS:apigateway test_import_with_circular_models
    """
    kept = models(cloud, first)
    assert set(kept) == {"Order", "Orders"}
    assert sorted(kept["Order"]["required"]) == ["by", "id"]
    reference = f"https://apigateway.amazonaws.com/restapis/{first}/models/Order"
    assert kept["Orders"]["items"] == {"$ref": reference}
    assert cloud.apigateway.get_model(restApiId=first, modelName="Orders")["description"] == "all"


def test_an_import_keeps_validators(cloud, first):
    """Those of the document, by name; one may be that of all methods.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-validation-sample-api-swagger.html
    """
    assert validators(cloud, first) == {"both": (True, True), "body": (True, False)}
    names = {
        each["id"]: each["name"]
        for each in cloud.apigateway.get_request_validators(restApiId=first, limit=500)["items"]
    }
    used = [names[method(cloud, first, verb)["requestValidatorId"]] for verb in ("POST", "GET")]
    assert used == ["both", "body"]


def test_an_import_keeps_what_a_method_asks(cloud, first):
    """Source: LS:apigateway test_import_swagger_api"""
    told = method(cloud, first)
    assert told["requestModels"] == {JSON: "Order"}
    assert told["requestParameters"] == {
        "method.request.path.id": True,
        "method.request.querystring.page": False,
        "method.request.header.x-who": True,
    }
    assert told["operationName"] == "order"


def test_an_import_keeps_what_a_method_answers(cloud, first):
    """Source: LS:apigateway test_import_swagger_api"""
    told = method(cloud, first)["methodResponses"]
    assert set(told) == {"200", "404"}
    assert told["200"]["responseModels"] == {JSON: "Orders"}
    assert told["200"]["responseParameters"] == {"method.response.header.x-count": False}
    assert "responseModels" not in told["404"]


def test_an_api_key_in_the_header_is_required(cloud, first):
    """A security scheme of type apiKey with the name x-api-key makes a method require a key.

    Source: LS:apigateway test_import_and_validate_rest_api
    """
    told = method(cloud, first)
    assert (told["apiKeyRequired"], told["authorizationType"]) == (True, "NONE")


def test_a_scheme_may_ask_for_a_signature(cloud, first):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html"""
    told = method(cloud, first, "GET")
    assert (told["apiKeyRequired"], told["authorizationType"]) == (False, "AWS_IAM")


def test_an_import_keeps_integrations_in_capitals(cloud, first):
    """Source: LS:apigateway test_import_swagger_api"""
    resource = resources(cloud, first)["/orders/{id}"]["id"]
    told = cloud.apigateway.get_integration(restApiId=first, resourceId=resource, httpMethod="POST")
    assert (told["type"], told["passthroughBehavior"], told["timeoutInMillis"]) == ("MOCK", "WHEN_NO_MATCH", 29_000)
    assert (told["cacheNamespace"], told["cacheKeyParameters"]) == (resource, [])
    assert told["requestParameters"] == MOCK["requestParameters"]
    assert told["requestTemplates"] == MOCK["requestTemplates"]
    patterns = {status: each.get("selectionPattern") for status, each in told["integrationResponses"].items()}
    assert patterns == {"200": None, "404": "4.."}
    assert told["integrationResponses"]["200"] == {"statusCode": "200"}


def test_an_import_keeps_gateway_responses(cloud, first):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.html"""
    told = cloud.apigateway.get_gateway_response(restApiId=first, responseType="THROTTLED")
    assert (told["statusCode"], told["defaultResponse"]) == ("420", False)
    assert told["responseTemplates"] == {JSON: '{"slow": "down"}'}


def test_resources_between_are_made(cloud, first):
    """Source: LS:apigateway test_import_with_global_api_key_authorizer"""
    found = resources(cloud, first)
    assert set(found) == {"/", "/orders", "/orders/{id}"}
    assert found["/orders/{id}"]["parentId"] == found["/orders"]["id"]


def test_an_overwrite_drops_what_the_document_does_not_carry(cloud, api):
    """Methods, models, validators, gateway responses and settings: all of them.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
    """
    put(cloud, api, SECOND)
    assert set(resources(cloud, api)) == {"/", "/orders"}
    assert models(cloud, api) == {"Order": {"type": "object", "title": "another"}}
    assert validators(cloud, api) == {}
    told = cloud.apigateway.get_gateway_response(restApiId=api, responseType="THROTTLED")
    assert (told["statusCode"], told["defaultResponse"]) == ("429", True)
    told = cloud.apigateway.get_rest_api(restApiId=api)
    assert told["name"] == "conformance second"
    assert {"description", "binaryMediaTypes", "minimumCompressionSize"}.isdisjoint(told)


def test_an_overwrite_leaves_tags_and_endpoint_and_stages(cloud, api):
    """Stages, their variables, the endpoint type and the tags stay.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
    """
    cloud.deploy(api, variables={"kept": "yes"})
    put(cloud, api, SECOND)
    told = cloud.apigateway.get_rest_api(restApiId=api)
    assert (told["tags"], told["endpointConfiguration"]["types"]) == ({"made": "yes"}, ["REGIONAL"])
    assert cloud.apigateway.get_stage(restApiId=api, stageName="Prod")["variables"] == {"kept": "yes"}


def test_an_overwrite_drops_the_resource_policy(cloud):
    """The policy comes from the document, or is none.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-policy.html
    """
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": ["execute-api:/*"]}
    document = {**SECOND, f"{X}policy": {"Version": "2012-10-17", "Statement": [statement]}}
    api = cloud.api(document)
    policy = json.loads(json.loads(f'"{cloud.apigateway.get_rest_api(restApiId=api)["policy"]}"'))
    arn = f"arn:{cloud.partition}:execute-api:{cloud.region}:{cloud.account}:{api}/*"
    assert policy["Statement"][0]["Resource"] in (arn, [arn])
    put(cloud, api, SECOND)
    assert "policy" not in cloud.apigateway.get_rest_api(restApiId=api)


def test_an_overwrite_leaves_the_id_of_a_resource_that_stays(cloud, api):
    """Source: LS:apigateway test_import_rest_api_with_base_path_oas30"""
    before = resources(cloud, api)
    told = put(cloud, api, SECOND)
    assert "warnings" not in told
    after = resources(cloud, api)
    assert [after[path]["id"] for path in ("/", "/orders")] == [before[path]["id"] for path in ("/", "/orders")]
    assert told["rootResourceId"] == before["/"]["id"]


def test_a_merge_adds_to_what_is_there(cloud, api):
    """What both have is the document's, the rest stays.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
    """
    put(cloud, api, SECOND, mode="merge")
    found = resources(cloud, api)
    assert set(found) == {"/", "/orders", "/orders/{id}"}
    assert set(found["/orders"]["resourceMethods"]) == {"ANY"}
    assert set(found["/orders/{id}"]["resourceMethods"]) == {"POST", "GET"}
    assert set(models(cloud, api)) == {"Order", "Orders"}
    assert models(cloud, api)["Order"] == {"type": "object", "title": "another"}
    assert validators(cloud, api) == {"both": (True, True), "body": (True, False)}
    told = cloud.apigateway.get_rest_api(restApiId=api)
    assert (told["description"], told["binaryMediaTypes"]) == ("the first", ["image/png"])


def test_a_merge_is_the_default(cloud, api):
    """Source: BC:apigateway PutRestApi"""
    body = json.dumps(SECOND).encode()
    cloud.settled(lambda: cloud.apigateway.put_rest_api(restApiId=api, body=body), codes={"TooManyRequestsException"})
    assert set(resources(cloud, api)) == {"/", "/orders", "/orders/{id}"}


def test_the_content_type_default_is_kept(cloud, api):
    """The key `$default` of a request body stands for all content types, and is kept.

    Source: from experience
    """
    document = copy.deepcopy(FIRST)
    document["paths"]["/orders/{id}"]["post"]["requestBody"]["content"] = {"$default": schema("Order")}
    put(cloud, api, document)
    assert method(cloud, api)["requestModels"] == {"$default": "Order"}


def test_an_import_of_its_own_makes_an_api(cloud):
    """ImportRestApi answers 201; the endpoint is EDGE unless told, and there are no models but the document's.

    Source: LS:apigateway test_import_and_validate_rest_api
    """
    made = cloud.settled(
        lambda: cloud.apigateway.import_rest_api(
            body=json.dumps(SECOND).encode(), parameters={"endpointConfigurationTypes": "REGIONAL"}
        ),
        codes={"TooManyRequestsException"},
    )
    cloud.later(cloud.apigateway.delete_rest_api, restApiId=made["id"])
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert (made["name"], made["version"]) == ("conformance second", "2")
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    assert set(models(cloud, made["id"])) == {"Order"}
