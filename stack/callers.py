"""Who calls our function beside our API: by a statement in its resource policy, or by an event source mapping.

Deleting the function deletes the statements with it and leaves the mappings without a function.
https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stack.aws import Aws
from stack.lab import Lab
from stack.permission import foreign_ids, live_statements
from stack.step import InUse

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef


def require_uncalled(lab: Lab, name: str) -> None:
    """Raises InUse where others may call the function of this name, or have it called."""
    statements, mappings = lab.side_by_side(
        partial(live_statements, lab.aws.lambda_, name), partial(event_source_mappings, lab.aws, name)
    )
    if foreign := foreign_ids(statements):
        raise InUse(
            f"others may call {name} too: its resource policy also has the statements {', '.join(foreign)}, which are "
            "not ours. It is left as it is. Remove them first: aws lambda remove-permission "
            f"--function-name {name} --statement-id {foreign[0]}"
        )
    if mappings:
        raise InUse(
            f"{name} is called with what comes from {mappings[0].get('EventSourceArn', 'elsewhere')}, by an event "
            "source mapping that is not ours. It is left as it is. Delete the mapping first: "
            f"aws lambda delete-event-source-mapping --uuid {mappings[0]['UUID']}"
        )


def event_source_mappings(aws: Aws, name: str) -> list[EventSourceMappingConfigurationTypeDef]:
    pages = aws.lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=name)
    return [each for page in pages for each in page["EventSourceMappings"]]
