"""4.4 Models and request validators of a REST API."""

import json

import pytest

from tests.conformance.cloud import refused

SCHEMA = json.dumps({"title": "MySchema", "type": "object"})
EMPTY = "Model schema must have at least 1 property or array items defined"
NO_VALIDATOR = "Invalid Request Validator identifier specified"


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


@pytest.fixture
def model(cloud, api):
    """The name of a model that nothing refers to."""
    name = cloud.name().replace("-", "")
    cloud.apigateway.create_model(restApiId=api, name=name, contentType="application/json", schema=SCHEMA)
    return name


@pytest.fixture
def validator(cloud, api):
    return cloud.apigateway.create_request_validator(restApiId=api, name=cloud.name())["id"]


def patch(cloud, api, model, *operation):
    """(op, path, value)"""
    operations = [dict(zip(("op", "path", "value"), operation, strict=True))]
    return cloud.apigateway.update_model(restApiId=api, modelName=model, patchOperations=operations)


def patch_validator(cloud, api, validator, *operation):
    """(op, path), or (op, path, value)"""
    operations = [dict(zip(("op", "path", "value"), operation, strict=False))]
    return cloud.apigateway.update_request_validator(
        restApiId=api, requestValidatorId=validator, patchOperations=operations
    )


def root(cloud, api):
    return cloud.apigateway.get_rest_api(restApiId=api)["rootResourceId"]


def test_an_api_is_made_with_two_models(cloud, api):
    """CreateRestApi makes the models Empty and Error.

    Source: LS:apigateway test_model_lifecycle
    """
    items = cloud.apigateway.get_models(restApiId=api, limit=500)["items"]
    models = {each["name"]: each for each in items}
    assert models["Empty"]["description"] == "This is a default empty schema model"
    assert json.loads(models["Empty"]["schema"]) == {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Empty Schema",
        "type": "object",
    }
    assert json.loads(models["Error"]["schema"])["properties"] == {"message": {"type": "string"}}


def test_a_model_is_not_made_twice(cloud, api, model):
    """Source: LS:apigateway test_model_validation"""
    with refused(409, "ConflictException", "Model name already exists for this REST API"):
        cloud.apigateway.create_model(restApiId=api, name=model, contentType="application/json", schema=SCHEMA)


def test_a_model_without_a_name_is_refused(cloud, api):
    """Source: LS:apigateway test_model_validation"""
    with refused(400, "BadRequestException", "Model name must be non-empty"):
        cloud.apigateway.create_model(restApiId=api, name="", contentType="application/json", schema=SCHEMA)


def test_a_model_without_a_schema_is_refused(cloud, api):
    """Source: LS:apigateway test_model_validation"""
    for schema in ({"schema": ""}, {}):
        with refused(400, "BadRequestException", EMPTY):
            cloud.apigateway.create_model(restApiId=api, name="bare", contentType="application/json", **schema)


def test_a_schema_that_is_none_is_refused(cloud, api):
    """A model's schema is one of JSON Schema draft 4.

    Source: https://github.com/amazon-archives/aws-apigateway-importer/issues/75
    """
    told = "Invalid model specified: Validation Result: warnings : [], errors : [Invalid model schema specified]"
    for schema in ("{", '{"type": "no such type"}', '{"required": []}'):
        with refused(400, "BadRequestException", told):
            cloud.apigateway.create_model(restApiId=api, name="wrong", contentType="application/json", schema=schema)


def test_a_keyword_that_is_not_draft_4_is_refused(cloud, api):
    """Only as a keyword: a property may bear its name.

    Source: https://github.com/segurvita/swagger-rm-example
    """
    named = {"type": "object", "properties": {"example": {"type": "string", "example": "x"}}}
    told = 'errors : [Invalid model schema specified. Unsupported keyword(s): ["example"]]'
    with refused(400, "BadRequestException", f"Invalid model specified: Validation Result: warnings : [], {told}"):
        cloud.apigateway.create_model(
            restApiId=api, name="wrong", contentType="application/json", schema=json.dumps(named)
        )


def test_the_name_of_a_model_is_alphanumeric(cloud, api):
    """Source: https://github.com/amazon-archives/aws-apigateway-importer/issues/194"""
    with refused(400, "BadRequestException", "Model name must be alphanumeric: a_b"):
        cloud.apigateway.create_model(restApiId=api, name="a_b", contentType="application/json", schema=SCHEMA)


def test_an_unknown_model_is_told_by_its_name(cloud, api):
    """Source: LS:apigateway test_model_validation"""
    text = "Invalid model name specified: nosuch"
    for where in (api, "nosuchapi1"):
        with refused(404, "NotFoundException", text):
            cloud.apigateway.get_model(restApiId=where, modelName="nosuch")
        with refused(404, "NotFoundException", text):
            cloud.apigateway.delete_model(restApiId=where, modelName="nosuch")
        with refused(404, "NotFoundException", text):
            patch(cloud, where, "nosuch", "replace", "/schema", SCHEMA)


def test_the_models_of_an_unknown_api_are_not_found(cloud):
    """Source: LS:apigateway test_model_validation"""
    text = f"Invalid API identifier specified {cloud.account}:nosuchapi1"
    with refused(404, "NotFoundException", text):
        cloud.apigateway.get_models(restApiId="nosuchapi1")
    with refused(404, "NotFoundException", text):
        cloud.apigateway.create_model(restApiId="nosuchapi1", name="x", contentType="application/json", schema=SCHEMA)


def test_schema_and_description_of_a_model_are_replaced(cloud, api, model):
    """Source: LS:apigateway test_update_model"""
    changed = json.dumps({"title": "changed", "type": "object"})
    assert patch(cloud, api, model, "replace", "/schema", changed)["schema"] == changed
    assert patch(cloud, api, model, "replace", "/description", "changed")["description"] == "changed"
    assert cloud.apigateway.get_model(restApiId=api, modelName=model)["schema"] == changed


def test_nothing_else_of_a_model_is_patched(cloud, api, model):
    """Source: LS:apigateway test_update_model"""
    told = "Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations"
    with refused(400, "BadRequestException", told):
        patch(cloud, api, model, "add", "/wrong-path", "x")
    told = "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]"
    with refused(400, "BadRequestException", told):
        patch(cloud, api, model, "replace", "/name", "x")
    with refused(400, "BadRequestException", EMPTY):
        patch(cloud, api, model, "replace", "/schema", "")


def test_a_model_that_a_method_uses_is_not_deleted(cloud, api, model):
    """Source: LS:apigateway test_put_method_model"""
    where = {"restApiId": api, "resourceId": root(cloud, api), "httpMethod": "ANY"}
    cloud.apigateway.put_method(**where, authorizationType="NONE", requestModels={"application/json": model})
    told = f"Cannot delete model '{model}', is referenced in method request: //ANY"
    with refused(409, "ConflictException", told):
        cloud.apigateway.delete_model(restApiId=api, modelName=model)
    cloud.apigateway.delete_method(**where)
    gone = cloud.apigateway.delete_model(restApiId=api, modelName=model)
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202


def test_a_model_that_another_refers_to_is_not_deleted(cloud, api, model):
    """Source: from experience"""
    schema = json.dumps({"$ref": f"https://apigateway.amazonaws.com/restapis/{api}/models/{model}"})
    other = cloud.name().replace("-", "")
    cloud.apigateway.create_model(restApiId=api, name=other, contentType="application/json", schema=schema)
    with refused(409, "ConflictException"):
        cloud.apigateway.delete_model(restApiId=api, modelName=model)


def test_a_method_refers_to_models_and_validators_that_are_there(cloud, api):
    """Source: LS:apigateway test_put_method_validation"""
    where = {"restApiId": api, "resourceId": root(cloud, api), "httpMethod": "GET", "authorizationType": "NONE"}
    with refused(400, "BadRequestException", NO_VALIDATOR):
        cloud.apigateway.put_method(**where, requestValidatorId="nosuch")
    with refused(400, "BadRequestException", "Invalid model identifier specified: petModel"):
        cloud.apigateway.put_method(**where, requestModels={"application/json": "petModel"})


def test_a_validator_validates_nothing_unless_told(cloud, api, validator):
    """Source: LS:apigateway test_request_validator_lifecycle"""
    told = cloud.apigateway.get_request_validator(restApiId=api, requestValidatorId=validator)
    assert (told["validateRequestBody"], told["validateRequestParameters"]) == (False, False)
    told = patch_validator(cloud, api, validator, "replace", "/validateRequestBody", "true")
    assert (told["validateRequestBody"], told["validateRequestParameters"]) == (True, False)
    told = patch_validator(cloud, api, validator, "replace", "/validateRequestBody")
    assert told["validateRequestBody"] is False


def test_nothing_else_of_a_validator_is_patched(cloud, api, validator):
    """Source: LS:apigateway test_invalid_update_request_validator_operations"""
    path = "/validateRequestBody"
    for op in ("add", "remove"):
        told = f"Invalid patch path  '{path}' specified for op '{op}'. Please choose supported operations"
        with refused(400, "BadRequestException", told):
            patch_validator(cloud, api, validator, op, path, "true")
    allowed = "[/name, /validateRequestParameters, /validateRequestBody]"
    told = f"Invalid patch path  '/invalidPath' specified for op 'replace'. Must be one of: {allowed}"
    with refused(400, "BadRequestException", told):
        patch_validator(cloud, api, validator, "replace", "/invalidPath", "true")
    with refused(400, "BadRequestException", "Request Validator name cannot be blank"):
        patch_validator(cloud, api, validator, "replace", "/name")


def test_an_unknown_validator_is_not_found(cloud, api, validator):
    """Source: LS:apigateway test_invalid_delete_request_validator"""
    for where in ({"restApiId": api, "requestValidatorId": "nosuch"}, {"restApiId": "nosuchapi1"}):
        arguments = {"requestValidatorId": validator, **where}
        with refused(404, "NotFoundException", NO_VALIDATOR):
            cloud.apigateway.get_request_validator(**arguments)
        with refused(404, "NotFoundException", NO_VALIDATOR):
            cloud.apigateway.delete_request_validator(**arguments)


def test_a_validator_of_an_unknown_api_is_not_made(cloud):
    """Source: LS:apigateway test_create_request_validator_invalid_api_id"""
    with refused(400, "BadRequestException", "Invalid REST API identifier specified"):
        cloud.apigateway.create_request_validator(restApiId="nosuchapi1", name="x")
