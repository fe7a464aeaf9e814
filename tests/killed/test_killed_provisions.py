"""A first provision, killed at each call that writes and each kind that reads."""

from __future__ import annotations

import pytest

from tests.killed.nursery import UNANSWERED
from tests.killed.stacks import (
    IN_SHARES,
    KILLED,
    Nest,
    Stack,
    Undisturbed,
    points,
    require_done,
    require_killed,
    require_removed,
)


@IN_SHARES
@KILLED
def test_the_same_command_finishes_it(
    nest: Nest, undisturbed: Undisturbed, fate: str, share: int, subtests: pytest.Subtests
) -> None:
    for point in points(undisturbed.first, share, fate):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_killed(stack.provision(nest.shipped, fate, point), undisturbed.first, point)
            require_done(stack.provision(nest.shipped))
            assert stack.shape(nest.shipped) == undisturbed.after_first
            require_removed(stack, nest.shipped)


@IN_SHARES
def test_a_teardown_removes_what_it_made(
    nest: Nest, undisturbed: Undisturbed, share: int, subtests: pytest.Subtests
) -> None:
    for point in points(undisturbed.first, share, UNANSWERED):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_killed(stack.provision(nest.shipped, UNANSWERED, point), undisturbed.first, point)
            require_removed(stack, nest.shipped)
