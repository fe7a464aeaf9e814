"""A function with what moto leaves out: its states, its revisions, its logging, the role that it was encrypted for.

https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html; the shapes are those of LS:lambda
test_function_lifecycle: a function is Pending when it is made and an update InProgress when it is answered, and each
change gives a new revision, also the one from Pending to Active.
"""

from __future__ import annotations

import uuid
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.core.utils import iso_8601_datetime_with_nanoseconds

from sandbox.lambda_.answers import Refusal
from sandbox.pace import CLOCK
from sandbox.permissions.identities import find_role

REASON = "The function is being created."
PENDING = {"State": "Pending", "StateReason": REASON, "StateReasonCode": "Creating"}
IN_PROGRESS = {
    "LastUpdateStatus": "InProgress",
    "LastUpdateStatusReason": REASON,
    "LastUpdateStatusReasonCode": "Creating",
}
# LS:lambda TestLoggingConfig::test_function_partial_advanced_logging_configuration_update
JSON_LEVELS = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}


class StatefulFunction(LambdaFunction):  # type: ignore[misc]
    def __init__(self, account_id: str, spec: dict[str, Any], region: str) -> None:
        super().__init__(account_id, spec, region, version="$LATEST")
        self.logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        self.has_environment = False
        self._adopt(spec)
        self.encrypt()
        self.changed()
        self.made_at = self.changed_at

    @property
    def is_settled(self) -> bool:
        return CLOCK.now() - self.changed_at >= CLOCK.pace.function_seconds

    @property
    def is_pending(self) -> bool:
        return not self.is_settled and self.changed_at == self.made_at

    @property
    def revision(self) -> str:
        return self._settled if self.is_settled else self._settling

    def changed(self) -> None:
        """Code or configuration are others now, or will be, once the update is done."""
        self.touched()
        self.changed_at = CLOCK.now()
        self.last_modified = iso_8601_datetime_with_nanoseconds()

    def touched(self) -> None:
        """A new revision, of nothing that runs: tags, policy, versions."""
        self._settling, self._settled = str(uuid.uuid4()), str(uuid.uuid4())

    def require_revision(self, revision: str | None) -> None:
        """LS:lambda test_function_revisions_basic, test_function_revisions_permissions"""
        if revision and revision != self.revision:
            text = "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
            stale = f"The Revision Id provided does not match the latest Revision Id. {text}"
            raise Refusal(412, "PreconditionFailedException", stale)

    def encrypt(self) -> None:
        """The environment variables are for the role as it is now: one made again under its name is another."""
        self.encrypted_for = self._role_id()

    @property
    def is_decryptable(self) -> bool:
        return not self.environment_vars or self.encrypted_for == self._role_id()

    def _role_id(self) -> str | None:
        role = find_role(self.role)
        return role.id if role else None

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        shown = {key: value for key, value in super().get_configuration().items() if value not in (None, [])}
        shown["LoggingConfig"] = self.logging
        shown["RevisionId"] = self._settling if on_create else self.revision
        if self.has_environment:
            shown["Environment"] = {"Variables": self.environment_vars}
        if on_create or self.is_pending:
            del shown["LastUpdateStatus"]
            return {**shown, **PENDING}
        return shown if self.is_settled else {**shown, **IN_PROGRESS}

    def get_code(self) -> dict[str, Any]:
        shown: dict[str, Any] = super().get_code()
        if self.reserved_concurrency is not None:
            shown["Concurrency"] = {"ReservedConcurrentExecutions": self.reserved_concurrency}
        return shown

    def updating(self) -> dict[str, Any]:
        """What an update answers, however soon it is done."""
        return {**self.get_configuration(), **IN_PROGRESS, "RevisionId": self._settling}

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """What is not named stays as it is."""
        super().update_configuration({key: config_updates[key] for key in config_updates if key != "Environment"})
        self._adopt(config_updates)
        if {"Role", "Environment"} & set(config_updates):
            self.encrypt()
        self.changed()
        return self.updating()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        super().update_function_code(updated_spec)
        if "Architectures" in updated_spec:
            self.architectures = updated_spec["Architectures"]
        self.changed()
        return self.updating()

    def _adopt(self, asked: dict[str, Any]) -> None:
        if "Environment" in asked:
            self.has_environment = True
            self.environment_vars = asked["Environment"].get("Variables", {})
        if "EphemeralStorage" in asked:
            self.ephemeral_storage = asked["EphemeralStorage"]["Size"]
        if "TracingConfig" in asked:
            self.tracing_config = asked["TracingConfig"]
        if "KMSKeyArn" in asked:
            self.kms_key_arn = asked["KMSKeyArn"]
        logging = {**self.logging, **asked.get("LoggingConfig", {})}
        self.logging = {**JSON_LEVELS, **logging} if logging["LogFormat"] == "JSON" else logging
        self.logs_group_name = self.logging["LogGroup"]
