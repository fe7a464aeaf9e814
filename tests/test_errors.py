"""What a person reads when something goes wrong: one line with what happened, to what, and what to do next."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from commands.errors import FORESEEN, HINTS, is_useless_to_go_on, sentence, unforeseen
from stack.step import Foreign, StepError
from stack.waiting import GaveUp
from tests.conftest import PROJECT


def refusal(code: str, message: str = "no", call: str = "CreateRole", action: str = "") -> ClientError:
    """`action` is what stack/actions.py notes."""
    return ClientError({"Error": {"Code": code, "Message": message, "Action": action}}, call)


LACKING = "User: arn:aws:iam::123456789012:user/ada is not authorized to perform: {} on resource: policy lambda-x"


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        pytest.param(
            refusal("AccessDenied", LACKING.format("iam:CreatePolicy"), "CreatePolicy"),
            ["CreatePolicy: AccessDenied: User: ", "-> your user lacks iam:CreatePolicy: ask for it"],
            id="a missing permission is named",
        ),
        pytest.param(
            refusal("AccessDeniedException", LACKING.format("lambda:CreateFunction"), "CreateFunction"),
            ["CreateFunction: AccessDeniedException: ", "-> your user lacks lambda:CreateFunction: ask for it"],
            id="and so it is where the code ends in Exception",
        ),
        pytest.param(
            refusal("AccessDenied", "no", action="iam:GetRole"),
            ["-> your user lacks iam:GetRole: ask for it"],
            id="a permission that only the call tells",
        ),
        pytest.param(
            refusal("AccessDeniedException", "no", action="lambda:CreateFunction"),
            ["lacks lambda:CreateFunction (or iam:PassRole or lambda:TagResource, which that call needs as well): ask"],
            id="a call that needs several permissions",
        ),
        pytest.param(
            refusal("ThrottlingException", "Rate exceeded", action="iam:GetRole"),
            ["Rate exceeded -> AWS asks to slow down"],
            id="a call that is refused for another reason lacks no permission",
        ),
        pytest.param(
            SSOTokenLoadError(error_msg="Token for school does not exist"),
            ["Token for school does not exist -> log in again (`aws sso login`"],
            id="a session that never began",
        ),
        pytest.param(
            refusal("AccessDeniedException", "Access denied", "CreateTable"),
            ["CreateTable: AccessDeniedException: Access denied -> your user lacks that permission: ask for it"],
            id="a permission that AWS does not name",
        ),
        pytest.param(
            refusal("AccessDenied", LACKING.format("iam:CreateRole")),
            ["-> your user lacks iam:CreateRole: ask for it", "put its ARN into role.existing_arn instead"],
            id="where a school offers a role",
        ),
        pytest.param(
            refusal("EntityAlreadyExists", "Role with name x already exists."),
            ["-> made a moment ago by another run, or by a call whose answer was lost: run the same again"],
            id="a call whose answer was lost",
        ),
        pytest.param(
            refusal("ExpiredToken", "The security token included in the request is expired", "GetCallerIdentity"),
            ["GetCallerIdentity: ExpiredToken: ", "-> your session has expired: log in again (`aws sso login`"],
            id="a session that is over",
        ),
        pytest.param(
            refusal("ExpiredTokenException", "expired"),
            ["your session has expired: log in again"],
            id="by another name",
        ),
        pytest.param(
            refusal("InvalidClientTokenId", "The security token included in the request is invalid"),
            [
                "-> the credentials are not known to AWS, or the region is one of those that are off until",
                "enable it (`aws account enable-region --region-name NAME`) or name another region",
                ", or log in again (`aws sso login`",
            ],
            id="keys that were deleted",
        ),
        pytest.param(
            refusal("UnrecognizedClientException"), ["the credentials are not known to AWS"], id="keys of a stranger"
        ),
        pytest.param(
            refusal("SignatureDoesNotMatch"), ["the secret key or this machine's clock is wrong"], id="a wrong secret"
        ),
        pytest.param(
            refusal("ThrottlingException", "Rate exceeded", "GetFunction"),
            ["GetFunction: ThrottlingException: Rate exceeded -> AWS asks to slow down: run the same again"],
            id="a throttle",
        ),
        pytest.param(
            refusal("TooManyRequestsException"), ["-> AWS asks to slow down: run the same again"], id="API Gateway's"
        ),
        pytest.param(refusal("LimitExceededException"), ["a quota of the account is used up"], id="a quota"),
        pytest.param(refusal("OptInRequired"), ["the region or service is not enabled in this account"], id="opt-in"),
        pytest.param(
            refusal("EntityIsSleeping", "try\n  later", "GetRole"),
            ["GetRole: EntityIsSleeping: try later"],
            id="an unknown code stands as AWS wrote it",
        ),
        pytest.param(
            NoCredentialsError(),
            ["no AWS credentials found: `aws configure` or `aws sso login`", "--target sandbox needs none"],
            id="no credentials",
        ),
        pytest.param(
            PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            ["AWS_SECRET_ACCESS_KEY"],
            id="half of the credentials",
        ),
        pytest.param(ProfileNotFound(profile="adda"), ["adda"], id="no such profile"),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://sts.eu-west-9.amazonaws.com"),
            ["https://sts.eu-west-9.amazonaws.com", ": is the region right, and is the network"],
            id="nobody answers",
        ),
        pytest.param(GaveUp("waited 300 s for the table"), ["waited 300 s for the table"], id="patience is over"),
        pytest.param(
            StepError("x exists,\n   but is not ours"), ["x exists, but is not ours"], id="our own on one line"
        ),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(error, parts):
    text = sentence(error)
    assert "\n" not in text
    for part in parts:
        assert part in text


def test_an_unknown_code_gets_no_hint():
    assert sentence(refusal("EntityIsSleeping", "try later", "GetRole")) == "GetRole: EntityIsSleeping: try later"


def test_every_hint_says_something_to_do():
    for code in HINTS:
        text = sentence(refusal(code, "no", "GetRole"))
        assert text == f"GetRole: {code}: no -> {HINTS[code]}"


@pytest.mark.parametrize(
    "code", ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClient"]
)
def test_without_valid_credentials_nothing_else_is_tried(code):
    assert is_useless_to_go_on(refusal(code))


@pytest.mark.parametrize(
    "error", [NoCredentialsError(), ProfileNotFound(profile="x"), EndpointConnectionError(endpoint_url="https://x")]
)
def test_without_access_nothing_else_is_tried(error):
    assert is_useless_to_go_on(error)


@pytest.mark.parametrize(
    "error", [refusal("AccessDenied"), refusal("Throttling"), StepError("x"), Foreign("x"), GaveUp("x")]
)
def test_after_any_other_error_the_independent_steps_go_on(error):
    assert not is_useless_to_go_on(error)


@pytest.mark.parametrize(
    "error",
    [
        refusal("AccessDenied"),
        NoCredentialsError(),
        TokenRetrievalError(provider="sso", error_msg="x"),
        ConnectTimeoutError(endpoint_url="https://x"),
        StepError("x"),
        Foreign("x"),
        GaveUp("x"),
    ],
)
def test_what_a_user_or_aws_can_cause_is_foreseen(error):
    assert isinstance(error, FORESEEN)


@pytest.mark.parametrize("error", [KeyError("x"), TypeError("x"), subprocess.SubprocessError("x")])
def test_a_defect_is_not_foreseen(error):
    assert not isinstance(error, FORESEEN)


def test_a_defect_is_one_line_with_its_place_and_then_what_to_do():
    def broken() -> None:
        raise LookupError("first\n  second")

    try:
        broken()
    except LookupError as error:
        text = unforeseen(error, "python -m teardown --prefix ada-")
        line = error.__traceback__.tb_next.tb_lineno
    first, advice = text.split("\n")
    assert first == f"this should not have happened: LookupError: first second (tests/test_errors.py:{line})"
    assert advice.startswith("Please report that line with the command that you ran.")
    assert advice.endswith("and `python -m teardown --prefix ada-` removes it.")
    assert "Traceback" not in text


def test_a_defect_with_a_long_text_is_cut():
    try:
        raise RuntimeError("x" * 5000)
    except RuntimeError as error:
        first = unforeseen(error, "python -m teardown --prefix ada-").split("\n")[0]
    assert len(first) < 700


def test_packages_that_are_not_there_are_told_of_without_a_traceback(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(PROJECT)!r}); import provision.__main__",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("the packages are not installed here: run `make provision`")
