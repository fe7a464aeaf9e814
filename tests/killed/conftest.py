"""A sandbox, a nursery and an undisturbed stack for all commands that are killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.process import Sandbox
from tests.killed.nursery import nursery_open
from tests.killed.stacks import Nest, Undisturbed


@pytest.fixture(scope="session")
def nest(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nest]:
    with nursery_open() as nursery:
        yield Nest.made(sandbox, nursery, tmp_path_factory.mktemp("nest"))


@pytest.fixture(scope="session")
def undisturbed(nest: Nest) -> Undisturbed:
    return Undisturbed.measured(nest)
