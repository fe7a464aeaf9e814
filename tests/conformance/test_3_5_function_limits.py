"""2.2 and 3.5 Limits of Lambda that one call can hit."""

import io
import os
import zipfile

import pytest

from tests.conformance.cloud import refused
from tests.conformance.functions import created, creation


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def test_the_defaults_are_3_seconds_and_128_mb(cloud, function):
    """Source: BC:lambda Timeout."""
    answer = created(cloud, function)
    assert (answer["Timeout"], answer["MemorySize"]) == (3, 128)


@pytest.mark.parametrize("field, member, most", [("Timeout", "timeout", 900), ("MemorySize", "memorySize", 10_240)])
def test_a_function_has_at_most_900_seconds_and_10240_mb(cloud, function, field, member, most):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    constraint = f"Member must have value less than or equal to {most}"
    text = f"1 validation error detected: Value '{most + 1}' at '{member}' failed to satisfy constraint: {constraint}"
    with refused(400, "ValidationException", text):
        cloud.lambda_.create_function(**creation(cloud, function, **{field: most + 1}))
    with refused(400, "ValidationException", text):
        cloud.lambda_.update_function_configuration(FunctionName=function, **{field: most + 1})


def test_the_environment_variables_have_at_most_4_kb(cloud, function):
    """They are measured as JSON. Source: LS:lambda test_large_environment_variables_fails."""
    text = "Lambda was unable to configure your environment variables because the environment variables you have"
    value = "x" * 4096
    measured = f'{{"LARGE_VAR":"{value}"}}'
    with refused(
        400,
        "InvalidParameterValueException",
        f"{text} provided exceeded the 4KB limit. String measured: {measured}",
    ):
        cloud.lambda_.create_function(**creation(cloud, function, Environment={"Variables": {"LARGE_VAR": value}}))


def test_environment_variables_of_4_kb_are_taken(cloud, function):
    """Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    variables = {"LARGE_VAR": "x" * (4096 - len('{"LARGE_VAR":""}'))}
    assert created(cloud, function, Environment={"Variables": variables})["Environment"] == {"Variables": variables}


def test_a_zip_is_smaller_than_50_mb(cloud, function):
    """Source: LS:lambda test_oversized_zipped_create_lambda."""
    code = {"ZipFile": os.urandom(52_428_801)}
    with refused(413, "RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes"):
        cloud.lambda_.create_function(**creation(cloud, function, Code=code))


def test_a_request_is_smaller_than_70_mb(cloud, function):
    """Source: LS:lambda test_oversized_request_create_lambda."""
    code = {"ZipFile": bytes(52_700_000)}
    text = "Request must be smaller than 70167211 bytes for the CreateFunction operation"
    with refused(413, "RequestEntityTooLargeException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Code=code))


def test_the_unzipped_code_is_smaller_than_250_mb(cloud, function):
    """Source: LS:lambda test_oversized_unzipped_lambda."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        opened.writestr("index.py", bytes(262_144_001))
    text = "Unzipped size must be smaller than 262144000 bytes"
    with refused(400, "InvalidParameterValueException", text):
        cloud.lambda_.create_function(**creation(cloud, function, Code={"ZipFile": archive.getvalue()}))
