"""Whatever an envelope holds, the function asks DynamoDB of the table in its `tableName` and of no other.

Without IAM in the way: on AWS, and in the sandbox, the function's policy guards other tables as well.
"""

import json
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.abuse.envelopes import CHARACTERS, OURS, nearly_right
from tests.router import REGION, dynamodb_answers

HOST = f"dynamodb.{REGION}.amazonaws.com"


def asked(router, envelope):
    """What DynamoDB is asked: [(host, table)]. The same table is asked by all its attempts."""
    with dynamodb_answers(router, 200, {}) as requests:
        try:
            router.lambda_handler(envelope, None)
        except router.Refused as refusal:
            assert not isinstance(refusal, router.Internal), envelope
    return [(urlsplit(request.url).hostname, json.loads(request.body)["TableName"]) for request in requests]


@pytest.mark.parametrize("inputs", [800, pytest.param(3000, marks=pytest.mark.thorough)])
def test_the_table_in_table_name_is_asked_and_no_other(router, inputs):
    reached = []

    @settings(max_examples=inputs)
    @given(nearly_right())
    def each(envelope):
        tables = asked(router, envelope)
        assert [table for table in tables if table != (HOST, envelope["tableName"])] == []
        reached.extend(tables)

    each()
    assert len(reached) > inputs / 10  # or next to nothing was tried


ACCOUNTS = ["999999999999", "evil", "evil.example", "", "a" * 70, "127.0.0.1:80/", "@example.com"]


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_name_of_a_table_leads_to_no_other_host(router, account):
    """Of an ARN boto3 makes the host's name: https://ACCOUNT.ddb.REGION.amazonaws.com"""
    for region in (REGION, "us-east-1", ""):
        arn = f"arn:aws:dynamodb:{region}:{account}:table/{OURS}"
        assert asked(router, {"operation": "list", "tableName": arn}) == []


@settings(max_examples=300)
@given(name=st.text(CHARACTERS, max_size=5) | st.text("aZ9_.-:/@é\n", max_size=260))
def test_any_name_is_a_table_s_or_refused(router, name):
    assert set(asked(router, {"operation": "list", "tableName": name})) <= {(HOST, name)}
