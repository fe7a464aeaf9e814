"""Step 7, the deployment: a snapshot exactly when the document changes, throttled, and public last of all."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from stack.aws import FEW_ATTEMPTS
from stack.config import Config
from stack.openapi import document_hash
from stack.permission import STATEMENT_ID, canonical_statement
from stack.step import StepError
from stack.waiting import GaveUp
from tests.faults import FakeClock, amend, answer_with, refuse

ANOTHER_CODE = "def lambda_handler(event, context):\n    return event\n"


@pytest.fixture
def ready(bench):
    """The function and the API are there, and a tag of the user's own is asked for."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    bench.up_to("function")
    bench.step("api").up()
    bench.calls.clear()
    return bench


@pytest.fixture
def made(ready):
    """The deployment is in place."""
    ready.step("deployment").up()
    ready.calls.clear()
    return ready


def api_id(bench):
    identifier = bench.step("api").id()
    assert identifier
    return identifier


def stage(bench):
    return bench.lab.aws.apigateway.get_stage(restApiId=api_id(bench), stageName="Prod")


def deployments(bench):
    """{id: description}"""
    listed = bench.lab.aws.apigateway.get_deployments(restApiId=api_id(bench))["items"]
    return {each["id"]: each["description"] for each in listed}


def statements(bench):
    policy = bench.lab.aws.lambda_.get_policy(FunctionName=bench.lab.function_name)["Policy"]
    return json.loads(policy)["Statement"]


def source_arn(bench, stage="Prod", method="POST", path="DynamoDBManager"):
    return f"arn:aws:execute-api:us-east-1:123456789012:{api_id(bench)}/{stage}/{method}/{path}"


def replace_permission(bench, **changes):
    """Another statement under our Sid, behind the step's back."""
    lambda_, name = bench.lab.aws.lambda_, bench.lab.function_name
    lambda_.remove_permission(FunctionName=name, StatementId=STATEMENT_ID)
    arguments = {
        "Action": "lambda:InvokeFunction",
        "Principal": "apigateway.amazonaws.com",
        "SourceArn": source_arn(bench),
    }
    lambda_.add_permission(FunctionName=name, StatementId=STATEMENT_ID, **(arguments | changes))


# Up


def test_the_deployment_is_created_once_as_asked(ready):
    assert ready.step("deployment").up().outcome == "created"
    made = ["CreateDeployment", "CreateStage", "UpdateStage", "AddPermission"]
    assert ready.calls.writing == made
    live = stage(ready)
    assert deployments(ready) == {live["deploymentId"]: f"lambda-apigateway-lab document {document_hash(ready.lab)}"}
    setting = live["methodSettings"]["*/*"]
    assert (setting["throttlingRateLimit"], setting["throttlingBurstLimit"]) == (10, 20)
    assert live["tags"] == {
        "stack": f"{ready.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "course": "serverless",
    }


def test_the_permission_is_for_exactly_this_stage_method_and_path(made):
    (statement,) = statements(made)
    assert statement["Sid"] == "apigateway-invoke"
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Action"] == "lambda:InvokeFunction"
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": source_arn(made)}}


def test_the_throttle_is_in_force_before_anybody_can_call(ready):
    ready.step("deployment").up()
    assert ready.calls.index("UpdateStage") < ready.calls.index("AddPermission")
    assert ready.calls.writing[-1] == "AddPermission"
    assert ready.calls[-1] == "GetPolicy"  # read back


def test_a_second_up_changes_nothing(made):
    assert made.step("deployment").plan().outcome == "unchanged"
    assert made.step("deployment").up().outcome == "unchanged"
    assert made.calls.writing == []


def test_every_field_that_drifted_is_named_and_mended(made):
    apigateway, identifier = made.lab.aws.apigateway, api_id(made)
    theirs = apigateway.create_deployment(restApiId=identifier, description="made in the console")["id"]
    ours = stage(made)["deploymentId"]
    patches = {
        "/deploymentId": theirs,
        "/*/*/throttling/rateLimit": "5000",
        "/*/*/throttling/burstLimit": "1000",
    }
    operations = [{"op": "replace", "path": path, "value": value} for path, value in patches.items()]
    apigateway.update_stage(restApiId=identifier, stageName="Prod", patchOperations=operations)
    arn = f"{made.lab.api_arn(identifier)}/stages/Prod"
    apigateway.tag_resource(resourceArn=arn, tags={"course": "other"})
    replace_permission(
        made, Action="lambda:GetFunction", Principal="s3.amazonaws.com", SourceArn=f"{source_arn(made)}/*"
    )
    made.calls.clear()
    changes = made.step("deployment").plan().changes
    assert made.calls.writing == []
    assert changes == {
        "document": (None, document_hash(made.lab)),
        "superseded": ([ours], []),
        "throttle.rate_per_second": (5000, 10),
        "throttle.burst": (1000, 20),
        "permission.principal": ("s3.amazonaws.com", "apigateway.amazonaws.com"),
        "permission.action": ("lambda:GetFunction", "lambda:InvokeFunction"),
        "permission.conditions.arnlike aws:sourcearn": (f"{source_arn(made)}/*", source_arn(made)),
        "tags.course": ("other", "serverless"),
    }
    made.calls.clear()
    assert made.step("deployment").up().changes == changes
    # The stage goes back to the deployment that was ours; what others deployed is not ours to delete.
    assert made.calls.writing == ["UpdateStage", "TagResource", "RemovePermission", "AddPermission"]
    assert made.step("deployment").plan().outcome == "unchanged"
    assert stage(made)["deploymentId"] == ours
    assert set(deployments(made)) == {ours, theirs}


def test_a_permission_that_outlived_its_stage_goes_before_the_new_one_comes(ready):
    ready.lab.just_made.clear()
    assert ready.step("deployment").up().outcome == "created"
    assert ready.calls.writing[:3] == ["RemovePermission", "CreateDeployment", "CreateStage"]


# When a new snapshot is taken


def test_another_document_is_deployed_and_the_superseded_one_goes(made):
    before = stage(made)["deploymentId"]
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, api={"path": "Door"}))
    made.step("api").up()
    made.calls.clear()
    changes = made.step("deployment").up().changes
    assert set(changes) == {"document", "permission.conditions.arnlike aws:sourcearn"}
    assert made.calls.writing == [
        "CreateDeployment",
        "UpdateStage",
        "RemovePermission",
        "AddPermission",
        "DeleteDeployment",
    ]
    after = stage(made)["deploymentId"]
    assert after != before
    assert list(deployments(made)) == [after]
    (statement,) = statements(made)
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": source_arn(made, path="Door")}}


def test_another_throttle_is_no_new_deployment(made):
    before = stage(made)["deploymentId"]
    throttle = {"rate_per_second": 0.5, "burst": 3}
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, api={"throttle": throttle}))
    changes = made.step("deployment").up().changes
    assert changes == {"throttle.rate_per_second": (10, 0.5), "throttle.burst": (20, 3)}
    assert made.calls.writing == ["UpdateStage"]
    assert stage(made)["deploymentId"] == before
    assert made.step("deployment").plan().outcome == "unchanged"


def test_another_code_is_no_new_deployment(made, tmp_path):
    made.lab.source = tmp_path / "lambda_function.py"
    made.lab.source.write_text(ANOTHER_CODE)
    assert made.step("function").up().outcome == "updated"
    made.calls.clear()
    assert made.step("deployment").up().outcome == "unchanged"
    assert made.calls.writing == []


def test_another_number_of_seconds_or_megabytes_is_no_new_deployment(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, function={"memory_mb": 128, "timeout_seconds": 3}))
    assert made.step("deployment").plan().outcome == "unchanged"


@pytest.mark.parametrize(
    "rate",
    [
        0.5,
        10000,
        1234.567,
        0.00001,
    ],
)
def test_any_rate_converges(ready, rate):
    ready.lab = replace(
        ready.lab, config=Config(prefix=ready.prefix, api={"throttle": {"rate_per_second": rate, "burst": 5}})
    )
    ready.step("deployment").up()
    assert ready.step("deployment").plan().outcome == "unchanged"


# What vanished


def test_a_stage_that_vanished_is_made_again_of_the_deployment_that_is_left(made):
    before = stage(made)["deploymentId"]
    made.lab.aws.apigateway.delete_stage(restApiId=api_id(made), stageName="Prod")
    assert made.step("deployment").plan().outcome == "would create"
    assert made.step("deployment").up().outcome == "created"
    assert list(deployments(made)) == [stage(made)["deploymentId"]] == [before]
    assert made.step("deployment").plan().outcome == "unchanged"


def test_a_throttle_that_vanished_is_set_again(made):
    amend(made.lab.aws.apigateway, "GetStages", lambda parsed: parsed["item"][0].pop("methodSettings"))
    changes = made.step("deployment").up().changes
    assert changes == {"throttle.rate_per_second": (None, 10), "throttle.burst": (None, 20)}
    assert made.calls.writing == ["UpdateStage"]


@pytest.mark.parametrize("live", ["other", None])
def test_a_tag_of_the_users_that_drifted_is_mended_and_nothing_else(made, live):
    arn = f"{made.lab.api_arn(api_id(made))}/stages/Prod"
    if live:
        made.lab.aws.apigateway.tag_resource(resourceArn=arn, tags={"course": live})
    else:
        made.lab.aws.apigateway.untag_resource(resourceArn=arn, tagKeys=["course"])
    made.calls.clear()
    assert made.step("deployment").up().changes == {"tags.course": (live, "serverless")}
    assert made.calls.writing == ["TagResource"]


def test_a_permission_that_vanished_is_given_again_and_nothing_else(made):
    made.lab.aws.lambda_.remove_permission(FunctionName=made.lab.function_name, StatementId=STATEMENT_ID)
    made.calls.clear()
    changes = made.step("deployment").up().changes
    assert changes
    assert all(field.startswith("permission.") for field in changes)
    assert made.calls.writing == ["AddPermission"]
    assert len(statements(made)) == 1


def test_a_superseded_deployment_that_was_left_behind_goes(made):
    description = f"lambda-apigateway-lab document {document_hash(made.lab)}"
    left = made.lab.aws.apigateway.create_deployment(restApiId=api_id(made), description=description)["id"]
    made.calls.clear()
    assert made.step("deployment").up().changes == {"superseded": ([left], [])}
    assert made.calls.writing == ["DeleteDeployment"]
    assert list(deployments(made)) == [stage(made)["deploymentId"]]


def test_a_deployment_whose_stage_was_never_made_goes(ready):
    refuse(ready.lab.aws.apigateway, "CreateStage", "BadRequestException", "interrupted")
    with pytest.raises(ClientError, match="interrupted"):
        ready.step("deployment").up()
    assert ready.step("deployment").up().outcome == "created"
    assert list(deployments(ready)) == [stage(ready)["deploymentId"]]


def test_a_permission_that_outlived_its_stage_does_not_open_the_next_one_early(made):
    made.lab.aws.apigateway.delete_stage(restApiId=api_id(made), stageName="Prod")
    made.calls.clear()
    made.step("deployment").up()
    assert made.calls.index("RemovePermission") < made.calls.index("CreateStage")
    assert made.calls.index("UpdateStage") < made.calls.index("AddPermission")


def test_a_canary_keeps_its_deployment(made):
    description = f"lambda-apigateway-lab document {document_hash(made.lab)}"
    canary = made.lab.aws.apigateway.create_deployment(restApiId=api_id(made), description=description)["id"]
    amend(
        made.lab.aws.apigateway,
        "GetStages",
        lambda parsed: parsed["item"][0].update(canarySettings={"deploymentId": canary}),
    )
    assert made.step("deployment").plan().outcome == "unchanged"


def test_another_stage_keeps_its_deployment(made):
    apigateway, identifier = made.lab.aws.apigateway, api_id(made)
    used = stage(made)["deploymentId"]
    apigateway.create_stage(restApiId=identifier, stageName="Test", deploymentId=used)
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, api={"path": "Door"}))
    made.step("deployment").up()
    assert used in deployments(made)
    assert made.step("deployment").plan().outcome == "unchanged"


# The permission


def test_the_statement_of_aws_and_ours_compare_equal():
    stored = {
        "Sid": STATEMENT_ID,
        "Effect": "Allow",
        "Principal": {"Service": "apigateway.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": "arn",
        "Condition": {"ArnLike": {"AWS:SourceArn": "source"}},
    }
    otherwise = {
        **stored,
        "Principal": "apigateway.amazonaws.com",
        "Condition": {"ArnLike": {"aws:SourceArn": "source"}},
    }
    assert canonical_statement(stored) == canonical_statement(otherwise)


def test_a_condition_more_or_less_counts():
    statement = {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction"}
    account = {"Condition": {"StringEquals": {"AWS:SourceAccount": "123456789012"}}}
    assert canonical_statement(statement) != canonical_statement(statement | account)


def test_a_wider_permission_is_replaced(made):
    replace_permission(made, SourceArn=source_arn(made, "*", "*", "*"))
    made.calls.clear()
    assert made.step("deployment").up().outcome == "updated"
    assert made.calls.writing == ["RemovePermission", "AddPermission"]
    (statement,) = statements(made)
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": source_arn(made)}}


def test_statements_of_others_are_left_alone(made):
    made.lab.aws.lambda_.add_permission(
        FunctionName=made.lab.function_name,
        StatementId="theirs",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    replace_permission(made, SourceArn=source_arn(made, "*", "*", "*"))
    made.step("deployment").up()
    assert sorted(statement["Sid"] for statement in statements(made)) == ["apigateway-invoke", "theirs"]


def test_a_statement_that_lambda_lost_is_written_again(ready):
    ready.lab.clock = FakeClock()
    lost = answer_with(ready.lab.aws.lambda_, "AddPermission", {"Statement": "{}"}, status=201, times=2)
    outcome = ready.step("deployment").up()
    assert outcome.outcome == "created"
    assert len(lost) == 2
    assert ready.calls.count("AddPermission") == 3
    assert outcome.notes[0].endswith("for Lambda to show the invoke permission")
    assert len(statements(ready)) == 1


def test_a_statement_that_is_always_lost_is_given_up(ready):
    ready.lab.clock = FakeClock()
    answer_with(ready.lab.aws.lambda_, "AddPermission", {"Statement": "{}"}, status=201, times=1000)
    with pytest.raises(GaveUp, match=r"^waited 120 s for Lambda to show the invoke permission$"):
        ready.step("deployment").up()


@pytest.mark.parametrize("code, status", [("ResourceNotFoundException", 404), ("ResourceConflictException", 409)])
def test_a_function_that_takes_no_permission_yet_is_waited_for(ready, code, status):
    ready.lab.clock = clock = FakeClock()
    refuse(ready.lab.aws.lambda_, "AddPermission", code, status=status, times=3)
    outcome = ready.step("deployment").up()
    assert outcome.outcome == "created"
    assert outcome.notes == (f"waited {clock.now:.1f} s for Lambda to take the invoke permission",)


def test_a_permission_that_is_refused_fails_at_once(ready):
    ready.lab.clock = clock = FakeClock()
    refuse(ready.lab.aws.lambda_, "AddPermission", "AccessDeniedException", "not you", status=403)
    with pytest.raises(ClientError, match="not you"):
        ready.step("deployment").up()
    assert clock.sleeps == []


# Quotas and conflicts of API Gateway


def few(lab):
    """The client that leaves the waiting to the step."""
    return lab.aws.client("apigateway", attempts=FEW_ATTEMPTS)


def test_the_quota_of_create_deployment_is_waited_for(ready):
    ready.lab.clock = clock = FakeClock()
    refuse(few(ready.lab), "CreateDeployment", "TooManyRequestsException", status=429, times=20)
    outcome = ready.step("deployment").up()
    assert outcome.outcome == "created"
    reason = "a quota of AWS that the whole account shares"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)
    assert clock.now > 120


@pytest.mark.parametrize("operation", ["CreateDeployment", "CreateStage", "UpdateStage", "DeleteStage"])
def test_a_concurrent_change_of_the_api_is_waited_for(ready, operation):
    ready.lab.clock = clock = FakeClock()
    for client in (ready.lab.aws.apigateway, few(ready.lab)):
        refuse(client, operation, "ConflictException", "due to concurrent modification", status=409)
    assert ready.step("deployment").up().outcome == "created"
    assert ready.step("deployment").down().outcome == "deleted"
    assert len(clock.sleeps) == 1


def test_a_deployment_that_still_seems_in_use_is_waited_for(made):
    made.lab = replace(made.lab, config=Config(prefix=made.prefix, api={"path": "Door"}), clock=FakeClock())
    made.step("api").up()
    clock = made.lab.clock
    text = "Active stages pointing to this deployment must be moved or deleted"
    refuse(made.lab.aws.apigateway, "DeleteDeployment", "BadRequestException", text, times=2)
    outcome = made.step("deployment").up()
    assert outcome.outcome == "updated"
    reason = "API Gateway to see that the stage has left the deployment"
    assert outcome.notes == (f"waited {clock.now:.1f} s for {reason}",)


# Without an API, with twins, and down


def test_without_an_api_there_is_a_plan_but_nothing_to_deploy(bench):
    assert bench.step("deployment").plan().outcome == "would create"
    bench.lab.clock = FakeClock()
    with pytest.raises(StepError, match=r"^there is no REST API .*; step 6 makes it\. Another run"):
        bench.step("deployment").up()
    assert not [name for name in bench.calls if name.startswith(("Create", "Add", "Put", "Update"))]


def test_a_second_down_finds_nothing_to_do(made):
    assert made.step("deployment").plan_down().outcome == "would delete"
    made.calls.clear()
    assert made.step("deployment").down().outcome == "deleted"
    assert made.calls.writing == ["RemovePermission", "DeleteStage"]  # the deployment goes with the API
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        statements(made)
    made.calls.clear()
    assert made.step("deployment").down().outcome == "absent"
    assert made.step("deployment").plan_down().outcome == "absent"
    assert made.calls.writing == []


def test_down_goes_on_where_the_function_is_already_gone(made):
    made.lab.aws.lambda_.delete_function(FunctionName=made.lab.function_name)
    assert made.step("deployment").down().outcome == "deleted"


def test_a_function_that_is_not_ours_keeps_its_policy(made):
    made.lab.aws.lambda_.tag_resource(Resource=made.lab.function_arn, Tags={"stack": "theirs"})
    made.calls.clear()
    assert made.step("deployment").down().outcome == "deleted"
    assert made.calls.writing == ["DeleteStage"]
    assert len(statements(made)) == 1
    made.lab.aws.lambda_.delete_function(FunctionName=made.lab.function_name)


def test_with_twins_down_leaves_the_stage_to_its_api(made):
    made.lab.aws.apigateway.create_rest_api(name="twin", tags=made.lab.identity)
    made.lab.clock = FakeClock()
    assert made.step("deployment").down().outcome == "absent"
    with pytest.raises(StepError, match="2 APIs carry our tags"):
        made.step("deployment").up()


def test_reads_of_the_stage_page_through_deployments(made):
    pages = []

    def two_pages(parsed):
        """The sandbox has one page; AWS has 25 deployments a page."""
        pages.append(parsed["items"])
        if len(pages) == 1:
            parsed.update(items=[], position="0")

    amend(made.lab.aws.apigateway, "GetDeployments", two_pages, times=2)
    assert made.step("deployment").plan().outcome == "unchanged"
    assert len(pages) == 2
