"""What is done before boto3 is loaded: a function that cannot work is told of, and the sandbox starts meanwhile.

This is the one place that knows that the sandbox may have to be started.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from commands.display import Display
from commands.flags import python
from sandbox.process import Sandbox
from stack.config import Config
from stack.source import SOURCE, check_source


@contextlib.contextmanager
def begin(config: Config, display: Display) -> Iterator[Callable[[], object]]:
    """What this gives waits until the sandbox is ready. Raises SourceError and SandboxError."""
    check_source(SOURCE, config.function.handler)
    if config.target == "aws":
        yield lambda: None
        return
    sandbox = Sandbox.configured()
    if sandbox.status() is None:
        display.line(f"starting the sandbox; it stays until `{python()} -m sandbox stop` or 8 idle hours")
    with sandbox.starting() as ready:
        yield ready
