"""python -m sandbox start | status | stop | logs"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any

from sandbox.process import BadPort, Sandbox, SandboxError

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<source>\S+) ")
EXIT_CODES = "exit codes: 0 done; 1 it cannot be done; 2 wrong arguments or SANDBOX_PORT; 3 status: not running"


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="AWS on this machine for this stack: no account, no Docker, 127.0.0.1 only. "
        "Its state is in memory and ends with it. SANDBOX_PORT names another port than 4599.",
        epilog=EXIT_CODES,
    )
    verbs = root.add_subparsers(dest="verb", required=True, metavar="{start,status,stop,logs}")
    verbs.add_parser("start", help="start it; does nothing when it runs")
    status = verbs.add_parser("status", help="tell whether it runs, and where")
    status.add_argument("--json", action="store_true", help="one JSON document: running, endpoint, pid")
    verbs.add_parser("stop", help="end it, and with it everything that it holds")
    logs = verbs.add_parser("logs", help="print what the functions have printed since it was started")
    logs.add_argument("--requests", action="store_true", help="every request, and the sandbox's own lines, too")
    return root


def status(sandbox: Sandbox, as_json: bool) -> int:
    running: dict[str, Any] | None = sandbox.status()
    if as_json:
        pid = running["pid"] if running else None
        print(json.dumps({"running": running is not None, "endpoint": sandbox.endpoint_url, "pid": pid}))
    elif running:
        print(f"the sandbox runs at {running['endpoint']}, process {running['pid']}")
    else:
        print("the sandbox is not running")
    return 0 if running else 3


def logs(sandbox: Sandbox, requests: bool) -> int:
    if not sandbox.log_file.exists():
        print(f"the sandbox on port {sandbox.port} has no log in this folder")
        return 0
    wanted = requests
    with sandbox.log_file.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            begins = LINE.match(line)  # what begins otherwise goes on from the line before
            if begins and not requests:
                wanted = begins["source"] == "sandbox.function"
            if wanted:
                sys.stdout.write(line.replace(" sandbox.function ", " ", 1))
    return 0


def main(arguments: list[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        sandbox = Sandbox.configured()
        if chosen.verb == "status":
            return status(sandbox, chosen.json)
        if chosen.verb == "logs":
            return logs(sandbox, chosen.requests)
        if chosen.verb == "stop":
            print("the sandbox is stopped" if sandbox.stop() else "the sandbox is not running")
        else:
            running = sandbox.start()
            print(f"the sandbox runs at {running['endpoint']}, process {running['pid']}")
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, BadPort) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
