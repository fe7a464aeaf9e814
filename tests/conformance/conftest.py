"""One account for the conformance tests: the sandbox."""

from collections.abc import Iterator

import pytest

from stack.aws import Aws
from tests.conformance.cloud import Cloud


@pytest.fixture
def cloud(sandbox) -> Iterator[Cloud]:
    """Gone with everything in it when the test ends."""
    opened = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared(sandbox) -> Iterator[Cloud]:
    """For what all tests of a module use: gone after the last of them."""
    opened = Cloud(Aws.at(sandbox.endpoint_url, "us-east-1"))
    yield opened
    opened.close()
