"""What the Resource Groups Tagging API knows: functions, tables, log groups, and what API Gateway has, by their tags.

moto's does not know API Gateway, has another name for log groups, and fails where something is made between two pages.
IAM's users and roles are never found: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/overview.html
What is deleted is not found any longer, and what was untagged neither; on AWS both may be for hours:
https://github.com/boto/boto3/issues/3341
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import lambda_backends
from moto.core.resource_tagging import TaggedResource, make_tag_matcher, match_resource_type
from moto.dynamodb.models import dynamodb_backends
from moto.logs.models import logs_backends
from moto.resourcegroupstaggingapi.exceptions import ResourceGroupsTaggingAPIError
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend


class Tagging(ResourceGroupsTaggingAPIBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = ResourceGroupsTaggingAPIBackend.__module__

    def _get_resources_generator(
        self,
        tag_filters: list[dict[str, Any]] | None = None,
        resource_type_filters: list[str] | None = None,
        resource_arn_list: list[str] | None = None,
    ) -> Iterator[TaggedResource]:
        """https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html"""
        if resource_arn_list and (tag_filters or resource_type_filters):
            text = "ResourceARNList cannot be given together with TagFilters or ResourceTypeFilters"
            raise ResourceGroupsTaggingAPIError("InvalidParameterException", text)
        matches = make_tag_matcher(tag_filters)
        found = [
            each
            for each in self._tagged()
            if each.tags and matches(each.tags) and match_resource_type(each.resource_type, resource_type_filters)
        ]
        return iter([each for each in found if not resource_arn_list or each.arn in resource_arn_list])

    def _tagged(self) -> Iterator[TaggedResource]:
        account, region = self.account_id, self.region_name
        for group in list(lambda_backends[account][region]._lambdas._functions.values()):
            function = group["latest"]
            yield TaggedResource(function.function_arn, dict(function.tags or {}), "lambda:function")
        for table in list(dynamodb_backends[account][region].tables.values()):
            tags = {tag["Key"]: tag["Value"] for tag in table.tags or ()}
            yield TaggedResource(table.table_arn, tags, "dynamodb:table")
        logs = logs_backends[account][region]
        for group in list(logs.groups.values()):
            yield TaggedResource(group.arn, logs.tagger.get_tag_dict_for_resource(group.arn), "logs:log-group")
        yield from self._tagged_of_api_gateway()

    def _tagged_of_api_gateway(self) -> Iterator[TaggedResource]:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html"""
        gateway = apigateway_backends[self.account_id][self.region_name]
        root = f"arn:{self.partition}:apigateway:{self.region_name}::"
        for api in list(gateway.apis.values()):
            yield TaggedResource(f"{root}/restapis/{api.id}", dict(api.tags or {}), "apigateway:restapis")
            for name, stage in list(api.stages.items()):
                arn = f"{root}/restapis/{api.id}/stages/{name}"
                yield TaggedResource(arn, dict(stage.tags or {}), "apigateway:stages")
        for kind, things in (("usageplans", gateway.usage_plans), ("apikeys", gateway.keys)):
            for identifier, thing in list(things.items()):
                yield TaggedResource(f"{root}/{kind}/{identifier}", dict(thing.tags or {}), f"apigateway:{kind}")
