"""Calls side by side: no more at once than there is room for, none forgotten, nobody waiting in vain."""

import threading

import pytest

from stack.side_by_side import SideBySide

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


def test_there_are_never_more_at_once_than_allowed():
    lock, now, most, never = threading.Lock(), [0], [0], threading.Event()
    together = threading.Barrier(3)

    def call():
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        never.wait(0.005)
        with lock:
            now[0] -= 1

    side_by_side = SideBySide(3)
    side_by_side(*[lambda: together.wait(PATIENCE_SECONDS)] * 3)
    side_by_side(*[lambda: side_by_side(*[call] * 5)] * 9)
    assert most[0] <= 3


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
    busy = [side_by_side.start(lambda: go_on.wait(PATIENCE_SECONDS))]
    assert side_by_side.begin(threading.get_ident)() == threading.get_ident()
    go_on.set()
    assert all(future.result() for future in busy)
