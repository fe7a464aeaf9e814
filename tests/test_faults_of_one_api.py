"""Nothing tells two APIs apart but their tags, and a lost answer makes another: exactly one must remain."""

import pytest

from stack.aws import MANAGED_BY
from stack.step import StepError
from tests.backend.calls import json_response
from tests.command_lines import IN_PLACE, NEW, called, outcomes, waits
from tests.inventory import inventory, listed, snapshot

LISTED = "API Gateway to list the REST API {}"
LOOKED = "API Gateway to show what a CreateRestApi without an answer has made"


def up(bench):
    return called("provision", bench, "--until", "api")


def down(bench):
    return called("teardown", bench, "--yes")


def apis(aws, bench):
    return [api for api in listed(aws.apigateway, "get_rest_apis", "items") if api["name"] == bench.lab.api_name]


def assert_one_in_place(behind, bench, done):
    """Exactly one API, which the next run finds as it should be, and a teardown that leaves nothing."""
    assert (done.returncode, outcomes(done.stdout)[5]) == (0, "created"), done.stdout
    assert len(apis(behind, bench)) == 1
    assert outcomes(up(bench).stdout)[5] == "unchanged"
    gone = down(bench)
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "nothing left")
    assert inventory(behind, bench.prefix) == []


def empty_until(backend, seconds):
    """A list of nothing, up to then on the backend's clock."""

    def act(call, carry_out):
        return json_response({"item": []}) if backend.clock.monotonic() < seconds else carry_out()

    return act


# CreateRestApi without an answer


def test_an_api_whose_answer_was_lost_is_found_by_its_tags(backend, faulty, behind):
    backend.on("CreateRestApi").lose_answer()
    done = up(faulty)
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("PutRestApi")) == (1, 1)
    assert "DeleteRestApi" not in backend.calls
    assert_one_in_place(behind, faulty, done)


def test_an_api_that_was_made_behind_an_error_of_500_is_found_too(backend, faulty, behind):
    backend.on("CreateRestApi").fail_afterwards("InternalServerError")
    done = up(faulty)
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("PutRestApi")) == (1, 1)
    assert_one_in_place(behind, faulty, done)


def test_a_request_that_never_arrived_is_sent_again(backend, faulty, behind):
    backend.on("CreateRestApi").lose_request(times=2)
    done = up(faulty)
    assert backend.calls.count("CreateRestApi") == 3
    told = [(why, budget) for why, _, budget in waits(done.stdout)]
    assert {(LOOKED, 10), ("API Gateway to answer CreateRestApi", 1800)} == set(told)
    assert 20 <= faulty.clock.now < 40
    assert_one_in_place(behind, faulty, done)


def test_a_list_that_does_not_show_the_lost_api_at_once_is_read_again(backend, faulty, behind):
    backend.on("CreateRestApi").lose_answer()
    backend.on("GetRestApis", after="CreateRestApi").answer(200, {"item": []}, times=4)
    done = up(faulty)
    assert waits(done.stdout)[0] == (LOOKED, 0, 10)
    assert backend.calls.count("CreateRestApi") == 1
    assert_one_in_place(behind, faulty, done)


def test_two_answers_lost_while_the_list_lags_leave_one_api(backend, faulty, behind):
    """Ten seconds of an empty list, so that a second one is sent; its answer is lost as well."""
    backend.on("CreateRestApi").lose_answer(times=2)
    backend.on("GetRestApis", after="CreateRestApi").do(empty_until(backend, 12), times=1000)
    done = up(faulty)
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("DeleteRestApi")) == (2, 1)
    assert "deleted the twin" in done.stdout
    assert_one_in_place(behind, faulty, done)


def test_a_lost_answer_and_a_list_that_lags_for_longer_leave_one_api(backend, faulty, behind):
    backend.on("CreateRestApi").lose_answer()
    backend.on("GetRestApis", after="CreateRestApi").do(empty_until(backend, 10.5), times=1000)
    done = up(faulty)
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("DeleteRestApi")) == (2, 1)
    assert_one_in_place(behind, faulty, done)


# APIs of the same name


def test_same_named_apis_of_others_are_neither_used_nor_touched(backend, faulty, behind):
    theirs = [
        behind.apigateway.create_rest_api(name=faulty.lab.api_name, tags=tags)["id"]
        for tags in ({"stack": "theirs", "managed-by": MANAGED_BY}, {})
    ]
    before = snapshot(behind, faulty.prefix)
    assert len(before) == 2
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)[5]) == (0, "created")
    assert {key: snapshot(behind, faulty.prefix)[key] for key in before} == before
    assert backend.calls.count("CreateRestApi") == 1
    gone = down(faulty)
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "nothing left")
    assert snapshot(behind, faulty.prefix) == before
    assert backend.calls.count("DeleteRestApi") == 1
    for each in theirs:
        behind.apigateway.delete_rest_api(restApiId=each)


def test_ours_is_found_on_the_second_page(backend, faulty, behind):
    """AWS gives 500 to a page at most; here it gives two."""
    theirs = [behind.apigateway.create_rest_api(name=faulty.lab.api_name)["id"] for _ in range(4)]
    faulty.step("api").up()
    backend.on("GetRestApis").pages_of(2)
    backend.calls.clear()
    done = up(faulty)
    assert (done.returncode, outcomes(done.stdout)[5]) == (0, "unchanged")
    assert backend.calls.count("GetRestApis") >= 3
    assert "CreateRestApi" not in backend.calls
    gone = down(faulty)
    assert (gone.returncode, gone.stdout.splitlines()[-1]) == (0, "nothing left")
    assert sorted(api["id"] for api in apis(behind, faulty)) == sorted(theirs)
    for each in theirs:
        behind.apigateway.delete_rest_api(restApiId=each)


# A list that lags behind


@pytest.mark.parametrize("flags", [(), ("--one-by-one",)], ids=["side by side", "one by one"])
def test_a_list_that_does_not_show_the_new_api_does_not_matter_to_the_run_that_has_made_it(backend, faulty, flags):
    backend.on("GetRestApis", after="CreateRestApi").answer(200, {"item": []}, times=1000)
    done = called("provision", faulty, *flags)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert waits(done.stdout) == []
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("CreateStage")) == (1, 1)


@pytest.mark.parametrize("key", ["deployment", "smoke"])
def test_a_list_that_does_not_show_the_api_to_a_step_by_itself_is_read_again(backend, faulty, key):
    """With a lab of its own it knows of the API from the list alone."""
    faulty.up_to({"deployment": "api", "smoke": "deployment"}[key])
    faulty.said.clear()
    lagging = backend.on("GetRestApis").answer(200, {"item": []}, times=4)
    done = faulty.step(key, faulty.new_lab()).up()
    assert done.outcome in {"created", "passed"}
    assert len(lagging.acted) == 4
    assert any(said.startswith(f"waiting for {LISTED.format(faulty.lab.api_name)}, 0 s of") for said in faulty.said)
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("CreateStage")) == (1, 1)


@pytest.mark.parametrize("key", ["deployment", "smoke"])
def test_an_api_that_is_not_there_is_not_waited_for_longer_than_half_a_minute(backend, faulty, key):
    faulty.up_to("table")
    with pytest.raises(StepError, match=f"no REST API {faulty.lab.api_name}; step 6 makes it. Another run is at work"):
        faulty.step(key).up()
    assert faulty.clock.now == pytest.approx(30)


def test_an_api_that_is_deleted_between_two_steps_is_not_waited_for_longer_than_half_a_minute(backend, faulty, behind):
    """One by one, so that its own step does not see it go, and make it again."""

    def gone(call, carry_out):
        for api in apis(behind, faulty):
            behind.apigateway.delete_rest_api(restApiId=api["id"])
        return carry_out()

    backend.on("CreateDeployment").do(gone, times=1000)
    done = called("provision", faulty, "--one-by-one")
    assert (done.returncode, outcomes(done.stdout)[5:]) == (1, ["created", "failed", "blocked"])
    assert ": NotFoundException). Another run is at work on the same stack" in done.stdout
    assert len(waits(done.stdout)) > 3
    assert faulty.clock.now == pytest.approx(30)
    backend.faults.clear()
    assert outcomes(called("provision", faulty).stdout) == [*IN_PLACE[:5], *NEW[5:]]


@pytest.mark.parametrize("operation", ["PutRestApi", "CreateDeployment", "UpdateStage"])
def test_an_api_that_the_next_call_does_not_know_yet_is_waited_for(backend, faulty, operation):
    backend.on(operation).missing(times=3)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert [budget for _, _, budget in waits(done.stdout)] == [30] * 3
    assert backend.calls.count(operation) == 4
