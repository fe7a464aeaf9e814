"""What Lambda's control plane refuses: roles that do not trust it, and statements that are there, or are not."""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError, UnknownPolicyException
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.iam.models import iam_backends

from sandbox.pace import CLOCK

LAMBDA = "lambda.amazonaws.com"


class StatementExists(LambdaClientError):  # type: ignore[misc]
    """Recorded answer of AddPermission."""

    code = 409

    def __init__(self, sid: str) -> None:
        text = "Please provide a new statement id, or remove the existing statement."
        super().__init__("ResourceConflictException", f"The statement id ({sid}) provided already exists. {text}")


class NoSuchStatement(LambdaClientError):  # type: ignore[misc]
    """Recorded answer of RemovePermission."""

    code = 404

    def __init__(self, sid: str) -> None:
        super().__init__("ResourceNotFoundException", f"Statement {sid} is not found in resource policy.")


class Lambda(LambdaBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = LambdaBackend.__module__

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        """https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""
        self._require_trust(spec["Role"])
        return super().create_function(spec)

    def update_function_configuration(
        self, function_name: str, qualifier: str, body: dict[str, Any]
    ) -> dict[str, Any] | None:
        if "Role" in body:
            self._require_trust(body["Role"])
        return super().update_function_configuration(function_name, qualifier, body)  # type: ignore[no-any-return]

    def add_permission(self, function_name: str, qualifier: str, raw: str) -> dict[str, Any]:
        sid = json.loads(raw)["StatementId"]
        if sid in self._statement_ids(function_name, qualifier):
            raise StatementExists(sid)
        return super().add_permission(function_name, qualifier, raw)  # type: ignore[no-any-return]

    def remove_permission(self, function_name: str, sid: str, revision: str = "") -> None:
        known = self._statement_ids(function_name, None)
        if not known:
            raise UnknownPolicyException
        if sid not in known:
            raise NoSuchStatement(sid)
        super().remove_permission(function_name, sid, revision)

    def _statement_ids(self, function_name: str, qualifier: str | None) -> list[str]:
        return [statement["Sid"] for statement in self.get_function(function_name, qualifier).policy.statements]

    def _require_trust(self, role_arn: str) -> None:
        """The refusal is recorded. A role that moto does not know, or an ARN that is none, is moto's to refuse."""
        roles = iam_backends[self.account_id][self.partition].roles.values()
        role = next((role for role in roles if role.arn == role_arn), None)
        if role is None:
            return
        young = CLOCK.now() - role.made_at < CLOCK.pace.role_seconds
        if young or not trusts_lambda(json.loads(role.assume_role_policy_document)):
            raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")


def trusts_lambda(document: dict[str, Any]) -> bool:
    """Whether a trust policy lets Lambda assume its role; its conditions are taken for met."""
    statements = as_list(document["Statement"])
    effects = {
        statement["Effect"]
        for statement in statements
        if LAMBDA in services(statement) and {"sts:AssumeRole", "sts:*", "*"} & set(as_list(statement["Action"]))
    }
    return effects == {"Allow"}


def services(statement: dict[str, Any]) -> list[str]:
    principal = statement.get("Principal", {})
    return [LAMBDA] if principal == "*" else as_list(principal.get("Service", []))


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
