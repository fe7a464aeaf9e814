"""A number comes back as the runtime's JSON parser read it, or is refused with 400: there is nothing between."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.abuse.envelopes import OURS

# Numerals as JSON writes them, beyond what DynamoDB holds on every side.
whole = st.integers(0, 10**45) | st.integers(0, 9)
fractions = st.just("") | st.integers(0, 10**20).map(".{:020d}".format) | st.integers(0, 10**45).map(".{}".format)
exponents = st.just("") | st.builds("{}{}".format, st.sampled_from(["e", "E+", "e-"]), st.integers(0, 140))
numerals = st.builds("{}{}{}{}".format, st.sampled_from(["", "-"]), whole, fractions, exponents)
numerals |= st.floats(allow_nan=False, allow_infinity=False).map(repr)
numerals |= st.integers(-(10**38) + 1, 10**38 - 1).map(str)
EDGES = [
    *("9" * 38, "-" + "9" * 38, "1" + "0" * 125, "9.99e125", "9.99e+125", "-9.99e125", "1e-130", "-1e-130", "0", "-0"),
    *("-0.0", "0e999", "1.0", "1E2", "1e-400", "123456789012345678901234567890.12345678"),
]
BEYOND = [
    *("9" * 39, "1e126", "-1e126", "1.7976931348623157e308", "1e-131", "5e-324", "2.2250738585072014e-308", "1e400"),
    *("1" * 4300, "1" * 4301, "-" + "1" * 9000, "-1e400", "1" + "0" * 126),
]


def is_held(value):
    """Whether DynamoDB can hold what Python's JSON parser made of a numeral: 38 digits, 1E-130 to 9.99E+125, or 0."""
    number = Decimal(repr(value))
    if not number:
        return True
    figures = "".join(map(str, number.as_tuple().digits)).strip("0")
    return len(figures) <= 38 and -130 <= number.adjusted() <= 125


def stored(stranger, numeral):
    """The status of writing it and, if it was written, what reading it gives as text."""
    item = stranger.request({"operation": "create", "tableName": OURS, "payload": {"Item": {"id": "n", "n": 0}}})
    status, answer = stranger.post(item.replace('"n": 0', f'"n": {numeral}'))
    if status != 200:
        return status, json.loads(answer)["error"]["type"]
    status, answer = stranger.post(
        stranger.request({"operation": "read", "tableName": OURS, "payload": {"Key": {"id": "n"}}})
    )
    return status, json.loads(answer, parse_float=Decimal)["Item"]["n"]


def holds(stranger, numeral):
    value = json.loads(numeral)
    expected = (200, Decimal(repr(value))) if is_held(value) else (400, "BadRequest")
    assert stored(stranger, numeral) == expected


@pytest.mark.parametrize("inputs", [400, pytest.param(1000, marks=pytest.mark.thorough)])
def test_a_number_comes_back_equal_or_is_refused(stranger, inputs):
    @settings(max_examples=inputs)
    @given(numerals)
    def each(numeral):
        holds(stranger, numeral)

    each()


@pytest.mark.parametrize("numeral", EDGES)
def test_the_ends_of_what_dynamodb_holds_come_back_equal(stranger, numeral):
    assert is_held(json.loads(numeral))
    holds(stranger, numeral)


@pytest.mark.parametrize("numeral", BEYOND)
def test_what_dynamodb_does_not_hold_is_a_bad_request(stranger, numeral):
    assert stored(stranger, numeral) == (400, "BadRequest")


@pytest.mark.parametrize("inputs", [200, pytest.param(500, marks=pytest.mark.thorough)])
def test_a_number_anywhere_in_an_item_comes_back_too(stranger, inputs):
    @settings(max_examples=inputs)
    @given(st.lists(st.integers(-(10**38) + 1, 10**38 - 1) | st.floats(-1e125, 1e125).filter(is_held), max_size=5))
    def each(numbers):
        item = {"id": "n", "deep": [{"numbers": numbers}]}
        sent = {"operation": "update", "tableName": OURS, "payload": {"Key": {"id": "n"}, "ReturnValues": "ALL_NEW"}}
        sent["payload"] |= {"UpdateExpression": "SET deep = :d", "ExpressionAttributeValues": {":d": item["deep"]}}
        status, answer = stranger.post(stranger.request(sent))
        told = json.loads(answer, parse_float=Decimal)
        assert (status, told["Attributes"]["deep"][0]["numbers"]) == (200, [Decimal(repr(each)) for each in numbers])

    each()
