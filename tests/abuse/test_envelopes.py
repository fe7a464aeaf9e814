"""Whatever JSON a stranger sends, the answer is a result or a refusal, and shows nothing of how it is made."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.abuse.conftest import SECRET
from tests.abuse.envelopes import envelopes, values
from tests.invoke_url import TEXT

INTERNALS = re.compile(
    r"Traceback|\.py\b|File \"|site-packages|/var/|/tmp/|/opt/|\w*boto\w*|awslambdaric|lambda_function|<class|<function"
    r"| object at 0x|<locals>|\b\d{12}\b|arn:|assumed-role|moto\b|werkzeug|\bdecimal\.|\b[A-Z]\w+(?:Error|Exception)\b"
)
INPUTS = [1000, pytest.param(2000, marks=pytest.mark.thorough)]


def check(sent, status, answer):
    """`answer` is text; what it refuses it may repeat."""
    told = json.loads(answer)
    assert SECRET not in answer
    if status != 200:
        assert status in {400, 403, 404, 409}
        assert set(told) in ({"error"}, {"message"})
        assert [word for word in INTERNALS.findall(answer) if word not in sent] == []
    elif (envelope := json.loads(sent))["operation"] == "echo":
        assert told == envelope.get("payload")


@pytest.mark.parametrize("inputs", INPUTS)
def test_no_envelope_breaks_it_makes_it_talk_or_reaches_another_table(stranger, inputs):
    before = stranger.foreign_items()

    @settings(max_examples=inputs)
    @given(envelopes)
    def each(envelope):
        sent = stranger.request(envelope)
        check(sent, *stranger.post(sent))

    each()
    assert stranger.foreign_items() == before


@pytest.mark.parametrize("inputs", INPUTS)
def test_nor_does_any_json_that_nothing_validates(stranger, inputs):
    fields = st.dictionaries(st.sampled_from(["operation", "tableName", "payload"]), values)

    @settings(max_examples=inputs // 3)
    @given(values | fields)
    def each(value):
        sent = stranger.request(value)
        check(sent, *stranger.post(sent, TEXT))

    each()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, '{"message": "Internal server error"}'),
        (400, '{"error": {"type": "BadRequest", "message": "see /var/task"}}'),
        (400, '{"errorMessage": "[BadRequest]", "stackTrace": []}'),
        (403, '{"error": {"type": "Forbidden", "message": "account 123456789012"}}'),
        (200, json.dumps({"Items": [{"secret": SECRET}]})),
        (200, '{"payload": "of somebody else"}'),
    ],
)
def test_what_must_not_be_answered_is_noticed(status, answer):
    with pytest.raises(AssertionError):
        check('{"operation": "echo", "payload": 1}', status, answer)
