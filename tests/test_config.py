"""config.yaml: its defaults, and every mistake answered with its line in words of a person."""

import os
import random
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from stack.config import MAX_TAGS, Config, ConfigError, load, schema, schema_text
from stack.config_rules import OUR_TAGS

ROOT = Path(__file__).parent.parent


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Writes config.yaml here and loads it."""
    monkeypatch.chdir(tmp_path)

    def write_and_load(text, **overrides):
        path = Path("config.yaml")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path, overrides)

    return write_and_load


@pytest.fixture
def refused(given):
    """The problems of a config.yaml, as a list of lines without the file's name."""

    def problems(text, **overrides):
        with pytest.raises(ConfigError) as error:
            given(text, **overrides)
        assert str(error.value) == "\n".join(error.value.problems)
        return [problem.removeprefix("config.yaml:") for problem in error.value.problems]

    return problems


# What is in the box


def test_the_config_of_the_project_is_exactly_the_defaults():
    assert load(ROOT / "config.yaml") == Config()


def test_the_config_of_the_project_writes_out_every_key():
    def keys(data):
        return {key: keys(value) if isinstance(value, dict) and value else None for key, value in data.items()}

    written = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))
    assert keys(written) == keys(Config().model_dump())


def test_the_defaults_are_the_documented_names():
    config = Config()
    assert (config.stack, config.target, config.region, config.prefix, config.tags) == (
        "lambda-apigateway", "sandbox", "us-east-1", "", {},
    )  # fmt: skip
    assert (config.policy.name, config.policy.scope) == ("lambda-custom-policy", "stack")
    assert (config.role.name, config.role.existing_arn) == ("lambda-apigateway-role", None)
    assert config.function.model_dump() == {
        "name": "LambdaFunctionOverHttps",
        "runtime": "python3.13",
        "handler": "lambda_function.lambda_handler",
        "memory_mb": 512,
        "timeout_seconds": 10,
        "architecture": "arm64",
        "log_retention_days": 7,
    }
    assert config.table.model_dump() == {"name": "lambda-apigateway", "partition_key": "id"}
    assert config.api.model_dump() == {
        "name": "DynamoDBOperations",
        "path": "DynamoDBManager",
        "method": "POST",
        "stage": "Prod",
        "throttle": {"rate_per_second": 10, "burst": 20},
    }


def test_the_schema_file_is_the_models_schema():
    assert (ROOT / "config.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_config_of_the_project_is_valid_in_the_eyes_of_an_editor():
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8")), schema())


def test_every_key_of_the_schema_is_described_and_may_be_empty():
    def look(rule, name):
        assert "null" in rule["type"], name
        for key, value in rule.get("properties", {}).items():
            assert value["description"], key
            assert "default" in value or "properties" in value, key
            look(value, key)
        if "properties" in rule:
            assert rule["additionalProperties"] is False, name

    look(schema(), "the whole")


@pytest.mark.parametrize(
    "data",
    [
        {"regoin": "us-east-1"},
        {"target": "AWS"},
        {"function": {"memory_mb": 127}},
        {"function": {"memory_mb": "512"}},
        {"function": {"name": "a b"}},
        {"function": {"name": "a" * 65}},
        {"function": {"log_retention_days": 2}},
        {"api": {"path": "a/b"}},
        {"api": {"throttle": {"rate_per_second": 0}}},
        {"role": {"existing_arn": "arn:aws:iam::1:role/x"}},
        {"tags": {"a b": "c"}},
        {"tags": {"a": "!"}},
        {"tags": {"a": 1}},
    ],
)
def test_an_editor_sees_the_mistake_too(data, given):
    assert list(jsonschema.Draft202012Validator(schema()).iter_errors(data))
    with pytest.raises(ConfigError):
        given(yaml.safe_dump(data))


# What is taken


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "prefix:\ntags:\n#  a: b\nfunction:\n", "{}\n"])
def test_nothing_means_the_defaults(text, given):
    assert given(text) == Config()


def test_a_byte_order_mark_and_windows_line_ends_are_harmless(given):
    assert given(b"\xef\xbb\xbfregion: eu-west-1\r\nstack: mine\r\n").stack == "mine"


def test_names_carry_the_prefix_and_so_does_the_identity(given):
    config = given("prefix: ada-\nstack: lab\n")
    assert config.identity == "ada-lab"
    assert config.named(config.function.name) == "ada-LambdaFunctionOverHttps"
    assert (config.stack, config.api.stage, config.api.path) == ("lab", "Prod", "DynamoDBManager")


def test_what_the_command_line_says_wins_even_over_a_mistake(given):
    config = given("region: mars\nprefix: '!'\n", region="eu-central-1", prefix="x", target="aws")
    assert (config.region, config.prefix, config.target) == ("eu-central-1", "x", "aws")


def test_an_empty_prefix_on_the_command_line_takes_away_that_of_the_file(given):
    assert given("prefix: ada-\n", prefix="").prefix == ""


@pytest.mark.parametrize(
    "region", ["us-east-1", "eu-west-3", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-iso-east-1"]
)
def test_a_region_of_every_partition_is_taken(region, given):
    assert given("", region=region).region == region


@pytest.mark.parametrize(
    ("text", "get", "value"),
    [
        ("api: {path: /Manager}", lambda c: c.api.path, "Manager"),
        ("api: {path: 'v1.0:a_b-c'}", lambda c: c.api.path, "v1.0:a_b-c"),
        ("api: {name: 'Ada’s API ☂'}", lambda c: c.api.name, "Ada’s API ☂"),
        ("api: {throttle: {rate_per_second: 0.5}}", lambda c: c.api.throttle.rate_per_second, 0.5),
        ("api: {throttle: {rate_per_second: 10000}}", lambda c: c.api.throttle.rate_per_second, 10000),
        ("api: {method: PATCH}", lambda c: c.api.method, "PATCH"),
        ("function: {memory_mb: 10240}", lambda c: c.function.memory_mb, 10240),
        ("function: {timeout_seconds: 900}", lambda c: c.function.timeout_seconds, 900),
        ("function: {handler: lambda_function._h2}", lambda c: c.function.handler, "lambda_function._h2"),
        ("function: {name: " + "f" * 64 + "}", lambda c: len(c.function.name), 64),
        ("policy: {name: 'a=b,c.d@e-f+g_h'}", lambda c: c.policy.name, "a=b,c.d@e-f+g_h"),
        ("prefix: ab\ntable: {name: x}", lambda c: c.named(c.table.name), "abx"),
        ("table: {partition_key: " + "é" * 127 + "}", lambda c: len(c.table.partition_key), 127),
        ("tags: {a: '', b: 'two words', '1': '2'}", lambda c: dict(c.tags), {"a": "", "b": "two words", "1": "2"}),
        (
            "role: {existing_arn: 'arn:aws:iam::123456789012:role/service-role/a/Lab'}",
            lambda c: c.role.existing_arn,
            "arn:aws:iam::123456789012:role/service-role/a/Lab",
        ),
        (
            "region: cn-north-1\nrole: {existing_arn: 'arn:aws-cn:iam::123456789012:role/x'}",
            lambda c: c.role.existing_arn,
            "arn:aws-cn:iam::123456789012:role/x",
        ),
    ],
)
def test_what_aws_takes_is_taken(text, get, value, given):
    assert get(given(text)) == value


def test_a_config_is_frozen(given):
    with pytest.raises(ValidationError):
        given("").function.name = "other"


# What is refused: one mistake, one line

NAMES = "letters, digits, - and _"
IAM = "letters, digits and _ + = , . @ -"
FREE = "all but control characters, and no spaces at the ends"
PATH = "letters, digits and . _ : - as one part of a path"
HANDLER = "lambda_function. and the name of a function in lambda_function.py"
TAG_KEYS = "letters, digits and _ . : / = + - @"
TAG_VALUES = "letters, digits, _ . : / = + - @, and spaces in between"
ARN = "is not the ARN of a role, allowed is arn:aws:iam::123456789012:role/name"
MEMORY = "allowed is a whole number from 128 to 10240"
TIMEOUT = "allowed is a whole number from 1 to 900"
BURST = "allowed is a whole number from 1 to 5000"
CHOICES = "is not one of the choices, allowed are"
RATE = "allowed is a number above 0, up to 10000"
TOP = "stack, target, region, prefix, tags, policy, role, function, table, api, sandbox"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # keys
        ("regoin: x", "1: regoin: there is no such key, did you mean region?"),
        ("REGION: x", "1: REGION: there is no such key, did you mean region?"),
        ("memory_mb: 128", "1: memory_mb: there is no such key, did you mean function.memory_mb?"),
        ("zzz: 1", f"1: zzz: there is no such key, allowed are {TOP}"),
        ("\nrole:\n  nmae: x", "3: role.nmae: there is no such key, did you mean name?"),
        ("api:\n  throttle: {brust: 2}", "2: api.throttle.brust: there is no such key, did you mean burst?"),
        ("zzz:", f"1: zzz: there is no such key, allowed are {TOP}"),
        ("stack: a\nstack: b", "2: stack: stands here twice, allowed is once; the first is on line 1"),
        ("tags:\n  a: b\n  a: c", "3: tags.a: stands here twice, allowed is once; the first is on line 2"),
        ("1: x", "1: 1: is a number to YAML, allowed is a text as the key"),
        ("on: x", "1: on: is true or false to YAML, allowed is a text as the key"),
        ("~: x", "1: ~: is nothing to YAML, allowed is a text as the key"),
        ("<<: {stack: a}", "1: <<: is a merge key to YAML, allowed is a text as the key"),
        ("? [a]\n: b", "1: ?: is a list, allowed is one word as the key"),
        ("? {a: b}\n: b", "1: ?: is a group of keys, allowed is one word as the key"),
        # wrong types
        ("api:\n  stage: 1", '2: api.stage: 1 is a number to YAML, allowed is a text: put it in quotes, "1"'),
        ("stack: 1.10", '1: stack: 1.10 is a number to YAML, allowed is a text: put it in quotes, "1.10"'),
        ("stack: on", '1: stack: on is true or false to YAML, allowed is a text: put it in quotes, "on"'),
        ("stack: 1:20", '1: stack: 1:20 is a number to YAML, allowed is a text: put it in quotes, "1:20"'),
        (
            "stack: 2026-01-01",
            '1: stack: 2026-01-01 is a date to YAML, allowed is a text: put it in quotes, "2026-01-01"',
        ),
        ("stack: [a]", "1: stack: a list does not fit, allowed is one text"),
        ("stack:\n  a: b", "1: stack: a group of keys does not fit, allowed is one text"),
        ("role: x", '1: role: "x" does not fit, allowed are keys below it: name, existing_arn'),
        ("table: 5", "1: table: 5 does not fit, allowed are keys below it: name, partition_key"),
        ("table: [5]", "1: table: a list does not fit, allowed are keys below it: name, partition_key"),
        ("tags: [a]", "1: tags: a list does not fit, allowed are keys below it: each with a text"),
        ("tags:\n  a: 1", '2: tags.a: 1 is a number to YAML, allowed is a text: put it in quotes, "1"'),
        ("tags:\n  a:", '2: tags.a: is empty, allowed is a text; the empty text is ""'),
        ("tags:\n  a: [b]", "2: tags.a: a list does not fit, allowed is one text"),
        # choices
        ("target: Sandbox", f'1: target: "Sandbox" {CHOICES} sandbox, aws; did you mean sandbox?'),
        ("target: on", f"1: target: on {CHOICES} sandbox, aws"),
        ("policy: {scope: all}", f'1: policy.scope: "all" {CHOICES} stack, any'),
        (
            "function: {architecture: arm}",
            f'1: function.architecture: "arm" {CHOICES} arm64, x86_64; did you mean arm64?',
        ),
        ("api: {method: GET}", f'1: api.method: "GET" {CHOICES} POST, PUT, PATCH'),
        (
            "function: {runtime: python3.9}",
            f'1: function.runtime: "python3.9" {CHOICES} python3.11, python3.12, '
            "python3.13, python3.14; did you mean python3.14?",
        ),
        (
            'function: {log_retention_days: "7"}',
            '1: function.log_retention_days: "7" is a text, allowed is a number: take the quotes away, 7',
        ),
        (
            "function: {log_retention_days: 2}",
            f"1: function.log_retention_days: 2 {CHOICES} 1, 3, 5, 7, 14, 30, 60, 90, 120, "
            "150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        # numbers
        ("function:\n  memory_mb: 127", f"2: function.memory_mb: 127 is too small, {MEMORY}"),
        ("function: {memory_mb: 10241}", f"1: function.memory_mb: 10241 is too large, {MEMORY}"),
        ("function: {memory_mb: 512.0}", f"1: function.memory_mb: 512.0 does not fit, {MEMORY}"),
        ("function: {memory_mb: yes}", f"1: function.memory_mb: yes does not fit, {MEMORY}"),
        ("function: {memory_mb: 0512}", f"1: function.memory_mb: 0512 does not fit, {MEMORY}"),
        ("function: {memory_mb: 1_024}", f"1: function.memory_mb: 1_024 does not fit, {MEMORY}"),
        ("function: {memory_mb: 0x200}", f"1: function.memory_mb: 0x200 does not fit, {MEMORY}"),
        ("function: {memory_mb: 8:32}", f"1: function.memory_mb: 8:32 does not fit, {MEMORY}"),
        ("function: {memory_mb: lots}", f'1: function.memory_mb: "lots" does not fit, {MEMORY}'),
        ("function: {memory_mb: [512]}", f"1: function.memory_mb: a list does not fit, {MEMORY}"),
        ("function: {memory_mb: " + "9" * 5000 + "}", f"1: function.memory_mb: {'9' * 39}… does not fit, {MEMORY}"),
        (
            'function: {memory_mb: "512"}',
            '1: function.memory_mb: "512" is a text, allowed is a number: take the quotes away, 512',
        ),
        (
            "function: {timeout_seconds: 901}",
            f"1: function.timeout_seconds: 901 is too large, {TIMEOUT}",
        ),
        ("function: {timeout_seconds: 0}", f"1: function.timeout_seconds: 0 is too small, {TIMEOUT}"),
        ("api: {throttle: {rate_per_second: 0}}", f"1: api.throttle.rate_per_second: 0 is too small, {RATE}"),
        (
            "api: {throttle: {rate_per_second: 10000.5}}",
            f"1: api.throttle.rate_per_second: 10000.5 is too large, {RATE}",
        ),
        ("api: {throttle: {rate_per_second: .inf}}", f"1: api.throttle.rate_per_second: .inf does not fit, {RATE}"),
        ("api: {throttle: {rate_per_second: .nan}}", f"1: api.throttle.rate_per_second: .nan does not fit, {RATE}"),
        ("api: {throttle: {rate_per_second: 1e3}}", f'1: api.throttle.rate_per_second: "1e3" does not fit, {RATE}'),
        ("api: {throttle: {burst: 0}}", f"1: api.throttle.burst: 0 is too small, {BURST}"),
        ("api: {throttle: {burst: 5001}}", f"1: api.throttle.burst: 5001 is too large, {BURST}"),
        # names
        ("function: {name: 'a b!'}", f'1: function.name: "a b!" holds " " and "!", allowed are {NAMES}'),
        (
            "function: {name: ''}",
            f"1: function.name: is an empty text, allowed are {NAMES}; nothing at all means the default",
        ),
        (
            "function: {name: " + "f" * 65 + "}",
            f'1: function.name: "{"f" * 39}…" has 65 characters, allowed are 1 to 64',
        ),
        ("function: {name: größe}", f'1: function.name: "größe" holds "ö" and "ß", allowed are {NAMES}'),
        ('function: {name: "a\\nb"}', f'1: function.name: "a\\nb" holds "\\n", allowed are {NAMES}'),
        ("function: {handler: app.main}", f'1: function.handler: "app.main" does not fit, allowed are {HANDLER}'),
        (
            "function: {handler: lambda_function.1}",
            f'1: function.handler: "lambda_function.1" does not fit, allowed are {HANDLER}',
        ),
        ("role: {name: a/b}", f'1: role.name: "a/b" holds "/", allowed are {IAM}'),
        ("role: {name: " + "r" * 65 + "}", f'1: role.name: "{"r" * 39}…" has 65 characters, allowed are 1 to 64'),
        (
            "policy: {name: " + "p" * 129 + "}",
            f'1: policy.name: "{"p" * 39}…" has 129 characters, allowed are 1 to 128',
        ),
        ("table: {name: ab}", '1: table.name: "ab" has 2 characters, allowed are 3 to 255'),
        (
            "table: {name: " + "t" * 256 + "}",
            f'1: table.name: "{"t" * 39}…" has 256 characters, allowed are 3 to 255',
        ),
        ("table: {name: a+b}", '1: table.name: "a+b" holds "+", allowed are letters, digits and _ . -'),
        (
            "table: {partition_key: " + "é" * 128 + "}",
            f'1: table.partition_key: "{"é" * 39}…" has 256 bytes, allowed are 1 to 255',
        ),
        ('table: {partition_key: "a\\0"}', f'1: table.partition_key: "a\\x00" holds "\\x00", allowed are {FREE}'),
        ("api: {name: ' x'}", f'1: api.name: " x" does not fit, allowed are {FREE}'),
        ('api: {name: "a\\u2028"}', f'1: api.name: "a\\u2028" holds "\\u2028", allowed are {FREE}'),
        ("api: {path: a/b}", f'1: api.path: "a/b" does not fit, allowed are {PATH}'),
        ("api: {path: //a}", f'1: api.path: "//a" does not fit, allowed are {PATH}'),
        ("api: {path: /}", f'1: api.path: "/" does not fit, allowed are {PATH}'),
        ("api: {path: ..}", f'1: api.path: ".." does not fit, allowed are {PATH}'),
        ("api: {path: '{proxy+}'}", f'1: api.path: "{{proxy+}}" holds "{{" and "+" and "}}", allowed are {PATH}'),
        ("api: {stage: v1.0}", f'1: api.stage: "v1.0" holds ".", allowed are {NAMES}'),
        ("api: {stage: " + "s" * 129 + "}", f'1: api.stage: "{"s" * 39}…" has 129 characters, allowed are 1 to 128'),
        ("prefix: a.b", '1: prefix: "a.b" holds ".", allowed are letters, digits, - and _, a letter or digit first'),
        ("prefix: -a", '1: prefix: "-a" does not fit, allowed are letters, digits, - and _, a letter or digit first'),
        ("stack: a&b", f'1: stack: "a&b" holds "&", allowed are {TAG_VALUES}'),
        ("prefix: aws\nstack: ':x'", f'2: stack: ":x" does not fit, allowed are {TAG_VALUES}'),
        ("stack: AWS:x", '1: stack: "AWS:x" begins with aws:, which AWS keeps for its own tags'),
        ("stack: " + "s" * 257, f'1: stack: "{"s" * 39}…" has 257 characters, allowed are 1 to 256'),
        # tags
        ("tags:\n  a b: c", f'2: tags.a b: "a b" holds " ", allowed are {TAG_KEYS}'),
        ("tags: {aWs:x: c}", '1: tags.aWs:x: "aWs:x" begins with aws:, which AWS keeps for its own tags'),
        ("tags: {a: 'aws:c'}", '1: tags.a: "aws:c" begins with aws:, which AWS keeps for its own tags'),
        ("tags: {a: '*'}", f'1: tags.a: "*" holds "*", allowed are {TAG_VALUES}'),
        ("tags: {a: ' b'}", f'1: tags.a: " b" does not fit, allowed are {TAG_VALUES}'),
        ("tags: {'': b}", f"1: tags.: is an empty text, allowed are {TAG_KEYS}; nothing at all means the default"),
        ("tags: {a: " + "v" * 257 + "}", f'1: tags.a: "{"v" * 39}…" has 257 characters, allowed are 0 to 256'),
        (
            "tags: {" + "k" * 129 + ": v}",
            f'1: tags.{"k" * 39}…: "{"k" * 39}…" has 129 characters, allowed are 1 to 128',
        ),
        *(
            (
                f"tags: {{{key}: x}}",
                f"1: tags.{key}: is set by this project itself, allowed is any key but {', '.join(OUR_TAGS)}",
            )
            for key in (*OUR_TAGS, "Stack")
        ),
        (
            "tags:\n  Owner: a\n  owner: b",
            "3: tags.owner: differs from Owner only in upper and lower case, which is one key to IAM",
        ),
        # regions and roles
        ("region: us_east_1", '1: region: "us_east_1" is not a region of AWS, did you mean us-east-1?'),
        ("region: eu-west", '1: region: "eu-west" is not a region of AWS, did you mean eu-west-1?'),
        (
            "region: us-esat-1",
            '1: region: "us-esat-1" is not a region of AWS (or too new for this boto3), did you mean us-east-1?',
        ),
        ("region: us-EAST-1", '1: region: "us-EAST-1" is not a region of AWS, did you mean us-east-1?'),
        ("region: ''", '1: region: "" is not a region of AWS, did you mean us-east-1?'),
        ("region: aws-global", '1: region: "aws-global" is not a region of AWS, did you mean us-gov-east-1?'),
        ('region: "us-east-1\\n"', '1: region: "us-east-1\\n" is not a region of AWS, did you mean us-east-1?'),
        ("role: {existing_arn: ''}", f'1: role.existing_arn: "" {ARN}'),
        ("role: {existing_arn: my-role}", f'1: role.existing_arn: "my-role" {ARN}'),
        ("role: {existing_arn: 'arn:aws:iam::1:role/x'}", f'1: role.existing_arn: "arn:aws:iam::1:role/x" {ARN}'),
        (
            "role: {existing_arn: 'arn:aws:iam::123456789012:user/x'}",
            f'1: role.existing_arn: "arn:aws:iam::123456789012:user/x" {ARN}',
        ),
        (
            "role: {existing_arn: 'arn:aws:iam::123456789012:role/" + "p" * 511 + "/x'}",
            f'1: role.existing_arn: "arn:aws:iam::123456789012:role/{"p" * 8}…" {ARN}',
        ),
        (
            "region: cn-north-1\nrole:\n  existing_arn: arn:aws:iam::123456789012:role/x",
            '3: role.existing_arn: "arn:aws:iam::123456789012:role/x" is in the partition aws, allowed is aws-cn, '
            "that of the region",
        ),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(text, problem, refused):
    assert refused(text) == [problem]


def test_a_47th_tag_is_one_too_many(given, refused):
    tags = [f"  t{number}: x\n" for number in range(MAX_TAGS + 1)]
    assert len(given("tags:\n" + "".join(tags[1:])).tags) == MAX_TAGS == 46
    too_many = "1: tags: holds 47 tags, allowed are 46 beside this project's own"
    assert refused("tags:\n" + "".join(tags)) == [too_many]
    assert refused("tags:\n  t0: '!'\n" + "".join(tags[1:])) == [
        too_many,
        f'2: tags.t0: "!" holds "!", allowed are {TAG_VALUES}',
    ]


# What is refused: the prefix


def test_a_name_in_the_file_that_the_prefix_makes_too_long_is_named_at_its_own_line(refused):
    assert refused(f"prefix: {'p' * 10}\nfunction:\n  name: {'f' * 60}\n") == [
        f'3: function.name: "{"p" * 10}{"f" * 29}…" (prefix included) has 70 characters, allowed are 1 to 64'
    ]


def test_a_default_name_that_the_prefix_makes_too_long_is_named_at_the_prefix(refused):
    assert refused(f"stack: a\nprefix: {'p' * 45}\n") == [
        f'2: prefix: makes role.name too long: "{"p" * 39}…" (prefix included) has 67 characters, allowed are 1 to 64',
        f'2: prefix: makes function.name too long: "{"p" * 39}…" (prefix included) has 68 characters, '
        "allowed are 1 to 64",
    ]


def test_a_name_that_only_the_prefix_of_the_command_line_makes_too_long_is_blamed_on_the_flag(refused):
    assert refused(f"prefix: a\nfunction:\n  name: {'f' * 60}\n", prefix="ada-1-") == [
        f'--prefix: makes function.name too long: "ada-1-{"f" * 33}…" (prefix included) has 66 characters, '
        "allowed are 1 to 64"
    ]


def test_every_name_that_aws_sees_with_the_prefix_is_counted_with_it(refused):
    names = {"policy": 128, "role": 64, "function": 64, "table": 255, "api": 1024}
    text = "".join(f"{section}: {{name: {'n' * longest}}}\n" for section, longest in names.items())
    assert [line.split(": ")[1] for line in refused(f"prefix: p\n{text}stack: {'s' * 256}\n")] == [
        "policy.name",
        "role.name",
        "function.name",
        "table.name",
        "api.name",
        "stack",
    ]


def test_what_aws_sees_without_the_prefix_is_counted_without_it(given):
    config = given(f"prefix: p\napi: {{stage: {'s' * 128}}}\ntable: {{partition_key: {'k' * 255}}}\n")
    assert len(config.api.stage) == 128


def test_a_wrong_prefix_is_one_problem_and_not_one_in_every_name(refused):
    words = "letters, digits, - and _, a letter or digit first"
    assert refused("prefix: 'a b'") == [f'1: prefix: "a b" holds " ", allowed are {words}']
    assert refused(f"prefix: {'p' * 64}") == [f'1: prefix: "{"p" * 39}…" has 64 characters, allowed are 0 to 63']


# What is refused: the command line


def test_a_mistake_on_the_command_line_names_the_flag(refused):
    assert refused("stack: 1\n", region="us-east", target="cloud", prefix="p" * 43) == [
        f'--target: "cloud" {CHOICES} sandbox, aws',
        '--region: "us-east" is not a region of AWS, did you mean us-east-1?',
        f'--prefix: makes role.name too long: "{"p" * 39}…" (prefix included) has 65 characters, allowed are 1 to 64',
        f'--prefix: makes function.name too long: "{"p" * 39}…" '
        '(prefix included) has 66 characters, allowed are 1 to 64',
        '1: stack: 1 is a number to YAML, allowed is a text: put it in quotes, "1"',
    ]  # fmt: skip


def test_a_flag_is_never_taken_for_a_number(refused):
    assert refused("", target="1") == [f'--target: "1" {CHOICES} sandbox, aws']


# What is refused: many at once

SIX_MISTAKES = """\
regoin: eu-west-1
role:
  name: "my role!"
function:
  memory_mb: "512"
  timeout_seconds: 1000
  architecture: arm
  memory_mb: 256
api:
  stage: 1
"""


def test_all_mistakes_come_at_once_in_the_order_of_their_lines(refused):
    assert refused(SIX_MISTAKES) == [
        "1: regoin: there is no such key, did you mean region?",
        f'3: role.name: "my role!" holds " " and "!", allowed are {IAM}',
        '5: function.memory_mb: "512" is a text, allowed is a number: take the quotes away, 512',
        f"6: function.timeout_seconds: 1000 is too large, {TIMEOUT}",
        f'7: function.architecture: "arm" {CHOICES} arm64, x86_64; did you mean arm64?',
        "8: function.memory_mb: stands here twice, allowed is once; the first is on line 5",
        '10: api.stage: 1 is a number to YAML, allowed is a text: put it in quotes, "1"',
    ]


def test_the_path_is_shown_as_the_user_gave_it(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "my.yaml").write_text("x: 1", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^sub/my\.yaml:1: x: "):
        load(Path("sub/my.yaml"))


# What is refused: the file as a whole

NESTED = "is nested more than 10 levels deep"
ALIAS = "is an anchor or alias (& or *); write the value itself"
TAG = "is a tag (!); write the value itself, or in quotes"
SHAPE = "allowed are keys with values, such as region: us-east-1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "stack: a\nregion: b: c",
            "2: is not YAML: a second ':', or a wrong indentation; a text with ': ' needs quotes",
        ),
        ("stack: a\nregion\ntarget: aws", "2: is not YAML: a ': ' (a colon and a space) is missing after a key"),
        ("role:\n  name: a\n existing_arn:", "3: is not YAML: this line is not indented like those it belongs to"),
        ("stack: 'a\nb: c\n\n", "1: is not YAML: a quote is opened here and never closed"),
        ("tags: {a: b\n", "1: is not YAML: a bracket is never closed, or a ',' is missing"),
        ("stack: @a", "1: is not YAML: this character cannot begin a value; write the value in quotes"),
        ('\nstack: "\\UFFFFFFFF"', "2: is not YAML: a number out of range"),
        ("%YAML " + "1" * 5000 + ".1\n---\n", "1: is not YAML: a number out of range"),
        ('stack: "\\ud800"', "1: holds half of a character; write it whole"),
        ("stack: a\nregion: \x07", "2: holds an invisible control character; delete it"),
        ("stack: a\nregion: \0", "2: holds a NUL byte; save it as plain text"),
        ("role:\n\tname: a", "2: holds a tab; write spaces instead"),
        (b"stack: a\nregion: \xff", "2: is not UTF-8 text; save it in that encoding"),
        ("stack: a".encode("utf-16"), "1: is not UTF-8 text; save it in that encoding"),
        ("- a\n- b", f"1: is a list, {SHAPE}"),
        ("\nhello", f"2: is a text, {SHAPE}"),
        ("5", f"1: is a number, {SHAPE}"),
        ("stack: a\n---\nstack: b", "2: is a second document; delete the --- and what follows"),
        ("policy: &p {name: a}\nrole: *p", f"1: {ALIAS}"),
        ("role:\n  <<: *p", f"2: {ALIAS}"),
        ("stack: !!int 1_0", f"1: {TAG}"),
        ("stack: !!python/object/apply:os.system [ls]", f"1: {TAG}"),
        ("stack: !Sub x", f"1: {TAG}"),
        ("a:\n" + "b: " + "[" * 10 + "]" * 10, f"2: {NESTED}"),
        ("[" * 60_000, f"1: {NESTED}"),
        ("a: " + "{a: " * 15_000, f"1: {NESTED}"),
        ("- " * 30_000, f"1: {NESTED}"),
        ("? " * 30_000, f"1: {NESTED}"),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_problem(text, problem, refused):
    assert refused(text) == [problem]


def test_a_file_of_64_kib_is_read_and_one_byte_more_is_not(given, refused):
    assert given("#" * 64 * 1024) == Config()
    assert refused("#" * (64 * 1024 + 1)) == [
        "config.yaml: is larger than 64 KiB; that is not a configuration of this stack".removeprefix("config.yaml:")
    ]
    assert "larger" in refused("é" * 40_000)[0]


def test_a_path_that_is_no_readable_file_is_one_problem(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    for path, words in {
        tmp_path / "none.yaml": "there is no such file; run this where it is, or give --config",
        tmp_path: "is a directory, not a file",
        tmp_path / "pipe": "is a device or a pipe, not a file",
        tmp_path / ("x" * 300): "cannot be read: File name too long",
        tmp_path / "pipe" / "x": "there is no such file; run this where it is, or give --config",
    }.items():
        with pytest.raises(ConfigError) as error:
            load(path)
        assert error.value.problems == (f"{path}: {words}",)

    def locked(*_):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "locked").touch()
    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(ConfigError, match=r"locked: cannot be read: Permission denied$"):
        load(tmp_path / "locked")


# Whatever comes


def test_no_garbage_ends_in_a_traceback_or_in_the_words_of_a_library(given):
    chance = random.Random(20)  # noqa: S311
    good = (ROOT / "config.yaml").read_text(encoding="utf-8")
    junk = [
        "1",
        "on",
        "~",
        "[",
        "]",
        "{",
        "}",
        ":",
        "?",
        "'",
        '"',
        "&a",
        "*a",
        "!t",
        "|",
        ">",
        "#",
        ".inf",
        "1:20",
        "0x1",
        "é",
        "\\",
        "%",
        "@",
        ",",
        "<<",
        "=",
        "\x85",
        "😀",
        "[1]",
        "{a:b}",
    ]
    junk += ["\n", "  ", ": ", "- ", "? ", "---\n", "...\n", "{a: b}"]
    lines = [line for line in good.splitlines() if line.partition("#")[0].strip()]
    refusals = 0
    for _ in range(150):
        chosen = chance.sample(lines, 12)
        for _ in range(chance.randrange(1, 4)):
            spot = chance.randrange(len(chosen))
            cut = chance.randrange(len(chosen[spot]) + 1)
            chosen[spot] = chosen[spot][:cut] + chance.choice(junk) + chosen[spot][cut + chance.randrange(3) :]
        try:
            given("\n".join(chosen))
        except ConfigError as error:
            refusals += 1
            assert all(problem.startswith("config.yaml:") and problem.isprintable() for problem in error.problems)
            assert not any(word in str(error) for word in ("Input should", "Extra inputs", "Value error", "<object"))
    assert refusals > 100


def leaves(rule, above=()):
    for key, below in rule["properties"].items():
        yield from leaves(below, (*above, key)) if "properties" in below else [(*above, key)]


@pytest.mark.parametrize("keys", [keys for keys in leaves(schema()) if keys != ("tags",)], ids=".".join)
def test_every_key_refuses_what_is_not_its_kind(keys, refused):
    for value in ("[a]", "{a: b}", "[{a: {b: [c]}}]", "2026-01-01", ".nan", "-1", "0777", "off", '"\\e"'):
        (problem,) = refused(": {".join(keys) + ": " + value + "}" * (len(keys) - 1))
        assert problem.startswith(f"1: {'.'.join(keys)}: ")
