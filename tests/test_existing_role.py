"""Steps 1 and 2 with a ready-made role: it is looked at, and never changed or deleted."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from stack import build
from stack.config import Config
from stack.existing_role import trusts_lambda
from stack.policy import Policy
from stack.step import StepError
from tests.faults import refuse

LAMBDA = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def trust(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def config(bench, arn):
    return Config(prefix=bench.prefix, role={"existing_arn": arn})


@pytest.fixture
def ready_made(make_bench):
    """ready_made(trust policy) is a bench whose role somebody else has made; None: there is no such role."""
    made = []

    def make(document, path="/"):
        bench = make_bench()
        name = f"{bench.prefix}LabRole"
        arn = f"arn:aws:iam::123456789012:role{path}{name}"
        if document:
            bench.lab.aws.iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(document))
            made.append((bench.lab.aws.iam, name))
        bench.lab = replace(bench.lab, config=config(bench, arn))
        bench.calls.clear()
        return bench

    yield make
    for iam, name in made:
        iam.delete_role(RoleName=name)


@pytest.mark.parametrize(
    "document",
    [
        trust(LAMBDA),
        {"Version": "2012-10-17", "Statement": LAMBDA},
        trust({**LAMBDA, "Principal": {"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]}}),
        trust({**LAMBDA, "Action": ["sts:TagSession", "sts:AssumeRole"]}),
        trust({**LAMBDA, "Action": "sts:*"}),
        trust({**LAMBDA, "Action": "STS:Assume*"}),
        trust({**LAMBDA, "Principal": "*"}),
        trust({**LAMBDA, "Principal": {"Service": "ec2.amazonaws.com"}}, LAMBDA),
        trust({**LAMBDA, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, LAMBDA),
    ],
)
def test_a_role_that_lambda_may_assume_is_recognised(document):
    assert trusts_lambda(document)


@pytest.mark.parametrize(
    "document",
    [
        trust(),
        trust({**LAMBDA, "Effect": "Deny"}),
        trust({**LAMBDA, "Principal": {"Service": "ec2.amazonaws.com"}}),
        trust({**LAMBDA, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}),
        trust({**LAMBDA, "Action": "sts:TagSession"}),
        trust({**LAMBDA, "Principal": {"Service": "lambda.amazonaws.com.evil.example"}}),
    ],
)
def test_any_other_role_is_not(document):
    assert not trusts_lambda(document)


def test_the_stack_still_has_its_eight_steps(ready_made):
    steps = build(ready_made(None).lab)
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [step.key for step in steps[:2]] == ["policy", "role"]


def test_no_policy_is_made_and_that_is_said(ready_made):
    bench = ready_made(trust(LAMBDA))
    step = bench.step("policy")
    for outcome in (step.plan(), step.up()):
        assert outcome.outcome == "skipped"
        assert outcome.notes == ("role.existing_arn brings its own permissions",)
    assert bench.calls == []


def test_a_policy_of_an_earlier_run_goes(ready_made):
    bench = ready_made(trust(LAMBDA))
    assert bench.step("policy").in_teardown
    assert bench.step("policy").down().outcome == "absent"
    Policy(bench.lab).up()
    assert bench.step("policy").plan_down().outcome == "would delete"
    assert bench.step("policy").down().outcome == "deleted"
    assert bench.step("policy").plan_down().outcome == "absent"


def test_a_policy_that_the_ready_made_role_holds_is_left_as_it_is(ready_made):
    bench = ready_made(trust(LAMBDA))
    Policy(bench.lab).up()
    where = {"RoleName": bench.lab.role_name, "PolicyArn": bench.lab.policy_arn}
    bench.lab.aws.iam.attach_role_policy(**where)
    bench.calls.clear()
    with pytest.raises(StepError, match=f"is also attached to role {bench.lab.role_name}"):
        bench.step("policy").down()
    assert bench.calls.writing == []
    bench.lab.aws.iam.detach_role_policy(**where)


@pytest.mark.parametrize("verb", ["plan_down", "down"])
def test_where_looking_for_that_policy_is_forbidden_it_is_skipped(ready_made, verb):
    bench = ready_made(trust(LAMBDA))
    refuse(bench.lab.aws.iam, "GetPolicy", "AccessDenied", status=403)
    outcome = getattr(bench.step("policy"), verb)()
    assert outcome.outcome == "skipped"
    assert outcome.notes == ("may not look for a policy of an earlier run (iam:GetPolicy is denied)",)


def test_the_role_is_looked_at_and_left_as_it_is(ready_made):
    bench = ready_made(trust(LAMBDA))
    for verb in ("plan", "up", "plan"):
        assert getattr(bench.step("role"), verb)().outcome == "unchanged"
    assert bench.calls.writing == []


def test_teardown_keeps_the_role_and_says_so(ready_made):
    bench = ready_made(trust(LAMBDA))
    step = bench.step("role")
    for outcome in (step.plan_down(), step.down(), step.down()):
        assert outcome.outcome == "kept"
        assert outcome.notes == ("role.existing_arn is not ours to delete",)
    assert step.in_teardown
    assert bench.step("role").up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_the_function_runs_as_that_role(ready_made):
    bench = ready_made(trust(LAMBDA), path="/school/")
    bench.up_to("function")
    configuration = bench.lab.aws.lambda_.get_function_configuration(FunctionName=bench.lab.function_name)
    assert configuration["Role"] == bench.lab.config.role.existing_arn


@pytest.mark.parametrize("verb", ["plan", "up"])
def test_a_role_that_is_not_there_is_told(ready_made, verb):
    bench = ready_made(None)
    with pytest.raises(StepError) as error:
        getattr(bench.step("role"), verb)()
    assert str(error.value) == f"role.existing_arn: there is no role {bench.lab.role_arn} in this account"


def test_a_role_of_that_name_on_another_path_is_another_role(ready_made):
    bench = ready_made(trust(LAMBDA), path="/school/")
    bench.lab = replace(bench.lab, config=config(bench, bench.lab.role_arn.replace("/school/", "/")))
    with pytest.raises(StepError, match="there is no role"):
        bench.step("role").up()


@pytest.mark.parametrize("verb", ["plan", "up"])
def test_a_role_that_lambda_may_not_assume_is_told(ready_made, verb):
    bench = ready_made(trust({**LAMBDA, "Principal": {"Service": "ec2.amazonaws.com"}}))
    with pytest.raises(StepError, match=r"does not trust lambda\.amazonaws\.com.*Name another role"):
        getattr(bench.step("role"), verb)()


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_where_looking_is_forbidden_that_is_a_note(ready_made, code):
    bench = ready_made(trust(LAMBDA))
    refuse(bench.lab.aws.iam, "GetRole", code, status=403)
    outcome = bench.step("role").up()
    assert outcome.outcome == "unchanged"
    assert outcome.notes == ("may not look at the role (iam:GetRole is denied); going on with it as it is",)


def test_any_other_error_travels(ready_made):
    bench = ready_made(trust(LAMBDA))
    refuse(bench.lab.aws.iam, "GetRole", "InvalidClientTokenId", "who are you", status=403)
    with pytest.raises(ClientError, match="who are you"):
        bench.step("role").up()
