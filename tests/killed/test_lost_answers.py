"""The answer of each call that writes is lost, and the command lives: it must end well by itself."""

from __future__ import annotations

import pytest

from tests.killed.nursery import LOST
from tests.killed.stacks import IN_SHARES, Nest, Stack, Undisturbed, points, require_done, require_removed

pytestmark = IN_SHARES


def test_a_first_provision_goes_on(nest: Nest, undisturbed: Undisturbed, share: int, subtests: pytest.Subtests) -> None:
    for point in points(undisturbed.first, share, LOST):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_done(stack.provision(nest.shipped, LOST, point))
            assert stack.shape(nest.shipped) == undisturbed.after_first
            require_removed(stack, nest.shipped)


def test_an_update_goes_on(nest: Nest, undisturbed: Undisturbed, share: int, subtests: pytest.Subtests) -> None:
    for point in points(undisturbed.update, share, LOST):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_done(stack.provision(nest.shipped))
            require_done(stack.provision(nest.changed, LOST, point))
            assert stack.shape(nest.changed) == undisturbed.after_update
            require_removed(stack, nest.changed)


def test_a_teardown_goes_on(nest: Nest, undisturbed: Undisturbed, share: int, subtests: pytest.Subtests) -> None:
    for point in points(undisturbed.teardown, share, LOST):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_done(stack.provision(nest.shipped))
            require_done(stack.teardown(nest.shipped, LOST, point))
            assert stack.names() == []
