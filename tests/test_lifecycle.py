"""What every resource does the same way, on a resource that lives in a dictionary: the comparison and the errors."""

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from stack import STACK, build
from stack.aws import Aws, or_none
from stack.config import Config
from stack.lab import Lab
from stack.lifecycle import Resource
from stack.outcome import Outcome, differences
from stack.step import Foreign, StepError
from stack.waiting import GaveUp, NotYet
from tests.faults import FakeClock

OURS = {"stack": "lambda-apigateway", "managed-by": "lambda-apigateway-lab"}


class Shelf(Resource):
    """A resource whose world is `self.world`: None, or its shape. It remembers the order of what it did."""

    number, key, title = 1, "shelf", "Shelf"
    name = "shelf"

    def __init__(self, lab, world=None):
        super().__init__(lab)
        self.world = world
        self.done = []
        self.lingers = False

    def wanted(self):
        return {"width_cm": 80, "tags": self.tags}

    def find(self):
        return self.world and {**self.world, "tags": self.own_tags(self.world["tags"])}

    def create(self):
        self.done.append("create")
        self.world = {"width_cm": None, "tags": self.tags}
        return self.world

    def update(self, changes):
        self.done.append(("update", changes))
        self.world = {**self.wanted(), "tags": {**self.world["tags"], **self.tags}}

    def settle(self):
        self.done.append("settle")

    def delete(self):
        self.done.append("delete")
        if not self.lingers:
            self.world = None


@pytest.fixture
def lab():
    aws = Aws.at("http://127.0.0.1:9", "us-east-1")
    aws.account = "123456789012"
    return Lab(Config(), aws, clock=FakeClock())


# The comparison


@pytest.mark.parametrize(
    "live, wanted, expected",
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": (1, 2)}),
        ({}, {"a": 1}, {"a": (None, 1)}),
        ({"a": 1}, {}, {"a": (1, None)}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a.c": (2, 3)}),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {"c": 2}}}, {"a.b.c": (1, 2)}),
        ({}, {"a": {"b": 1}}, {"a.b": (None, 1)}),
        ({"a": None}, {"a": {"b": 1}}, {"a.b": (None, 1)}),
        ({"a": {"b": 1, "x": 2}}, {"a": {"b": 1}}, {"a.x": (2, None)}),
        ({"a": {"x": 1}}, {"a": None}, {"a": ({"x": 1}, None)}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": ("text", {"b": 1})}),
        ({"a": [1, 2]}, {"a": [2, 1]}, {"a": ([1, 2], [2, 1])}),
        ({"a": 10.0}, {"a": 10}, {}),
        ({"a": False}, {"a": None}, {"a": (False, None)}),
        ({"a": ""}, {"a": "text"}, {"a": ("", "text")}),
        ({"a": 0}, {"a": None}, {"a": (0, None)}),
        # AWS leaves out what is empty.
        ({"a": ""}, {"a": None}, {}),
        ({}, {"a": []}, {}),
        ({"a": {}}, {}, {}),
        ({"a": None}, {"a": {"b": ""}}, {}),
    ],
)
def test_every_leaf_that_differs_is_named(live, wanted, expected):
    assert differences(live, wanted) == expected


# Up and plan


def test_what_is_absent_is_created_and_then_brought_to_what_is_wanted(lab):
    shelf = Shelf(lab)
    outcome = shelf.up()
    assert shelf.done == ["create", ("update", {"width_cm": (None, 80)}), "settle"]
    assert outcome.outcome == "created"
    assert outcome.changes == {"width_cm": (None, 80), **{f"tags.{key}": (None, OURS[key]) for key in OURS}}


def test_what_is_in_place_is_left_alone(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    assert (shelf.up().outcome, shelf.up().changes) == ("unchanged", {})
    assert shelf.done == []


def test_what_aws_still_works_on_is_waited_for(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    shelf.settled = False
    assert shelf.up().outcome == "unchanged"
    assert shelf.done == ["settle"]


def test_only_what_differs_is_updated(lab):
    shelf = Shelf(lab, {"width_cm": 60, "tags": OURS})
    outcome = shelf.up()
    assert shelf.done == [("update", {"width_cm": (60, 80)}), "settle"]
    assert (outcome.outcome, outcome.changes) == ("updated", {"width_cm": (60, 80)})


@pytest.mark.parametrize(
    "world, planned, done",
    [
        (None, "would create", "created"),
        ({"width_cm": 60, "tags": OURS}, "would update", "updated"),
        ({"width_cm": 80, "tags": OURS}, "unchanged", "unchanged"),
    ],
)
def test_the_plan_tells_what_up_does_and_does_nothing(lab, world, planned, done):
    shelf = Shelf(lab, world)
    plan = shelf.plan()
    assert (plan.outcome, plan.pending) == (planned, planned != "unchanged")
    assert (shelf.done, shelf.world) == ([], world)
    up = shelf.up()
    assert (up.outcome, up.changes) == (done, plan.changes)
    assert not up.pending


def test_drift_is_the_same_comparison(lab):
    assert Shelf(lab, {"width_cm": 60, "tags": OURS}).drift() == {"width_cm": (60, 80)}
    assert Shelf(lab, {"width_cm": 80, "tags": OURS}).drift() == {}


def test_tags_of_others_are_neither_compared_nor_removed(lab):
    shelf = Shelf(lab, {"width_cm": 60, "tags": {**OURS, "cost-center": "42"}})
    assert shelf.up().changes == {"width_cm": (60, 80)}
    assert shelf.world["tags"]["cost-center"] == "42"


# What AWS puts off


def test_a_call_that_aws_puts_off_is_made_again(lab):
    shelf, answers = Shelf(lab), ["not now", "not now", "done"]

    def call(what, *, width_cm):
        answer = answers.pop(0)
        if answer == "not now":
            error = {"Code": "ConflictException", "Message": "concurrent modification"}
            raise ClientError({"Error": error}, "MakeShelf")
        return answer, what, width_cm

    assert shelf.steadily(call, "shelf", width_cm=80) == ("done", "shelf", 80)
    assert list(shelf.patience.waited) == ["API Gateway to finish another change of the API"]
    assert 0.375 <= lab.clock.sleeps[0] <= 0.625


def test_a_call_that_aws_puts_off_for_ever_is_given_up(lab):
    def call():
        raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, "MakeShelf")

    with pytest.raises(GaveUp, match=r"^waited 120 s for a quota of AWS"):
        Shelf(lab).steadily(call)
    with pytest.raises(GaveUp, match=r"^waited 30 s for a quota of AWS"):
        Shelf(lab).steadily(call, budget_seconds=30)


def test_a_call_that_aws_refuses_is_not_made_again(lab):
    def call():
        raise ClientError({"Error": {"Code": "ConflictException", "Message": "the name is taken"}}, "MakeShelf")

    with pytest.raises(ClientError, match="the name is taken"):
        Shelf(lab).steadily(call)
    assert lab.clock.sleeps == []


# What another run does in between


def gone(operation="SetShelf"):
    return ClientError({"Error": {"Code": "NotFoundException", "Message": "no such shelf"}}, operation)


def test_what_another_run_takes_away_in_between_is_made_again(lab):
    shelf, update = Shelf(lab, {"width_cm": 60, "tags": OURS}), Shelf.update

    def taken_away(changes):
        shelf.world, shelf.update = None, lambda changes: update(shelf, changes)
        raise gone()

    shelf.update = taken_away
    outcome = shelf.up()
    assert (outcome.outcome, outcome.changes) == ("updated", {"width_cm": (60, 80)})
    assert shelf.done == ["create", ("update", {"width_cm": (None, 80)}), "settle"]
    assert list(shelf.patience.waited) == ["another run to leave the Shelf shelf alone (SetShelf: NotFoundException)"]


@pytest.mark.parametrize(
    "verb, method", [("plan", "find"), ("up", "update"), ("plan_down", "find"), ("down", "delete")]
)
def test_another_run_that_goes_on_and_on_is_told(lab, verb, method):
    shelf = Shelf(lab, {"width_cm": 60, "tags": OURS})

    def disturbed(*_):
        raise gone()

    setattr(shelf, method, disturbed)
    with pytest.raises(StepError, match=r"^waited 30 s for another run .*\. Another run is at work"):
        getattr(shelf, verb)()
    assert lab.clock.now == pytest.approx(30)


def test_what_vanishes_for_half_a_minute_while_it_settles_is_told(lab):
    shelf, seen = Shelf(lab, {"width_cm": 80, "tags": OURS}), iter([False, True])
    shelf.settled = False

    def settle():
        shelf.patience.until_done(lambda: shelf.require_there(next(seen, False)), budget_seconds=300)

    shelf.settle = settle
    assert shelf.up().outcome == "unchanged"  # it was only late
    with pytest.raises(StepError, match=r"^shelf vanished\. Another run is at work on the same stack: "):
        shelf.up()
    assert 30 <= lab.clock.now < 45


# Whose it is


@pytest.mark.parametrize("verb", ["plan", "up", "plan_down", "down"])
def test_what_does_not_carry_our_tags_is_left_as_it_is(lab, verb):
    world = {"width_cm": 60, "tags": {"stack": "theirs"}}
    shelf = Shelf(lab, world)
    with pytest.raises(Foreign):
        getattr(shelf, verb)()
    assert (shelf.done, shelf.world) == ([], world)


def test_foreign_names_the_resource_the_tags_and_the_flag_that_adopts_it(lab):
    with pytest.raises(Foreign) as foreign:
        Shelf(lab, {"width_cm": 60, "tags": {"stack": "theirs"}}).up()
    assert str(foreign.value) == (
        "shelf exists, but is not ours: expected the tag stack=lambda-apigateway, managed-by=lambda-apigateway-lab, "
        "found stack=theirs. It is left as it is. If it is yours to manage: --adopt shelf"
    )


def test_foreign_names_only_the_tags_that_are_missing(lab):
    with pytest.raises(Foreign) as foreign:
        Shelf(lab, {"width_cm": 60, "tags": {"stack": "lambda-apigateway"}}).up()
    assert "expected the tag managed-by=lambda-apigateway-lab, found no such tag." in str(foreign.value)


def test_adopting_names_one_resource_and_gives_it_our_tags(lab):
    lab.adopt = frozenset({"shelf"})
    shelf = Shelf(lab, {"width_cm": 80, "tags": {"stack": "theirs"}})
    assert shelf.up().outcome == "updated"
    assert shelf.world["tags"] == OURS
    lab.adopt = frozenset({"another shelf"})
    with pytest.raises(Foreign):
        Shelf(lab, {"width_cm": 80, "tags": {"stack": "theirs"}}).up()


# Down


def test_what_is_there_is_deleted_and_what_is_gone_is_told(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    assert shelf.plan_down().outcome == "would delete"
    assert [shelf.down().outcome, shelf.down().outcome] == ["deleted", "absent"]
    assert (shelf.done, shelf.plan_down().outcome) == (["delete"], "absent")


def test_down_waits_until_it_is_gone(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    shelf.lingers = True
    said = []
    shelf.patience.say = said.append
    with pytest.raises(StepError, match=r"^shelf is there again\. Another run is at work on the same stack: "):
        shelf.down()
    assert 30 <= lab.clock.now < 45
    assert shelf.done == ["delete"]
    assert said[0] == "waiting for Shelf shelf to be gone, 0 s of at most 300 s"


def test_down_waits_longer_for_what_aws_is_still_deleting(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    shelf.lingers, shelf.find = True, lambda: None
    shelf.identify, shelf.is_gone = lambda: shelf.world, lambda: False
    with pytest.raises(GaveUp, match=r"^waited 300 s for Shelf shelf to be gone$"):
        shelf.down()


# Errors, and what is reported


def test_access_denied_is_not_absence(lab):
    with Stubber(lab.aws.iam) as stub:
        stub.add_client_error("get_role", "AccessDenied", "no iam:GetRole for you", 403)
        with pytest.raises(ClientError, match="no iam:GetRole for you"):
            or_none(lab.aws.iam.get_role, RoleName="r")


@pytest.mark.parametrize("verb", ["plan", "up", "plan_down", "down"])
def test_a_step_that_may_not_look_does_not_go_on(lab, verb):
    for step in build(lab):
        if step.key in {"policy", "role"}:
            with Stubber(lab.aws.iam) as stub:
                stub.add_client_error(f"get_{step.key}", "AccessDenied", "look away", 403)
                with pytest.raises(ClientError, match="look away"):
                    getattr(step, verb)()


def test_an_outcome_says_how_long_it_took_and_what_was_waited_for(lab):
    shelf = Shelf(lab, {"width_cm": 80, "tags": OURS})
    shelf.settled = False
    settling = [NotYet("the glue to dry"), NotYet("the glue to dry")]

    def settle():
        def attempt():
            if settling:
                raise settling.pop()

        shelf.patience.until_done(attempt, budget_seconds=60)

    shelf.settle = settle
    outcome = shelf.up()
    assert outcome.seconds == lab.clock.now > 0
    assert outcome.notes == (f"waited {lab.clock.now:.1f} s for the glue to dry",)
    assert shelf.up().notes == ()


def test_an_outcome_is_plain_data():
    outcome = Outcome(1, "Shelf", "shelf", "updated", {"width_cm": (60, 80)}, 0.12345, ("note",))
    assert outcome.as_json() == {
        "number": 1,
        "step": "Shelf",
        "name": "shelf",
        "outcome": "updated",
        "changes": {"width_cm": {"live": 60, "wanted": 80}},
        "seconds": 0.123,
        "notes": ["note"],
    }


# The stack itself


def test_the_steps_are_numbered_in_their_order_and_need_only_earlier_ones():
    assert [step.number for step in STACK] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [step.key for step in STACK] == ["policy", "role", "function", "echo", "table", "api", "deployment", "smoke"]
    assert all(need < step.number for step in STACK for need in step.needs)


def test_nothing_is_public_before_the_echo_test():
    assert {3, 4, 6} <= set(next(step for step in STACK if step.key == "deployment").needs)


def test_two_stacks_in_one_process_know_nothing_of_one_another(make_bench):
    one, other = make_bench(), make_bench()
    one.step("policy").up()
    assert other.step("policy").plan().outcome == "would create"


def test_a_check_leaves_nothing_to_delete_and_a_plan_does_not_run_it(lab):
    checks = [step for step in build(lab) if not isinstance(step, Resource)]
    assert [check.key for check in checks] == ["echo", "smoke"]
    for check in checks:
        outcomes = [check.plan().outcome, check.plan_down().outcome, check.down().outcome]
        assert outcomes == ["would run", "absent", "absent"]
        assert not check.in_teardown


def test_foreign_is_an_error_of_a_step():
    assert issubclass(Foreign, StepError)
