"""How an error is told to a person: what happened, to what, and what to do next. Never a traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)

from stack.actions import lacking
from stack.aws import error_code, error_message
from stack.step import StepError
from stack.waiting import GaveUp

REFUSALS = (ClientError, BotoCoreError)
FORESEEN = (StepError, GaveUp, *REFUSALS)
"""What a user or AWS can cause; everything else is a defect of ours."""

LOGIN = "log in again (`aws sso login`, `aws configure`), then run the same"
OPT_IN = "enable it (`aws account enable-region --region-name NAME`) or name another region"
UNKNOWN = (
    "the credentials are not known to AWS, or the region is one of those that are off until the account enables them: "
    f"{OPT_IN}, or {LOGIN}"
)
WRONG_SIGNATURE = "the secret key or this machine's clock is wrong: check both"
GONE = (
    "it was there a moment ago; another run is probably at work on the same stack: "
    "run the same again when that one has ended"
)
SCHOOL_ROLE = "; where the school offers a role such as LabRole, put its ARN into role.existing_arn instead"
SCHOOL_ACTIONS = {"iam:CreatePolicy", "iam:CreateRole", "iam:AttachRolePolicy", "iam:PassRole"}
MADE_JUST_NOW = "made a moment ago by another run, or by a call whose answer was lost: run the same again"
HINTS = {
    "EntityAlreadyExists": MADE_JUST_NOW,
    "ResourceAlreadyExists": MADE_JUST_NOW,
    "ResourceConflict": MADE_JUST_NOW,
    "Conflict": MADE_JUST_NOW,
    "NoSuchEntity": GONE,
    "ResourceNotFound": GONE,
    "NotFound": GONE,
    "AccessDenied": "your user lacks that permission: ask for it, or use a profile that has it",
    "ExpiredToken": f"your session has expired: {LOGIN}",
    "InvalidClientTokenId": UNKNOWN,
    "UnrecognizedClient": UNKNOWN,
    "AuthFailure": UNKNOWN,
    "SignatureDoesNotMatch": WRONG_SIGNATURE,
    "InvalidSignature": WRONG_SIGNATURE,
    "OptInRequired": f"the region or service is not enabled in this account: {OPT_IN}",
    "LimitExceeded": "a quota of the account is used up: delete what is no longer needed, or ask for a higher one",
    "Throttling": "AWS asks to slow down: run the same again in a minute",
    "TooManyRequests": "AWS asks to slow down: run the same again in a minute",
}
LOGGED_OUT = (CredentialRetrievalError, LoginError, RefreshWithMFAUnsupportedError, SSOError, TokenRetrievalError)
NO_ACCESS = (*LOGGED_OUT, NoCredentialsError, PartialCredentialsError, ProfileNotFound)
USELESS_TO_GO_ON = (
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "AuthFailure",
    "SignatureDoesNotMatch",
    "InvalidSignature",
    "OptInRequired",
)
NOT_TRIED = "not tried: it would fail in the same way"


def sentence(error: Exception) -> str:
    """One line for a person; AWS errors with the call, the code and a hint."""
    if isinstance(error, ClientError):
        text = " ".join(f"{error.operation_name}: {error_code(error)}: {error_message(error)}".split())
        hint = _hint(error)
        return f"{text} -> {hint}" if hint else text
    if isinstance(error, NoCredentialsError):
        return "no AWS credentials found: `aws configure` or `aws sso login` sets them up; --target sandbox needs none"
    if isinstance(error, EndpointConnectionError):
        return f"{str(error).rstrip('.')}: is the region right, and is the network (or the sandbox) up?"
    text = " ".join(str(error).split())
    return f"{text} -> {LOGIN}" if isinstance(error, LOGGED_OUT) else text


def _hint(error: ClientError) -> str:
    if action := lacking(error):
        hint = f"your user lacks {action}: ask for it, or use a profile that has it"
        return hint + SCHOOL_ROLE if action.split()[0] in SCHOOL_ACTIONS else hint
    return next((hint for start, hint in HINTS.items() if error_code(error).startswith(start)), "")


def is_useless_to_go_on(error: Exception) -> bool:
    """True where every further call would fail in the same way."""
    if isinstance(error, ClientError):
        return error_code(error).startswith(USELESS_TO_GO_ON)
    return isinstance(error, (*NO_ACCESS, EndpointConnectionError))


def unforeseen(error: BaseException, way_back: str) -> str:
    """For what nobody foresaw: what to report, with the place but without a traceback."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).parent.name}/{Path(frame.filename).name}:{frame.lineno}"
    text = " ".join(str(error).split())[:500]
    return (
        f"this should not have happened: {type(error).__name__}: {text} ({place})\n"
        "Please report that line with the command that you ran. Nothing that was made is lost: "
        f"the same command goes on from there, and `{way_back}` removes it."
    )
