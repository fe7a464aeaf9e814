"""Usage plans of others that serve stages of our API.

A plan silently loses its link with a stage that goes: https://github.com/hashicorp/terraform-provider-aws/issues/14100
"""

from __future__ import annotations

from collections.abc import Collection

from stack.aws import Aws
from stack.step import InUse


def require_unlinked(aws: Aws, api_ids: Collection[str]) -> None:
    """Raises InUse where a usage plan serves a stage of one of these APIs."""
    pages = aws.apigateway.get_paginator("get_usage_plans").paginate()
    plans = [plan for page in pages for plan in page.get("items", [])]
    links = [(plan, link["apiId"], link["stage"]) for plan in plans for link in plan.get("apiStages", [])]
    for plan, api_id, stage in links:
        if api_id in api_ids:
            raise InUse(
                f"the usage plan {plan['name']} ({plan['id']}), which is not ours, serves the stage {stage} of the API "
                f"{api_id}. It is left as it is. Take it out there first: aws apigateway update-usage-plan "
                f"--usage-plan-id {plan['id']} --patch-operations op=remove,path=/apiStages,value={api_id}:{stage}"
            )
