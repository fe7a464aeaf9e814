"""Step 1, the IAM policy: exactly the documented rights, at most five versions, and never deleted under others."""

import json
from dataclasses import replace

import pytest

from stack.config import Config
from stack.policy import canonical, policy_document, wide_policy_document
from stack.step import Foreign, StepError
from stack.waiting import GaveUp
from tests.faults import FakeClock, refuse

TABLE = "arn:aws:dynamodb:us-east-1:123456789012:table/t"
LOG_GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f"
ITEM_ACTIONS = [
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
]
LOG_ACTIONS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


def as_listed(value):
    return [value] if isinstance(value, str) else value


def grants(document):
    """{(action, resource)} of everything that a document allows."""
    assert {statement["Effect"] for statement in document["Statement"]} == {"Allow"}
    return {
        (action, resource)
        for statement in document["Statement"]
        for action in as_listed(statement["Action"])
        for resource in as_listed(statement["Resource"])
    }


def live(lab):
    """The document that is in force."""
    policy = lab.aws.iam.get_policy(PolicyArn=lab.policy_arn)["Policy"]
    version = lab.aws.iam.get_policy_version(PolicyArn=lab.policy_arn, VersionId=policy["DefaultVersionId"])
    return version["PolicyVersion"]["Document"]


def put(lab, document, *, default=True):
    """A version behind the step's back."""
    lab.aws.iam.create_policy_version(
        PolicyArn=lab.policy_arn, PolicyDocument=json.dumps(document), SetAsDefault=default
    )


def versions(lab):
    """{version id: whether it is the default}"""
    listed = lab.aws.iam.list_policy_versions(PolicyArn=lab.policy_arn)["Versions"]
    return {version["VersionId"]: version["IsDefaultVersion"] for version in listed}


@pytest.fixture
def tagged(bench):
    """A lab with a tag of the user's own."""
    bench.lab = replace(bench.lab, config=Config(prefix=bench.prefix, tags={"course": "serverless"}))
    return bench


# The document


def test_the_rights_are_the_documented_ones_on_one_table_and_one_log_group():
    assert grants(policy_document(TABLE, LOG_GROUP)) == {
        *((action, TABLE) for action in ITEM_ACTIONS),
        ("logs:CreateLogGroup", LOG_GROUP),
        ("logs:CreateLogGroup", f"{LOG_GROUP}:*"),
        ("logs:CreateLogStream", f"{LOG_GROUP}:*"),
        ("logs:PutLogEvents", f"{LOG_GROUP}:*"),
    }


def test_the_wide_scope_grants_the_same_actions_on_everything():
    assert grants(wide_policy_document()) == {(action, "*") for action in (*ITEM_ACTIONS, *LOG_ACTIONS)}


def test_a_document_is_small_and_of_todays_language():
    for document in (policy_document(TABLE, LOG_GROUP), wide_policy_document()):
        assert document["Version"] == "2012-10-17"
        assert len(json.dumps(document)) < 6144


def test_order_and_lists_of_one_make_no_difference():
    document = policy_document(TABLE, LOG_GROUP)
    written_otherwise = {
        "Statement": [
            {
                **statement,
                "Action": list(reversed(as_listed(statement["Action"]))),
                "Resource": list(reversed(as_listed(statement["Resource"]))),
            }
            for statement in reversed(document["Statement"])
        ],
        "Version": document["Version"],
    }
    assert canonical(written_otherwise) == canonical(document)


def test_a_lone_statement_may_stand_without_its_list():
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    assert canonical({"Statement": statement}) == canonical({"Statement": [statement]})


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Deny"},
        {"Action": ["dynamodb:*"]},
        {"Resource": "*"},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Sid": "Another"},
    ],
)
def test_any_other_difference_counts(change):
    document = policy_document(TABLE, LOG_GROUP)
    other = {**document, "Statement": [{**document["Statement"][0], **change}, *document["Statement"][1:]]}
    assert canonical(other) != canonical(document)


# Up


def test_the_policy_is_created_once_as_asked(tagged):
    bench = tagged
    assert bench.step("policy").up().outcome == "created"
    assert bench.calls.writing == ["CreatePolicy"]
    lab = bench.lab
    policy = lab.aws.iam.get_policy(PolicyArn=lab.policy_arn)["Policy"]
    assert policy["PolicyName"] == f"{bench.prefix}lambda-custom-policy"
    assert {tag["Key"]: tag["Value"] for tag in policy["Tags"]} == {
        "stack": f"{bench.prefix}lambda-apigateway",
        "managed-by": "lambda-apigateway-lab",
        "stack-region": "us-east-1",
        "course": "serverless",
    }
    assert live(lab) == policy_document(lab.table_arn, lab.log_group_arn)
    assert lab.table_arn.endswith(f":table/{bench.prefix}lambda-apigateway")
    assert lab.log_group_arn.endswith(f":log-group:/aws/lambda/{bench.prefix}LambdaFunctionOverHttps")


def test_the_wide_scope_is_a_choice_of_the_config(make_bench):
    bench = make_bench(policy={"scope": "any"})
    bench.step("policy").up()
    assert live(bench.lab) == wide_policy_document()


def test_a_second_up_changes_nothing(bench):
    bench.step("policy").up()
    bench.calls.clear()
    assert bench.step("policy").plan().outcome == "unchanged"
    assert bench.step("policy").up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_every_field_that_drifted_is_named_and_mended(tagged):
    bench = tagged
    bench.step("policy").up()
    lab = bench.lab
    statement = {"Sid": "Items", "Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    put(lab, {"Version": "2012-10-17", "Statement": [statement]})
    lab.aws.iam.tag_policy(PolicyArn=lab.policy_arn, Tags=[{"Key": "course", "Value": "other"}])
    bench.calls.clear()
    changes = bench.step("policy").plan().changes
    assert bench.calls.writing == []
    assert changes["document.Items.Effect"] == ("Deny", "Allow")
    assert changes["document.Items.Action"] == (["dynamodb:*"], ITEM_ACTIONS)
    assert changes["document.Items.Resource"] == (["*"], [lab.table_arn])
    assert changes["document.LogEvents.Resource"] == (None, [f"{lab.log_group_arn}:*"])
    assert changes["tags.course"] == ("other", "serverless")
    assert {field.split(".")[1] for field in changes} == {"Items", "LogGroup", "LogEvents", "course"}
    assert bench.step("policy").up().changes == changes
    assert bench.calls.writing == ["CreatePolicyVersion", "TagPolicy"]
    assert bench.step("policy").plan().outcome == "unchanged"
    assert live(lab) == policy_document(lab.table_arn, lab.log_group_arn)


def test_a_lost_tag_is_set_again_and_nothing_else(tagged):
    bench = tagged
    bench.step("policy").up()
    bench.lab.aws.iam.untag_policy(PolicyArn=bench.lab.policy_arn, TagKeys=["course"])
    bench.calls.clear()
    assert bench.step("policy").up().changes == {"tags.course": (None, "serverless")}
    assert bench.calls.writing == ["TagPolicy"]


def test_an_extra_statement_is_drift(bench):
    bench.step("policy").up()
    right = live(bench.lab)
    extra = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    put(bench.lab, {**right, "Statement": [*right["Statement"], extra]})
    bench.calls.clear()
    changes = bench.step("policy").up().changes
    assert changes == {"document.statement 4": ({"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}, None)}
    assert bench.calls.writing == ["CreatePolicyVersion"]
    assert live(bench.lab) == right


def test_a_statement_that_vanished_is_drift(bench):
    bench.step("policy").up()
    right = live(bench.lab)
    put(bench.lab, {**right, "Statement": right["Statement"][:2]})
    assert set(bench.step("policy").up().changes) == {
        "document.LogEvents.Effect",
        "document.LogEvents.Action",
        "document.LogEvents.Resource",
    }
    assert live(bench.lab) == right


def test_the_same_rights_in_another_order_are_no_drift(bench):
    bench.step("policy").up()
    right = live(bench.lab)
    other = [{**each, "Action": list(reversed(as_listed(each["Action"])))} for each in reversed(right["Statement"])]
    put(bench.lab, {**right, "Statement": other})
    bench.calls.clear()
    assert bench.step("policy").up().outcome == "unchanged"
    assert bench.calls.writing == []


def test_a_policy_that_vanished_is_made_again(bench):
    bench.step("policy").up()
    bench.lab.aws.iam.delete_policy(PolicyArn=bench.lab.policy_arn)
    assert bench.step("policy").plan().outcome == "would create"
    assert bench.step("policy").up().outcome == "created"
    assert bench.step("policy").plan().outcome == "unchanged"


# Versions


def test_of_five_versions_the_oldest_makes_room(bench):
    bench.step("policy").up()
    for _ in range(4):
        put(bench.lab, wide_policy_document())
    assert versions(bench.lab) == {"v1": False, "v2": False, "v3": False, "v4": False, "v5": True}
    assert bench.step("policy").up().outcome == "updated"
    assert versions(bench.lab) == {"v2": False, "v3": False, "v4": False, "v5": False, "v6": True}


def test_the_version_in_force_never_makes_room(bench):
    bench.step("policy").up()
    for _ in range(4):
        put(bench.lab, wide_policy_document(), default=False)
    wide = bench.new_lab(policy={"scope": "any"})
    assert bench.step("policy", wide).up().outcome == "updated"
    assert versions(bench.lab) == {"v1": False, "v3": False, "v4": False, "v5": False, "v6": True}


def test_with_four_versions_none_has_to_go(bench):
    bench.step("policy").up()
    for _ in range(3):
        put(bench.lab, wide_policy_document())
    bench.calls.clear()
    bench.step("policy").up()
    assert bench.calls.writing == ["CreatePolicyVersion"]


# Whose it is


def test_somebody_elses_policy_of_our_name_is_left_as_it_is(bench):
    lab = bench.lab
    lab.aws.iam.create_policy(PolicyName=lab.policy_name, PolicyDocument=json.dumps(wide_policy_document()))
    bench.calls.clear()
    for verb in ("plan", "up", "plan_down", "down"):
        with pytest.raises(Foreign, match=f"--adopt {lab.policy_name}$"):
            getattr(bench.step("policy"), verb)()
    assert bench.calls.writing == []


def test_an_adopted_policy_gets_our_document_and_tags(bench):
    lab = bench.lab
    lab.aws.iam.create_policy(PolicyName=lab.policy_name, PolicyDocument=json.dumps(wide_policy_document()))
    lab.adopt = frozenset({lab.policy_name})
    assert bench.step("policy").up().outcome == "updated"
    lab.adopt = frozenset()
    assert bench.step("policy").plan().outcome == "unchanged"


# Down


def test_a_second_down_finds_nothing_to_do(bench):
    bench.step("policy").up()
    assert bench.step("policy").plan_down().outcome == "would delete"
    assert bench.step("policy").down().outcome == "deleted"
    bench.calls.clear()
    assert bench.step("policy").down().outcome == "absent"
    assert bench.step("policy").plan_down().outcome == "absent"
    assert bench.calls.writing == []


def test_superseded_versions_go_where_iam_says_so(bench):
    bench.step("policy").up()
    put(bench.lab, wide_policy_document())
    bench.calls.clear()
    assert bench.step("policy").down().outcome == "deleted"
    assert bench.calls.writing == ["DeletePolicy", "DeletePolicyVersion", "DeletePolicy"]


def test_down_refuses_while_others_hold_the_policy_and_names_them(bench):
    bench.step("policy").up()
    lab, iam = bench.lab, bench.lab.aws.iam
    role, user, group = (f"{bench.prefix}{kind}" for kind in ("role", "user", "group"))
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName=role, PolicyArn=lab.policy_arn)
    iam.create_user(UserName=user)
    iam.attach_user_policy(UserName=user, PolicyArn=lab.policy_arn)
    iam.create_group(GroupName=group)
    iam.attach_group_policy(GroupName=group, PolicyArn=lab.policy_arn)
    bench.calls.clear()
    try:
        with pytest.raises(StepError) as refused:
            bench.step("policy").down()
        assert str(refused.value) == (
            f"{lab.policy_name} is also attached to role {role}, user {user}, group {group}. "
            "It is left as it is. Detach it there first."
        )
        assert bench.calls.writing == []
    finally:
        iam.detach_role_policy(RoleName=role, PolicyArn=lab.policy_arn)
        iam.delete_role(RoleName=role)
        iam.detach_user_policy(UserName=user, PolicyArn=lab.policy_arn)
        iam.delete_user(UserName=user)
        iam.detach_group_policy(GroupName=group, PolicyArn=lab.policy_arn)
        iam.delete_group(GroupName=group)
    assert bench.step("policy").down().outcome == "deleted"


def test_a_role_of_our_name_that_is_not_ours_is_a_holder_too(bench):
    bench.step("policy").up()
    where = {"RoleName": bench.lab.role_name, "PolicyArn": bench.lab.policy_arn}
    iam = bench.lab.aws.iam
    iam.create_role(RoleName=bench.lab.role_name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(**where)
    try:
        with pytest.raises(StepError, match=f"is also attached to role {bench.lab.role_name}"):
            bench.step("policy").down()
    finally:
        iam.detach_role_policy(**where)
        iam.delete_role(RoleName=bench.lab.role_name)


def test_a_detachment_that_iam_does_not_see_yet_is_waited_for(bench):
    bench.step("policy").up()
    bench.lab.clock = clock = FakeClock()
    refuse(bench.lab.aws.iam, "DeletePolicy", "DeleteConflict", status=409, times=4)
    outcome = bench.step("policy").down()
    assert outcome.outcome == "deleted"
    assert len(clock.sleeps) == 3
    assert outcome.notes == (f"waited {clock.now:.1f} s for IAM to see what was detached",)


def test_a_detachment_that_iam_never_sees_is_given_up(bench):
    bench.step("policy").up()
    bench.lab.clock = FakeClock()
    refuse(bench.lab.aws.iam, "DeletePolicy", "DeleteConflict", status=409, times=1000)
    with pytest.raises(GaveUp, match=r"^waited 120 s for IAM to see what was detached$"):
        bench.step("policy").down()
    bench.lab = bench.new_lab()  # whose IAM sees again
