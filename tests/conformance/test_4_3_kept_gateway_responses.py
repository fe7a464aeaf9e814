"""4.3 Gateway responses of a REST API, as they are kept and told."""

import pytest

from tests.conformance.cloud import refused

TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}
XML = {"application/xml": "<message>$context.error.messageString</message>"}
HEADER = {"gatewayresponse.header.x-request-header": "method.request.header.Accept"}


@pytest.fixture(scope="module")
def api(shared):
    return shared.api()


def put(cloud, api, kind, **what):
    told = cloud.apigateway.put_gateway_response(restApiId=api, responseType=kind, **what)
    return {key: told.get(key) for key in ("statusCode", "responseParameters", "responseTemplates", "defaultResponse")}


def told(cloud, api, kind):
    answer = cloud.apigateway.get_gateway_response(restApiId=api, responseType=kind)
    del answer["ResponseMetadata"]
    return answer


def patch(cloud, api, kind, *operation):
    """(op, path), or (op, path, value)"""
    operation = dict(zip(("op", "path", "value"), operation, strict=False))
    return cloud.apigateway.update_gateway_response(restApiId=api, responseType=kind, patchOperations=[operation])


def test_every_type_has_a_default(cloud, api):
    """Source: LS:apigateway test_gateway_response_crud"""
    items = cloud.apigateway.get_gateway_responses(restApiId=api, limit=500)["items"]
    found = {each["responseType"]: each for each in items}
    assert len(found) == 21
    assert found["EXPIRED_TOKEN"] == {
        "responseType": "EXPIRED_TOKEN",
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        "defaultResponse": True,
    }
    statuses = {kind: each.get("statusCode") for kind, each in found.items()}
    assert statuses["DEFAULT_4XX"] is statuses["DEFAULT_5XX"] is None
    assert (statuses["UNSUPPORTED_MEDIA_TYPE"], statuses["INTEGRATION_FAILURE"]) == ("415", "504")


def test_what_is_not_put_keeps_its_default(cloud, api):
    """Source: LS:apigateway test_gateway_response_put"""
    kind = "MISSING_AUTHENTICATION_TOKEN"
    rest = {"defaultResponse": False}
    assert put(cloud, api, kind, statusCode="404") == {
        "statusCode": "404",
        "responseParameters": {},
        "responseTemplates": TEMPLATES,
        **rest,
    }
    assert put(cloud, api, kind, responseParameters=HEADER) == {
        "statusCode": "403",
        "responseParameters": HEADER,
        "responseTemplates": TEMPLATES,
        **rest,
    }
    assert put(cloud, api, kind, responseTemplates=XML) == {
        "statusCode": "403",
        "responseParameters": {},
        "responseTemplates": XML,
        **rest,
    }


def test_a_default_of_all_5xx_styles_those_that_are_not_set(cloud, api):
    """Source: LS:apigateway test_gateway_response_put"""
    put(cloud, api, "DEFAULT_5XX", statusCode="599", responseParameters=HEADER, responseTemplates=XML)
    own = put(cloud, api, "AUTHORIZER_FAILURE", responseParameters={"gatewayresponse.header.foo": "'bar'"})
    assert (own["statusCode"], own["responseTemplates"]) == ("500", TEMPLATES)
    styled = {"statusCode": "599", "responseParameters": HEADER, "responseTemplates": XML, "defaultResponse": True}
    assert told(cloud, api, "INTEGRATION_TIMEOUT") == {"responseType": "INTEGRATION_TIMEOUT", **styled}
    assert told(cloud, api, "THROTTLED")["statusCode"] == "429"
    gone = cloud.apigateway.delete_gateway_response(restApiId=api, responseType="DEFAULT_5XX")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert told(cloud, api, "INTEGRATION_TIMEOUT")["statusCode"] == "504"


def test_a_response_that_is_not_set_is_not_deleted(cloud, api):
    """Source: LS:apigateway test_gateway_response_validation"""
    with refused(404, "NotFoundException", "Gateway response type not defined on api"):
        cloud.apigateway.delete_gateway_response(restApiId=api, responseType="DEFAULT_4XX")


def test_an_unknown_type_is_refused(cloud, api):
    """Source: LS:apigateway test_gateway_response_validation"""
    text = (
        "1 validation error detected: Value 'FAKE' at 'responseType' failed to satisfy constraint: Member must "
        "satisfy enum value set: [REQUEST_TOO_LARGE, RESOURCE_NOT_FOUND, AUTHORIZER_CONFIGURATION_ERROR, "
        "MISSING_AUTHENTICATION_TOKEN, BAD_REQUEST_BODY, INVALID_SIGNATURE, INVALID_API_KEY, BAD_REQUEST_PARAMETERS, "
        "AUTHORIZER_FAILURE, UNAUTHORIZED, INTEGRATION_TIMEOUT, ACCESS_DENIED, DEFAULT_4XX, DEFAULT_5XX, "
        "WAF_FILTERED, QUOTA_EXCEEDED, THROTTLED, API_CONFIGURATION_ERROR, UNSUPPORTED_MEDIA_TYPE, "
        "INTEGRATION_FAILURE, EXPIRED_TOKEN]"
    )
    with refused(400, "ValidationException", text):
        cloud.apigateway.get_gateway_response(restApiId=api, responseType="FAKE")
    with refused(400, "ValidationException", text):
        put(cloud, api, "FAKE", statusCode="404")


def test_a_response_is_patched(cloud, api):
    """Source: LS:apigateway test_update_gateway_response"""
    answer = patch(cloud, api, "THROTTLED", "replace", "/statusCode", "444")
    assert (answer["statusCode"], answer["defaultResponse"], answer["responseTemplates"]) == ("444", False, TEMPLATES)
    answer = patch(cloud, api, "THROTTLED", "add", "/responseTemplates/application~1xml", "<x/>")
    assert answer["responseTemplates"] == {**TEMPLATES, "application/xml": "<x/>"}
    assert told(cloud, api, "THROTTLED")["responseTemplates"] == answer["responseTemplates"]
    with refused(400, "BadRequestException", "Invalid null or empty value in responseTemplates"):
        patch(cloud, api, "THROTTLED", "replace", "/responseTemplates/application~1xml")


def test_what_is_no_part_of_a_response_is_not_patched(cloud, api):
    """Source: LS:apigateway test_update_gateway_response"""
    for op, path in (("add", "/statusCode"), ("remove", "/statusCode"), ("add", "/wrongPath")):
        with refused(400, "BadRequestException", f"Invalid patch path {path}"):
            patch(cloud, api, "UNAUTHORIZED", op, path, "444")
    with refused(404, "NotFoundException", "Invalid parameter name specified"):
        patch(cloud, api, "UNAUTHORIZED", "replace", "/responseParameters/gatewayresponse.header.x", "'y'")
