"""What the command lines share: their flags, how a lab is opened, how outcomes are shown, how errors are worded.

The verbs themselves are in `provision` and `teardown`. Only `opening` knows that a sandbox may have to be started
before there is anything to talk to.
"""

import sys
from types import TracebackType


def _without_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ctrl-C while the modules still load: `running.run` is not there yet to catch it."""
    if issubclass(kind, KeyboardInterrupt):
        print("Stopped. Nothing was done yet.", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _without_traceback
