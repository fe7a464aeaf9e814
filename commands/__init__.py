"""What the command lines share: their flags, how a lab is opened, how outcomes are shown, how errors are worded.

The verbs themselves are in `provision` and `teardown`. What is said here at once would otherwise be a traceback: a
Python that is too old, packages that are not there, a Ctrl-C while the modules load.
"""

from __future__ import annotations

import importlib.util
import sys
from types import TracebackType

if sys.version_info < (3, 11):  # noqa: UP036 an older one may well try
    sys.exit("Python 3.11 or newer is needed")
if any(importlib.util.find_spec(name) is None for name in ("boto3", "pydantic", "rich", "yaml")):
    sys.exit("the packages are not installed here: run `make provision`, or `source .venv/bin/activate` first")

NOTHING_DONE = "Stopped. Nothing was done yet."


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ctrl-C while the modules still load: `running.run` is not there yet to catch it."""
    if issubclass(kind, KeyboardInterrupt):
        print(NOTHING_DONE, file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _without_traceback
