"""4.1 Mapping templates: `$input`, `$util`, `$context` and `$stageVariables`."""

import json
import re
import time

import pytest

from tests.conformance.integrations import JSON, Api

BODY = {
    "text": 'say "hi"',
    "number": 9.95,
    "yes": True,
    "list": [1, {"a": "x"}, ["y"]],
    "object": {"foo": "bar", "list": [{"c": 5}], "no": False, "null": None},
    "items": [{"id": "a"}, {"id": "b"}],
}
TEMPLATES = {
    "body": "$input.body",
    "text": "$input.path('$.text')",
    "number": "$input.path('$.number')",
    "yes": "$input.path('$.yes')",
    "object": "$input.path('$.object')",
    "list": "$input.path('$.list')",
    "inside": "$input.path('$').object.list",
    "missing": "[$input.path('$.missing')]",
    "json": "$input.json('$.object')",
    "json-text": "$input.json('$.text')",
    "json-missing": "$input.json('$.missing')",
    "every": "$input.json('$.items[*].id')",
    "loop": "#foreach($each in $input.path('$.items'))$each.id#if($foreach.hasNext), #end#end",
    "condition": "#if($input.path('$.list').size() == 3)three#{else}other#end",
    "parameter": "$input.params('a') $input.params('x-a') [$input.params('missing')]",
    "order": "$input.params('both')",
    "parameters": (
        "#set($all = $input.params())#foreach($place in $all.keySet())$place #end"
        "$all.querystring.get('a') $input.params().header.get('x-a') $input.params().querystring.a"
    ),
    "repeated": "$input.params('many')",
    "escape": "$util.escapeJavaScript($input.path('$.text')) $util.escapeJavaScript(\"it's\")",
    "parse": """$util.parseJson('{"a": [1, {"deep": "x"}]}').a[1].deep""",
    "url": "$util.urlEncode('a b&c') $util.urlDecode('a+b%26c')",
    "base64": "$util.base64Encode('hi?') $util.base64Decode('aGk/')",
    "stage": "$stageVariables.color [$stageVariables.missing]",
    "context": (
        "$context.accountId|$context.apiId|$context.stage|$context.httpMethod|$context.resourcePath|$context.path|"
        "$context.protocol|$context.requestId|$context.requestTimeEpoch|$context.requestTime|$context.resourceId|"
        "$context.domainPrefix|$context.identity.userAgent|$context.identity.sourceIp|$context.deploymentId"
    ),
    "nothing": "[$context.identity.user] [$context.missing.deeper]",
}


@pytest.fixture(scope="module")
def api(shared):
    """POST /NAME answers what the template NAME makes of the request: its function gives the event back."""
    paths = {
        f"/{name}": {"responses": {"default": {"statusCode": "200", "responseTemplates": {JSON: template}}}}
        for name, template in TEMPLATES.items()
    }
    return Api(shared, paths, variables={"color": "green"})


def rendered(api, name, body=BODY, query="", **headers):
    answer = api.post(f"/{name}{query}", json.dumps(body), **headers)
    assert answer.status == 200, answer
    return answer.content.decode()


# --- $input --------------------------------------------------------------------------------------------------------


def test_the_body_is_the_text_as_it_came(api):
    """`$input.body` is the raw payload.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    assert json.loads(rendered(api, "body")) == BODY


@pytest.mark.parametrize(("name", "shown"), [("text", 'say "hi"'), ("number", "9.95"), ("yes", "true")])
def test_a_path_gives_the_bare_value(api, name, shown):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"""
    assert rendered(api, name) == shown


def test_an_object_prints_as_in_java(api):
    """`$input.path` of an object prints `{foo=bar}`, no JSON; a list in it prints as JSON.

    Source: LS:apigateway test_input_path_template_formatting
    """
    assert rendered(api, "object") == '{foo=bar, list=[{"c":5}], no=false, null=null}'


def test_a_list_prints_as_json(api):
    """Source: LS:apigateway test_input_path_template_formatting"""
    assert rendered(api, "list") == '[1,{"a":"x"},["y"]]'
    assert rendered(api, "inside") == '[{"c":5}]'


def test_a_path_that_leads_nowhere_gives_nothing(api):
    """Source: from experience"""
    assert rendered(api, "missing") == "[]"


def test_json_gives_json(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"""
    assert json.loads(rendered(api, "json")) == BODY["object"]
    assert rendered(api, "json-text") == r'"say \"hi\""'


def test_json_that_is_missing_is_an_empty_string(api):
    """Source: from experience"""
    assert rendered(api, "json-missing") == '""'


def test_a_path_to_many_places_gives_a_list(api):
    """Source: from experience"""
    assert json.loads(rendered(api, "every")) == ["a", "b"]


def test_a_template_goes_through_a_list(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html"""
    assert rendered(api, "loop") == "a, b"
    assert rendered(api, "condition") == "three"


def test_a_parameter_is_found_by_its_name(api):
    """`$input.params('x')` looks in the path, then in the query, then in the headers.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    assert rendered(api, "parameter", query="?a=1%202", x_a="of the header") == "1 2 of the header []"
    assert rendered(api, "order", query="?both=query", both="header") == "query"


def test_all_parameters_are_in_three_maps(api):
    """`$input.params()` has `path`, `querystring` and `header`.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    *places, value, header, dotted = rendered(api, "parameters", query="?a=1", **{"x-a": "2"}).split(" ")
    assert (sorted(places), value, header, dotted) == (["header", "path", "querystring"], "1", "2", "1")


def test_of_a_parameter_that_comes_several_times_the_last_counts(api):
    """Source: LS:apigateway test_lambda_aws_proxy_integration"""
    assert rendered(api, "repeated", query="?many=1&many=2") == "2"


# --- $util ---------------------------------------------------------------------------------------------------------


def test_java_script_is_escaped_with_its_apostrophes(api):
    """`$util.escapeJavaScript` turns an apostrophe into an escaped one, which JSON does not know.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    assert rendered(api, "escape") == r"say \"hi\" it\'s"


@pytest.mark.parametrize(("name", "shown"), [("parse", "x"), ("url", "a+b%26c a b&c"), ("base64", "aGk/ hi?")])
def test_the_other_functions_of_util(api, name, shown):
    """`$util` parses JSON, and encodes and decodes URLs and base64.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    assert rendered(api, name) == shown


# --- $context and $stageVariables ----------------------------------------------------------------------------------


def test_the_context_tells_of_the_request(api):
    """`$context` names the account, the API, its stage and resource, the request and the caller.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    answer = api.post("/context", "{}", user_agent="an agent")
    told = answer.content.decode().split("|")
    assert told[:7] == [api.cloud.account, api.id, "Prod", "POST", "/context", "/Prod/context", "HTTP/1.1"]
    request_id, epoch, written, resource, prefix, agent, ip, deployment = told[7:]
    assert request_id == answer.headers["x-amzn-requestid"]
    assert abs(int(epoch) / 1000 - time.time()) < 120
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", written)
    assert (bool(resource), bool(deployment), prefix, agent) == (True, True, api.id, "an agent")
    assert re.fullmatch(r"[0-9a-f.:]+", ip)


def test_the_context_has_nothing_where_nothing_is_known(api):
    """Source: from experience"""
    assert rendered(api, "nothing") == "[] []"


def test_stage_variables_are_named(api):
    """Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html"""
    assert rendered(api, "stage") == "green []"
