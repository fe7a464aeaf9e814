"""The stage, the path or the method renamed in config.yaml between two runs: the old one goes, the new one comes."""

import contextlib
import http.client
import json

import pytest

from stack import build
from stack.permission import STATEMENT_ID
from tests.backend import Calls
from tests.command_lines import called, config_file, rows
from tests.invoke_url import JSON, PING

GONE = {
    "stage": {"message": "Forbidden"},
    "path": {"message": "Missing Authentication Token"},
    "method": {"message": "Missing Authentication Token"},
}


class Killed(BaseException):
    """What no except clause of ours takes for an error."""


@pytest.fixture
def made(bench):
    """The stack up to its deployment."""
    bench.up_to("deployment")
    bench.calls.clear()
    return bench


def rename(bench, **api):
    """The bench's lab from now on, with other choices in config.yaml's section `api`."""
    bench.lab = bench.new_lab(api=api)
    bench.calls.clear()


def up(bench):
    """Function to deployment, brought in place as they are asked for now; the outcome of the last."""
    outcomes = [step.up() for step in build(bench.lab) if step.key in {"function", "api", "deployment"}]
    return outcomes[-1]


def api_id(bench):
    return bench.step("api").id()


def stages(bench):
    return [each["stageName"] for each in bench.lab.aws.apigateway.get_stages(restApiId=api_id(bench))["item"]]


def deployments(bench):
    return [each["id"] for each in bench.lab.aws.apigateway.get_deployments(restApiId=api_id(bench))["items"]]


def opened(bench):
    """What the resource policy of the function lets API Gateway call, as "stage/method/path"."""
    policy = bench.lab.aws.lambda_.get_policy(FunctionName=bench.lab.function_name)["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    return statement["Condition"]["ArnLike"]["AWS:SourceArn"].partition(f"{api_id(bench)}/")[2]


def throttle(bench, stage):
    answer = bench.lab.aws.apigateway.get_stage(restApiId=api_id(bench), stageName=stage)
    setting = answer["methodSettings"]["*/*"]
    return setting["throttlingRateLimit"], setting["throttlingBurstLimit"]


def call(bench, stage="Prod", method="POST", path="DynamoDBManager"):
    """(status, answer) of the invoke URL."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", bench.sandbox.port, timeout=60)) as connection:
        url = f"/_aws/execute-api/{api_id(bench)}/{stage}/{path}"
        connection.request(method, url, PING, {"Content-Type": JSON})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


@pytest.mark.parametrize("choice, new", [("stage", "Live"), ("path", "Door"), ("method", "PUT")])
def test_after_a_rename_the_new_url_answers_and_the_old_one_is_closed(made, choice, new):
    assert call(made)[0] == 200
    rename(made, **{choice: new})
    up(made)
    assert call(made, **{choice: new})[0] == 200
    assert call(made) == (403, GONE[choice])
    now = {"stage": "Prod", "method": "POST", "path": "DynamoDBManager", choice: new}
    assert opened(made) == "/".join(now.values())
    assert stages(made) == [now["stage"]]
    assert len(deployments(made)) == 1
    made.calls.clear()
    assert up(made).outcome == "unchanged"
    assert made.calls.writing == []


# The stage


def test_one_line_of_the_plan_says_that_the_stage_is_renamed(made, tmp_path):
    given = ("--config", config_file(tmp_path, "api: {stage: Live}"), "--until", "7")
    plan = called("provision", made, *given, "--plan")
    assert rows(plan.stdout)[-1][1:] == ("Deployment", "Live", "would update")
    assert [line.strip() for line in plan.stdout.splitlines() if line.strip().startswith("stage ")] == [
        "stage Prod -> Live"
    ]
    assert plan.returncode == 3
    done = called("provision", made, *given)
    assert rows(done.stdout)[-1][3].startswith("updated: stage Prod -> Live, permission.")
    assert called("provision", made, *given, "--plan").returncode == 0


def test_a_renamed_stage_keeps_its_deployment_and_is_open_only_when_it_is_throttled(made):
    before = deployments(made)
    rename(made, stage="Live")
    changes = made.step("deployment").plan().changes
    assert set(changes) == {"stage", "permission.conditions.arnlike aws:sourcearn"}
    assert changes["stage"] == ("Prod", "Live")
    assert made.calls.writing == []
    assert made.step("deployment").up().changes == changes
    assert made.calls.writing == ["RemovePermission", "CreateStage", "UpdateStage", "AddPermission", "DeleteStage"]
    assert deployments(made) == before
    assert throttle(made, "Live") == (10, 20)


def test_the_stage_and_everything_else_renamed_at_once_is_one_new_deployment(made):
    before = deployments(made)
    rename(made, stage="Live", path="Door", method="PUT", throttle={"rate_per_second": 3, "burst": 4})
    made.step("api").up()
    made.calls.clear()
    assert made.step("deployment").up().outcome == "updated"
    assert made.calls.writing == [
        "RemovePermission",
        "CreateDeployment",
        "CreateStage",
        "UpdateStage",
        "AddPermission",
        "DeleteStage",
        "DeleteDeployment",
    ]
    assert not set(before) & set(deployments(made))
    assert throttle(made, "Live") == (3, 4)
    assert opened(made) == "Live/PUT/Door"


def test_a_rename_and_back_again_ends_where_it_began(made):
    for stage in ("Live", "Prod"):
        rename(made, stage=stage)
        up(made)
    assert stages(made) == ["Prod"]
    assert opened(made) == "Prod/POST/DynamoDBManager"
    assert len(deployments(made)) == 1


def test_a_stage_of_somebody_else_on_our_api_is_left_alone_and_goes_with_the_api(made):
    apigateway, identifier = made.lab.aws.apigateway, api_id(made)
    (used,) = deployments(made)
    apigateway.create_stage(restApiId=identifier, stageName="Test", deploymentId=used, tags={"owner": "bob"})
    before = apigateway.get_stage(restApiId=identifier, stageName="Test")
    rename(made, stage="Live", path="Door")
    up(made)
    assert sorted(stages(made)) == ["Live", "Test"]
    after = apigateway.get_stage(restApiId=identifier, stageName="Test")
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    assert made.step("deployment").plan().outcome == "unchanged"

    note = "with its stage Test, which does not carry our tags"
    assert note in made.step("api").plan_down().notes
    assert made.step("deployment").down().outcome == "deleted"
    assert stages(made) == ["Test"]
    assert note in made.step("api").down().notes


def test_without_such_a_stage_the_api_goes_without_a_word(made):
    assert made.step("api").plan_down().notes == ()


def test_teardown_removes_the_stage_of_an_old_name_as_well(made):
    rename(made, stage="Live")
    assert made.step("deployment").plan_down().outcome == "would delete"
    assert made.step("deployment").down().outcome == "deleted"
    assert made.calls.writing == ["RemovePermission", "DeleteStage"]
    assert made.step("deployment").plan_down().outcome == "absent"
    assert made.step("api").plan_down().outcome == "would delete"


# A run that was killed on the way


def killed(bench, reached, **api):
    """The deployment is renamed by a run that ends after the call for which reached(calls so far) holds."""
    rename(bench, **api)
    bench.step("api").up()
    rename(bench, **api)
    made = Calls()

    def hook(model, **_):
        made.append(model.name)
        if reached(made):
            raise Killed

    bench.lab.aws.session.events.register("after-call", hook)
    with pytest.raises(Killed):
        bench.step("deployment").up()
    rename(bench, **api)


def test_killed_after_any_call_of_a_rename_the_next_run_ends_with_one_throttled_stage(made):
    rename(made, stage="S0", path="Door")
    made.step("api").up()
    made.calls.clear()
    made.step("deployment").up()
    for count in range(1, len(made.calls) + 1):
        stage, path = f"S{count}", f"Door{count}"
        killed(made, lambda calls, count=count: len(calls) == count, stage=stage, path=path)
        made.step("deployment").up()
        told = f"killed after call {count}"
        assert stages(made) == [stage], told
        assert throttle(made, stage) == (10, 20), told
        assert opened(made) == f"{stage}/POST/{path}", told
        assert len(deployments(made)) == 1, told
        assert made.step("deployment").plan().outcome == "unchanged", told
    assert count > 12


def test_killed_when_both_stages_are_there_the_plan_names_both(made):
    killed(made, lambda calls: calls[-1] == "CreateStage", stage="Live")
    changes = made.step("deployment").plan().changes
    assert changes["stage"] == ("Live, Prod", "Live")
    assert changes["throttle.burst"] == (None, 20)
    made.step("deployment").up()
    assert made.calls.writing == ["UpdateStage", "AddPermission", "DeleteStage"]


def test_killed_when_both_stages_are_there_teardown_removes_both(made):
    killed(made, lambda calls: calls[-1] == "CreateStage", stage="Live")
    assert sorted(stages(made)) == ["Live", "Prod"]
    assert made.step("deployment").down().outcome == "deleted"
    assert stages(made) == []


def test_a_permission_that_is_already_for_the_new_stage_does_not_open_it_before_its_throttle(made):
    lambda_, name = made.lab.aws.lambda_, made.lab.function_name
    rename(made, stage="Live")
    lambda_.remove_permission(FunctionName=name, StatementId=STATEMENT_ID)
    lambda_.add_permission(
        FunctionName=name,
        StatementId=STATEMENT_ID,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=made.lab.invocation_arn(api_id(made)),
    )
    made.calls.clear()
    assert made.step("deployment").up().changes == {"stage": ("Prod", "Live")}
    assert made.calls.index("RemovePermission") < made.calls.index("CreateStage")
    assert made.calls.index("UpdateStage") < made.calls.index("AddPermission")


@pytest.mark.parametrize(
    "operation",
    ["RemovePermission", "CreateDeployment", "CreateStage", "UpdateStage", "AddPermission", "DeleteStage"],
)
def test_an_answer_that_is_lost_in_a_rename_is_no_failure(backend, faulty, operation):
    faulty.up_to("deployment")
    rename(faulty, stage="Live", path="Door")
    faulty.step("api").up()
    lost = backend.on(operation).lose_answer()
    assert faulty.step("deployment").up().outcome == "updated"
    assert len(lost.acted) == 1
    assert stages(faulty) == ["Live"]
    assert throttle(faulty, "Live") == (10, 20)
    assert opened(faulty) == "Live/POST/Door"
    assert len(deployments(faulty)) == 1
