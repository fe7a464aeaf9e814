"""The operations of Lambda's control plane: each checks as AWS does, then leaves to moto what is left to do."""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import FunctionAlreadyExists, UnknownFunctionException
from moto.awslambda.models import FunctionUrlConfig, LambdaBackend, LambdaFunction
from moto.awslambda.policy import Policy
from moto.awslambda.utils import make_function_arn

from sandbox.lambda_ import policies
from sandbox.lambda_.answers import Answers, Invalid, Refusal
from sandbox.lambda_.names import FunctionName, parsed, unreachable
from sandbox.lambda_.roles import NOT_ASSUMABLE, is_assumable
from sandbox.lambda_.states import StatefulFunction
from sandbox.permissions.identities import find_role
from sandbox.refusals.lambda_.requests import (
    require_few,
    require_handler,
    require_short,
    require_valid,
    require_valid_name,
)
from sandbox.refusals.lambda_.uploads import require_code

LATEST = "$LATEST"
NAME_IN_URL = re.compile(re.escape(r"[\w_") + ":?%?" + re.escape("-]+"))
LOCK = threading.Lock()
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
CONCURRENT_EXECUTIONS, UNRESERVED_MINIMUM = 1000, 100


class Lambda(LambdaBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = LambdaBackend.__module__

    @property
    def url_paths(self) -> dict[str, Any]:
        """Which names there may be is not the URL's to say: others are refused in AWS's words."""
        return {NAME_IN_URL.sub("[^/]+", path): Answers.dispatch for path in super().url_paths}

    def get_function(self, function_name_or_arn: str, qualifier: str | None = None) -> LambdaFunction:
        named = self._reachable(function_name_or_arn)
        if named is None:
            return super().get_function(function_name_or_arn, qualifier)
        # LS:lambda test_ops_with_arn_qualifier_mismatch
        if named.qualifier and qualifier and named.qualifier != qualifier:
            raise Invalid("The derived qualifier from the function name does not match the specified qualifier.")
        return super().get_function(named.name, named.qualifier or qualifier)

    def _reachable(self, text: str) -> FunctionName | None:
        require_valid_name(text)
        named = parsed(text)
        elsewhere = unreachable(named, self.region_name) if named else None
        if elsewhere:
            raise Refusal(404, "ResourceNotFoundException", elsewhere)
        return named

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        require_valid("CreateFunctionRequest", spec)
        spec["FunctionName"] = name = self._new_name(spec["FunctionName"])
        require_handler(spec)
        require_code(spec["Code"])
        self._require_role(spec["Role"], make_function_arn(self.region_name, self.account_id, name))
        function = StatefulFunction(self.account_id, spec, self.region_name)
        with LOCK:
            if name in self._lambdas._functions:
                raise FunctionAlreadyExists(name)
            self._lambdas.put_function(function)
        if not spec.get("Publish"):
            return function
        shown = copy.copy(function)
        shown.version = self._publish(name).version
        return shown

    def _new_name(self, text: str) -> str:
        """LS:lambda test_function_arns"""
        named = self._reachable(text)
        if named is None:  # the model's pattern is laxer
            return text
        if named.account not in (None, self.account_id):
            raise Refusal(403, "AccessDeniedException", None)
        require_short(named.name)
        return named.name

    def update_function_configuration(self, function_name: str, qualifier: str, body: dict[str, Any]) -> dict[str, Any]:
        require_valid("UpdateFunctionConfigurationRequest", body)
        function = self._changeable(function_name, qualifier, body)
        if "Role" in body:
            self._require_role(body["Role"], function.function_arn)
        return function.update_configuration(body)  # type: ignore[no-any-return]

    def update_function_code(self, function_name: str, qualifier: str, body: dict[str, Any]) -> dict[str, Any]:
        require_valid("UpdateFunctionCodeRequest", body)
        require_code(body)
        function = self._changeable(function_name, qualifier, body)
        if body.get("DryRun"):
            return function.get_configuration()  # type: ignore[no-any-return]
        answer = function.update_function_code(body)
        return self._publish(function_name).get_configuration() if body.get("Publish") else answer  # type: ignore[no-any-return]

    def _changeable(self, function_name: str, qualifier: str | None, body: dict[str, Any]) -> LambdaFunction:
        """LS:lambda test_lambda_concurrent_code_updates, test_function_revisions_basic"""
        function = self.get_function(function_name, qualifier)
        if not function.is_settled:
            text = "The operation cannot be performed at this time. An update is in progress for resource: "
            raise Refusal(409, "ResourceConflictException", text + function.function_arn)
        function.require_revision(body.get("RevisionId"))
        return function

    def publish_version(self, function_name: str, description: str = "") -> LambdaFunction:
        self._changeable(function_name, None, {})
        return self._publish(function_name, description)

    def _publish(self, function_name: str, description: str = "") -> LambdaFunction:
        """A version has a policy and a revision of its own. LS:lambda test_lambda_permission_fn_versioning"""
        latest = self.get_function(function_name)
        version = super().publish_version(latest.function_name, description)
        if version.policy is latest.policy:
            version.policy = Policy(version)
            version.touched()
            latest.touched()
        return version

    def delete_function(self, function_name: str, qualifier: str | None = None) -> None:
        """Its versions, aliases and policy go with it. LS:lambda test_delete_on_nonexisting_version"""
        named = self._reachable(function_name)
        self.get_function(named.name if named else function_name)
        if LATEST in (qualifier, named and named.qualifier):  # LS:lambda test_ops_with_arn_qualifier_mismatch
            raise Invalid("$LATEST version cannot be deleted without deleting the function.")
        super().delete_function(function_name, qualifier)

    def list_versions_by_function(self, function_name: str) -> Iterable[LambdaFunction]:
        """https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html"""
        function = self.get_function(unquote(function_name))
        return super().list_versions_by_function(function.function_name)  # type: ignore[no-any-return]

    def get_policy(self, function_name: str, qualifier: str | None = None) -> str:
        function = self.get_function(function_name, qualifier)
        function.policy.revision = function.revision
        return function.policy.wire_format()  # type: ignore[no-any-return]

    def add_permission(self, function_name: str, qualifier: str | None, raw: str) -> dict[str, Any]:
        """LS:lambda test_permission_exceptions, test_function_revisions_permissions"""
        asked = json.loads(raw)
        require_valid("AddPermissionRequest", asked)
        function, named = self.get_function(function_name, qualifier), parsed(function_name)
        qualifier = (named and named.qualifier) or qualifier
        if qualifier == LATEST:
            raise Invalid("We currently do not support adding policies for $LATEST.")
        arn = function.function_arn
        if qualifier and function.version == LATEST:
            arn += f":{qualifier}"
        statement = policies.stored_statement(arn, self.region_name, asked)
        policies.add(function, statement, asked.get("RevisionId"))
        return statement

    def remove_permission(self, function_name: str, sid: str, revision: str = "", qualifier: str | None = None) -> None:
        """LS:lambda test_permission_exceptions, test_remove_multi_permissions"""
        try:
            function = self.get_function(function_name, qualifier)
        except UnknownFunctionException as error:
            unknown = error.message.replace("Function not found:", "No policy found for:")
            raise Refusal(404, "ResourceNotFoundException", unknown) from error
        policies.remove(function, sid, revision)

    def put_function_concurrency(self, function_name: str, reserved_concurrency: int) -> int:
        """LS:lambda test_function_concurrency_limits, test_function_concurrency_exceptions"""
        named = parsed(function_name)
        if named and named.qualifier:
            text = "This operation is permitted on Lambda functions only. Aliases and versions do not support this"
            hint = "Please specify either a function name or an unqualified function ARN."
            raise Invalid(f"{text} operation. {hint}")
        function = self.get_function(function_name, LATEST)
        others = (each for each in self.list_functions() if each.function_name != function.function_name)
        reserved = sum(each.reserved_concurrency or 0 for each in others) + reserved_concurrency
        if CONCURRENT_EXECUTIONS - reserved < UNRESERVED_MINIMUM:
            text = "decreases account's UnreservedConcurrentExecution below its minimum value of"
            raise Invalid(f"Specified ReservedConcurrentExecutions for function {text} [{UNRESERVED_MINIMUM}].")
        function.reserved_concurrency = reserved_concurrency
        return reserved_concurrency

    def update_function_url_config(self, name_or_arn: str, config: dict[str, Any]) -> FunctionUrlConfig:
        self.get_function_url_config(name_or_arn)
        return super().update_function_url_config(name_or_arn, config)

    def tag_resource(self, resource_arn: str, tags: dict[str, str]) -> None:
        """LS:lambda TestLambdaTags"""
        function = self._taggable(resource_arn)
        require_valid("TagResourceRequest", {"Tags": tags})
        if not tags:
            raise Invalid("An error occurred and the request cannot be processed.")
        require_few({**function.tags, **tags})
        super().tag_resource(resource_arn, tags)
        function.touched()

    def untag_resource(self, resource_arn: str, tag_keys: list[str]) -> None:
        function = self._taggable(resource_arn)
        super().untag_resource(resource_arn, tag_keys)
        function.touched()

    def list_tags(self, resource_arn: str) -> dict[str, str]:
        return self._taggable(resource_arn).tags  # type: ignore[no-any-return]

    def _taggable(self, arn: str) -> LambdaFunction:
        require_valid("ListTagsRequest", {"Resource": arn})
        named = parsed(arn)
        if named and named.qualifier:
            text = "Tags on function aliases and versions are not supported. Please specify a function ARN."
            raise Invalid(text)
        return self.get_function(arn)

    def _require_role(self, role_arn: str, function_arn: str) -> None:
        if role_arn.split(":")[4] != self.account_id:  # https://github.com/fabric8io/kubernetes-alexa/issues/6
            raise Refusal(403, "AccessDeniedException", "Cross-account pass role is not allowed.")
        if not is_assumable(find_role(role_arn), function_arn):
            raise Invalid(NOT_ASSUMABLE)
