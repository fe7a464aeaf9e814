"""What IAM refuses of a policy's text: JSON that is none, elements that do not belong, principals that do not exist.

A permissions policy and a role's trust policy are read by two parsers, which word the same mistakes differently.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from moto.iam.exceptions import LimitExceededException, MalformedPolicyDocument
from moto.iam.policy_validation import IAMPolicyDocumentValidator

# Characters that are no white space; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICY_SIZE, TRUST_SIZE, INLINE_SIZE = 6144, 2048, 10240
TRUST_ACTIONS = (
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:SetContext",
    "sts:SetSourceIdentity",
    "sts:TagSession",
)
PRINCIPALS = {"AWS", "CanonicalUser", "Federated", "Service"}
SERVICE = re.compile(r"[\w-]+(\.[\w-]+)*\.(amazonaws\.(com(\.cn)?|eu)|amazon\.com|aws\.internal)")


class Permissions(IAMPolicyDocumentValidator):  # type: ignore[misc]
    """moto's, in AWS's order: LocalStack's recording of iam test_create_policy_invalid_document."""

    def _validate_actions_for_prefixes(self) -> None:
        if not all({"Resource", "NotResource"} & statement.keys() for statement in self._statements):
            raise MalformedPolicyDocument("Policy statement must contain resources.")
        super()._validate_actions_for_prefixes()


def check_permissions(document: str) -> None:
    """A managed or inline policy. Raises MalformedPolicyDocument."""
    try:
        Permissions(document).validate()
    except MalformedPolicyDocument as error:
        raise MalformedPolicyDocument(error.message.replace('"*" or start', '"*", root, or start')) from error
    if any({"Principal", "NotPrincipal"} & statement.keys() for statement in statements(json.loads(document))):
        # https://github.com/hashicorp/terraform/issues/13449
        raise MalformedPolicyDocument("Policy document should not specify a principal.")


def check_size(document: str, most: int, quota: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    if size(document) > most:
        raise LimitExceededException(f"Cannot exceed quota for {quota}: {most}")


def size(document: str) -> int:
    return len("".join(document.split()))


def check_trust(document: str, is_known: Callable[[str], bool]) -> None:
    """A role's trust policy; `is_known` tells whether a principal's ARN exists.

    LocalStack's recordings of iam test_update_assume_role_policy_errors and
    test_create_role_with_malformed_assume_role_policy_document.
    """
    try:
        parsed = json.loads(document)
    except ValueError as error:
        raise MalformedPolicyDocument("This policy contains invalid Json") from error
    if not isinstance(parsed, dict) or not all(isinstance(one, dict) for one in statements(parsed)):
        raise MalformedPolicyDocument("This policy contains invalid Json")
    if not statements(parsed):
        raise MalformedPolicyDocument("Could not parse the policy: Statement is empty!")
    for statement in statements(parsed):
        for field in ("Effect", "Principal", "Action"):
            if not {field, f"Not{field}"} & statement.keys():
                raise MalformedPolicyDocument(f"Missing required field {field}")
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        for field in ("Resource", "NotPrincipal"):
            if field in statement:
                raise MalformedPolicyDocument(f"Has prohibited field {field}")
        check_principals(statement, is_known)
        if not all(is_trust_action(str(action)) for action in as_list(statement.get("Action", []))):
            raise MalformedPolicyDocument("AssumeRole policy may only specify STS AssumeRole actions.")
    check_syntax(document)


def check_syntax(document: str) -> None:
    """Effects, conditions and whatever else is the same in all policies."""
    read = Permissions(document)
    try:
        read._validate_syntax()
    except Exception as error:
        raise MalformedPolicyDocument("Syntax errors in policy.") from error
    try:
        read._perform_first_legacy_parsing()
    except Exception as error:
        raise MalformedPolicyDocument("The policy failed legacy parsing") from error


def check_principals(statement: dict[str, Any], is_known: Callable[[str], bool]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, and the wording
    of https://github.com/hashicorp/terraform/issues/35086 and https://github.com/aws/aws-cdk/pull/5746"""
    principals = statement.get("Principal", {})
    if not isinstance(principals, dict):
        raise MalformedPolicyDocument(f'AssumeRolepolicy contained an invalid principal: "STAR":"{principals}".')
    for kind, name in named(principals):
        if (
            kind not in PRINCIPALS
            or (kind == "Service" and not SERVICE.fullmatch(name))
            or (kind == "AWS" and not is_account(name, is_known))
        ):
            raise MalformedPolicyDocument(f'Invalid principal in policy: "{kind.upper()}":"{name}"')


def named(principals: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((kind, str(name)) for kind, names in principals.items() for name in as_list(names))


def is_account(name: str, is_known: Callable[[str], bool]) -> bool:
    return name == "*" or re.fullmatch(r"\d{12}", name) is not None or (name.startswith("arn:") and is_known(name))


def is_trust_action(action: str) -> bool:
    known = action.lower().startswith("sts:")
    return known and any(fnmatch.fnmatchcase(one.lower(), action.lower()) for one in TRUST_ACTIONS)


def statements(document: dict[str, Any]) -> list[Any]:
    return as_list(document.get("Statement", []))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
