"""Calls that need not wait for one another: side by side, at most so many of AWS at once; or one after the other.

There are more threads than that, for some wait for an answer that others have asked for, or for AWS to settle. A call
that finds no thread is made by whoever asks for its result, so nobody waits in vain, however calls are nested.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from threading import BoundedSemaphore
from typing import Any, TypeVar

from botocore.client import BaseClient

T = TypeVar("T")

AT_ONCE = 8
ROOM: contextvars.ContextVar[BoundedSemaphore | None] = contextvars.ContextVar("room", default=None)
"""For the calls of AWS that are on the wire."""


def limit(client: BaseClient) -> None:
    """Makes the client's calls wait for room. Both events come at each try, also at one that fails.

    https://github.com/boto/botocore/blob/develop/botocore/endpoint.py
    """
    client.meta.events.register_first("before-send", _enter)
    client.meta.events.register("response-received", _leave)


def _enter(**_: Any) -> None:
    if room := ROOM.get():
        room.acquire()


def _leave(**_: Any) -> None:
    if room := ROOM.get():
        room.release()


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
        self._room = BoundedSemaphore(at_once)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(2 * self.at_once, thread_name_prefix="side-by-side")

    def __call__(self, *calls: Callable[[], Any]) -> list[Any]:
        """What each of the calls returns. Once all have ended, raises what the first of them raised that failed."""
        if self.at_once == 1:
            return [call() for call in calls]
        others = [self.begin(call) for call in calls[1:]]
        ends = [boxed(call) for call in (*map(self._in_room, calls[:1]), *others)]
        return [end.result() for end in ends]

    def begin(self, call: Callable[[], T]) -> Callable[[], T]:
        """What gives the call's result; the call is made as soon as there is room, or when its result is asked for."""
        if self.at_once == 1:
            return call
        future = self.start(call)
        return lambda: self._in_room(call)() if future.cancel() else future.result()

    def start(self, call: Callable[[], T]) -> Future[T]:
        return self._pool.submit(self._in_room(call))

    def _in_room(self, call: Callable[[], T]) -> Callable[[], T]:
        """The call with all that its caller knows, and with this room."""
        context = contextvars.copy_context()
        context.run(ROOM.set, self._room)
        return partial(context.run, call)

    def leave(self) -> None:
        """Begins nothing more; what is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
