"""Who calls our function beside our API: by a statement in its resource policy, or by an event source mapping.

Deleting the function deletes the statements with it and leaves the mappings without a function.
https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
"""

from __future__ import annotations

from typing import Any

from stack.permission import foreign_ids, live_statements
from stack.step import InUse


def require_uncalled(lambda_: Any, name: str) -> None:
    """Raises InUse where others may call the function of this name, or have it called."""
    if foreign := foreign_ids(live_statements(lambda_, name)):
        raise InUse(
            f"others may call {name} too: its resource policy also has the statements {', '.join(foreign)}, which are "
            "not ours. It is left as it is. Remove them first: aws lambda remove-permission "
            f"--function-name {name} --statement-id {foreign[0]}"
        )
    pages = lambda_.get_paginator("list_event_source_mappings").paginate(FunctionName=name)
    if mappings := [each for page in pages for each in page["EventSourceMappings"]]:
        raise InUse(
            f"{name} is called with what comes from {mappings[0].get('EventSourceArn', 'elsewhere')}, by an event "
            "source mapping that is not ours. It is left as it is. Delete the mapping first: "
            f"aws lambda delete-event-source-mapping --uuid {mappings[0]['UUID']}"
        )
