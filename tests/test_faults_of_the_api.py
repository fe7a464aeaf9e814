"""What API Gateway, the data plane and slow permissions do to a run on AWS, and what its user sees of it."""

import json

import pytest

from stack.rest_api import RestApi
from tests.backend import INVOKE_URL
from tests.backend.calls import json_response
from tests.command_lines import IN_PLACE, NEW, called, config_file, outcomes
from tests.inventory import inventory

CONCURRENT = "Unable to complete operation due to concurrent modification. Please try again later."
IN_USE = "Active stages pointing to this deployment must be moved or deleted"
FORBIDDEN = {"error": {"type": "Forbidden", "message": "dynamodb:PutItem: the function's policy does not allow it"}}


def statements(aws, lab):
    return json.loads(aws.lambda_.get_policy(FunctionName=lab.function_name)["Policy"])["Statement"]


def asked(call):
    return json.loads(call.body)["operation"]


def test_every_write_to_the_api_may_meet_another_one_and_is_made_again(backend, faulty, tmp_path):
    """A first run, a change and a teardown; undisturbed ones of another stack tell how often each call is made."""
    runs = [("provision",), ("provision", "--config", str(tmp_path / "config.yaml")), ("teardown", "--yes")]
    (tmp_path / "config.yaml").write_text("{api: {path: Elsewhere, throttle: {burst: 5}}, tags: {course: serverless}}")
    for arguments in runs:
        assert called(arguments[0], faulty, *arguments[1:]).returncode == 0
    undisturbed = [call for call in backend.calls.writing if call.service == "apigateway"]
    assert {"CreateRestApi", "PutRestApi", "CreateDeployment", "CreateStage", "UpdateStage"} < set(undisturbed)
    backend.calls.clear()
    for name in set(undisturbed):
        backend.on(f"apigateway:{name}").refuse("ConflictException", CONCURRENT, status=409)
    for arguments in runs:
        done = called(arguments[0], faulty, *arguments[1:])
        assert done.returncode == 0, done.stdout
        assert "waiting for API Gateway to finish another change of the API, 0 s of at most " in done.stdout
    disturbed = [call for call in backend.calls.writing if call.service == "apigateway"]
    assert sorted(disturbed) == sorted([*undisturbed, *set(undisturbed)])


def test_a_deployment_whose_answer_was_lost_is_deleted_beside_the_one_that_serves(backend, faulty, behind):
    backend.on("CreateDeployment").lose_answer()
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert backend.calls.count("CreateDeployment") == 2
    (api,) = [api for api in behind.apigateway.get_rest_apis()["items"] if api["name"] == faulty.lab.api_name]
    (stage,) = behind.apigateway.get_stages(restApiId=api["id"])["item"]
    deployments = behind.apigateway.get_deployments(restApiId=api["id"])["items"]
    assert [deployment["id"] for deployment in deployments] == [stage["deploymentId"]]


def test_tags_of_iam_that_are_changed_at_the_same_moment_are_set_again(backend, faulty, tmp_path):
    assert called("provision", faulty, "--until", "role").returncode == 0
    (tmp_path / "config.yaml").write_text("tags: {course: serverless}")
    for name in ("TagPolicy", "TagRole"):
        backend.on(name).refuse("ConcurrentModification", "Please try again", status=409, times=2)
    done = called("provision", faulty, "--config", str(tmp_path / "config.yaml"), "--until", "role")
    assert done.returncode == 0
    assert done.stdout.count("waiting for IAM to finish another change") == 4
    assert (backend.calls.count("TagPolicy"), backend.calls.count("TagRole")) == (3, 3)


def test_a_permission_that_opens_another_api_is_replaced(backend, faulty, behind):
    assert called("provision", faulty, "--until", "api").returncode == 0
    behind.lambda_.add_permission(
        FunctionName=faulty.lab.function_name,
        StatementId="apigateway-invoke",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=faulty.lab.invocation_arn("elsewhere1"),
    )
    assert outcomes(called("provision", faulty).stdout)[6:] == ["created", "passed"]
    (statement,) = statements(behind, faulty.lab)
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == faulty.lab.invocation_arn(RestApi(faulty.lab).id())
    assert (backend.calls.count("RemovePermission"), backend.calls.count("AddPermission")) == (1, 1)


def test_a_permission_that_was_there_when_it_is_added_is_compared_and_replaced(backend, faulty, behind):
    """Another run wrote it between the look and the call."""
    lab = faulty.lab

    def write():
        arguments = {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
        behind.lambda_.add_permission(
            FunctionName=lab.function_name,
            StatementId="apigateway-invoke",
            SourceArn=lab.invocation_arn("elsewhere1"),
            **arguments,
        )

    backend.on("UpdateStage").then(write)
    done = called("provision", faulty)
    assert outcomes(done.stdout) == NEW
    (statement,) = statements(behind, lab)
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"] == lab.invocation_arn(RestApi(lab).id())


def test_a_permission_that_lambda_loses_is_written_again(backend, faulty, behind):
    lost = backend.on("AddPermission").pretend({"Statement": "{}"}, times=2)
    done = called("provision", faulty)
    assert outcomes(done.stdout) == NEW
    assert "waiting for Lambda to show the invoke permission, 0 s of at most 120 s" in done.stdout
    assert len(lost.acted) == 2
    assert backend.calls.count("AddPermission") == 3
    assert len(statements(behind, faulty.lab)) == 1


def test_the_first_answers_of_a_new_stage_pass_and_three_good_ones_in_a_row_are_waited_for(backend, faulty):
    backend.on(INVOKE_URL).answer(403, {"message": "Missing Authentication Token"}, times=2)
    backend.on(INVOKE_URL).answer(403, {"message": "Forbidden"}, times=2)
    backend.on(INVOKE_URL).answer(500, {"message": "Internal server error"}, times=2)
    backend.on(INVOKE_URL).do(lambda call, carry_out: carry_out(), times=2)
    backend.on(INVOKE_URL).answer(403, {"message": "Missing Authentication Token"})
    done = called("provision", faulty)
    assert outcomes(done.stdout) == NEW
    for reason in (
        "API Gateway to serve the deployment (403 Missing Authentication Token)",
        "API Gateway to serve the deployment (403 Forbidden)",
        "the invoke permission to reach API Gateway (500 Internal server error)",
    ):
        assert f"waiting for {reason}, " in done.stdout
    pings = [call for call in backend.calls if call == INVOKE_URL and asked(call) == "ping"]
    # Six that pass, two good ones, one bad, three good ones; the last is for the stage of another spelling.
    assert len(pings) == 6 + 2 + 1 + 3 + 1


def test_a_stage_that_never_answers_is_given_up_after_five_minutes_with_where_to_look(backend, faulty):
    backend.on(INVOKE_URL).answer(500, {"message": "Internal server error"}, times=1000)
    done = called("provision", faulty)
    assert done.returncode == 1
    assert outcomes(done.stdout) == [*NEW[:7], "failed"]
    assert "waited 300 s for the invoke permission to reach API Gateway" in done.stdout
    assert 300 <= backend.clock.now < 320
    assert backend.calls.count(INVOKE_URL) < 100
    backend.faults.clear()
    assert outcomes(called("provision", faulty).stdout) == IN_PLACE


def test_environments_that_keep_an_old_session_are_renewed_once(backend, faulty):
    """Refused until the function is configured anew, however long one waits."""
    refusing = ("create", "read", "update", "list", "delete")

    def refused(call, carry_out):
        if asked(call) in refusing and "UpdateFunctionConfiguration" not in backend.calls:
            return json_response(FORBIDDEN, 403)
        return carry_out()

    backend.on(INVOKE_URL).do(refused, times=1000)
    done = called("provision", faulty)
    assert outcomes(done.stdout) == NEW
    assert "waiting for IAM: the function's role may not use the table yet, " in done.stdout
    assert "the function's execution environments were renewed" in done.stdout
    assert backend.calls.count("UpdateFunctionConfiguration") == 1
    assert 150 <= backend.clock.now < 200


def test_a_policy_that_takes_a_minute_is_waited_for_and_nothing_is_renewed(backend, faulty):
    backend.on(INVOKE_URL, nth=4).answer(403, FORBIDDEN, times=8)
    assert outcomes(called("provision", faulty).stdout) == NEW
    assert "UpdateFunctionConfiguration" not in backend.calls
    assert backend.clock.now < 150


def test_a_deployment_that_seems_in_use_after_its_stage_has_left_it_is_deleted_a_moment_later(
    backend, faulty, behind, tmp_path
):
    assert called("provision", faulty).returncode == 0
    backend.on("DeleteDeployment").refuse("BadRequestException", IN_USE, times=2)
    backend.calls.clear()
    done = called("provision", faulty, "--config", config_file(tmp_path, "{api: {path: Elsewhere}}"))
    assert (done.returncode, outcomes(done.stdout)[-1]) == (0, "passed")
    assert "waiting for API Gateway to see that the stage has left the deployment" in done.stdout
    assert backend.calls.index("UpdateStage") < backend.calls.index("DeleteDeployment")
    assert backend.calls.count("DeleteDeployment") == 3
    deployments = behind.apigateway.get_deployments(restApiId=RestApi(faulty.lab).id())["items"]
    assert len(deployments) == 1


@pytest.mark.parametrize("shown", [{"Tags": []}, {"Tags": [{"Key": "stack", "Value": "before"}]}], ids=["none", "old"])
def test_tags_of_a_table_that_lag_are_read_again_before_it_is_called_foreign(backend, faulty, shown):
    assert called("provision", faulty).returncode == 0
    backend.calls.clear()
    backend.on("dynamodb:ListTagsOfResource").answer(200, shown, times=3)
    done = called("provision", faulty)
    assert outcomes(done.stdout) == IN_PLACE
    assert "waiting for DynamoDB to show the table's tags, 0 s of at most 12 s" in done.stdout
    assert backend.calls.count("ListTagsOfResource") == 4
    assert backend.calls.writing == []


def test_a_log_group_that_comes_back_is_deleted_once_more_and_said(backend, faulty, behind):
    assert called("provision", faulty).returncode == 0
    group = {"logGroupName": faulty.lab.log_group_name}
    backend.on("DeleteLogGroup").then(lambda: behind.logs.create_log_group(**group))
    done = called("teardown", faulty, "--yes")
    assert done.returncode == 0, done.stdout
    assert "it was back: a late log line had made it again" in done.stdout
    assert done.stdout.splitlines()[-1] == "nothing left"
    assert backend.calls.count("DeleteLogGroup") == 2
    assert inventory(behind, faulty.prefix) == []


def test_a_log_group_that_lambda_left_behind_is_taken_over(backend, faulty, behind):
    """An earlier run's: no tags, kept for ever."""
    group = {"logGroupName": faulty.lab.log_group_name}
    behind.logs.create_log_group(**group)
    done = called("provision", faulty)
    assert outcomes(done.stdout) == NEW
    assert "CreateLogGroup" not in backend.calls
    (found,) = behind.logs.describe_log_groups(logGroupNamePrefix=group["logGroupName"])["logGroups"]
    assert found["retentionInDays"] == 7
    tags = behind.logs.list_tags_for_resource(resourceArn=faulty.lab.log_group_arn)["tags"]
    assert tags == dict(faulty.lab.identity)
