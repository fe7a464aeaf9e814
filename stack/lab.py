"""What every step needs to know: the config, the account, the names and tags that follow from both.

Every ARN follows from account, region and names, so there is no state file. The API's id is the one thing that must be
looked up (REST API names are not unique); the REST API step does that by our tags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from stack.aws import MANAGED_BY, Aws
from stack.config import Config
from stack.side_by_side import SideBySide
from stack.source import SOURCE
from stack.waiting import Clock, RealClock


@dataclass
class Lab:
    """One stack in one account.

    `adopt` holds the names of resources, or `table/NAME`, that may be taken over without our tags; `say` is told, in
    half a sentence, what is being waited for. `api_id` is that of our API once it was seen. `just_made` holds the keys
    of steps that have made something which is still bare, so that nobody needs to look what stands on it.
    """

    config: Config
    aws: Aws
    adopt: frozenset[str] = frozenset()
    say: Callable[[str], None] = lambda text: None
    clock: Clock = field(default_factory=RealClock)
    source: Path = SOURCE
    side_by_side: SideBySide = field(default_factory=SideBySide)
    api_id: str | None = None
    just_made: set[str] = field(default_factory=set)

    @cached_property
    def identity(self) -> dict[str, str]:
        """The tags that make a resource ours."""
        return {"stack": self.config.identity, "managed-by": MANAGED_BY}

    @cached_property
    def global_identity(self) -> dict[str, str]:
        """IAM is global: there the region is part of the identity, or two regions would share one role."""
        return {**self.identity, "stack-region": self.config.region}

    @cached_property
    def api_identity(self) -> dict[str, str]:
        """An API is found by tags alone, and `stack` does not tell the stack a-x from x with the prefix a-."""
        return {**self.identity, "stack-name": self.config.stack}

    @property
    def user_tags(self) -> Mapping[str, str]:
        return self.config.tags

    @cached_property
    def policy_name(self) -> str:
        return self.config.named(self.config.policy.name)

    @cached_property
    def policy_arn(self) -> str:
        return self.aws.arn("iam", f"policy/{self.policy_name}", region="")

    @cached_property
    def role_name(self) -> str:
        existing = self.config.role.existing_arn
        return existing.rsplit("/", 1)[1] if existing else self.config.named(self.config.role.name)

    @cached_property
    def role_arn(self) -> str:
        return self.config.role.existing_arn or self.aws.arn("iam", f"role/{self.role_name}", region="")

    @cached_property
    def function_name(self) -> str:
        return self.config.named(self.config.function.name)

    @cached_property
    def function_arn(self) -> str:
        return self.aws.arn("lambda", f"function:{self.function_name}")

    @cached_property
    def log_group_name(self) -> str:
        return f"/aws/lambda/{self.function_name}"

    @cached_property
    def log_group_arn(self) -> str:
        """Without the `:*` that stands for the group's streams."""
        return self.aws.arn("logs", f"log-group:{self.log_group_name}")

    @cached_property
    def table_name(self) -> str:
        return self.config.named(self.config.table.name)

    @cached_property
    def table_arn(self) -> str:
        return self.aws.arn("dynamodb", f"table/{self.table_name}")

    @cached_property
    def api_name(self) -> str:
        return self.config.named(self.config.api.name)

    def api_arn(self, api_id: str) -> str:
        """For tagging; API Gateway's control-plane ARNs carry no account."""
        return self.aws.arn("apigateway", f"/restapis/{api_id}", account="")

    def invocation_arn(self, api_id: str) -> str:
        """Exactly this stage, method and path: the SourceArn of the invoke permission."""
        api = self.config.api
        return self.aws.arn("execute-api", f"{api_id}/{api.stage}/{api.method}/{api.path}")

    def invoke_url(self, api_id: str) -> str:
        return self.aws.invoke_url(api_id, self.config.api.stage, self.config.api.path)
