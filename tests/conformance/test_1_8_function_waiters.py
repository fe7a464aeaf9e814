"""1.8 botocore's waiters for Lambda."""

import pytest
from botocore.exceptions import WaiterError

from tests.conformance.functions import created

WAITERS = ["function_exists", "function_active", "function_active_v2", "function_updated", "function_updated_v2"]


@pytest.fixture(scope="module")
def function(shared):
    return shared.function()


@pytest.mark.parametrize("waiter", WAITERS)
def test_a_new_function_is_waited_for(cloud, function, waiter):
    """Each waiter returns for a function that was just made. Source: BC:lambda waiters."""
    name = created(cloud, function)["FunctionName"]
    cloud.lambda_.get_waiter(waiter).wait(FunctionName=name)
    assert cloud.lambda_.get_function(FunctionName=name)["Configuration"]["FunctionName"] == name


@pytest.mark.parametrize("waiter", ["function_updated", "function_updated_v2"])
def test_an_update_is_waited_for(cloud, function, waiter):
    """Source: BC:lambda waiters."""
    cloud.lambda_.update_function_configuration(FunctionName=function, Description=waiter)
    cloud.lambda_.get_waiter(waiter).wait(FunctionName=function)
    live = cloud.lambda_.get_function_configuration(FunctionName=function)
    assert (live["LastUpdateStatus"], live["Description"]) == ("Successful", waiter)


def test_a_version_is_waited_for(cloud, function):
    """Source: BC:lambda waiters."""
    version = cloud.lambda_.publish_version(FunctionName=function)["Version"]
    cloud.lambda_.get_waiter("published_version_active").wait(FunctionName=function, Qualifier=version)
    live = cloud.lambda_.get_function(FunctionName=function, Qualifier=version)["Configuration"]
    assert (live["State"], live["Version"]) == ("Active", version)


def test_a_function_that_is_not_there_ends_the_wait_for_an_active_one(cloud):
    """A 404 at the first poll is an error of function_active_v2. Source: BC:lambda waiters."""
    with pytest.raises(WaiterError, match="Function not found"):
        cloud.lambda_.get_waiter("function_active_v2").wait(FunctionName=cloud.name())
