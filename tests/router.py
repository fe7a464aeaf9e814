"""The operation router in this process, as a new execution environment has it, and without a network."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import boto3.dynamodb.types
import pytest
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
from botocore.awsrequest import AWSResponse
from moto import mock_aws

SOURCE = Path(__file__).parents[1] / "lambda_function.py"
REGION = "eu-west-1"


def load() -> ModuleType:
    """A fresh copy, as a new execution environment imports it."""
    spec = importlib.util.spec_from_file_location("lambda_function_under_test", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def loaded() -> Iterator[ModuleType]:
    """The router, with moto for AWS."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "testing",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",  # the marshaller then writes UTF-8, unescaped
        }.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
            patch.delenv(name, raising=False)
        patch.setattr(boto3, "DEFAULT_SESSION", None)
        # The router puts its own in place of this; whoever comes after these tests gets boto3's back.
        patch.setattr(boto3.dynamodb.types, "DYNAMODB_CONTEXT", boto3.dynamodb.types.DYNAMODB_CONTEXT)
        with mock_aws():
            yield load()


def wire(router: ModuleType, body: str) -> str:
    """The text that the runtime posts back."""
    marshaller = LambdaMarshaller()
    text, kind = marshaller.marshal_response(router.lambda_handler(marshaller.unmarshal_request(body.encode()), None))
    assert kind == "application/json"
    text.encode()  # the runtime does this outside of any `try`: what fails here kills the environment
    return text


class Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self) -> Iterator[bytes]:
        yield self.content


@contextmanager
def dynamodb_answers(router: ModuleType, status: int, answer: Any) -> Iterator[list[Any]]:
    """DynamoDB answers with this JSON, or fails with this exception. Yields the requests that it is sent."""
    requests: list[Any] = []

    def reply(request: Any, **_: Any) -> AWSResponse:
        requests.append(request)
        if isinstance(answer, Exception):
            raise answer
        return AWSResponse(request.url, status, {}, Body(json.dumps(answer).encode()))

    events = router.DYNAMODB.meta.client.meta.events
    events.register_first("before-send.dynamodb.*", reply)
    try:
        yield requests
    finally:
        events.unregister("before-send.dynamodb.*", reply)
