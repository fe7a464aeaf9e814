"""1.8 Waiters of IAM."""

import pytest
from botocore.exceptions import WaiterError


def test_a_role_and_a_policy_are_waited_for(cloud):
    """Source: BC:iam waiters RoleExists, PolicyExists"""
    cloud.iam.get_waiter("role_exists").wait(RoleName=cloud.role())
    cloud.iam.get_waiter("policy_exists").wait(PolicyArn=cloud.policy())


def test_what_is_not_made_is_waited_for_in_vain(cloud):
    """NoSuchEntity is waited out, and not told at once.

    Source: BC:iam waiters RoleExists, PolicyExists
    """
    patience = {"Delay": 1, "MaxAttempts": 2}
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        cloud.iam.get_waiter("role_exists").wait(RoleName=cloud.name(), WaiterConfig=patience)
    arn = f"arn:{cloud.partition}:iam::{cloud.account}:policy/{cloud.name()}"
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        cloud.iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig=patience)
