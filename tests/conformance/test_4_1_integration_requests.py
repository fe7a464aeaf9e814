"""4.1 Integration requests: what of a request reaches the function, by content type, templates and body."""

import json

import pytest

from tests.conformance.integrations import JSON, Api

FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"
BEHAVIORS = ("when_no_match", "when_no_templates", "never")
TO_JSON, TO_FORM = {JSON: '{"by": "json"}'}, {FORM: '{"by": "form"}'}
TEMPLATES = {"none": {}, "json": TO_JSON, "both": TO_JSON | TO_FORM}
BODY = '{"by": "nobody"}'


@pytest.fixture(scope="module")
def api(shared):
    """POST /TEMPLATES/BEHAVIOR for each of both, and what single tests ask for."""
    paths = {
        f"/{name}/{behavior}": {"requestTemplates": templates, "passthroughBehavior": behavior}
        for name, templates in TEMPLATES.items()
        for behavior in BEHAVIORS
    }
    paths["/curl"] = {"requestTemplates": TO_JSON | {FORM: "$input.body"}, "passthroughBehavior": "never"}
    paths["/body"] = {"requestTemplates": {JSON: "$input.body"}}
    paths["/reading"] = {"requestTemplates": {JSON: "{\"read\": $input.json('$')}"}}
    paths["/broken"] = {"requestTemplates": {JSON: "{"}}
    paths["/get"] = {"httpMethod": "GET"}
    paths["/impatient"] = {"timeoutInMillis": 1000}
    by_type = {"integration.request.header.X-Amz-Invocation-Type": "method.request.header.X-Type"}
    paths["/event"] = {"requestParameters": dict.fromkeys(by_type, "'Event'")}
    paths["/asked"] = {"requestParameters": by_type}
    override = "#set($context.requestOverride.header.X-Amz-Invocation-Type = 'Event')$input.body"
    paths["/override"] = {"requestTemplates": {JSON: override}}
    return Api(shared, paths)


def by(answer):
    return answer.status, answer.json.get("by")


def is_unsupported(answer):
    return answer.status == 415 and answer.json == {"message": "Unsupported Media Type"}


# --- which template, or none ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["", JSON, FORM])
@pytest.mark.parametrize("behavior", ["when_no_match", "when_no_templates"])
def test_without_templates_any_body_passes_as_it_is(api, behavior, content_type):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    assert by(api.post(f"/none/{behavior}", BODY, content_type)) == (200, "nobody")


@pytest.mark.parametrize("content_type", ["", JSON, FORM])
def test_without_templates_never_refuses_any_body(api, content_type):
    """Without templates, NEVER refuses each content type, and the absent one.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html
    """
    assert is_unsupported(api.post("/none/never", BODY, content_type))


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_a_body_without_a_type_is_taken_for_json(api, behavior):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    assert by(api.post(f"/json/{behavior}", BODY, content_type="")) == (200, "json")


@pytest.mark.parametrize("behavior", BEHAVIORS)
def test_the_template_of_the_type_makes_the_event(api, behavior):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    assert by(api.post(f"/json/{behavior}", BODY, JSON)) == (200, "json")
    assert by(api.post(f"/both/{behavior}", BODY, FORM)) == (200, "form")


def test_another_type_passes_when_there_is_no_match(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    assert by(api.post("/json/when_no_match", BODY, FORM)) == (200, "nobody")


@pytest.mark.parametrize("behavior", ["when_no_templates", "never"])
def test_another_type_is_refused_where_there_are_templates(api, behavior):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-passthrough-behaviors.html"""
    assert is_unsupported(api.post(f"/json/{behavior}", BODY, FORM))
    assert is_unsupported(api.post(f"/both/{behavior}", BODY, TEXT))


def test_the_type_counts_in_any_case_and_without_its_parameters(api):
    """Source: from experience"""
    assert by(api.post("/json/never", BODY, "Application/JSON; charset=utf-8")) == (200, "json")


def test_an_identity_template_lets_plain_curl_in(api):
    """`"application/x-www-form-urlencoded": "$input.body"` makes an event of what plain `curl -d` sends.

    Source: from experience
    """
    assert by(api.post("/curl", BODY, FORM)) == (200, "nobody")


# --- bodies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [{"deep": [1, None, True, "grün 🍏"]}, [1, 2], "text", 5, None])
def test_the_body_is_the_event(api, event):
    """Without a template the raw body is the event, any JSON, without a wrapper of headers or method.

    Source: LS:apigateway test_lambda_aws_integration
    """
    answer = api.post("/none/when_no_match", json.dumps(event))
    assert (answer.status, answer.json) == (200, event)


def test_no_body_passes_as_an_empty_object(api):
    """Source: from experience"""
    answer = api.post("/none/when_no_match")
    assert (answer.status, answer.json) == (200, {})


def test_no_body_is_an_empty_object_to_a_template(api):
    """Source: LS:apigateway test_input_body_formatting"""
    answer = api.post("/body")
    assert (answer.status, answer.json) == (200, {})


BROKEN = [b'{"by":', b"by=nobody", b'{"by": "\xff"}']


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_json_is_refused_in_lambdas_words(api, body):
    """A body that is malformed, or no UTF-8, does not reach the function; Lambda's own words come back.

    Source: https://github.com/serverless/serverless/issues/2270
    """
    answer = api.post("/none/when_no_match", body)
    assert answer.json["message"].startswith("Could not parse request body into json: ")


@pytest.mark.parametrize("body", BROKEN)
def test_what_is_no_json_is_a_bad_request(api, body):
    """The status is 400, as in Lambda's own API; 200 is possible, for the text is no `errorMessage`.

    Source: from experience
    """
    assert api.post("/none/when_no_match", body).status == 400


def test_a_template_does_not_read_what_is_no_json(api):
    """Source: from experience"""
    answer = api.post("/reading", '{"by":')
    assert answer.status == 400
    assert answer.json["message"].startswith("Could not parse request body into json: ")


def test_a_template_that_makes_no_json_is_refused_by_lambda(api):
    """Source: from experience"""
    answer = api.post("/broken", BODY)
    assert answer.status == 400
    assert answer.json["message"].startswith("Could not parse request body into json: ")


def test_an_event_of_more_than_6_mb_is_refused(api):
    """Lambda takes less than API Gateway; the answer is 413.

    Source: from experience
    """
    assert api.post("/none/when_no_match", json.dumps("x" * 6_291_556)).status == 413


def test_an_event_of_more_than_1_mb_is_refused_when_nobody_waits(api):
    """Source: from experience"""
    assert api.post("/event", json.dumps("x" * 1_048_577)).status == 413


# --- how the function is called ------------------------------------------------------------------------------------


def test_a_function_is_called_by_post_only(api):
    """With another integrationHttpMethod than POST a Lambda integration answers 500.

    Source: LS:apigateway test_lambda_aws_proxy_integration_non_post_method
    """
    answer = api.post("/get", BODY)
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
    assert answer.error_type == "InternalServerErrorException"


def test_api_gateway_does_not_wait_longer_than_the_integrations_timeout(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"""
    answer = api.post("/impatient", '{"sleep": 2.5}')
    assert (answer.status, answer.error_type) == (504, "InternalServerErrorException")


def test_the_words_of_a_timeout(api):
    """Source: from experience"""
    assert api.post("/impatient", '{"sleep": 2.5}').json == {"message": "Endpoint request timed out"}


def test_a_function_is_called_without_waiting_for_it(api):
    """With `X-Amz-Invocation-Type: 'Event'` among the integration's request parameters nobody waits for the function.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
    """
    answer = api.post("/event", '{"by": "nobody"}')
    assert (answer.status, answer.content) == (200, b"")


def test_a_template_says_that_nobody_waits(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html"""
    answer = api.post("/override", BODY)
    assert (answer.status, answer.content) == (200, b"")


def test_the_caller_says_whether_to_wait(api):
    """The header can be mapped from one of the request.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-integration-async.html
    """
    assert by(api.post("/asked", BODY)) == (200, "nobody")
    assert api.post("/asked", BODY, x_type="Event").content == b""
