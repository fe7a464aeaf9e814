"""The whole lab on AWS: what the README says, with an account. Two minutes, less than a cent."""

import json
import uuid

import pytest

from tests.conftest import command


@pytest.fixture
def lab(request):
    """Runs a verb on a stack of its own, and tears that down at the end."""
    chosen = request.config.option
    flags = ["--target", "aws", "--profile", chosen.profile, "--region", chosen.region]
    flags += ["--prefix", f"lab-{uuid.uuid4().hex[:8]}-", "--json", "--yes"]

    def run(verb):
        ended = command(verb, *flags, timeout_seconds=900)
        return ended.returncode, json.loads(ended.stdout)

    yield run
    code, told = run("teardown")
    assert code == 0, told


def states(told):
    return [step["outcome"] for step in told["steps"]]


def test_it_is_made_and_unchanged_and_removed_and_absent(lab):
    code, told = lab("provision")
    assert code == 0, told
    assert states(told) == ["created"] * 3 + ["passed"] + ["created"] * 3 + ["passed"]
    code, told = lab("provision")
    assert code == 0, told
    assert states(told) == ["unchanged"] * 3 + ["passed"] + ["unchanged"] * 3 + ["passed"]
    code, told = lab("teardown")
    assert code == 0, told
    code, told = lab("teardown")
    assert code == 0, told
    assert set(states(told)) == {"absent"}
