"""Strays: what carries our tags under a name that config.yaml does not give, as after a rename of the table.

Nothing here is deleted: it may hold data. One listing of the tagging API finds them; its index lags and shows what is
long deleted, so each is looked up at its own service. IAM's policies and roles are not in it. A REST API is ours by its
tags alone, whatever its name, so of API Gateway only the stages of other APIs can be strays.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from stack.actions import lacking
from stack.aws import FEW_ATTEMPTS, as_dict, error_code, or_none
from stack.function import Function
from stack.lab import Lab
from stack.log_group import LogGroup
from stack.table import Table


class Stray(NamedTuple):
    kind: str
    name: str
    arn: str


@dataclass(frozen=True)
class Strays:
    """`found` is None where nobody could look; `doubts` say, in half a sentence each, what could not be looked at."""

    found: tuple[Stray, ...] | None = None
    doubts: tuple[str, ...] = ()

    def as_json(self) -> list[dict[str, str]] | None:
        return None if self.found is None else [stray._asdict() for stray in self.found]


def look(lab: Lab) -> Strays:
    """One GetResources (a page holds a hundred), and a read or two for each stray that it shows."""
    try:
        listed = [stray for arn in _listed(lab) if (stray := _stray(lab, arn))]
    except (ClientError, BotoCoreError) as error:
        return Strays(None, (_doubt(error, "for leftovers under other names"),))
    found, doubts = [], []
    for stray in listed:
        try:
            live = TAGS[stray.kind](lab, stray)
        except (ClientError, BotoCoreError) as error:
            doubts.append(_doubt(error, f"whether {stray.kind} {stray.name} is still ours"))
        else:
            found += [stray] if live and lab.identity.items() <= live.items() else []
    return Strays(tuple(found), tuple(doubts))


def _listed(lab: Lab) -> list[str]:
    tagging = lab.aws.client("resourcegroupstaggingapi", attempts=FEW_ATTEMPTS)
    filters = [{"Key": key, "Values": [value]} for key, value in lab.identity.items()]
    pages = tagging.get_paginator("get_resources").paginate(TagFilters=filters, ResourcesPerPage=100)
    listed = {each["ResourceARN"] for page in pages for each in page.get("ResourceTagMappingList", [])}
    # A stage whose API is listed too goes with it.
    return sorted(arn for arn in listed if (api := arn.partition("/stages/")[0]) == arn or api not in listed)


def _stray(lab: Lab, arn: str) -> Stray | None:
    """None for what config.yaml names, and for what the lab never makes."""
    named = {Function.title: lab.function_name, Table.title: lab.table_name, LogGroup.title: lab.log_group_name}
    for kind, pattern in ARNS.items():
        found = re.fullmatch(f"arn:[^:]+:{pattern}", arn)
        if found and named.get(kind) != found["name"]:
            return Stray(kind, found["name"], arn.removesuffix(":*"))
    return None


def _doubt(error: Exception, what: str) -> str:
    if not isinstance(error, ClientError):
        return f"could not look {what} ({error})"
    if action := lacking(error):
        return f"may not look {what} ({action} is denied)"
    return f"could not look {what} ({error.operation_name}: {error_code(error)})"


def _of_function(lab: Lab, stray: Stray) -> Mapping[str, str] | None:
    answer = or_none(lab.aws.lambda_.list_tags, Resource=stray.arn)
    return answer["Tags"] if answer else None


def _of_table(lab: Lab, stray: Stray) -> Mapping[str, str] | None:
    table = or_none(lab.aws.dynamodb.describe_table, TableName=stray.name)
    if table is None or table["Table"]["TableStatus"] == "DELETING":
        return None
    pages = lab.aws.dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=stray.arn)
    return as_dict(or_none(lambda: [tag for page in pages for tag in page.get("Tags", [])]))


def _of_log_group(lab: Lab, stray: Stray) -> Mapping[str, str] | None:
    answer = or_none(lab.aws.logs.list_tags_for_resource, resourceArn=stray.arn)
    return answer["tags"] if answer else None


def _of_stage(lab: Lab, stray: Stray) -> Mapping[str, str] | None:
    """None for a stage of our API, which goes with it."""
    api_id, _, name = stray.name.split("/")
    api = or_none(lab.aws.apigateway.get_rest_api, restApiId=api_id)
    if api is None or lab.identity.items() <= api.get("tags", {}).items():
        return None
    stage = or_none(lab.aws.apigateway.get_stage, restApiId=api_id, stageName=name)
    return stage.get("tags") if stage else None


ARNS = {
    Function.title: "lambda:[^:]+:[^:]+:function:(?P<name>[^:]+)",
    Table.title: "dynamodb:[^:]+:[^:]+:table/(?P<name>[^/]+)",
    LogGroup.title: r"logs:[^:]+:[^:]+:log-group:(?P<name>[^:]+)(:\*)?",
    "REST API stage": r"apigateway:[^:]+::/restapis/(?P<name>[^/]+/stages/[^/]+)",
}
TAGS = {
    Function.title: _of_function,
    Table.title: _of_table,
    LogGroup.title: _of_log_group,
    "REST API stage": _of_stage,
}
