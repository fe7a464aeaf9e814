"""A teardown, killed at each call that writes and each kind that reads."""

from __future__ import annotations

import pytest

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
    for point in points(undisturbed.teardown, share, fate):
        with subtests.test(point=point):
            stack = Stack(nest)
            require_done(stack.provision(nest.shipped))
            require_killed(stack.teardown(nest.shipped, fate, point), undisturbed.teardown, point)
            require_removed(stack, nest.shipped)
