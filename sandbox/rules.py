"""werkzeug's routing rules, compiled one at a time: moto makes those of a service at its first request.

Of two threads that build syntax trees at once, CPython 3.11 may take one for a parser that has lost count, and the
request would be answered with 500. https://github.com/python/cpython/issues/106905
"""

from __future__ import annotations

import threading

from werkzeug.routing import Rule

_compile, _alone = Rule.compile, threading.Lock()


def compile_alone(rule: Rule) -> None:
    with _alone:
        _compile(rule)


def install() -> None:
    Rule.compile = compile_alone  # type: ignore[assignment]
