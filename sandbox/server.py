"""The inside of the sandbox's process: takes the port first, then loads moto, serves, and ends when it is idle.

The port is the lock: of two processes that start at once, one gets it and the other leaves. Connections wait in the
backlog until moto is loaded. `python -m sandbox.server PORT` is what `sandbox.process` starts.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.app import App

IDLE_SECONDS = 8 * 3600
# More than the runtime lets wait in line, so that functions always find a thread for their own calls.
THREADS = 256
CONNECTIONS = 1000
# More than any call of AWS takes; what is longer is not read. What is read waits in a file.
LONGEST_BODY_BYTES = 100 * 2**20
ADDRESS_IN_USE = 3


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1. Raises OSError when the port is taken."""
    listener = socket.socket()
    if sys.platform != "win32":  # there it would let two listeners share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def server(app: Any, listener: socket.socket) -> Any:
    """waitress's, for a WSGI application; run() serves."""
    from waitress.server import create_server  # noqa: PLC0415 loaded once the port is ours

    return create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=CONNECTIONS,
        max_request_body_size=LONGEST_BODY_BYTES,
        ident=None,
    )


def serve(port: int) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", stream=sys.stdout)
    # https://docs.python.org/3/howto/logging.html#optimization: what no line tells is not looked for
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for noisy in ("waitress", "botocore", "moto", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    try:
        listener = listen(port)
    except OSError as error:
        logging.info("port %s: %s", port, error)
        return ADDRESS_IN_USE
    os.environ["MOTO_ALLOW_NONEXISTENT_REGION"] = "true"  # botocore may know newer regions than moto

    gc.disable()
    from sandbox.app import App  # noqa: PLC0415 loaded once the port is ours

    gc.freeze()  # what is loaded stays: it is not looked through for garbage, now or later
    gc.enable()

    with tempfile.TemporaryDirectory(prefix="lambda-apigateway-lab-", ignore_cleanup_errors=True) as scratch:
        app = App(Path(scratch), f"http://127.0.0.1:{listener.getsockname()[1]}")
        serving = server(app, listener)

        def end(*_: object) -> None:
            app.functions.runtime.close()  # first, or the server would wait for what the functions do
            sys.exit(0)

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        threading.Thread(target=end_when_idle, args=(app,), daemon=True).start()
        logging.info("ready, process %s", os.getpid())
        try:
            serving.run()
        finally:
            app.functions.runtime.close()
    return 0


def end_when_idle(app: App) -> None:
    while (idle := time.monotonic() - app.last_used) < IDLE_SECONDS:
        time.sleep(IDLE_SECONDS - idle)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[1])))
