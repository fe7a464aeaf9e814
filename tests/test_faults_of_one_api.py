"""Nothing tells two APIs apart but their tags, and a lost answer makes another: exactly one must remain."""

import pytest

from stack.aws import MANAGED_BY
from tests.backend.calls import json_response
from tests.command_lines import NEW, called, outcomes, waits
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


@pytest.mark.parametrize("operation", ["CreateRestApi", "CreateStage"])
def test_a_list_that_does_not_show_the_new_api_to_the_next_step_is_read_again(backend, faulty, operation):
    """Steps 7 and 8 look it up again: one list after PutRestApi, one after the stage is open."""
    after = {"CreateRestApi": "PutRestApi", "CreateStage": "AddPermission"}[operation]
    backend.on("GetRestApis", after=after).answer(200, {"item": []}, times=3)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert {(why, budget) for why, _, budget in waits(done.stdout)} == {(LISTED.format(faulty.lab.api_name), 30)}
    assert (backend.calls.count("CreateRestApi"), backend.calls.count("CreateStage")) == (1, 1)


def test_an_api_that_is_deleted_between_two_steps_is_not_waited_for_longer_than_half_a_minute(backend, faulty):
    backend.on("GetRestApis", after="PutRestApi").answer(200, {"item": []}, times=1000)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)[6:]) == (1, ["failed", "blocked"])
    assert f"there is no REST API {faulty.lab.api_name}; step 6 makes it. Another run is at work" in done.stdout
    assert len(waits(done.stdout)) > 3
    assert faulty.clock.now < 35


@pytest.mark.parametrize("operation", ["PutRestApi", "CreateDeployment", "UpdateStage"])
def test_an_api_that_the_next_call_does_not_know_yet_is_waited_for(backend, faulty, operation):
    backend.on(operation).missing(times=3)
    done = called("provision", faulty)
    assert (done.returncode, outcomes(done.stdout)) == (0, NEW)
    assert [budget for _, _, budget in waits(done.stdout)] == [30] * 3
    assert backend.calls.count(operation) == 4
