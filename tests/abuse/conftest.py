"""Strangers, and what they know. Hypothesis invents what they send: the same in every run, without a trace on disk."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.abuse.envelopes import FOREIGN, OURS
from tests.invoke_url import JSON, InvokeUrl
from tests.router import loaded

SECRET = "for the owner's eyes only"

# What hypothesis finds out about this Python and these modules, it would keep in a folder beside the tests.
set_hypothesis_home_dir(os.devnull)
settings.register_profile(
    "abuse",
    database=None,
    deadline=None,
    derandomize=True,
    # without `explain`, which runs a failing test under a tracer, hundreds of times
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow],
)
# Here and not in a fixture: a test that is decorated with settings takes the rest from the profile at its import.
settings.load_profile("abuse")


@pytest.fixture(scope="module")
def router() -> Iterator[ModuleType]:
    """The function in this process: nothing but itself stands between a stranger and DynamoDB."""
    with loaded() as module:
        yield module


class Stranger:
    """Somebody who knows the invoke URL, the lab's table and the name of a table that is not the lab's."""

    def __init__(self, shipped: InvokeUrl, foreign: str) -> None:
        self.dynamodb, self.path = shipped.bench.lab.aws.dynamodb, shipped.path
        self.ours, self.foreign = shipped.bench.lab.table_name, foreign
        self.address = "127.0.0.1", shipped.bench.sandbox.port
        self.connection = http.client.HTTPConnection(*self.address, timeout=60)

    def request(self, envelope: Any) -> str:
        """Its JSON, with the tables' real names in it."""
        return json.dumps(envelope).replace(OURS, self.ours).replace(FOREIGN, self.foreign)

    def post(self, body: str | bytes, content_type: str = JSON) -> tuple[int, str]:
        """(status, body of the answer). Strangers keep their connection."""
        return self.ask("POST", self.path, body, {"Content-Type": content_type})

    def ask(self, method: str, path: str, body: str | bytes, headers: dict[str, str]) -> tuple[int, str]:
        self.connection.request(method, path, body.encode() if isinstance(body, str) else body, headers)
        response = self.connection.getresponse()
        return response.status, response.read().decode()

    def foreign_items(self) -> Any:
        return self.dynamodb.scan(TableName=self.foreign)["Items"]


@pytest.fixture(scope="module")
def stranger(shipped: InvokeUrl) -> Iterator[Stranger]:
    shipped.bench.up_to("table")
    one = Stranger(shipped, f"{shipped.bench.lab.table_name}-of-others")
    one.dynamodb.create_table(
        TableName=one.foreign,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    one.dynamodb.put_item(TableName=one.foreign, Item={"id": {"S": "1"}, "secret": {"S": SECRET}})
    yield one
    one.connection.close()
    one.dynamodb.delete_table(TableName=one.foreign)
