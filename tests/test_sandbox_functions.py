"""Functions of the sandbox at the pace of AWS: their states, by a clock that the test turns."""

import base64
import json

import pytest
from moto.awslambda.exceptions import FunctionAlreadyExists
from moto.iam.models import iam_backends

from sandbox import refusals
from sandbox.lambda_.answers import Refusal
from sandbox.pace import CLOCK, PACES
from sandbox.permissions.identities import ACCOUNT
from sandbox.refusals.lambda_ import Lambda
from sandbox.runtime.functions import NotInvocable, require_invocable
from tests.conformance.cloud import ECHO, TRUST, zipped

refusals.register()
PACE = PACES["aws"]
CODE = {"ZipFile": base64.b64encode(zipped(ECHO)).decode()}
IN_PROGRESS = "The operation cannot be performed at this time. An update is in progress for resource: "


@pytest.fixture
def clock(monkeypatch):
    """Turned by clock.turn(seconds); at the pace of AWS."""

    class Turned:
        seconds = 1000.0

        def turn(self, seconds):
            self.seconds += seconds

    turned = Turned()
    monkeypatch.setattr(CLOCK, "pace", PACE)
    monkeypatch.setattr(CLOCK, "now", lambda: turned.seconds)
    return turned


@pytest.fixture
def backend(clock):
    """Lambda of an empty region, in which two roles have settled."""
    iam = iam_backends[ACCOUNT]["aws"]
    for name in ("first", "second"):
        iam.create_role(name, json.dumps(TRUST), "/", None, "", [], 3600)
    clock.turn(PACE.role_seconds)
    yield Lambda("us-east-1", ACCOUNT)
    for name in ("first", "second"):
        iam.delete_role(name)


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def wanted():
    spec = {"FunctionName": "slow", "Runtime": "python3.13", "Handler": "index.lambda_handler", "Code": {**CODE}}
    return {**spec, "Role": role_arn("first")}


@pytest.fixture
def function(backend):
    return backend.create_function(wanted())


def shown(function):
    return {key: function.get_configuration().get(key) for key in ("State", "LastUpdateStatus")}


def changes(backend):
    return (
        lambda: backend.update_function_configuration("slow", None, {"Timeout": 4}),
        lambda: backend.update_function_code("slow", None, CODE),
        lambda: backend.publish_version("slow"),
    )


def test_a_new_function_is_pending_and_then_active(clock, function):
    assert shown(function) == {"State": "Pending", "LastUpdateStatus": None}
    clock.turn(PACE.function_seconds)
    assert shown(function) == {"State": "Active", "LastUpdateStatus": "Successful"}


def test_of_two_who_make_a_function_at_once_one_is_refused(backend, function):
    with pytest.raises(FunctionAlreadyExists):
        backend.create_function(wanted())
    assert backend.get_function("slow") is function


def test_a_pending_function_is_not_invoked(clock, function):
    text = "The operation cannot be performed at this time. The function is currently in the following state: Pending"
    with pytest.raises(NotInvocable, match=f"^{text}$") as refused:
        require_invocable(function)
    assert (refused.value.status, refused.value.code) == (409, "ResourceConflictException")
    clock.turn(PACE.function_seconds)
    require_invocable(function)


def test_a_pending_function_is_not_changed(clock, backend, function):
    for change in changes(backend):
        with pytest.raises(Refusal) as refused:
            change()
        told = refused.value.code, refused.value.error_type, refused.value.message
        assert told == (409, "ResourceConflictException", IN_PROGRESS + function.function_arn)
    clock.turn(PACE.function_seconds)
    changes(backend)[0]()


def test_a_function_takes_one_update_at_a_time(clock, backend, function):
    clock.turn(PACE.function_seconds)
    changes(backend)[0]()
    assert shown(function) == {"State": "Active", "LastUpdateStatus": "InProgress"}
    for change in changes(backend):
        with pytest.raises(Refusal) as refused:
            change()
        assert refused.value.message == IN_PROGRESS + function.function_arn
    clock.turn(PACE.function_seconds)
    assert shown(function) == {"State": "Active", "LastUpdateStatus": "Successful"}
    changes(backend)[1]()


def test_a_function_is_invoked_while_it_is_updated(clock, backend, function):
    clock.turn(PACE.function_seconds)
    changes(backend)[0]()
    require_invocable(function)


@pytest.mark.parametrize("change", [{"TracingConfig": {"Mode": "Active"}}, {"KMSKeyArn": "arn:aws:kms:::key/one"}])
def test_what_moto_leaves_out_of_an_update_is_changed(clock, backend, function, change):
    clock.turn(PACE.function_seconds)
    answer = backend.update_function_configuration("slow", None, change)
    assert {key: answer[key] for key in change} == change


def test_a_young_role_is_not_assumable(clock, backend, function):
    iam_backends[ACCOUNT]["aws"].get_role("second").made_at = clock.seconds
    clock.turn(PACE.function_seconds)
    with pytest.raises(Refusal) as refused:
        backend.update_function_configuration("slow", None, {"Role": role_arn("second")})
    assert refused.value.message == "The role defined for the function cannot be assumed by Lambda."
    clock.turn(PACE.role_seconds)
    backend.update_function_configuration("slow", None, {"Role": role_arn("second")})
    assert function.role == role_arn("second")
