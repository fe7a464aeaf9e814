"""How every verb runs: what stops it becomes one clear text and an exit code, never a traceback."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from commands.display import Display
from commands.errors import sentence, unforeseen
from commands.flags import BAD_INPUT, FAILED, INTERRUPTED, again
from sandbox.process import BadPort, SandboxError
from stack.config import ConfigError
from stack.source import SourceError
from stack.step import Step


class Refused(Exception):
    """The verb does not go on. The message says why; nothing was written."""


def run(verb: Callable[[argparse.Namespace, Display], int], options: argparse.Namespace, stopped: str) -> int:
    """The exit code of `verb`, whatever happens in it; `stopped` is said after a Ctrl-C.

    With --json everything but the document goes to stderr, and there is a document whatever happens.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot write is shown as an escape, and stops nothing
            stream.reconfigure(errors="backslashreplace")
    display = Display(sys.stderr if options.json else sys.stdout)
    try:
        return verb(options, display)
    except KeyboardInterrupt:
        code, text = INTERRUPTED, stopped
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal shows a ^C without an end of line
    except (ConfigError, SourceError, BadPort, Refused) as error:
        code, text = BAD_INPUT, str(error)
    except SandboxError as error:
        code, text = FAILED, str(error)
    except (BotoCoreError, ClientError) as error:  # before the first step: credentials, region, endpoint
        code, text = BAD_INPUT, sentence(error)
    except BrokenPipeError:  # `| head` has seen enough; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 the one path for what nobody foresaw
        code, text = FAILED, unforeseen(error, again("teardown", options))
    display.stop()
    if options.json:
        print(json.dumps({"steps": [], "outputs": {}, "error": text.strip()}, indent=2))
    print(text, file=sys.stderr)
    return code


def leave(code: int) -> NoReturn:
    """Ends the process; after Ctrl-C without waiting for calls that are still under way."""
    if code == INTERRUPTED:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def require_known(options: argparse.Namespace, steps: Iterable[Step]) -> None:
    """Raises Refused for an --adopt that names nothing that can be taken over, or more than one thing."""
    there = [step for step in steps if step.adoptable]
    for name in options.adopt:
        named = [step for step in there if name in step.adopted_as]
        if len(named) > 1:
            several, forms = (
                " and ".join(step.title for step in named),
                " or ".join(step.adopted_as[1] for step in named),
            )
            raise Refused(f"--adopt {name}: that is the name of {several}; say {forms}")
        if not named:
            known = ", ".join(dict.fromkeys(step.name for step in there))
            raise Refused(f"--adopt {name}: nothing that can be taken over has that name; there is {known}")


def ask(options: argparse.Namespace, display: Display, question: str, otherwise: str) -> None:
    """Raises Refused unless --yes was given or the person at the terminal says yes."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Refused(f"{otherwise}: there is no terminal to ask at. Add --yes to go on without asking.")
    if not display.ask(question):
        raise Refused(f"{otherwise}.")
