"""0. Requests that lack what they must have."""

from typing import Any

import pytest
from botocore.config import Config

from tests.conformance.cloud import refused

MISSING = "1 validation error detected: Value{} at '{}' failed to satisfy constraint: Member must not be null"


@pytest.fixture(scope="module")
def unchecked(shared):
    """Clients that send what botocore would refuse."""

    def client(service: str) -> Any:
        config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
        return shared.aws.session.client(
            service, region_name=shared.region, endpoint_url=shared.aws.endpoint_url, config=config
        )

    return client


def test_iam_names_what_is_missing(unchecked):
    """Source: from experience."""
    with refused(400, "ValidationError", MISSING.format("", "assumeRolePolicyDocument")):
        unchecked("iam").create_role(RoleName="conformance-incomplete")


def test_lambda_names_what_is_missing(unchecked):
    """Source: from experience."""
    wanted = {"FunctionName": "conformance-incomplete", "Runtime": "python3.13", "Handler": "index.lambda_handler"}
    with refused(400, "ValidationException", MISSING.format(" null", "role")):
        unchecked("lambda").create_function(**wanted, Code={"ZipFile": b"-"})


def test_a_function_needs_code(unchecked, shared):
    """Source: https://github.com/fog/fog-aws/blob/master/lib/fog/aws/requests/lambda/update_function_code.rb"""
    wanted = {"FunctionName": "conformance-incomplete", "Runtime": "python3.13", "Handler": "index.lambda_handler"}
    with refused(400, "InvalidParameterValueException", "Please provide a source for function code."):
        unchecked("lambda").create_function(**wanted, Role=shared.role_arn("absent"), Code={})
    with refused(404, "ResourceNotFoundException"):
        shared.lambda_.get_function(FunctionName="conformance-incomplete")


def test_logs_name_what_is_missing(unchecked):
    """Source: from experience."""
    with refused(400, "InvalidParameterException", MISSING.format(" null", "logGroupName")):
        unchecked("logs").create_log_group()


def test_dynamodb_names_the_table_that_is_missing(unchecked):
    """Source: https://github.com/architect/dynalite/blob/main/test/createTable.js"""
    text = "The parameter 'TableName' is required but was not present in the request"
    with refused(400, "ValidationException", text):
        unchecked("dynamodb").describe_table()


@pytest.mark.parametrize("missing", ["KeySchema", "AttributeDefinitions"])
def test_a_table_needs_a_key_and_its_definition(unchecked, missing):
    """Source: https://github.com/architect/dynalite/blob/main/test/createTable.js"""
    wanted = {
        "TableName": "conformance-incomplete",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    del wanted[missing]
    with refused(400, "ValidationException", MISSING.format(" null", f"{missing[0].lower()}{missing[1:]}")):
        unchecked("dynamodb").create_table(**wanted)


def test_dynamodb_names_what_is_missing_inside(unchecked):
    """Source: https://github.com/architect/dynalite/blob/main/test/createTable.js"""
    with refused(400, "ValidationException", MISSING.format(" null", "keySchema.1.member.keyType")):
        unchecked("dynamodb").create_table(
            TableName="conformance-incomplete",
            KeySchema=[{"AttributeName": "id"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def test_a_table_is_on_demand_or_provisioned(shared):
    """Source: https://github.com/architect/dynalite/blob/main/test/createTable.js"""
    text = "Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must satisfy enum value set"
    with refused(400, "ValidationException", f"1 validation error detected: {text}: [PROVISIONED, PAY_PER_REQUEST]"):
        shared.table(BillingMode="FREE")
