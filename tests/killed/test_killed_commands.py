"""The real commands with the real code, killed while the answer of a call is still on its way."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from stack.lab import SOURCE
from tests.backend import Backend
from tests.command_lines import interrupted
from tests.conftest import command
from tests.killed.stacks import CHANGES, Choices, Nest, Stack, require_done, require_removed


@dataclass(frozen=True)
class Real:
    """config.yaml before and after an update, and what an undisturbed provision makes of each."""

    shipped: Choices
    changed: Choices
    after_first: Any
    after_update: Any


@pytest.fixture(scope="module")
def real(nest: Nest, tmp_path_factory: pytest.TempPathFactory) -> Real:
    folder = tmp_path_factory.mktemp("real")
    function = {key: value for key, value in CHANGES["function"].items() if key != "handler"}
    shipped = Choices(written(folder / "shipped.yaml", {}), SOURCE)
    changed = Choices(written(folder / "changed.yaml", {**CHANGES, "function": function}), SOURCE)
    stack, shapes = Stack(nest), []
    for choices in (shipped, changed):
        require_done(stack.provision(choices))
        shapes.append(stack.shape(choices))
    require_removed(stack, changed)
    return Real(shipped, changed, *shapes)


def written(file: Path, changes: dict[str, Any]) -> Path:
    file.write_text(yaml.safe_dump(changes), encoding="utf-8")
    return file


def arguments(verb: str, stack: Stack, choices: Choices) -> list[str]:
    return [verb, "--config", str(choices.config), "--prefix", stack.prefix, "--yes"]


def killed(door: Backend, call: str, *given: str) -> None:
    assert interrupted(door, call, *given, by=signal.SIGKILL).returncode == -signal.SIGKILL


def again(stack: Stack, *given: str) -> CompletedProcess[str]:
    done = command(*given, SANDBOX_PORT=str(stack.nest.sandbox.port))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done


@pytest.mark.parametrize("call", ["CreateFunction", "CreateRestApi"])
def test_a_first_provision_is_finished_by_the_same_command(nest: Nest, real: Real, door: Backend, call: str) -> None:
    stack = Stack(nest)
    provision = arguments("provision", stack, real.shipped)
    killed(door, call, *provision)
    again(stack, *provision)
    assert stack.shape(real.shipped) == real.after_first
    again(stack, *arguments("teardown", stack, real.shipped))
    assert stack.names() == []


@pytest.mark.parametrize("call", ["CreatePolicyVersion", "UpdateStage"])
def test_an_update_is_finished_by_the_same_command(nest: Nest, real: Real, door: Backend, call: str) -> None:
    stack = Stack(nest)
    require_done(stack.provision(real.shipped))
    provision = arguments("provision", stack, real.changed)
    killed(door, call, *provision)
    again(stack, *provision)
    assert stack.shape(real.changed) == real.after_update
    again(stack, *arguments("teardown", stack, real.changed))
    assert stack.names() == []


@pytest.mark.parametrize("call", ["DeleteRestApi", "DetachRolePolicy"])
def test_a_teardown_is_finished_by_the_same_command(nest: Nest, real: Real, door: Backend, call: str) -> None:
    stack = Stack(nest)
    require_done(stack.provision(real.shipped))
    teardown = arguments("teardown", stack, real.shipped)
    killed(door, call, *teardown)
    assert again(stack, *teardown).stdout.endswith("nothing left\n")
    assert stack.names() == []
