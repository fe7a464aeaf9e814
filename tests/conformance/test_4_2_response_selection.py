"""4.2 Which integration response a Lambda function's answer gets."""

import json

import pytest

from tests.conformance.integrations import Api, document, method

PATTERNS = {
    "/passed": {},
    "/mapped": {r"\[NotFound\].*": "404", ".*Task timed out.*": "504", ".*exited.*": "503", ".*marshal.*": "501"},
    "/whole": {"apple": "404"},
    "/middle": {".*apple.*": "404"},
    "/everything": {".*": "404"},
    "/flagged": {"(?s).*apple.*": "404"},
    "/lines": {r"[\s\S]*apple[\s\S]*": "404"},
    "/both": {".*four hundred.*": "405", ".+": "502"},
    "/anything": {".+": "502"},
    "/statuses": {"200": "201", r"2\d\d": "202"},
    "/types": {"Exception": "404", ".*Exception": "405"},
}


def responses(patterns):
    return {"default": {"statusCode": "200"}} | {key: {"statusCode": status} for key, status in patterns.items()}


@pytest.fixture(scope="module")
def api(shared):
    paths = {path: {"responses": responses(patterns)} for path, patterns in PATTERNS.items()}
    paths["/no-default"] = {"responses": {"apple": {"statusCode": "404"}}}
    return Api(shared, paths)


def asked(api, path, **event):
    return api.post(path, json.dumps(event))


def raised(api, path, message):
    """The status for an exception with this message."""
    return api.post(path, json.dumps({"raise": message})).status


def test_what_fails_is_answered_200_unless_it_is_mapped(api):
    """Without more than the default response a failure comes as 200, with its errorMessage and stack trace.

    Source: LS:apigateway test_lambda_selection_patterns
    """
    answer = asked(api, "/passed", **{"raise": "[NotFound] gone"})
    assert answer.status == 200
    assert (answer.json["errorMessage"], answer.json["errorType"]) == ("[NotFound] gone", "Exception")
    assert answer.json.keys() == {"errorMessage", "errorType", "requestId", "stackTrace"}


def test_a_pattern_is_matched_against_the_error_message(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html"""
    assert raised(api, "/mapped", "[NotFound] gone") == 404
    assert raised(api, "/mapped", "gone") == 200


def test_the_type_of_an_error_is_not_looked_at(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/api/API_IntegrationResponse.html"""
    assert raised(api, "/types", "gone") == 200


def test_a_success_matches_no_pattern(api):
    """A success has no errorMessage: not even `.+` or the pattern "200" fits it.

    Source: LS:apigateway test_lambda_selection_patterns
    """
    for path in ("/statuses", "/anything"):
        answer = asked(api, path, **{"return": "fine"})
        assert (answer.status, answer.json) == (200, "fine")


def test_a_pattern_for_nothing_fits_a_success(api):
    """`.*` fits the absent errorMessage of a success too, so that `.+` is what one writes for any failure.

    Source: from experience
    """
    assert asked(api, "/everything", **{"return": "fine"}).status == 404


def test_the_whole_message_is_matched(api):
    """Source: from experience"""
    assert [raised(api, "/whole", each) for each in ("apple", "apples", "an apple", "Apple")] == [404, 200, 200, 200]
    assert raised(api, "/middle", "an apple a day") == 404


@pytest.mark.parametrize("end", ["\n", "\r", "\x85", "\u2028"])
def test_a_dot_stops_at_the_end_of_a_line(api, end):
    """As in Java, `.` fits no line end of any kind, so that such a message falls through to the default.

    Source: from experience
    """
    assert raised(api, "/middle", f"an apple{end}a day") == 200
    assert raised(api, "/lines", f"an apple{end}a day") == 404
    assert raised(api, "/flagged", f"an apple{end}a day") == 404


def test_the_first_of_two_matching_patterns_wins(api):
    """Which one is documented nowhere; 405 for `.*four hundred.*` was seen to win over 502 for `.+`.

    Source: LS:apigateway test_lambda_selection_patterns
    """
    assert raised(api, "/both", "this is four hundred") == 405


def test_a_returned_error_message_counts_as_a_failure(api):
    """A handler that returns an object with `errorMessage` has its pattern looked for, too.

    Source: from experience
    """
    assert asked(api, "/mapped", **{"return": {"errorMessage": "[NotFound] gone"}}).status == 404
    assert asked(api, "/mapped", **{"return": {"a": {"errorMessage": "[NotFound] gone"}}}).status == 200


def test_without_a_default_an_answer_that_fits_nothing_is_a_broken_configuration(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html"""
    answer = asked(api, "/no-default", **{"return": 1})
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
    assert raised(api, "/no-default", "apple") == 404


def test_a_crash_has_an_error_message(api):
    """Source: from experience"""
    assert asked(api, "/mapped", exit=1).status == 503


def test_what_cannot_be_marshalled_has_an_error_message(api):
    """A set, which JSON does not know, is `Unable to marshal response`: 200 unless that is mapped.

    Source: https://github.com/aws/aws-lambda-python-runtime-interface-client
    """
    text = "Unable to marshal response: Object of type set is not JSON serializable"
    answer = asked(api, "/passed", unwritable=True)
    assert (answer.status, answer.json["errorMessage"]) == (200, text)
    assert asked(api, "/mapped", unwritable=True).status == 501


def test_a_response_for_a_status_that_the_method_does_not_have_is_a_broken_configuration(cloud, shared, api):
    """Source: from experience"""
    uri = shared.integration_uri(api.function)
    mapped = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": responses({"apple": "404"})}
    bare = method(mapped)
    del bare["responses"]["404"]
    made = cloud.api(document({"/bare": bare}))
    cloud.allow_api(api.function, made)
    cloud.deploy(made)
    cloud.call_until(lambda answer: answer.status == 200, cloud.url(made, "/bare"), "{}")
    answer = cloud.call(cloud.url(made, "/bare"), '{"raise": "apple"}')
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_a_timeout_of_the_function_has_an_error_message(cloud, api):
    """Of a function that is out of time the message ends in `Task timed out after N.NN seconds`.

    Source: from experience
    """
    cloud.lambda_.update_function_configuration(FunctionName=api.function, Timeout=1)
    cloud.later(cloud.lambda_.update_function_configuration, FunctionName=api.function, Timeout=3)
    cloud.lambda_.get_waiter("function_updated_v2").wait(FunctionName=api.function)
    assert asked(api, "/mapped", sleep=2.5).status == 504
    assert asked(api, "/passed", sleep=2.5).json["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_a_throttled_function_is_an_internal_error(cloud, api):
    """No pattern is looked for.

    Source: from experience
    """
    cloud.lambda_.put_function_concurrency(FunctionName=api.function, ReservedConcurrentExecutions=0)
    cloud.later(cloud.lambda_.delete_function_concurrency, FunctionName=api.function)
    answer = cloud.call_until(lambda answer: answer.status == 500, api.url("/everything"), "{}")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})
