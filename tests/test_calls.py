"""How many calls of AWS each verb makes, all included: more of them are more waiting, on AWS, for everybody.

The smoke test's are apart: those of the invoke URL, and its look into the table.
"""

from __future__ import annotations

import shutil
import threading

import pytest

from benchmarks.timeline import SMOKE
from tests.backend import ALWAYS
from tests.command_lines import called, outcomes

FIRST = [
    *("GetCallerIdentity", "tagging:GetResources"),
    *("iam:GetPolicy", "CreatePolicy"),
    *("GetRole", "CreateRole", "AttachRolePolicy"),
    *("GetFunction", "DescribeLogGroups", "CreateLogGroup", "PutRetentionPolicy", "CreateFunction", "GetFunction"),
    "Invoke",
    *("DescribeTable", "CreateTable", "DescribeTable"),
    *("GetRestApis", "CreateRestApi", "GetRestApis", "PutRestApi", "apigateway:GetResources", "GetRequestValidators"),
    *("CreateDeployment", "CreateStage", "UpdateStage", "AddPermission", "lambda:GetPolicy"),
]
UNCHANGED = [
    *("GetCallerIdentity", "tagging:GetResources"),
    *("iam:GetPolicy", "GetPolicyVersion"),
    *("GetRole", "ListAttachedRolePolicies"),
    *("GetFunction", "DescribeLogGroups", "logs:ListTagsForResource"),
    "Invoke",
    *("DescribeTable", "ListTagsOfResource"),
    *("GetRestApis", "apigateway:GetResources", "GetRequestValidators", "GetModels"),
    *("GetStages", "GetDeployments", "lambda:GetPolicy"),
]
CODE_CHANGED = [*UNCHANGED, "UpdateFunctionCode", "GetFunction"]
TEARDOWN = [
    *("GetCallerIdentity", "tagging:GetResources"),
    *("GetRestApis", "GetStages", "GetUsagePlans"),
    *("DescribeTable", "ListTagsOfResource"),
    *("GetFunction", "lambda:GetPolicy", "ListEventSourceMappings"),
    *("GetRole", "ListInstanceProfilesForRole"),
    *("iam:GetPolicy", "ListEntitiesForPolicy"),
    "logs:ListTagsForResource",
    *("RemovePermission", "DeleteStage", "DeleteRestApi", "DeleteTable", "DeleteFunction"),
    *("DetachRolePolicy", "DeleteRole", "DeletePolicy", "DeleteLogGroup"),
    *("GetRestApis", "DescribeTable", "GetFunction", "GetRole", "iam:GetPolicy", "logs:ListTagsForResource"),
]


@pytest.fixture
def made(make_bench, tmp_path):
    source = tmp_path / "lambda_function.py"
    bench = make_bench()
    shutil.copy(bench.source, source)
    bench.source = source
    return bench


@pytest.fixture
def in_flight(door):
    """The numbers of calls in flight that were seen when a call came."""
    lock, seen, now = threading.Lock(), [], [0]

    def count(call, carry_out):
        with lock:
            now[0] += 1
            seen.append(now[0])
        try:
            return carry_out()
        finally:
            with lock:
                now[0] -= 1

    door.on("*").do(count, ALWAYS)
    return seen


def counted(verb, bench, door, *arguments):
    """The calls of the control plane, sorted."""
    door.calls.clear()
    done = called(verb, bench, *arguments, port=door.port)
    assert done.returncode == 0, done.stdout
    return sorted(f"{call.service}:{call}" for call in door.calls if call and call not in SMOKE)


def named(calls, seen):
    """`calls` as they were seen: with their services."""
    services = {name.partition(":")[2]: name for name in seen}
    return sorted(call if ":" in call else services.get(call, call) for call in calls)


def test_no_call_is_made_that_another_answer_could_serve(made, door, in_flight):
    first = counted("provision", made, door)
    assert first == named(FIRST, first)
    unchanged = counted("provision", made, door)
    assert unchanged == named(UNCHANGED, unchanged)
    with made.source.open("a", encoding="utf-8") as source:
        source.write("# changed\n")
    changed = counted("provision", made, door)
    assert changed == named(CODE_CHANGED, changed)
    gone = counted("teardown", made, door, "--yes")
    assert gone == named(TEARDOWN, gone)
    assert (len(first), len(unchanged), len(changed), len(gone)) == (28, 19, 21, 30)
    assert 1 < max(in_flight) <= 8


def test_one_by_one_there_is_never_more_than_one_call_at_once(made, door, in_flight):
    for verb, more in (("provision", ()), ("provision", ()), ("teardown", ("--yes",))):
        counted(verb, made, door, "--one-by-one", *more)
    assert set(in_flight) == {1}


def test_one_by_one_each_step_is_whole_before_the_next_one_begins(made, door):
    door.calls.clear()
    done = called("provision", made, "--one-by-one", port=door.port)
    assert outcomes(done.stdout)[-1] == "passed"
    writes = ["CreatePolicy", "CreateRole", "CreateFunction", "CreateTable", "CreateRestApi", "CreateStage"]
    places = [door.calls.index(write) for write in writes]
    assert places == sorted(places)
    assert door.calls.index("Invoke") < door.calls.index("CreateTable")


def test_nothing_is_public_before_the_echo_test_has_passed(made, door):
    called("provision", made, port=door.port)
    order = [door.calls.index(name) for name in ("Invoke", "CreateDeployment", "CreateStage", "AddPermission")]
    assert order == sorted(order)


def test_policy_role_and_function_are_written_in_their_order(made, door):
    called("provision", made, port=door.port)
    order = [door.calls.index(name) for name in ("CreatePolicy", "CreateRole", "AttachRolePolicy", "CreateFunction")]
    assert order == sorted(order)
    assert door.calls.index("CreateFunction") < min(map(door.calls.index, ("CreateTable", "CreateRestApi")))


def test_at_teardown_the_door_is_closed_first_and_nothing_goes_before_what_needs_it(made, door):
    called("provision", made, port=door.port)
    door.calls.clear()
    called("teardown", made, "--yes", port=door.port)
    place = door.calls.index
    assert place("DeleteStage") < min(map(place, ("DeleteRestApi", "DeleteTable", "DeleteFunction")))
    assert place("DeleteFunction") < place("DetachRolePolicy") < place("DeleteRole") < place("DeletePolicy")
    assert place("DeletePolicy") < place("DeleteLogGroup")


def test_the_table_and_the_api_are_made_while_iam_makes_the_function_wait(made, door):
    text = "The role defined for the function cannot be assumed by Lambda."
    both = {"CreateTable", "GetRequestValidators"}

    def refuse(call, carry_out):
        if both <= set(door.calls):
            return carry_out()
        return call.error("InvalidParameterValueException", text, 400)

    door.on("CreateFunction").do(refuse, ALWAYS)
    assert called("provision", made, port=door.port).returncode == 0
    assert door.calls.index("CreateStage") > door.calls.index("Invoke") > door.calls.index("PutRestApi")
