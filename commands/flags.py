"""The flags that every verb takes, and the exit codes that every verb ends with."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import textwrap
from pathlib import Path
from typing import NoReturn

DONE, FAILED, BAD_INPUT, WOULD_CHANGE, INTERRUPTED = 0, 1, 2, 3, 130

EXIT_CODES = """\
exit codes:
  0    done; with --plan: nothing would change
  1    a step failed or was refused; what failed is named, and a second run goes on from there
  2    wrong arguments, config.yaml, lambda_function.py or credentials, or you said no; nothing was written
  3    with --plan: something would change
  130  stopped with Ctrl-C; a second run goes on from there
"""


def parser(verb: str, description: str, plan: str, as_json: str) -> argparse.ArgumentParser:
    """A parser with the common flags; `plan` and `as_json` say what those flags mean for this verb."""
    made = argparse.ArgumentParser(
        prog=f"python -m {verb}",
        description=textwrap.fill(description, 78),
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--config", type=Path, default=Path("config.yaml"), metavar="FILE", help="the config file (config.yaml)"
    )
    made.add_argument("--target", choices=["sandbox", "aws"], help="instead of the file's target")
    made.add_argument("--region", help="instead of the file's region")
    made.add_argument("--prefix", help="instead of the file's prefix")
    made.add_argument("--profile", help="the AWS profile whose credentials are used; only with target aws")
    made.add_argument("--plan", action="store_true", help=plan)
    made.add_argument(
        "--one-by-one", action="store_true", help="one call after the other, each step whole: to learn from, slower"
    )
    made.add_argument("--yes", action="store_true", help="do not ask")
    made.add_argument("--json", action="store_true", help=as_json)
    made.add_argument(
        "--adopt",
        action="append",
        default=[],
        metavar="NAME",
        help="take over the resource of this name, or of table/NAME where several bear it, although it does not carry "
        "our tags (may be repeated); what that changes is shown first",
    )
    return made


def python() -> str:
    """How this interpreter is called from here, to be pasted: `python` where that is it, else its path."""
    found = shutil.which("python")
    if found and Path(found).absolute().parent == Path(sys.executable).absolute().parent:
        return "python"
    path, here = Path(sys.executable).absolute(), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def again(verb: str, options: argparse.Namespace, *more: str) -> str:
    """The command line of a verb with the choices of this one, to be pasted as it is."""
    given = [] if options.config == Path("config.yaml") else ["--config", str(options.config)]
    for name in ("target", "region", "prefix", "profile"):
        if getattr(options, name) is not None:
            given += [f"--{name}", getattr(options, name)]
    return f"{python()} {shlex.join(['-m', verb, *given, *more])}"


def leave(code: int) -> NoReturn:
    """Ends the process at once: without waiting for calls that are under way after Ctrl-C, and without the tidying up
    by which Python takes a tenth of a second more."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:  # nobody may be left to read it
        os._exit(code)
