"""1.6 Methods of a REST API, and the responses that they declare."""

import pytest

from tests.conformance.cloud import refused
from tests.conformance.methods import patch, place


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


@pytest.fixture
def where(cloud, api):
    """What names a method GET of a resource of its own, which is not there yet."""
    return place(cloud, api)


@pytest.fixture
def method(cloud, where):
    """What names a method that is there."""
    cloud.apigateway.put_method(**where, authorizationType="NONE")
    return where


def test_a_method_is_not_put_twice(cloud, method):
    """Source: from experience"""
    with refused(409, "ConflictException", "Method already exists for this resource"):
        cloud.apigateway.put_method(**method, authorizationType="NONE")


def test_an_unknown_method_is_told_so(cloud, where):
    """Source: LS:apigateway test_method_lifecycle"""
    for call in (cloud.apigateway.get_method, cloud.apigateway.delete_method):
        with refused(404, "NotFoundException", "Invalid Method identifier specified"):
            call(**where)


def test_an_unknown_resource_has_no_methods(cloud, where):
    """An unknown resource has no methods, and of one in an unknown API the same is said.

    Source: LS:apigateway test_put_method_validation
    """
    for wrong in ({"restApiId": "fake12"}, {"resourceId": "fake12"}):
        with refused(404, "NotFoundException", "Invalid Resource identifier specified"):
            cloud.apigateway.put_method(**{**where, **wrong}, authorizationType="NONE")


def test_a_method_has_one_of_eight_verbs(cloud, where):
    """Source: LS:apigateway test_put_method_validation"""
    text = "Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
    with refused(400, "BadRequestException", text):
        cloud.apigateway.put_method(**{**where, "httpMethod": "FETCH"}, authorizationType="NONE")


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"requestValidatorId": "fake12"}, "Invalid Request Validator identifier specified"),
        ({"requestModels": {"application/json": "Pet"}}, "Invalid model identifier specified: Pet"),
        (
            {"authorizationType": "CUSTOM"},
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires "
            "a valid authorizer.",
        ),
    ],
)
def test_what_a_method_names_is_there(cloud, where, wrong, text):
    """A method is refused whose validator, model or authorizer is unknown.

    Source: LS:apigateway test_put_method_validation
    """
    with refused(400, "BadRequestException", text):
        cloud.apigateway.put_method(**{**where, "authorizationType": "NONE", **wrong})


def test_parameters_of_a_method_have_different_names(cloud, where):
    """Source: LS:apigateway test_method_request_parameters"""
    names = {"method.request.header.x": True, "method.request.querystring.x": True}
    text = "Parameter names must be unique across querystring, header and path"
    with refused(400, "BadRequestException", text):
        cloud.apigateway.put_method(**where, authorizationType="NONE", requestParameters=names)


def test_a_method_is_updated(cloud, method):
    """Source: LS:apigateway test_update_method"""
    patches = [
        *patch("replace", "/authorizationType", "AWS_IAM"),
        *patch("replace", "/apiKeyRequired", "true"),
        *patch("replace", "/operationName", "Name"),
        *patch("add", "/requestParameters/method.request.querystring.optional", "true"),
        *patch("add", "/requestModels/application~1json", "Empty"),
    ]
    cloud.apigateway.update_method(**method, patchOperations=patches)
    told = cloud.apigateway.get_method(**method)
    assert (told["authorizationType"], told["apiKeyRequired"], told["operationName"]) == ("AWS_IAM", True, "Name")
    assert told["requestParameters"] == {"method.request.querystring.optional": True}
    assert told["requestModels"] == {"application/json": "Empty"}
    patches = [
        *patch("remove", "/requestParameters/method.request.querystring.optional"),
        *patch("remove", "/requestModels/application~1json"),
    ]
    told = cloud.apigateway.update_method(**method, patchOperations=patches)
    assert not {"requestParameters", "requestModels"} & set(told)


@pytest.mark.parametrize(
    ("patches", "text"),
    [
        (patch("add", "/operationName", "x"), "Invalid patch operation specified. Must be one of: [replace]"),
        (patch("replace", "/httpMethod", "PUT"), "Invalid patch path /httpMethod"),
        (patch("replace", "/requestParameters", "x"), "Invalid patch path /requestParameters"),
        (
            patch("add", "/requestModels/application/json", "Empty"),
            "Invalid patch path /requestModels/application/json",
        ),
        (patch("replace", "/requestValidatorId", "fake12"), "Invalid Request Validator identifier specified"),
    ],
)
def test_an_update_of_something_else_is_refused(cloud, method, patches, text):
    """UpdateMethod refuses what is not there to be changed; the slash of a content type is written ~1.

    Source: LS:apigateway test_update_method_validation
    """
    with refused(400, "BadRequestException", text):
        cloud.apigateway.update_method(**method, patchOperations=patches)


def test_a_patch_names_a_path(cloud, method):
    """Source: from experience"""
    with refused(400, "BadRequestException", "Invalid patch path null"):
        cloud.apigateway.update_method(**method, patchOperations=[{"op": "replace", "value": "x"}])


def test_a_flag_that_is_not_true_is_false(cloud, method):
    """Source: LS:apigateway test_update_method_validation"""
    cloud.apigateway.update_method(**method, patchOperations=patch("replace", "/apiKeyRequired", "true"))
    told = cloud.apigateway.update_method(**method, patchOperations=patch("replace", "/apiKeyRequired", "whatever"))
    assert told["apiKeyRequired"] is False


def test_a_method_response_is_not_put_twice(cloud, method):
    """Source: from experience"""
    cloud.apigateway.put_method_response(**method, statusCode="200")
    with refused(409, "ConflictException", "Response already exists for this resource"):
        cloud.apigateway.put_method_response(**method, statusCode="200")


def test_a_method_response_is_updated(cloud, method):
    """Source: LS:apigateway test_update_method_response"""
    cloud.apigateway.put_method_response(**method, statusCode="200")
    patches = [
        *patch("add", "/responseParameters/method.response.header.my-header", "true"),
        *patch("add", "/responseModels/application~1json", "Empty"),
    ]
    cloud.apigateway.update_method_response(**method, statusCode="200", patchOperations=patches)
    told = cloud.apigateway.get_method_response(**method, statusCode="200")
    assert told["responseParameters"] == {"method.response.header.my-header": True}
    assert told["responseModels"] == {"application/json": "Empty"}


def test_what_a_method_response_does_not_have_is_not_removed(cloud, method):
    """Source: LS:apigateway test_update_method_lack_response_parameters_and_models"""
    cloud.apigateway.put_method_response(**method, statusCode="200")
    for path, text in (
        ("/responseParameters/method.response.header.absent", "Invalid parameter name specified"),
        ("/responseModels/application~1json", "Content-Type specified was not found"),
    ):
        with refused(404, "NotFoundException", text):
            cloud.apigateway.update_method_response(**method, statusCode="200", patchOperations=patch("remove", path))


def test_an_unknown_method_response_is_told_so(cloud, method):
    """Source: LS:apigateway test_update_method_response_negative_tests"""
    patches = patch("replace", "/responseModels/application~1json", "Empty")
    with refused(404, "NotFoundException", "Invalid Response status code specified"):
        cloud.apigateway.update_method_response(**method, statusCode="201", patchOperations=patches)


def test_a_status_code_has_three_digits(cloud, method):
    """Source: LS:apigateway test_update_method_response_negative_tests"""
    text = (
        "1 validation error detected: Value 'wrong' at 'statusCode' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [1-5]\d\d"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.put_method_response(**method, statusCode="wrong")


def test_an_operation_that_is_none_is_refused(cloud, method):
    """Source: LS:apigateway test_update_method_response_wrong_operations"""
    cloud.apigateway.put_method_response(**method, statusCode="200")
    patches = patch("wrong", "/responseModels/application~1json", "Empty")
    text = (
        "1 validation error detected: Value 'wrong' at 'updateMethodResponseInput.patchOperations.1.member.op' failed "
        "to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.update_method_response(**method, statusCode="200", patchOperations=patches)


@pytest.mark.parametrize("kind", ["IAM", "none"])
def test_a_method_has_one_of_four_authorization_types(cloud, where, kind):
    """The sentence about it is from experience.

    Source: https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html
    """
    told = "Invalid authorization type specified. Valid options are NONE,AWS_IAM,CUSTOM,COGNITO_USER_POOLS"
    with refused(400, "BadRequestException", told):
        cloud.apigateway.put_method(**where, authorizationType=kind)
