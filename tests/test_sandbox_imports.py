"""Imports into the sandbox: what it says of documents that it cannot read, and what a deployment takes along."""

import copy
import json

import pytest
import yaml
from moto.apigateway.models import RestAPI, apigateway_backends

from sandbox.api_gateway.backend import ApiGateway
from sandbox.api_gateway.document import Document
from sandbox.api_gateway.errors import BadRequest
from sandbox.permissions.identities import ACCOUNT
from sandbox.refusals.api_gateway import snapshot
from tests.conformance.cloud import refused
from tests.conformance.test_4_5_imports import FIRST, JSON, SECOND, X, method, models, put


@pytest.fixture
def backend(monkeypatch):
    """In the place where moto's resources look for their parents."""
    made = ApiGateway("us-east-1", ACCOUNT)
    monkeypatch.setitem(apigateway_backends[ACCOUNT], "us-east-1", made)
    return made


def imported(backend, document) -> RestAPI:
    api, warnings = backend.import_rest_api(Document(json.dumps(document)), fail_on_warnings=True)
    assert warnings == []
    return api


def post(api: RestAPI):
    """The method POST /orders/{id}."""
    (found,) = (each for each in api.resources.values() if each.path_part == "{id}")
    return found.resource_methods["POST"]


def test_swagger_2_is_refused_in_clear_words(cloud):
    document = {"swagger": "2.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    with refused(400, "BadRequestException", "The sandbox reads OpenAPI 3.0 only; AWS takes Swagger 2.0 as well"):
        put(cloud, cloud.api(), document)


def test_a_base_path_is_refused_in_clear_words(cloud):
    told = "The sandbox knows basepath=ignore only; AWS takes prepend and split as well"
    with refused(400, "BadRequestException", told):
        put(cloud, cloud.api(), SECOND, parameters={"basepath": "prepend"})
    put(cloud, cloud.api(), SECOND, parameters={"basepath": "ignore", "ignore": "documentation"})


def test_a_document_may_be_yaml(cloud):
    """Its status codes may be numbers."""
    document = copy.deepcopy(FIRST)
    operation = document["paths"]["/orders/{id}"]["post"]
    operation["responses"] = {int(status): said for status, said in operation["responses"].items()}
    operation[f"{X}integration"]["responses"]["default"]["statusCode"] = 200
    api = cloud.api()
    cloud.apigateway.put_rest_api(restApiId=api, mode="overwrite", body=yaml.safe_dump(document).encode())
    told = method(cloud, api)
    assert set(told["methodResponses"]) == {"200", "404"}
    assert told["methodIntegration"]["integrationResponses"]["200"]["statusCode"] == "200"


@pytest.mark.parametrize("text", ["", "[]", "{", "a: [", "openapi: 3.1.0", "just text", '{"openapi": "2.9"}'])
def test_what_is_no_openapi_is_refused(text):
    with pytest.raises(BadRequest, match=r"^400 Bad Request: .*Invalid OpenAPI input\."):
        Document(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"paths": ["x"]},
        {"paths": {"/": {"get": []}}},
        {"components": {"schemas": ["x"]}},
        {f"{X}gateway-responses": []},
    ],
    ids=["paths", "operation", "schemas", "gateway-responses"],
)
def test_a_document_that_is_built_otherwise_is_refused_and_changes_nothing(backend, changes):
    api = imported(backend, FIRST)
    with pytest.raises(BadRequest, match=r"Invalid OpenAPI input\."):
        backend.put_rest_api(api.id, Document(json.dumps({**SECOND, **changes})), False, "overwrite")
    assert api.name == "conformance first"
    assert set(api.models) == {"Order", "Orders"}


def test_no_api_is_cloned(cloud):
    with refused(400, "BadRequestException", "The sandbox clones no API; AWS does"):
        cloud.apigateway.create_rest_api(name=cloud.name(), cloneFrom=cloud.api())


def test_a_page_has_25_apis(cloud):
    for _ in range(26):
        cloud.api()
    page = cloud.apigateway.get_rest_apis()
    assert len(page["items"]) == 25
    assert page["position"]


def test_a_position_that_was_not_given_is_refused(cloud):
    with refused(400, "BadRequestException"):
        cloud.apigateway.get_rest_apis(position="nowhere")


def test_a_schema_without_a_name_becomes_a_model(cloud):
    document = copy.deepcopy(FIRST)
    inline = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    content = {JSON: {"schema": inline}, "text/plain": {"schema": {"type": "string"}}}
    document["paths"]["/orders/{id}"]["post"]["requestBody"] = {"content": content}
    api = cloud.api(document)
    told = method(cloud, api)["requestModels"]
    assert set(told) == {JSON}
    assert models(cloud, api)[told[JSON]] == inline


def test_authorizers_are_kept(backend):
    document = copy.deepcopy(FIRST)
    document["components"]["securitySchemes"]["key"] = {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        f"{X}authtype": "custom",
        f"{X}authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/x"},
    }
    api = imported(backend, document)
    assert post(api).authorization_type == "CUSTOM"
    authorizer = api.authorizers[post(api).authorizer_id]
    assert (authorizer.name, authorizer.type) == ("key", "TOKEN")
    assert authorizer.identity_source == "method.request.header.Authorization"


def test_references_within_the_document_are_followed(backend):
    document = copy.deepcopy(FIRST)
    operation = document["paths"]["/orders/{id}"]["post"]
    components = document["components"]
    components["parameters"] = {"Page": operation["parameters"][0]}
    operation["parameters"][0] = {"$ref": "#/components/parameters/Page"}
    components["requestBodies"] = {"Order": operation["requestBody"]}
    operation["requestBody"] = {"$ref": "#/components/requestBodies/Order"}
    components["responses"] = {"Done": operation["responses"]["200"]}
    operation["responses"]["200"] = {"$ref": "#/components/responses/Done"}
    kept = post(imported(backend, document))
    assert kept.request_parameters["method.request.querystring.page"] is False
    assert kept.request_models == {JSON: "Order"}
    assert kept.method_responses["200"].response_models == {JSON: "Orders"}


def test_a_failed_import_leaves_no_api_behind(backend):
    document = {**SECOND, f"{X}policy": {"Statement": []}, f"{X}api-key-source": "NOWHERE"}
    with pytest.raises(Exception, match="NOWHERE"):
        imported(backend, document)
    assert backend.apis == {}


def test_a_snapshot_carries_all_that_the_data_plane_reads(backend):
    api = imported(backend, FIRST)
    frozen = snapshot(api)
    backend.put_rest_api(api.id, Document(json.dumps(SECOND)), fail_on_warnings=False, mode="overwrite")
    assert set(frozen.models) == {"Order", "Orders"}
    assert {each.name for each in frozen.request_validators.values()} == {"both", "body"}
    assert frozen.gateway_responses["THROTTLED"].status_code == "420"
    assert (frozen.binaryMediaTypes, frozen.minimum_compression_size) == (["image/png"], 1024)
    kept = post(frozen)
    assert kept.api_key_required is True
    assert kept.request_parameters["method.request.header.x-who"] is True
    assert kept.request_validator_id in frozen.request_validators
    assert kept.method_integration.request_parameters


def test_a_document_says_what_it_lacks():
    document = copy.deepcopy(SECOND)
    del document["info"]["version"]
    assert Document(json.dumps(document)).parse_issues() == [
        "Parse issue: attribute info: 'version' is a required property"
    ]
