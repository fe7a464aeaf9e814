"""The OpenAPI document: valid, complete, and every answer of the function has exactly one response."""

import ast
import itertools
import json
import re
from pathlib import Path

import jsonschema
import openapi_spec_validator
import pytest

from sandbox.gateway.templates import Names, render
from stack import build, openapi
from stack.aws import Aws
from stack.config import Config
from stack.lab import Lab
from stack.lifecycle import Resource

PROJECT = Path(__file__).parents[1]
CHOICES = {
    "nothing": {},
    "path": {"api": {"path": "Other"}},
    "method": {"api": {"method": "PUT"}},
    "name of the API": {"api": {"name": "Other"}},
    "function": {"function": {"name": "Other"}},
    "prefix": {"prefix": "ada-"},
    "region": {"region": "eu-west-1"},
    "stage": {"api": {"stage": "Test"}},
    "throttle": {"api": {"throttle": {"rate_per_second": 1.5, "burst": 2}}},
    "table": {"table": {"name": "other", "partition_key": "key"}},
    "memory": {"function": {"memory_mb": 128, "timeout_seconds": 3}},
    "scope": {"policy": {"scope": "any"}},
    "tags": {"tags": {"course": "serverless"}},
}
IN_THE_DOCUMENT = {"path", "method", "name of the API", "function", "prefix", "region"}
NASTY = [
    "it's",
    'say "no"',
    r"C:\temp\'quoted\"",
    "\\",
    "\\'",
    "</script>",
    "$input.path('$') #set($x = 1) ${context}",
    "naïve – 東京 😀",
    "tab\tnewline\nreturn\rnull\0bell\a",
    "{}",
    "",
]


def lab(**changes):
    """A lab that nobody calls."""
    config = Config.model_validate(changes)
    aws = Aws.at("http://127.0.0.1:9", config.region)
    aws.account = "123456789012"
    return Lab(config, aws)


def operation(document):
    """(path, verb, operation): there is one."""
    ((path, operations),) = document["paths"].items()
    ((verb, only),) = operations.items()
    return path, verb, only


def statuses_of(message):
    """The status of every pattern that matches the whole message, as API Gateway matches."""
    return [status for pattern, status in openapi.PATTERNS.items() if re.fullmatch(pattern, message)]


# The document


def test_the_document_is_valid_openapi():
    openapi_spec_validator.validate(openapi.document(lab()))


def test_the_document_carries_what_an_overwriting_upload_would_reset():
    info = openapi.document(lab(prefix="ada-"))["info"]
    assert info["title"] == "ada-DynamoDBOperations"
    assert info["description"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_there_is_one_path_and_one_method_and_lambda_is_always_called_by_post(method):
    path, verb, only = operation(openapi.document(lab(api={"method": method, "path": "Door"})))
    assert (path, verb) == ("/Door", method.lower())
    assert only["x-amazon-apigateway-integration"]["httpMethod"] == "POST"


def test_the_integration_is_not_a_proxy_and_calls_the_function_by_its_arn():
    _, _, only = operation(openapi.document(lab()))
    integration = only["x-amazon-apigateway-integration"]
    assert integration["type"] == "aws"
    assert integration["uri"] == (
        "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
        "arn:aws:lambda:us-east-1:123456789012:function:LambdaFunctionOverHttps/invocations"
    )


def test_every_status_is_declared_described_and_mapped():
    _, _, only = operation(openapi.document(lab()))
    mapped = [int(each["statusCode"]) for each in only["x-amazon-apigateway-integration"]["responses"].values()]
    assert sorted(mapped) == sorted(map(int, only["responses"])) == sorted(openapi.STATUSES)
    assert all(response["description"] for response in only["responses"].values())


def test_a_body_is_validated_whether_it_is_sent_as_json_or_as_a_form():
    document = openapi.document(lab())
    _, _, only = operation(document)
    content = only["requestBody"]["content"]
    assert set(content) == {"application/json", "application/x-www-form-urlencoded"}
    assert {body["schema"]["$ref"] for body in content.values()} == {"#/components/schemas/Envelope"}
    validator = document["x-amazon-apigateway-request-validators"][only["x-amazon-apigateway-request-validator"]]
    assert validator["validateRequestBody"] is True


@pytest.mark.parametrize(
    "envelope, fits",
    [
        ({"operation": "create", "tableName": "t", "payload": {"Item": {"id": "1", "name": "Samyu"}}}, True),
        ({"operation": "echo", "payload": ["anything"]}, True),
        ({"operation": "an operation of tomorrow"}, True),
        ({"tableName": "t"}, False),
        ({"operation": 1}, False),
        ({"operation": "read", "tableName": 1}, False),
        (["operation"], False),
    ],
)
def test_the_envelope_is_checked_and_the_list_of_operations_is_not(envelope, fits):
    assert jsonschema.Draft4Validator(openapi.envelope_schema()).is_valid(envelope) is fits


# Which response a failure gets


@pytest.mark.parametrize("text", ["", "no", "two\nlines", "Task timed out after 3.00 seconds", "[NotFound] inside"])
@pytest.mark.parametrize("name, status", openapi.ERRORS.items())
def test_every_class_of_error_matches_its_own_status_alone(name, status, text):
    assert statuses_of(f"[{name}] {text}") == [status]


@pytest.mark.parametrize(
    "text", ["Exceeds the limit (4300 digits)", "maximum recursion depth exceeded", "a\nTask timed out"]
)
def test_json_that_the_runtime_cannot_read_matches_400_alone(text):
    assert statuses_of(f"Unable to unmarshal input: {text}") == [400]


@pytest.mark.parametrize(
    "message",
    [
        "2026-01-01T00:00:00.000Z 2b0f3c0e-0000-4000-8000-000000000000 Task timed out after 10.00 seconds",
        "RequestId: 2b0f3c0e Error: Task timed out after 10.00 seconds",
        "Task timed out",
        "first line\nTask timed out after 1.00 seconds\nlast line",
    ],
)
def test_a_timeout_matches_504_alone(message):
    assert statuses_of(message) == [504]


@pytest.mark.parametrize(
    "message",
    [
        "[Internal] the function failed, and its log says why",
        "RequestId: 2b0f3c0e Error: Runtime exited with error: signal: killed",
        "Unable to import module 'lambda_function': No module named 'x'",
        "Syntax error in module 'lambda_function'\nline two\n\nline four",
        "'id'",
        " [BadRequest] not at the start",
        "[badrequest] in another case",
        "[BadRequests] longer",
        "BadRequest without brackets",
        "task timed out",
        "\n",
        "\u2028",
        "x",
    ],
)
def test_every_other_failure_matches_500_alone(message):
    assert statuses_of(message) == [500]


def test_no_message_at_all_is_left_to_the_default():
    assert statuses_of("") == []
    _, _, only = operation(openapi.document(lab()))
    assert only["x-amazon-apigateway-integration"]["responses"]["default"] == {"statusCode": "200"}


def test_the_classes_are_those_of_the_function():
    tree = ast.parse((PROJECT / "lambda_function.py").read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    refusals = {each.name for each in classes if [ast.unparse(base) for base in each.bases] == ["Refused"]}
    assert refusals == {*openapi.ERRORS, "Internal"}


# What the caller reads


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("name, status", openapi.ERRORS.items())
def test_a_classified_message_comes_through_as_it_was(name, status, text):
    failure = json.dumps({"errorMessage": f"[{name}] {text}", "errorType": name, "stackTrace": ["secret"]})
    rendered = render(openapi.response_templates()[status], Names(failure))
    assert json.loads(rendered) == {"error": {"type": name, "message": text}}


def test_what_the_runtime_says_of_json_that_it_cannot_read_is_not_shown():
    failure = json.dumps({"errorMessage": "Unable to unmarshal input: secret", "stackTrace": ["secret"]})
    error = json.loads(render(openapi.response_templates()[400], Names(failure)))["error"]
    assert error == {
        "type": "BadRequest",
        "message": "The function cannot read this JSON: a number in it is too long, or it is nested too deeply.",
    }


@pytest.mark.parametrize("status, kind", [(500, "Internal"), (504, "Timeout")])
@pytest.mark.parametrize("text", NASTY)
def test_what_the_function_did_not_classify_is_not_shown(status, kind, text):
    failure = json.dumps({"errorMessage": f"secret {text}", "stackTrace": ["secret"]})
    error = json.loads(render(openapi.response_templates()[status], Names(failure)))["error"]
    assert error["type"] == kind
    assert "secret" not in error["message"]


@pytest.mark.parametrize("status", openapi.STATUSES[1:])
def test_every_error_fits_the_schema_that_the_document_promises(status):
    failure = json.dumps({"errorMessage": "[BadRequest] a message that is long enough"})
    error = json.loads(render(openapi.response_templates()[status], Names(failure)))
    jsonschema.Draft4Validator(openapi.error_schema()).validate(error)


# The hash


def test_the_hash_changes_exactly_when_the_document_does():
    labs = [lab(**changes) for changes in CHOICES.values()]
    for one, other in itertools.combinations(labs, 2):
        same = openapi.document(one) == openapi.document(other)
        assert (openapi.document_hash(one) == openapi.document_hash(other)) is same


@pytest.mark.parametrize("choice", CHOICES)
def test_only_what_api_gateway_has_to_know_changes_the_hash(choice):
    changed = openapi.document_hash(lab(**CHOICES[choice])) != openapi.document_hash(lab())
    assert changed is (choice in IN_THE_DOCUMENT)


def test_the_order_of_keys_does_not_change_the_hash(monkeypatch):
    def reversed_keys(value):
        if isinstance(value, dict):
            return {key: reversed_keys(item) for key, item in reversed(value.items())}
        return value

    before, document = openapi.document_hash(lab()), openapi.document(lab())
    monkeypatch.setattr(openapi, "document", lambda _: reversed_keys(document))
    assert openapi.document_hash(lab()) == before


# Other partitions


@pytest.mark.parametrize("region, partition", [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_no_arn_of_another_partition_is_wanted_anywhere(region, partition):
    steps = [step for step in build(lab(region=region)) if isinstance(step, Resource)]
    wanted = {step.key: json.dumps(step.wanted()) for step in steps}
    assert set(wanted) == {"policy", "role", "function", "table", "api", "deployment"}
    assert not [key for key, text in wanted.items() if "arn:aws:" in text]
    assert {key for key, text in wanted.items() if f"arn:{partition}:" in text} >= {"policy", "role", "function", "api"}
