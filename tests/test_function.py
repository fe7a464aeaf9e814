"""Step 3, the Lambda function: the file as it is, one call a change, and patience with the one thing that passes."""

import base64
import hashlib
import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from stack.config import Config
from stack.source import code_zip
from stack.step import Foreign, StepError
from stack.waiting import GaveUp
from tests.faults import FakeClock, amend, answer_with, refuse

CANNOT_BE_ASSUMED = "The role defined for the function cannot be assumed by Lambda."
NO_PERMISSIONS = "The provided execution role does not have permissions to call DescribeNetworkInterfaces on EC2"
IN_PROGRESS = "The operation cannot be performed at this time. An update is in progress for resource: arn"
ANOTHER_CODE = "def lambda_handler(event, context):\n    return event\n"


@pytest.fixture
def ready(bench):
    """Everything that the function needs, and a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    bench.up_to("role")
    bench.calls.clear()
    return bench


@pytest.fixture
def made(ready):
    """The function is in place."""
    ready.step("function").up()
    ready.calls.clear()
    return ready


def live(lab):
    return lab.aws.lambda_.get_function(FunctionName=lab.function_name)


def edited(bench, tmp_path, text=ANOTHER_CODE):
    """The lab with another lambda_function.py."""
    bench.lab.source = tmp_path / "lambda_function.py"
    bench.lab.source.write_text(text)
    return bench


def in_state(**fields):
    """A change of GetFunction's answer."""
    return lambda parsed: parsed["Configuration"].update(fields)


# Up


def test_the_function_is_created_once_as_asked(ready):
    lab = ready.lab
    assert ready.step("function").up().outcome == "created"
    assert ready.calls.writing == ["CreateLogGroup", "PutRetentionPolicy", "CreateFunction"]
    function = live(lab)
    configuration = function["Configuration"]
    assert configuration["FunctionName"] == f"{ready.prefix}LambdaFunctionOverHttps"
    assert configuration["Role"] == lab.role_arn
    assert configuration["Runtime"] == "python3.13"
    assert configuration["Handler"] == "lambda_function.lambda_handler"
    assert configuration["MemorySize"] == 512
    assert configuration["Timeout"] == 10
    assert configuration["Architectures"] == ["arm64"]
    assert function["Tags"] == {
        "stack": f"{ready.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "course": "serverless",
    }
    digest = hashlib.sha256(code_zip(lab.source)).digest()
    assert configuration["CodeSha256"] == base64.b64encode(digest).decode()


def test_there_are_no_environment_variables(made):
    assert live(made.lab)["Configuration"].get("Environment", {}).get("Variables", {}) == {}


def test_the_value_of_somebodys_environment_variable_is_not_told(made):
    made.lab.aws.lambda_.update_function_configuration(
        FunctionName=made.lab.function_name, Environment={"Variables": {"TOKEN": "hunter2"}}
    )
    plan = made.step("function").plan()
    assert plan.changes == {"variables.TOKEN": ("(hidden)", None)}
    assert made.step("function").up().changes == plan.changes


def test_the_log_group_is_there_before_the_function_with_tags_and_retention(ready):
    lab = ready.lab
    refuse(lab.aws.lambda_, "CreateFunction", "InvalidParameterValueException", "Could not unzip uploaded file")
    with pytest.raises(ClientError):
        ready.step("function").up()
    (group,) = lab.aws.logs.describe_log_groups(logGroupNamePrefix=lab.log_group_name)["logGroups"]
    assert group["retentionInDays"] == 7
    tags = lab.aws.logs.list_tags_for_resource(resourceArn=lab.log_group_arn)["tags"]
    assert tags == {**lab.identity, "course": "serverless"}


def test_a_second_up_changes_nothing(made):
    assert made.step("function").plan().outcome == "unchanged"
    assert made.step("function").up().outcome == "unchanged"
    assert made.calls.writing == []


@pytest.fixture
def other_role(ready):
    """The name of another role that Lambda can assume."""
    iam, name = ready.lab.aws.iam, f"{ready.lab.role_name}-other"
    trust = iam.get_role(RoleName=ready.lab.role_name)["Role"]["AssumeRolePolicyDocument"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    yield name
    iam.delete_role(RoleName=name)


def test_every_field_that_drifted_is_named_and_mended(made, other_role, tmp_path):
    lab, lambda_ = made.lab, made.lab.aws.lambda_
    right = live(lab)["Configuration"]["CodeSha256"]
    lambda_.update_function_configuration(
        FunctionName=lab.function_name,
        Role=f"{lab.role_arn}-other",
        Runtime="python3.12",
        Handler="lambda_function.other",
        MemorySize=128,
        Timeout=3,
    )
    (tmp_path / "lambda_function.py").write_text(ANOTHER_CODE)
    other_zip = code_zip(tmp_path / "lambda_function.py")
    other = lambda_.update_function_code(FunctionName=lab.function_name, ZipFile=other_zip)
    lambda_.tag_resource(Resource=lab.function_arn, Tags={"course": "other"})
    lab.aws.logs.put_retention_policy(logGroupName=lab.log_group_name, retentionInDays=30)
    lab.aws.logs.tag_resource(resourceArn=lab.log_group_arn, tags={"course": "other"})
    made.calls.clear()
    changes = made.step("function").plan().changes
    assert made.calls.writing == []
    assert changes == {
        "role": (f"{lab.role_arn}-other", lab.role_arn),
        "runtime": ("python3.12", "python3.13"),
        "handler": ("lambda_function.other", "lambda_function.lambda_handler"),
        "memory_mb": (128, 512),
        "timeout_seconds": (3, 10),
        "code_sha256": (other["CodeSha256"], right),
        "log_group.retention_days": (30, 7),
        "log_group.tags.course": ("other", "serverless"),
        "tags.course": ("other", "serverless"),
    }
    assert made.step("function").up().changes == changes
    assert made.step("function").plan().outcome == "unchanged"


def test_another_architecture_is_one_upload(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"architecture": "x86_64"}))
    assert made.step("function").plan().changes == {"architecture": ("arm64", "x86_64")}
    sent = answer_with(made.lab.aws.lambda_, "UpdateFunctionCode", {})
    assert made.step("function").up().outcome == "updated"
    assert json.loads(sent[0]["body"])["Architectures"] == ["x86_64"]
    assert made.calls.writing == ["UpdateFunctionCode"]


def test_another_architecture_takes_effect(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"architecture": "x86_64"}))
    made.step("function").up()
    assert live(made.lab)["Configuration"]["Architectures"] == ["x86_64"]


def test_configuration_goes_before_code_and_each_is_waited_for(made, tmp_path):
    edited(made, tmp_path)
    made.lab.aws.lambda_.update_function_configuration(FunctionName=made.lab.function_name, MemorySize=128)
    made.calls.clear()
    made.step("function").up()
    afterwards = made.calls[made.calls.index("UpdateFunctionConfiguration") :]
    assert afterwards == ["UpdateFunctionConfiguration", "GetFunction", "UpdateFunctionCode", "GetFunction"]


def test_a_change_of_the_code_is_one_upload_and_nothing_else(made, tmp_path):
    edited(made, tmp_path)
    outcome = made.step("function").up()
    assert list(outcome.changes) == ["code_sha256"]
    assert made.calls.writing == ["UpdateFunctionCode"]
    made.calls.clear()
    assert made.step("function").up().outcome == "unchanged"
    assert made.calls.writing == []


def test_a_change_of_the_configuration_uploads_no_code(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"memory_mb": 1024, "timeout_seconds": 20}))
    assert made.step("function").up().changes == {"memory_mb": (512, 1024), "timeout_seconds": (10, 20)}
    assert made.calls.writing == ["UpdateFunctionConfiguration"]


def test_a_change_of_the_retention_touches_the_log_group_alone(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"log_retention_days": 30}))
    assert made.step("function").up().changes == {"log_group.retention_days": (7, 30)}
    assert made.calls.writing == ["PutRetentionPolicy"]


def test_a_lost_tag_is_set_again_and_nothing_else(made):
    made.lab.aws.lambda_.untag_resource(Resource=made.lab.function_arn, TagKeys=["course"])
    made.calls.clear()
    assert made.step("function").up().changes == {"tags.course": (None, "serverless")}
    assert made.calls.writing == ["TagResource"]


def test_a_function_that_vanished_is_made_again(made):
    made.lab.aws.lambda_.delete_function(FunctionName=made.lab.function_name)
    assert made.step("function").plan().outcome == "would create"
    made.calls.clear()
    assert made.step("function").up().outcome == "created"
    assert made.calls.writing == ["CreateFunction"]


def test_a_log_group_that_vanished_is_made_again(made):
    made.lab.aws.logs.delete_log_group(logGroupName=made.lab.log_group_name)
    assert made.step("function").plan().changes["log_group.retention_days"] == (None, 7)
    made.calls.clear()
    assert made.step("function").up().outcome == "updated"
    assert made.calls.writing == ["CreateLogGroup", "PutRetentionPolicy"]


def test_a_second_down_finds_nothing_to_do(made):
    assert made.step("function").plan_down().outcome == "would delete"
    assert made.step("function").down().outcome == "deleted"
    assert made.calls.writing == ["DeleteFunction"]
    made.calls.clear()
    assert made.step("function").down().outcome == "absent"
    assert made.step("function").plan_down().outcome == "absent"
    assert made.calls.writing == []


# A role that Lambda does not know yet


@pytest.mark.parametrize(
    "text, reason",
    [
        (CANNOT_BE_ASSUMED, "IAM: Lambda cannot assume the role yet"),
        (NO_PERMISSIONS, "IAM: the role has no permissions yet"),
    ],
)
def test_a_role_that_is_not_ready_is_waited_for_and_said(ready, text, reason):
    ready.lab.clock = clock = FakeClock()
    refuse(ready.lab.aws.lambda_, "CreateFunction", "InvalidParameterValueException", text, times=4)
    outcome = ready.step("function").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)
    assert ready.said[0] == f"waiting for {reason}, 0 s of at most 300 s"
    assert ready.calls.count("CreateFunction") == 5


def test_a_role_that_never_gets_ready_is_given_up_with_a_hint_at_its_trust_policy(ready):
    ready.lab.clock = clock = FakeClock()
    refuse(ready.lab.aws.lambda_, "CreateFunction", "InvalidParameterValueException", CANNOT_BE_ASSUMED, times=10_000)
    with pytest.raises(StepError) as error:
        ready.step("function").up()
    assert str(error.value) == (
        "waited 300 s for IAM: Lambda cannot assume the role yet. Either IAM is slow today, then run the same again; "
        f"or the role's trust policy does not name lambda.amazonaws.com: look at the role {ready.lab.role_name}"
    )
    assert clock.now == pytest.approx(300)


@pytest.mark.parametrize(
    "text", ["Could not unzip uploaded file. Please check your file, then try to upload again.", "role is odd"]
)
def test_the_same_code_with_another_text_fails_at_once(ready, text):
    ready.lab.clock = clock = FakeClock()
    refused = refuse(ready.lab.aws.lambda_, "CreateFunction", "InvalidParameterValueException", text, times=10)
    with pytest.raises(ClientError, match=text):
        ready.step("function").up()
    assert (len(refused), clock.sleeps) == (1, [])


def test_a_role_that_is_not_ready_delays_an_update_too(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"memory_mb": 1024}))
    made.lab.clock = clock = FakeClock()
    code = "InvalidParameterValueException"
    refuse(made.lab.aws.lambda_, "UpdateFunctionConfiguration", code, CANNOT_BE_ASSUMED, times=2)
    outcome = made.step("function").up()
    assert outcome.outcome == "updated"
    assert outcome.notes == (f"waited {clock.now:.1f} s for IAM: Lambda cannot assume the role yet",)


# States


def test_up_returns_when_the_function_is_active(ready):
    ready.lab.clock = clock = FakeClock()
    amend(ready.lab.aws.lambda_, "GetFunction", in_state(State="Pending"), times=3)
    outcome = ready.step("function").up()
    assert outcome.outcome == "created"
    assert len(clock.sleeps) == 3
    assert "the function to become Active (it is Pending" in outcome.notes[0]


def test_a_function_that_is_not_to_be_seen_yet_is_waited_for(ready):
    ready.lab.clock = clock = FakeClock()
    refuse(ready.lab.aws.lambda_, "GetFunction", "ResourceNotFoundException", status=404, times=3)
    outcome = ready.step("function").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for AWS to show the Lambda function",)


def test_an_update_in_progress_is_waited_for(made, tmp_path):
    edited(made, tmp_path)
    made.lab.clock = clock = FakeClock()
    refuse(made.lab.aws.lambda_, "UpdateFunctionCode", "ResourceConflictException", IN_PROGRESS, status=409, times=3)
    outcome = made.step("function").up()
    assert outcome.outcome == "updated"
    assert outcome.notes == (f"waited {clock.now:.1f} s for Lambda to finish another change",)


def test_any_other_conflict_fails_at_once(made, tmp_path):
    edited(made, tmp_path)
    made.lab.clock = clock = FakeClock()
    refuse(made.lab.aws.lambda_, "UpdateFunctionCode", "ResourceConflictException", "another reason", status=409)
    with pytest.raises(ClientError, match="another reason"):
        made.step("function").up()
    assert clock.sleeps == []


def test_between_configuration_and_code_the_update_is_waited_for(made, tmp_path):
    edited(made, tmp_path)
    lambda_ = made.lab.aws.lambda_
    lambda_.update_function_configuration(FunctionName=made.lab.function_name, MemorySize=128)
    made.lab.clock = clock = FakeClock()
    polls = iter(["Successful", "InProgress", "InProgress", "Successful", "Successful"])
    amend(lambda_, "GetFunction", lambda parsed: parsed["Configuration"].update(LastUpdateStatus=next(polls)), times=5)
    made.calls.clear()
    made.step("function").up()
    assert made.calls[made.calls.index("UpdateFunctionConfiguration") :] == [
        "UpdateFunctionConfiguration",
        "GetFunction",
        "GetFunction",
        "GetFunction",
        "UpdateFunctionCode",
        "GetFunction",
    ]
    assert len(clock.sleeps) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"State": "Failed", "StateReason": "The image is broken"},
        {"State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "The image is broken"},
    ],
)
def test_a_function_that_failed_shows_lambdas_reason(made, fields):
    amend(made.lab.aws.lambda_, "GetFunction", in_state(**fields), times=10)
    with pytest.raises(StepError) as error:
        made.step("function").up()
    assert str(error.value) == (
        f"Lambda could not set up {made.lab.function_name}: The image is broken. "
        "Mend that, then run the same again: it is set up anew"
    )


def test_a_function_that_stays_pending_is_given_up(made):
    made.lab.clock = FakeClock()
    amend(made.lab.aws.lambda_, "GetFunction", in_state(State="Pending"), times=1000)
    with pytest.raises(GaveUp, match=r"^waited 300 s for the function to become Active \(it is Pending"):
        made.step("function").up()
    made.lab = made.new_lab()  # whose function is Active


def test_an_idle_function_is_as_good_as_an_active_one(made):
    amend(made.lab.aws.lambda_, "GetFunction", in_state(State="Inactive"), times=2)
    assert made.step("function").up().outcome == "unchanged"


def test_a_function_that_is_being_deleted_counts_as_gone(made):
    amend(made.lab.aws.lambda_, "GetFunction", in_state(State="Deleting"))
    assert made.step("function").plan().outcome == "would create"


def test_down_returns_when_the_function_is_gone(made):
    made.lab.clock = clock = FakeClock()
    function, remaining = made.step("function"), iter([False, False, True])
    function.is_gone = lambda: next(remaining)
    assert function.down().notes == (f"waited {clock.now:.1f} s for Lambda function {function.name} to be gone",)


# Whose it is


def test_somebody_elses_function_of_our_name_is_left_as_it_is(made):
    lab, lambda_ = made.lab, made.lab.aws.lambda_
    lambda_.tag_resource(Resource=lab.function_arn, Tags={"stack": "theirs"})
    lambda_.update_function_configuration(FunctionName=lab.function_name, MemorySize=128)
    made.calls.clear()
    for verb in ("plan", "up", "plan_down", "down"):
        with pytest.raises(Foreign, match=f"found stack=theirs.*--adopt {lab.function_name}$"):
            getattr(made.step("function"), verb)()
    assert made.calls.writing == []
    lab.adopt = frozenset({lab.function_name})
    assert made.step("function").up().outcome == "updated"
    lab.adopt = frozenset()
    assert made.step("function").plan().outcome == "unchanged"


def test_tags_that_may_not_be_read_are_not_missing_tags(made):
    denied = {"TagsError": {"ErrorCode": "AccessDeniedException", "Message": "no lambda:ListTags"}}

    def without_tags(parsed):
        del parsed["Tags"]
        parsed.update(denied)

    amend(made.lab.aws.lambda_, "GetFunction", without_tags, times=10)
    for verb in ("plan", "up", "plan_down", "down"):
        with pytest.raises(StepError, match=r"no lambda:ListTags -> your user lacks lambda:ListTags$"):
            getattr(made.step("function"), verb)()
    assert made.calls.writing == []
    made.lab = made.new_lab()  # whose user may read them


def test_the_log_group_of_others_does_not_keep_our_function(made):
    lab = made.lab
    lab.aws.logs.tag_resource(resourceArn=lab.log_group_arn, tags={"stack": "theirs"})
    assert made.step("function").down().outcome == "deleted"
    lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)


def test_the_log_group_that_lambda_made_itself_is_taken_over(ready):
    lab = ready.lab
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name)
    assert ready.step("function").up().outcome == "created"
    assert ready.step("function").plan().outcome == "unchanged"
    assert lab.aws.logs.list_tags_for_resource(resourceArn=lab.log_group_arn)["tags"]["stack"] == lab.identity["stack"]


def test_a_log_group_that_lambda_made_again_is_taken_over(made):
    lab = made.lab
    lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name)
    assert made.step("function").up().outcome == "updated"
    assert made.step("function").plan().outcome == "unchanged"


def test_without_its_own_log_group_the_function_is_not_made(ready):
    lab = ready.lab
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name, tags={"stack": "theirs"})
    ready.calls.clear()
    with pytest.raises(Foreign, match=f"^{lab.log_group_name} exists, but is not ours"):
        ready.step("function").up()
    assert ready.calls.writing == []
    lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)


def test_the_plan_tells_of_somebody_elses_log_group_as_up_does(ready):
    lab = ready.lab
    lab.aws.logs.create_log_group(logGroupName=lab.log_group_name, tags={"stack": "theirs"})
    try:
        with pytest.raises(Foreign):
            ready.step("function").plan()
    finally:
        lab.aws.logs.delete_log_group(logGroupName=lab.log_group_name)


# What it does


def test_a_new_code_is_what_answers(made, tmp_path):
    edited(made, tmp_path, "def lambda_handler(event, context):\n    return 'new'\n")
    made.step("function").up()
    answer = made.lab.aws.lambda_.invoke(FunctionName=made.lab.function_name, Payload=b"{}")
    assert json.loads(answer["Payload"].read()) == "new"
