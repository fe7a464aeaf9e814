"""Lambda on a bad day: a role that it does not know yet, a function that takes its time, or never comes up."""

import pytest

from tests.command_lines import called, outcomes, waits
from tests.inventory import inventory

CANNOT_BE_ASSUMED = "The role defined for the function cannot be assumed by Lambda."
NO_PERMISSIONS = "The provided execution role does not have permissions to call CreateNetworkInterface on EC2"
IN_PROGRESS = (
    "The operation cannot be performed at this time. An update is in progress for resource: arn:aws:lambda:us-east-1:"
    "123456789012:function:LambdaFunctionOverHttps"
)
MADE = ["CreatePolicy", "CreateRole", "AttachRolePolicy", "CreateFunction"]
LOG_GROUP = ["CreateLogGroup", "PutRetentionPolicy"]
ASSUME = "IAM: Lambda cannot assume the role yet"


def up_to_the_echo(bench, *arguments):
    return called("provision", bench, "--until", "echo", *arguments)


def kinds(sandbox_aws, bench):
    return [line.rsplit(" ", 1)[0] for line in inventory(sandbox_aws, bench.prefix)]


def written(backend):
    """What was written, in its order; and apart the log group, which is made beside the function."""
    calls = backend.calls.writing
    return [call for call in calls if call not in LOG_GROUP], [call for call in calls if call in LOG_GROUP]


def notes(done):
    """The indented lines that follow the steps, but for those that tell of waiting."""
    lines = [line.strip() for line in done.stdout.splitlines() if line.startswith("     ")]
    return [line for line in lines if not line.startswith("waiting")]


# The role


@pytest.mark.parametrize(
    ("text", "reason"), [(CANNOT_BE_ASSUMED, ASSUME), (NO_PERMISSIONS, "IAM: the role has no permissions yet")]
)
def test_a_role_that_lambda_does_not_know_yet_is_waited_for_aloud(backend, faulty, behind, text, reason):
    backend.on("CreateFunction").refuse("InvalidParameterValueException", text, times=12)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, ["created", "created", "created", "passed"])
    told = waits(done.stdout)
    assert [(why, budget) for why, _, budget in told] == [(reason, 300)] * 12
    spent = [seconds for _, seconds, _ in told]
    assert spent == sorted(spent)
    assert spent[0] == 0 < spent[-1] <= round(faulty.clock.now)
    assert notes(done) == [f"waited {faulty.clock.now:.1f} s for {reason}"]
    assert written(backend) == ([*MADE, *["CreateFunction"] * 12], LOG_GROUP)
    assert kinds(behind, faulty) == ["function", "log group", "policy", "role"]


def test_a_role_that_lambda_never_knows_is_given_up_after_five_minutes_with_a_hint(backend, faulty, behind):
    fault = backend.on("CreateFunction").refuse_for(400, "InvalidParameterValueException", CANNOT_BE_ASSUMED)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["created", "created", "failed", "blocked"])
    assert faulty.clock.now == pytest.approx(300)
    assert (
        f"waited 300 s for {ASSUME}. Either IAM is slow today, then run the same again; or the role's trust policy "
        f"does not name lambda.amazonaws.com: look at the role {faulty.lab.role_name}"
    ) in notes(done)
    assert len(fault.acted) < 90
    assert kinds(behind, faulty) == ["log group", "policy", "role"]
    again = up_to_the_echo(faulty)
    assert outcomes(again.stdout) == ["unchanged", "unchanged", "created", "passed"]
    assert waits(again.stdout)


def test_a_function_that_lambda_refuses_for_another_reason_fails_at_once(backend, faulty, behind):
    text = "Could not unzip uploaded file. Please check your file, then try to upload again."
    backend.on("CreateFunction").refuse("InvalidParameterValueException", text, times=100)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["created", "created", "failed", "blocked"])
    assert f"CreateFunction: InvalidParameterValueException: {text}" in notes(done)
    assert (written(backend), faulty.clock.sleeps) == ((MADE, LOG_GROUP), [])
    assert kinds(behind, faulty) == ["log group", "policy", "role"]


def test_an_echo_whose_role_is_not_known_where_functions_run_is_waited_for(backend, faulty):
    backend.on("Invoke").refuse("AccessDeniedException", CANNOT_BE_ASSUMED, status=403, times=4)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)[2:]) == (0, ["created", "passed"])
    assert [(why, budget) for why, _, budget in waits(done.stdout)] == [(ASSUME, 120)] * 4
    assert backend.calls.count("Invoke") == 5


# Its state


def test_a_pending_function_is_waited_for_and_only_then_invoked(backend, faulty):
    backend.on("GetFunction", after="CreateFunction").hold("Pending", polls=6)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)[2:]) == (0, ["created", "passed"])
    reason = "the function to become Active (it is Pending)"
    assert [(why, budget) for why, _, budget in waits(done.stdout)] == [(reason, 300)] * 6
    calls = [call for call in backend.calls if call.service == "lambda"]
    assert calls == ["GetFunction", "CreateFunction", *["GetFunction"] * 7, "Invoke"]


def test_a_function_that_fails_after_a_while_says_why_and_the_next_run_makes_it_anew(backend, faulty, behind):
    why = "Lambda ran out of addresses"
    backend.on("GetFunction", after="CreateFunction").hold("Pending", polls=2)
    backend.on("GetFunction", after="CreateFunction").amend(
        lambda answer: answer["Configuration"].update(State="Failed", StateReason=why), times=3
    )
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (1, ["created", "created", "failed", "blocked"])
    name = faulty.lab.function_name
    assert f"Lambda could not set up {name}: {why}. Mend that, then run the same again: it is set up anew" in notes(
        done
    )
    assert len(waits(done.stdout)) == 2
    plan = up_to_the_echo(faulty, "--plan")
    assert (plan.returncode, outcomes(plan.stdout)[2]) == (3, "would update")
    assert notes(plan) == [f"failure {why} -> (none)"]
    again = up_to_the_echo(faulty)
    assert (again.returncode, outcomes(again.stdout)) == (
        0,
        ["unchanged", "unchanged", f"updated: failure {why[:21]}... -> (none)", "passed"],
    )
    assert written(backend) == ([*MADE, "DeleteFunction", "CreateFunction"], LOG_GROUP)
    assert kinds(behind, faulty) == ["function", "log group", "policy", "role"]


def test_a_failed_function_that_others_may_call_is_not_made_anew(backend, faulty, behind):
    up_to_the_echo(faulty)
    who = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "StatementId": "theirs"}
    behind.lambda_.add_permission(FunctionName=faulty.lab.function_name, **who)
    backend.on("GetFunction").amend(lambda answer: answer["Configuration"].update(State="Failed"), times=2)
    backend.calls.clear()
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)[2:]) == (1, ["failed", "blocked"])
    assert "the statements theirs, which are not ours. It is left as it is." in done.stdout
    assert backend.calls.writing == []
    behind.lambda_.remove_permission(FunctionName=faulty.lab.function_name, StatementId="theirs")


def test_an_update_that_failed_is_told_and_sent_again_by_the_next_run(backend, faulty, behind):
    up_to_the_echo(faulty)
    lambda_, name = behind.lambda_, faulty.lab.function_name
    lambda_.update_function_configuration(FunctionName=name, MemorySize=1024)
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "The image is broken"}
    backend.calls.clear()
    after = backend.on("GetFunction", after="UpdateFunctionConfiguration")
    after.amend(lambda answer: answer["Configuration"].update(failed), times=2)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)[2:]) == (1, ["failed", "blocked"])
    assert f"Lambda could not set up {name}: The image is broken." in done.stdout
    assert backend.calls.writing == ["UpdateFunctionConfiguration"]
    backend.calls[:] = backend.calls.writing
    again = up_to_the_echo(faulty)
    assert outcomes(again.stdout)[2:] == ["updated: update_failure The image is broken -> (none)", "passed"]
    assert backend.calls.writing == ["UpdateFunctionConfiguration", "UpdateFunctionConfiguration", "UpdateFunctionCode"]
    assert outcomes(up_to_the_echo(faulty).stdout)[2] == "unchanged"


@pytest.mark.parametrize("status", [409, 502])
def test_a_function_that_has_been_idle_for_long_is_woken_and_waited_for(backend, faulty, status):
    up_to_the_echo(faulty)
    backend.calls.clear()
    backend.on("GetFunction").hold("Inactive", polls=2)
    if status == 409:
        text = (
            "The operation cannot be performed at this time. The function is currently in the following state: Pending"
        )
        backend.on("Invoke").refuse("ResourceConflictException", text, status=409, times=3)
    else:
        backend.on("Invoke").refuse("ResourceNotReadyException", "", status=502, times=3)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, ["unchanged", "unchanged", "unchanged", "passed"])
    assert backend.calls.count("Invoke") == 4
    assert len(waits(done.stdout)) == 2  # the first that was refused was made while the others looked
    assert {budget for _, _, budget in waits(done.stdout)} == {120}
    assert backend.calls.writing == []


# Updates


@pytest.mark.parametrize("operation", ["UpdateFunctionConfiguration", "UpdateFunctionCode"])
def test_an_update_in_progress_is_waited_for(backend, faulty, behind, operation):
    up_to_the_echo(faulty)
    lambda_, name = behind.lambda_, faulty.lab.function_name
    lambda_.update_function_configuration(FunctionName=name, MemorySize=1024)
    ours, other = faulty.lab.config.function.architecture, "x86_64"
    assert ours != other
    lambda_.update_function_code(FunctionName=name, ZipFile=faulty.step("function").code(), Architectures=[other])
    backend.calls.clear()
    backend.on(operation).refuse("ResourceConflictException", IN_PROGRESS, status=409, times=4)
    backend.on("GetFunction", after="UpdateFunctionConfiguration").hold("InProgress", polls=2)
    done = up_to_the_echo(faulty)
    assert (done.returncode, outcomes(done.stdout)[3]) == (0, "passed")
    assert outcomes(done.stdout)[2].startswith("updated: ")
    told = [(why, budget) for why, _, budget in waits(done.stdout)]
    assert told.count(("Lambda to finish another change", 300)) == 4
    assert told.count(("Lambda to finish the update of the function", 300)) == 2
    assert {name: backend.calls.count(name) for name in backend.calls.writing} == {
        "UpdateFunctionConfiguration": 1,
        "UpdateFunctionCode": 1,
    } | {operation: 5}
    live = lambda_.get_function_configuration(FunctionName=name)
    assert (live["MemorySize"], live["Architectures"]) == (faulty.lab.config.function.memory_mb, [ours])
    assert outcomes(up_to_the_echo(faulty).stdout)[2] == "unchanged"
