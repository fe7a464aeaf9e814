"""Mapping templates: what `$input`, `$util` and `$context` give, and the bodies of the stack's errors."""

import json

import pytest
from airspeed.operators import TemplateError

from sandbox.gateway.templates import BodyNotJson, Names, render
from sandbox.gateway.velocity import Headers, in_java
from stack.openapi import ERRORS, classified_template

BODY = json.dumps(
    {
        "text": 'say "hi"',
        "number": 9.95,
        "digits": 12345678901234567890123456789012345678,
        "true": True,
        "null": None,
        "list": ["first", {"deep": [1, 2]}],
        "object": {"key": "value"},
        "name with space": "here",
    }
)


def rendered(template, body=BODY):
    return render(template, Names(body, context=in_java({"requestId": "an-id"})))


def escaped(text):
    return rendered("$util.escapeJavaScript($input.path('$.text'))", json.dumps({"text": text}))


# --- $input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("$.text", 'say "hi"'),
        ("$.number", "9.95"),
        ("$.digits", "12345678901234567890123456789012345678"),
        ("$.true", "true"),
        ("$.list[0]", "first"),
        ("$.list[1].deep[1]", "2"),
        ("$.object.key", "value"),
    ],
)
def test_a_path_gives_the_bare_value(path, shown):
    assert rendered(f"$input.path('{path}')") == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("$..deep[0]", "[1]"),
        ("$.list[*].deep", "[[1,2]]"),
        ("$.list[0:1]", '["first"]'),
        ("$.rows[?(@.n > 1)].id", '["b"]'),
        ("$.*.nothing", "[]"),
        ("$['name with space']", "here"),
        ("$['a:b']", "colon"),
    ],
)
def test_a_path_that_can_lead_to_many_places_gives_a_list(path, shown):
    body = json.loads(BODY) | {"rows": [{"id": "a", "n": 1}, {"id": "b", "n": 2}], "a:b": "colon"}
    assert rendered(f'$input.path("{path}")', json.dumps(body)) == shown


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("$input.path('$.object')", "{key=value}"),
        ("$input.path('$').list", '["first",{"deep":[1,2]}]'),
        ("$input.path('$.object').toString()", "{key=value}"),
        ("$input.path('$.object').containsKey('key')", "true"),
        ("$input.path('$.object').size()", "1"),
        ("$input.path('$.object').isEmpty()", "false"),
        ("#foreach($each in $input.path('$.object').entrySet())$each.key:$each.value#end", "key:value"),
        ("#foreach($key in $input.path('$.object').keySet())$key#end", "key"),
        ("$input.path('$.list').size()", "2"),
        ("$input.path('$.list').contains('first')", "true"),
        ("$input.path('$.true').toString()", "true"),
        ("$input.path('$.text').toUpperCase()", 'SAY "HI"'),
        ("$input.path('$.text').indexOf('x')", "-1"),
        ("$input.path('$.text').isEmpty()", "false"),
        ("$input.path('$.text').trim().length()", "8"),
        ("$input.path('$.text').endsWith('\"')", "true"),
        ("$input.path('$.text').equalsIgnoreCase('SAY \"hi\"')", "true"),
        ("#set($object = $input.path('$.object'))#set($object.more = true)$object", "{key=value, more=true}"),
        ("$util.escapeJavaScript($input.path('$.true'))", "true"),
        ("$util.parseJson('[{\"a\": null}]')", '[{"a":null}]'),
    ],
)
def test_values_print_and_answer_to_methods_as_in_java(template, shown):
    assert rendered(template) == shown


def test_a_header_is_found_in_any_case():
    params = in_java({"path": {}, "querystring": {}}) | {"header": Headers({"X-Key": "a key"})}
    names = Names("", params=params)
    assert render("$input.params('x-key') $input.params().header.get('X-KEY')", names) == "a key a key"


def test_what_a_template_sets_is_seen_by_the_next():
    context = in_java({"responseOverride": {}})
    render("#set($context.responseOverride.status = 201)", Names("", context))
    assert render("$context.responseOverride.status", Names("", context)) == "201"


def test_a_body_that_is_no_json_is_told_from_a_template_that_is_broken():
    with pytest.raises(BodyNotJson):
        rendered("$input.path('$.a')", "{")
    with pytest.raises(TemplateError):
        rendered("$input.path('$[')")


@pytest.mark.parametrize("path", ["$.nothing", "$.list[9]", "$.text.deeper", "nothing"])
def test_a_path_that_leads_nowhere_gives_nothing(path):
    assert rendered(f"[$input.path('{path}')]") == "[]"


@pytest.mark.parametrize("template", ["$input.path('$[')", "$input.path('')", "$input.json('$..')"])
def test_an_invalid_path_is_an_error_and_not_an_empty_text(template):
    with pytest.raises(Exception, match=r"Parse error"):
        rendered(template)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", json.loads(BODY)),
        ("$.text", 'say "hi"'),
        ("$.digits", 12345678901234567890123456789012345678),
        ("$.true", True),
        ("$.null", None),
        ("$.list[1]", {"deep": [1, 2]}),
        ("$[\\'name with space\\']", "here"),
    ],
)
def test_json_gives_json(path, value):
    path = path.replace("\\'", "'")
    assert json.loads(rendered(f'$input.json("{path}")')) == value


def test_json_of_what_is_missing_is_an_empty_string():
    assert rendered("$input.json('$.nothing')") == '""'


def test_the_body_is_given_as_it_came():
    assert rendered("$input.body", '{ "a":1.10 }') == '{ "a":1.10 }'


@pytest.mark.parametrize(("template", "shown"), [("$input.body", "{}"), ("$input.json('$')", "{}")])
def test_no_body_is_an_empty_object(template, shown):
    assert rendered(template, "") == shown


@pytest.mark.parametrize("body", ["[1]", "5", '"text"', "null"])
def test_a_path_into_what_is_no_object_gives_nothing(body):
    assert rendered("[$input.path('$.errorMessage')]", body) == "[]"


# --- $util -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("it's", r"it\'s"),
        ('a "b"', r"a \"b\""),
        ("a/b", r"a\/b"),
        ("a\\b", r"a\\b"),
        ("\b\f\n\r\t", r"\b\f\n\r\t"),
        ("\x00\x1f", r"\u0000\u001F"),
        ("\x80ü", r"\u0080\u00FC"),
        ("\u2028", r"\u2028"),
        ("🍏", r"\uD83C\uDF4F"),
        (" ~<>&$#{}[]", " ~<>&$#{}[]"),
    ],
)
def test_java_script_is_escaped_as_by_apache_commons(text, told):
    assert escaped(text) == told


def test_the_delete_character_is_not_escaped():
    assert escaped("\x7f") == "\x7f"


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("$util.urlEncode('a b&c/ü-_.')", "a+b%26c%2F%C3%BC-_."),
        ("$util.urlDecode('a+b%26%C3%BC')", "a b&ü"),
        ("$util.base64Encode('ü?')", "w7w/"),
        ("$util.base64Decode('w7w/')", "ü?"),
        ("""$util.parseJson('{"key": [1, {"deep": "x"}]}').key[1].deep""", "x"),
    ],
)
def test_the_other_functions_of_util(template, shown):
    assert rendered(template) == shown


def test_a_url_is_encoded_as_by_java():
    assert rendered("$util.urlEncode('~*')") == "%7E*"


# --- the language ----------------------------------------------------------------------------------------------


def test_the_context_tells_the_id_of_the_request():
    assert rendered('{"id": "$context.requestId"}') == '{"id": "an-id"}'


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("#set($text = $input.path('$.text'))$text.substring(4)", '"hi"'),
        ("#foreach($each in $input.path('$.list[1].deep'))$each#if($foreach.hasNext), #end#end", "1, 2"),
        ("#if($input.path('$.nothing') == '')none#else some#end", "none"),
        ("$input.path('$.text').replaceAll('hi', 'ho')", 'say "ho"'),
        ("plain text, 100 % of it", "plain text, 100 % of it"),
    ],
)
def test_directives_and_methods(template, shown):
    assert rendered(template) == shown


def test_what_a_value_says_is_not_read_as_a_template():
    body = json.dumps({"text": "$context.requestId #set($a = 1)$a $input.body"})
    assert rendered("$input.path('$.text')", body) == json.loads(body)["text"]


def test_one_template_serves_many_bodies():
    assert [rendered("$input.path('$.a')", json.dumps({"a": each})) for each in (1, 2)] == ["1", "2"]


# --- the bodies of the stack's errors --------------------------------------------------------------------------


def error_body(name, message):
    return json.loads(rendered(classified_template(name), json.dumps({"errorMessage": f"[{name}] {message}"})))


@pytest.mark.parametrize("name", ERRORS)
def test_the_message_comes_without_its_class(name):
    assert error_body(name, "no such thing") == {"error": {"type": name, "message": "no such thing"}}


@pytest.mark.parametrize("start", range(0, 0x10000, 0x1000))
def test_every_character_of_the_basic_plane_comes_through(start):
    message = "".join(chr(code) for code in range(start, start + 0x1000) if not 0xD800 <= code < 0xE000)
    assert error_body("BadRequest", message)["error"]["message"] == message


@pytest.mark.parametrize("message", ["🍏\U0010ffff", r"\'", r"\\'", r"'\\\'", r"\u0041", "''", '\\"', "\\\n'"])
def test_what_is_escaped_twice_or_not_at_all_would_break(message):
    assert error_body("Conflict", message)["error"]["message"] == message
