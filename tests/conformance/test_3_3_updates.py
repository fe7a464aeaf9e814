"""3.3 The states of an update of a Lambda function."""

import pytest

from tests.conformance.cloud import ECHO, zipped
from tests.conformance.functions import created, settled

IN_PROGRESS = {
    "State": "Active",
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReasonCode": "Creating",
    "LastUpdateStatusReason": "The function is being created.",
}


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


def test_an_update_of_the_code_is_in_progress_and_then_successful(cloud, function):
    """Source: LS:lambda test_function_lifecycle."""
    answer = cloud.lambda_.update_function_code(FunctionName=function, ZipFile=zipped(ECHO))
    assert {key: answer[key] for key in IN_PROGRESS} == IN_PROGRESS
    live = settled(cloud, function)
    assert (live["State"], live["LastUpdateStatus"], live.get("LastUpdateStatusReason")) == (
        "Active",
        "Successful",
        None,
    )


def test_an_update_of_the_configuration_is_in_progress_and_then_successful(cloud, function):
    """Source: LS:lambda test_function_lifecycle."""
    answer = cloud.lambda_.update_function_configuration(FunctionName=function, Description="other")
    assert {key: answer[key] for key in IN_PROGRESS} == IN_PROGRESS
    live = settled(cloud, function)
    assert (live["LastUpdateStatus"], live["Description"]) == ("Successful", "other")


def test_each_step_of_a_life_is_a_new_revision(cloud, function):
    """Made, Active, updating, updated: four revisions. Source: LS:lambda test_function_lifecycle."""
    made = created(cloud, function)
    cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=made["FunctionName"])
    active = settled(cloud, made["FunctionName"])
    updating = cloud.lambda_.update_function_configuration(FunctionName=made["FunctionName"], Timeout=4)
    updated = settled(cloud, made["FunctionName"])
    assert len({each["RevisionId"] for each in (made, active, updating, updated)}) == 4
