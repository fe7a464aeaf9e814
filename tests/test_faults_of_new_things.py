"""What was just made is not known everywhere at AWS: waited for after our own create, and never taken for absent."""

import pytest

from tests.command_lines import NEW, called, config_file, outcomes, waits
from tests.inventory import inventory, snapshot

NOTHING = {"GetStages": {"item": []}, "GetRestApis": {"item": []}, "DescribeLogGroups": {"logGroups": []}}
READS = ["GetPolicy", "GetRole", "GetFunction", "DescribeTable", *NOTHING]


def told(done):
    return [(why, budget) for why, _, budget in waits(done.stdout)]


@pytest.mark.parametrize(
    ("operation", "reason", "budget"),
    [
        ("PutRetentionPolicy", "AWS to show the new Log group everywhere", 30),
        ("GetFunction", "AWS to show the Lambda function", 300),
        ("Invoke", "Lambda to know the new function everywhere", 30),
        ("AddPermission", "Lambda to take the invoke permission", 120),
    ],
)
def test_what_was_just_made_may_be_unknown_to_the_calls_after_it(backend, faulty, operation, reason, budget):
    after = {"PutRetentionPolicy": "CreateLogGroup"}.get(operation, "CreateFunction")
    fault = backend.on(operation, after=after).missing(times=4)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert told(done) == [(reason, budget)] * 4
    assert faulty.clock.now < 30
    assert len(fault.acted) == 4
    assert len(backend.calls.writing) == len(set(backend.calls.writing)) + (
        4 if operation in backend.calls.writing else 0
    )


@pytest.mark.parametrize(("operation", "step"), [("GetFunction", 3), ("Invoke", 4)])
def test_what_stays_unknown_is_given_up_after_half_a_minute(backend, faulty, operation, step):
    fault = backend.on(operation, after="CreateFunction").missing(times=1000)
    done = called("provision", faulty, "--until", "echo")
    assert (done.returncode, outcomes(done.stdout)[step - 1]) == (1, "failed")
    assert told(done)
    assert 20 < faulty.clock.now < 45
    assert len(fault.acted) < 60


def test_a_run_whose_every_first_look_is_too_old_changes_nothing_in_the_end(backend, faulty, behind):
    """Started again at once after another one: each thing seems absent, and none is made twice."""
    assert called("provision", faulty).returncode == 0
    before = snapshot(behind, faulty.prefix, masked=True)
    ids = [line for line in snapshot(behind, faulty.prefix) if line.startswith("api ")]
    for name in READS:
        if name in NOTHING:
            backend.on(name).answer(200, NOTHING[name])
        else:
            backend.on(name).missing()
    backend.calls.clear()
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert backend.calls.count("DeleteRestApi") == 1
    assert "was there first; deleted the twin" in done.stdout
    assert [line for line in snapshot(behind, faulty.prefix) if line.startswith("api ")] == ids
    assert snapshot(behind, faulty.prefix, masked=True) == before
    assert set(outcomes(called("provision", faulty).stdout)) == {"unchanged", "passed"}
    assert called("teardown", faulty, "--yes").returncode == 0
    assert inventory(behind, faulty.prefix) == []


def test_a_function_that_vanishes_under_a_later_run_is_not_waited_for(backend, faulty, tmp_path):
    """It was there when that run began to change it."""
    assert called("provision", faulty, "--until", "function").returncode == 0
    backend.calls.clear()
    backend.on("GetFunction", after="UpdateFunctionConfiguration").missing(times=1000)
    config = config_file(tmp_path, "{function: {memory_mb: 256}}")
    done = called("provision", faulty, "--config", config, "--until", "function")
    assert (done.returncode, outcomes(done.stdout)) == (1, ["unchanged", "unchanged", "failed"])
    assert "vanished. Another run is at work" in done.stdout
    assert 20 < faulty.clock.now < 45
    assert backend.calls.writing == ["UpdateFunctionConfiguration"]
