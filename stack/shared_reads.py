"""One answer for all who ask the same, while the steps look side by side and nobody writes.

Who asks a second time wants to know what is there now, so AWS is asked again. Handlers of botocore's events do it: what
one of `before-call` returns is taken for the answer.
https://github.com/boto/botocore/blob/develop/botocore/client.py
"""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from botocore.client import BaseClient
from botocore.model import OperationModel

READING = ("Get", "List", "Describe")


@dataclass
class Answers:
    by_question: dict[str, Future[Any]] = field(default_factory=dict)
    served: set[tuple[str, str]] = field(default_factory=set)
    """(who asked, question)"""
    lock: threading.Lock = field(default_factory=threading.Lock)


ANSWERS: ContextVar[Answers | None] = ContextVar("answers", default=None)
ASKER: ContextVar[str] = ContextVar("asker", default="")


@contextlib.contextmanager
def shared_reads() -> Iterator[None]:
    """Within this, also in what it begins, an answer serves each once who is named by `asked_by`."""
    token = ANSWERS.set(Answers())
    try:
        yield
    finally:
        ANSWERS.reset(token)


@contextlib.contextmanager
def asked_by(name: str) -> Iterator[None]:
    token = ASKER.set(name)
    try:
        yield
    finally:
        ASKER.reset(token)


def share(client: BaseClient) -> None:
    """Makes the client take part."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register("before-call", _before)
    # Ahead of the handlers that decode a policy's document in place.
    client.meta.events.register_first(f"after-call.{service}", _after)
    client.meta.events.register("after-call-error", _failed)


def _before(model: OperationModel, params: dict[str, Any], context: dict[str, Any], **_: Any) -> Any:
    answers, asker = ANSWERS.get(), ASKER.get()
    if answers is None or not asker or not model.name.startswith(READING):
        return None
    question = f"{model.name} {params['url']} {params['query_string']} {params['body']!r}"
    with answers.lock:
        answer = answers.by_question.get(question)
        if answer is None or (asker, question) in answers.served:
            answer, context["shared"] = None, Future()
            answers.by_question[question] = context["shared"]
        answers.served.add((asker, question))
    if answer is None or (found := answer.result()) is None:
        return None
    http_response, parsed = found
    return http_response, copy.deepcopy(parsed)


def _after(http_response: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
    if shared := context.pop("shared", None):
        shared.set_result((http_response, copy.deepcopy(parsed)) if http_response.status_code < 500 else None)


def _failed(context: dict[str, Any], **_: Any) -> None:
    if shared := context.pop("shared", None):
        shared.set_result(None)  # then the others ask for themselves
