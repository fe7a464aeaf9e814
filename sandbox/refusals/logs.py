"""What CloudWatch Logs refuses of log groups: names that are not allowed, groups that are protected, wrong ARNs.

Where no page is named, the words are those of recorded answers of AWS: LocalStack's recordings of logs
test_create_log_group_invalid_name_length, test_describe_log_groups_prefix_and_pattern_error and
test_create_log_stream_duplicate_error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.utils import get_service_model
from moto.logs.exceptions import (
    InvalidParameterException,
    LogsClientError,
    ResourceNotFoundException,
    ValidationException,
)
from moto.logs.models import LogGroup, LogQuery, LogsBackend
from moto.logs.responses import LogsResponse
from moto.logs.utils import PAGINATION_MODEL
from moto.utilities.paginator import paginate

from sandbox.refusals.shapes import Violation, told, violations

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
# fmt: off
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on
TAGS = 50


class LogRequests(LogsResponse):  # type: ignore[misc]
    """moto knows neither the protection from deletion nor the search by pattern."""

    def call_action(self) -> Any:
        operation = get_service_model("logs").operation_model(self._get_action())
        shape, given = operation.input_shape, json.loads(self.body or "{}")
        # of an ARN, AWS tells in other words than of other shapes
        found = [one for one in violations(shape, given) if one.where != "resourceArn" or one.value is None]
        if not found:
            return super().call_action()
        error = InvalidParameterException(sentence(found))
        return error.code, {**self.response_headers, **dict(error.get_headers())}, error.description

    def create_log_group(self) -> str:
        answer = super().create_log_group()
        group = self.logs_backend.groups[self._get_param("logGroupName")]
        group.is_protected = self._get_param("deletionProtectionEnabled", False)
        group.log_group_class = self._get_param("logGroupClass", "STANDARD")
        return str(answer)

    def put_log_group_deletion_protection(self) -> str:
        group = self.logs_backend.group(self._get_param("logGroupIdentifier"))
        group.is_protected = self._get_param("deletionProtectionEnabled")
        return ""

    def describe_log_groups(self) -> str:
        prefix, pattern = self._get_param("logGroupNamePrefix"), self._get_param("logGroupNamePattern")
        if prefix and pattern:
            text = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            raise InvalidParameterException(text)
        groups, token = self.logs_backend.describe_log_groups(
            limit=self._get_param("limit", 50),
            log_group_name_prefix=prefix,
            log_group_name_pattern=pattern,
            next_token=self._get_param("nextToken"),
        )
        return json.dumps({"logGroups": [shown(group) for group in groups], "nextToken": token})

    def start_query(self) -> str:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html"""
        if self._get_param("logGroupIdentifiers"):
            raise NotImplementedError
        if not (self._get_param("logGroupName") or self._get_param("logGroupNames")):
            raise InvalidParameterException("A query names its log groups, by logGroupName or logGroupNames.")
        return str(super().start_query())


class Logs(LogsBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = LogsBackend.__module__

    @property
    def url_paths(self) -> dict[str, Callable[..., Any]]:
        return {"/$": LogRequests.dispatch}

    def group(self, identifier: str) -> LogGroup:
        """By name or ARN."""
        name = (identifier.partition(":log-group:")[2] or identifier).removesuffix(":*")
        if name not in self.groups:
            raise ResourceNotFoundException
        return self.groups[name]

    def create_log_group(self, log_group_name: str, tags: dict[str, str], **kwargs: Any) -> LogGroup:
        """https://github.com/hashicorp/terraform-provider-aws/issues/429"""
        if log_group_name.lower().startswith("aws/"):
            raise InvalidParameterException("Log groups starting with AWS/ are reserved for AWS.")
        return super().create_log_group(log_group_name, tags, **kwargs)

    def get_query_results(self, query_id: str) -> LogQuery:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html"""
        if query_id not in self.queries:
            raise ResourceNotFoundException("The specified query does not exist.")
        return super().get_query_results(query_id)

    def delete_log_group(self, log_group_name: str) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html"""
        group = self.group(log_group_name)
        if getattr(group, "is_protected", False):
            text = "Cannot delete log group with deletion protection enabled. Disable deletion protection first."
            raise ValidationException(text)
        super().delete_log_group(log_group_name)
        self.tagger.delete_all_tags_for_resource(group.arn)

    @paginate(pagination_model=PAGINATION_MODEL)  # type: ignore[untyped-decorator]
    def describe_log_groups(
        self, log_group_name_prefix: str | None = None, log_group_name_pattern: str | None = None
    ) -> list[LogGroup]:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html"""
        prefix, pattern = log_group_name_prefix or "", log_group_name_pattern or ""
        there = sorted(self.groups.items())
        return [group for name, group in there if name.startswith(prefix) and pattern in name]

    def put_retention_policy(self, log_group_name: str, retention_in_days: int) -> None:
        if retention_in_days not in RETENTION_DAYS:
            days = ", ".join(map(str, RETENTION_DAYS))
            constraint = f"Member must satisfy enum value set: [{days}]"
            raise InvalidParameterException(constraint=constraint, parameter="retentionInDays", value=retention_in_days)
        super().put_retention_policy(log_group_name, retention_in_days)

    def create_log_stream(self, log_group_name: str, log_stream_name: str) -> None:
        if log_stream_name in self.group(log_group_name).streams:
            raise LogsClientError("ResourceAlreadyExistsException", "The specified log stream already exists")
        super().create_log_stream(log_group_name, log_stream_name)

    def list_tags_for_resource(self, resource_arn: str) -> dict[str, str]:
        self._check_arn(resource_arn)
        return super().list_tags_for_resource(resource_arn)  # type: ignore[no-any-return]

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html"""
        self._check_arn(arn)
        if any(key.lower().startswith("aws:") for key in tags or {}):
            raise InvalidParameterException("aws: prefixed tag key names are not allowed for external use.")
        if len({**self.tagger.get_tag_dict_for_resource(arn), **(tags or {})}) > TAGS:
            raise LogsClientError("TooManyTagsException", f"A resource can have no more than {TAGS} tags.")
        super().tag_resource(arn, tags)

    def untag_resource(self, arn: str, tag_keys: list[str]) -> None:
        self._check_arn(arn)
        super().untag_resource(arn, tag_keys)

    def _check_arn(self, arn: str) -> None:
        """The ARN of a group's streams is not that of the group: https://github.com/boto/boto3/issues/4104"""
        if not arn.startswith("arn:") or arn.endswith(":*"):
            raise ValidationException("Invalid resourceArn")
        if ":log-group:" in arn and arn != self.group(arn).arn.removesuffix(":*"):
            raise ResourceNotFoundException


def shown(group: LogGroup) -> dict[str, Any]:
    """LocalStack's recording of logs test_describe_log_groups_with_prefix."""
    return {
        **group.to_describe_dict(),
        "deletionProtectionEnabled": getattr(group, "is_protected", False),
        "logGroupClass": getattr(group, "log_group_class", "STANDARD"),
    }


def sentence(found: list[Violation]) -> str:
    where, value, _ = found[0]
    if where in {"logGroupName", "logStreamName"} and value and len(value) > 512:
        return "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    return told(found, with_values=True)
