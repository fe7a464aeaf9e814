"""What a command loads before it answers: no more than the answer needs."""

from __future__ import annotations

import contextlib
import subprocess
from types import SimpleNamespace

import pytest
from botocore.loaders import Loader

from commands import NOTHING_DONE, running
from commands.flags import DONE, INTERRUPTED
from provision.__main__ import arguments
from stack import STACK, STEPS, config
from stack.config_rules import partition
from tests.conftest import PROJECT, command

SDK = {"boto3", "botocore", "urllib3"}
NEVER = {"moto", "rich", "flask", "waitress", "jsonschema", "airspeed", "awslambdaric"}


def loaded(*arguments: str, **environment: str) -> tuple[set[str], subprocess.CompletedProcess[str]]:
    """The packages that `python -m ...` loads, and how it ended."""
    done = command(*arguments, PYTHONPROFILEIMPORTTIME="1", **environment)
    lines = (line for line in done.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}, done


def test_the_steps_are_named_before_they_are_loaded():
    assert tuple((step.key, step.title) for step in STACK) == STEPS
    assert [step.number for step in STACK] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize("verb", ["provision", "teardown", "sandbox"])
def test_help_needs_nothing_that_was_installed(verb):
    packages, done = loaded(verb, "--help")
    assert (done.returncode, packages & (SDK | NEVER | {"pydantic", "yaml"})) == (0, set())


@pytest.mark.parametrize("verb", ["provision", "teardown"])
@pytest.mark.parametrize("text", ["regoin: us-east-1", "region: us-east-9", "function: {memory_mb: 1}"])
def test_a_mistake_in_the_config_is_told_without_the_sdk(verb, text, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(text)
    packages, done = loaded(verb, "--config", str(file))
    assert f"{file}:1: " in done.stderr
    assert (done.returncode, packages & (SDK | NEVER)) == (2, set())


@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_a_command_loads_nothing_of_the_sandbox_and_nothing_for_a_terminal(verb, bench):
    packages, done = loaded(verb, "--plan", "--prefix", bench.prefix, SANDBOX_PORT=str(bench.sandbox.port))
    assert done.returncode == {"provision": 3, "teardown": 0}[verb]
    assert packages >= SDK
    assert packages & NEVER == set()


def test_the_sandbox_starts_while_the_verb_is_loaded(monkeypatch):
    order = []
    verb = SimpleNamespace(carry_out=lambda *_: order.append("carried out") or DONE)
    monkeypatch.setattr(running, "loaded", lambda _: order.append("loaded") or verb)

    @contextlib.contextmanager
    def begin(*_: object):
        order.append("begun")
        yield lambda: order.append("ready")

    assert running.run("provision", arguments().parse_args([]), "stopped", begin) == DONE
    assert order == ["begun", "loaded", "ready", "carried out"]


def test_ctrl_c_while_the_verb_is_loaded_says_that_nothing_was_done(monkeypatch, capsys):
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "loaded", interrupted)
    assert running.run("provision", arguments().parse_args([]), "stopped") == INTERRUPTED
    assert capsys.readouterr().err == f"{NOTHING_DONE}\n"


@pytest.mark.parametrize("verb", ["start", "status"])
def test_the_sandbox_is_looked_after_without_loading_it(verb, sandbox):
    packages, done = loaded("sandbox", verb, SANDBOX_PORT=str(sandbox.port))
    assert (done.returncode, packages & (SDK | NEVER | {"pydantic", "yaml"})) == (0, set())


def test_a_sound_config_makes_no_schema(monkeypatch, tmp_path):
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("the JSON Schema is for messages and editors")

    monkeypatch.setattr(config.Config, "model_json_schema", unwanted)
    config.schema.cache_clear()
    assert config.load(PROJECT / "config.yaml") == config.Config()


def test_the_regions_are_those_of_botocore():
    """They are read from its file, without loading it."""
    known = {name for part in Loader().load_data("partitions")["partitions"] for name in part["regions"]}
    assert {partition(name) is None for name in known if "global" not in name} == {False}
