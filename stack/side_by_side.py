"""Calls that need not wait for one another: side by side, at most so many at once; or strictly one after the other.

A call that finds no room is made by whoever waits for it, so nobody waits in vain, however calls are nested.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 8


def boxed(call: Callable[[], T]) -> Future[T]:
    """What the call returns or raises, to be told later."""
    end: Future[T] = Future()
    try:
        end.set_result(call())
    except Exception as error:  # noqa: BLE001 it is raised where the result is asked for
        end.set_exception(error)
    return end


class SideBySide:
    """`at_once` 1 means one after the other."""

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.at_once - 1, thread_name_prefix="side-by-side")  # and whoever asks

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """What each of the calls returns. Once all have ended, raises what the first of them raised that failed."""
        if self.at_once == 1:
            return [call() for call in calls]
        ends = [boxed(end) for end in (*calls[:1], *[self.begin(call) for call in calls[1:]])]
        return [end.result() for end in ends]

    def begin(self, call: Callable[[], T]) -> Callable[[], T]:
        """What gives the call's result; the call is made as soon as there is room, or when its result is asked for."""
        if self.at_once == 1:
            return call
        future = self.start(call)
        return lambda: call() if future.cancel() else future.result()

    def start(self, call: Callable[[], T]) -> Future[T]:
        return self._pool.submit(contextvars.copy_context().run, call)

    def leave(self) -> None:
        """Begins nothing more; what is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
