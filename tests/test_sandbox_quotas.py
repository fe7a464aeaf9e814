"""Quotas of an account that are too large to be shown on AWS.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json

import pytest
from moto.iam.exceptions import LimitExceededException

from sandbox.refusals.iam import Iam
from tests.conformance.cloud import LOGS_ONLY, TRUST


@pytest.fixture
def iam():
    return Iam("aws", "123456789012")


def test_the_thousand_and_first_role_is_refused(iam):
    def make(number):
        iam.create_role(f"r{number}", json.dumps(TRUST), "/", None, "", [], 3600)

    for number in range(1000):
        make(number)
    with pytest.raises(LimitExceededException, match="Cannot exceed quota for RolesPerAccount: 1000"):
        make(1000)


def test_the_fifteen_hundred_and_first_policy_is_refused(iam):
    def make(number):
        iam.create_policy("", "/", json.dumps(LOGS_ONLY), f"p{number}", [])

    for number in range(1500):
        make(number)
    with pytest.raises(LimitExceededException, match="Cannot exceed quota for PoliciesPerAccount: 1500"):
        make(1500)
