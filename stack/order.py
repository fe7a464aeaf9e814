"""The documented steps in their order: reading STACK is reading the architecture.

`build` makes the steps for one config and account; provisioning goes through them forwards with `up`, teardown
backwards with `down`.
"""

from __future__ import annotations

from stack.checks import EchoTest, SmokeTest
from stack.deployment import Deployment
from stack.existing_role import ExistingRole, NoPolicy
from stack.function import Function
from stack.lab import Lab
from stack.policy import Policy
from stack.rest_api import RestApi
from stack.role import Role
from stack.step import Step
from stack.table import Table

STACK: tuple[type[Step], ...] = (
    Policy,
    Role,
    Function,
    EchoTest,
    Table,
    RestApi,
    Deployment,
    SmokeTest,
)

WITH_EXISTING_ROLE: dict[type[Step], type[Step]] = {Policy: NoPolicy, Role: ExistingRole}


def build(lab: Lab) -> tuple[Step, ...]:
    """The steps for one stack, in the documented order."""
    swap = WITH_EXISTING_ROLE if lab.config.role.existing_arn else {}
    return tuple(swap.get(step, step)(lab) for step in STACK)
