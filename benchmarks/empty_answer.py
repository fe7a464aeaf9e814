"""`python -m benchmarks.empty_answer PORT`: the sandbox's server, with an application that does nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.server import listen, server


def empty(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "0")])
    return [b""]


if __name__ == "__main__":
    server(empty, listen(int(sys.argv[1]))).run()
