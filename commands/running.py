"""How every verb runs: what stops it becomes one clear text and an exit code, never a traceback.

boto3 takes longer to load than all the rest, so what a verb does is loaded when its config.yaml is known to be right.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from commands import NOTHING_DONE
from commands.display import Display
from commands.flags import BAD_INPUT, FAILED, INTERRUPTED, again
from sandbox.process import BadPort, SandboxError
from stack.config import Config, ConfigError, load
from stack.source import SourceError

if TYPE_CHECKING:
    from stack.step import Step

Beginning = Callable[[Config, Display], AbstractContextManager[Callable[[], object]]]


@contextlib.contextmanager
def nothing_beforehand(config: Config, display: Display) -> Iterator[Callable[[], object]]:
    yield lambda: None


class Refused(Exception):
    """The verb does not go on. The message says why; nothing was written."""


def checked_config(options: argparse.Namespace) -> Config:
    """The config with the flags on top. Raises ConfigError with everything that is wrong."""
    given = {name: getattr(options, name) for name in ("target", "region", "prefix")}
    config = load(options.config, {name: value for name, value in given.items() if value is not None})
    if options.profile and config.target == "sandbox":
        raise ConfigError("--profile: the sandbox takes no credentials; add --target aws")
    return config


def run(verb: str, options: argparse.Namespace, stopped: str, begin: Beginning = nothing_beforehand) -> int:
    """The exit code of what the package `verb` does, whatever happens in it; `stopped` is said after a Ctrl-C.

    What `begin` begins goes on while the verb is loaded, and is waited for with what it gives.

    With --json everything but the document goes to stderr, and there is a document whatever happens.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what it cannot write is shown as an escape, and stops nothing
            stream.reconfigure(errors="backslashreplace")
    display = Display(sys.stderr if options.json else sys.stdout)
    after_a_stop = NOTHING_DONE
    try:
        config = checked_config(options)
        with begin(config, display) as ready:
            command = loaded(verb)
            ready()
        after_a_stop = stopped
        return int(command.carry_out(config, options, display))
    except KeyboardInterrupt:
        code, text = INTERRUPTED, after_a_stop
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal shows a ^C without an end of line
    except (ConfigError, SourceError, BadPort, Refused) as error:
        code, text = BAD_INPUT, str(error)
    except SandboxError as error:
        code, text = FAILED, str(error)
    except BrokenPipeError:  # `| head` has seen enough; there is nobody left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:  # noqa: BLE001 the one path for what AWS refuses and for what nobody foresaw
        code, text = before_the_first_step(error, options)
    display.stop()
    if options.json:
        print(json.dumps({"steps": [], "outputs": {}, "error": text.strip()}, indent=2))
    print(text, file=sys.stderr)
    return code


@cache
def loaded(verb: str) -> Any:
    """What the verb does. All that this loads stays to the end: to look through it for garbage, again and again while
    more of it is made, takes a quarter of the time until the first step."""
    gc.disable()
    try:
        return importlib.import_module(f"{verb}.command")
    finally:
        gc.freeze()
        gc.enable()


def before_the_first_step(error: Exception, options: argparse.Namespace) -> tuple[int, str]:
    """Exit code and text for credentials, region and endpoint that do not work, and for defects of ours."""
    from commands.errors import REFUSALS, sentence, unforeseen  # noqa: PLC0415 takes botocore along

    if isinstance(error, REFUSALS):
        return BAD_INPUT, sentence(error)
    return FAILED, unforeseen(error, again("teardown", options))


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
