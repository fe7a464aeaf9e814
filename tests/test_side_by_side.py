"""Calls side by side: no more at once than there is room for, none forgotten, nobody waiting in vain."""

import threading

import pytest

from stack.aws import Aws, or_none
from stack.side_by_side import SideBySide
from tests.backend import ALWAYS

PATIENCE_SECONDS = 30


def test_the_results_come_in_the_order_of_the_calls():
    second_is_done = threading.Event()

    def first():
        assert second_is_done.wait(PATIENCE_SECONDS)
        return "first"

    def second():
        second_is_done.set()
        return "second"

    assert SideBySide(2)(first, second) == ["first", "second"]
    assert SideBySide(2)() == []


def test_one_at_a_time_means_in_order_and_in_this_thread():
    where = []
    SideBySide(1)(*[lambda number=number: where.append((number, threading.get_ident())) for number in range(5)])
    assert where == [(number, threading.get_ident()) for number in range(5)]


def test_there_are_never_more_calls_of_aws_at_once_than_allowed(bench, door):
    """Also where more are begun, and where some fail."""
    lock, now, seen, never = threading.Lock(), [0], [], threading.Event()

    def count(call, carry_out):
        with lock:
            now[0] += 1
            seen.append(now[0])
        never.wait(0.01)
        with lock:
            now[0] -= 1
        return call.error("NoSuchEntity", "says the test", 404)

    door.on("*").do(count, ALWAYS)
    iam = Aws.at(door.endpoint_url, "us-east-1").iam
    found = SideBySide(3)(*[lambda: or_none(iam.get_role, RoleName="any")] * 20)
    assert found == [None] * 20
    assert max(seen) == 3


def test_calls_that_make_calls_do_not_wait_for_room_for_ever():
    side_by_side = SideBySide(2)

    def nested(depth):
        return 1 if depth == 0 else sum(side_by_side(*[lambda: nested(depth - 1)] * 3))

    assert nested(4) == 81


def test_what_fails_is_raised_once_all_have_ended():
    ended = []

    def fails():
        raise LookupError("first")

    def ends():
        ended.append("ends")
        raise ValueError("second")

    with pytest.raises(LookupError, match="first"):
        SideBySide(2)(fails, ends)
    assert ended == ["ends"]


def test_what_was_begun_is_made_by_who_asks_where_there_is_no_room():
    side_by_side, go_on = SideBySide(2), threading.Event()
    busy = [side_by_side.start(lambda: go_on.wait(PATIENCE_SECONDS)) for _ in range(4)]
    assert side_by_side.begin(threading.get_ident)() == threading.get_ident()
    go_on.set()
    assert all(future.result() for future in busy)
