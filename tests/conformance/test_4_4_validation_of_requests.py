"""4.4 Validation of requests: required parameters, and bodies against models."""

import json

import pytest

JSON, FORM, TEXT = "application/json", "application/x-www-form-urlencoded", "text/plain"
INVALID = (400, "BadRequestException", b'{"message":"Invalid request body"}')
PAIR = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"a": {"type": "number", "minimum": 0, "exclusiveMinimum": True}, "b": {"type": "number"}},
    "required": ["a", "b"],
}
REQUIRED = ("querystring.qs1", "path.issuer", "header.x-header-param")


class Api:
    """One whose methods all call the function, each with the validator and the models that it is given."""

    def __init__(self, cloud):
        self.cloud, self.client = cloud, cloud.apigateway
        self.function = cloud.function()
        self.id = cloud.api()
        cloud.allow_api(self.function, self.id)
        self.root = self.client.get_resources(restApiId=self.id)["items"][0]["id"]
        self.validators = {
            "body": self.validator(validateRequestBody=True),
            "parameters": self.validator(validateRequestParameters=True),
            "both": self.validator(validateRequestBody=True, validateRequestParameters=True),
        }

    def validator(self, **what):
        return self.client.create_request_validator(restApiId=self.id, name=self.cloud.name(), **what)["id"]

    def model(self, name, schema):
        self.client.create_model(restApiId=self.id, name=name, contentType=JSON, schema=json.dumps(schema))

    def post(self, path, validator, **choices):
        """POST of this path."""
        made = self.client.create_resource(restApiId=self.id, parentId=self.root, pathPart=path)
        of = {"restApiId": self.id, "resourceId": made["id"], "httpMethod": "POST"}
        chosen = {"authorizationType": "NONE", "requestValidatorId": self.validators[validator], **choices}
        self.client.put_method(**of, **chosen)
        self.client.put_method_response(**of, statusCode="200")
        uri = self.cloud.integration_uri(self.function)
        self.client.put_integration(**of, type="AWS", integrationHttpMethod="POST", uri=uri)
        self.client.put_integration_response(**of, statusCode="200")

    def call(self, path, body=None, **headers):
        """(status, error type, body)"""
        answer = self.cloud.call(self.cloud.url(self.id, path), body, **headers)
        return answer.status, answer.error_type, answer.content


@pytest.fixture(scope="module")
def api(shared):
    made = Api(shared)
    made.model("Pair", PAIR)
    reference = {"$ref": f"https://apigateway.amazonaws.com/restapis/{made.id}/models/Pair"}
    made.model("Pairs", {"type": "array", "items": reference})
    needed = {f"method.request.{name}": True for name in REQUIRED}
    made.post("json", "body", requestModels={JSON: "Pair"})
    made.post("any", "body", requestModels={"$default": "Pair", TEXT: "Empty"})
    made.post("pairs", "body", requestModels={JSON: "Pairs"})
    made.post("needy", "parameters", requestParameters=needed, requestModels={JSON: "Pair"})
    made.post("careless", "body", requestParameters=needed)
    made.post("both", "both", requestParameters=needed, requestModels={JSON: "Pair"})
    shared.deploy(made.id)
    url, valid = shared.url(made.id, "json"), '{"a":1,"b":2}'
    shared.call_until(lambda answer: answer.status == 200, url, valid, content_type=JSON)
    return made


@pytest.mark.parametrize("body", ['{"a":1}', '{"a":"1","b":2}', "[]", "null"])
def test_a_body_that_does_not_fit_the_model_is_invalid(api, body):
    """Source: LS:apigateway test_api_gateway_request_validator"""
    assert api.call("json", body, content_type=JSON) == INVALID


def test_a_body_that_fits_the_model_passes_with_all_that_it_has_besides(api):
    """Source: LS:apigateway test_api_gateway_request_validator"""
    body = {"a": 1, "b": 2, "c": None}
    status, _, content = api.call("json", json.dumps(body), content_type=JSON)
    assert (status, json.loads(content)) == (200, body)


def test_a_schema_is_one_of_draft_4(api):
    """In draft 4 exclusiveMinimum is a switch beside minimum.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    """
    assert api.call("json", '{"a":0,"b":2}', content_type=JSON) == INVALID
    assert api.call("json", '{"a":0.1,"b":2}', content_type=JSON)[0] == 200


def test_no_body_is_validated_as_an_empty_object(api):
    """Source: LS:apigateway test_api_gateway_request_validator"""
    assert api.call("json", None, content_type=JSON) == INVALID


def test_no_content_type_is_taken_for_json(api):
    """Source: LS:apigateway test_api_gateway_request_validator"""
    assert api.call("json", None) == INVALID
    assert api.call("json", b'{"a":1}') == INVALID


@pytest.mark.parametrize("body", ["{", "a=1&b=2", '{"a":1,"b":NaN}', b"\xff"])
def test_a_body_that_is_no_json_is_invalid(api, body):
    """Source: from experience"""
    assert api.call("json", body, content_type=JSON) == INVALID


@pytest.mark.parametrize("content_type", [FORM, TEXT])
def test_a_content_type_without_a_model_is_not_validated(api, content_type):
    """What plain `curl -d` sends goes round a model of application/json.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
    """
    assert api.call("json", '{"a":1}', content_type=content_type) == (200, "", b'{"a": 1}')


def test_a_default_model_is_for_every_content_type_without_one_of_its_own(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html"""
    for content_type in (JSON, FORM, "image/png"):
        assert api.call("any", '{"a":1}', content_type=content_type) == INVALID
    assert api.call("any", '{"a":1}', content_type=TEXT)[0] == 200


def test_parameters_of_a_content_type_do_not_count(api):
    """Source: from experience"""
    assert api.call("json", '{"a":1}', content_type="Application/JSON; charset=utf-8") == INVALID


def test_a_model_can_refer_to_another(api):
    """Source: LS:apigateway test_api_gateway_request_validator_with_ref_models"""
    assert api.call("pairs", '[{"a":1,"b":2}]', content_type=JSON)[0] == 200
    assert api.call("pairs", '[{"a":1}]', content_type=JSON) == INVALID


def test_all_required_parameters_that_are_missing_are_named(api):
    """In the order of their full names: headers, path, query.

    Source: LS:apigateway test_api_gateway_request_validator
    """
    told = b'{"message":"Missing required request parameters: [x-header-param, issuer, qs1]"}'
    assert api.call("needy", "{}", content_type=JSON) == (400, "BadRequestException", told)


def test_required_parameters_that_are_there_are_not_named(api):
    """Names of headers ignore case, those of the query do not.

    Source: from experience
    """
    told = b'{"message":"Missing required request parameters: [issuer]"}'
    assert api.call("needy?qs1=1", "{}", X_Header_Param="1") == (400, "BadRequestException", told)
    told = b'{"message":"Missing required request parameters: [issuer, qs1]"}'
    assert api.call("needy?QS1=1", "{}", X_Header_Param="1") == (400, "BadRequestException", told)


def test_a_required_parameter_may_not_be_blank(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html"""
    told = b'{"message":"Missing required request parameters: [x-header-param, issuer, qs1]"}'
    assert api.call("needy?qs1=", "{}", x_header_param="") == (400, "BadRequestException", told)


def test_a_validator_looks_only_at_what_it_is_for(api):
    """One for bodies lets missing parameters pass, one for parameters a body that does not fit.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRequestValidator.html
    """
    assert api.call("careless", "{}", content_type=JSON)[0] == 200


def test_missing_parameters_are_told_of_before_an_invalid_body(api):
    """Source: LS:apigateway test_api_gateway_request_validator"""
    status, kind, told = api.call("both", "{", content_type=JSON)
    assert (status, kind) == (400, "BadRequestException")
    assert b"Missing required request parameters" in told
