"""How changes are told to people."""

import pytest

from commands.display import change

ACTIONS = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]


@pytest.mark.parametrize(
    ("live", "wanted", "told"),
    [
        (128, 512, "128 -> 512"),
        (["a"], ["b"], '["a"] -> ["b"]'),
        (ACTIONS[:-1], ACTIONS, '[...] -> [..., "dynamodb:Scan"]'),
        (ACTIONS, ACTIONS[:-1], '[..., "dynamodb:Scan"] -> [...]'),
        ("x" * 40 + "y", "x" * 40 + "z", "xxxxxxxxxxxxxxxxxxxxx... -> xxxxxxxxxxxxxxxxxxxxx..."),
    ],
)
def test_of_long_lists_that_begin_alike_the_difference_is_told(live, wanted, told):
    assert change(live, wanted, 24) == told
