"""config.yaml as a typed, frozen Config: what may be named and chosen, by AWS's rules and before any call.

Every check belongs to one field and all of them run, so that a file with six mistakes is answered with six
lines. AWS sees most names with `prefix` in front, so that is how their length is checked: the prefix and the
region's partition travel to the fields as pydantic's validation context. The same fields make the schema that
editors use, config.schema.json (`make schema`).
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from stack.config_file import ConfigError, ConfigFile, dotted, laid_over, read
from stack.config_rules import (
    API,
    ATTRIBUTE,
    FUNCTION,
    HANDLER,
    OUR_TAGS,
    POLICY,
    PREFIX,
    ROLE,
    STAGE,
    TABLE,
    Identity,
    PathPart,
    PrefixTooLong,
    Region,
    Retention,
    RoleArn,
    Runtime,
    TagKey,
    TagValue,
    partition,
)

__all__ = ["Config", "ConfigError", "load"]

MAX_TAGS = 50 - len(OUR_TAGS)  # AWS keeps 50


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Policy(Section):
    name: Annotated[str, POLICY] = Field(default="lambda-custom-policy", description="What the function may do.")
    scope: Literal["stack", "any"] = Field(default="stack", description="This table and log group only, or any.")


class Role(Section):
    name: Annotated[str, ROLE] = Field(default="lambda-apigateway-role", description="What the function runs as.")
    existing_arn: RoleArn | None = Field(default=None, description="A role to use as it is, instead of a new one.")


class Function(Section):
    name: Annotated[str, FUNCTION] = Field(default="LambdaFunctionOverHttps", description="The function.")
    runtime: Runtime = Field(default="python3.13", description="The Python that runs it.")
    handler: Annotated[str, HANDLER] = Field(default="lambda_function.lambda_handler", description="What is called.")
    memory_mb: int = Field(default=512, ge=128, le=10240, description="Memory in MB; CPU grows with it.")
    timeout_seconds: int = Field(default=10, ge=1, le=900, description="API Gateway waits 29: stay at 25 or below.")
    architecture: Literal["arm64", "x86_64"] = Field(default="arm64", description="The processor; arm64 is cheaper.")
    log_retention_days: Retention = Field(default=7, description="Days until log lines are deleted.")


class Table(Section):
    name: Annotated[str, TABLE] = Field(default="lambda-apigateway", description="The table.")
    partition_key: Annotated[str, ATTRIBUTE] = Field(default="id", description="The attribute every item must have.")


class Throttle(Section):
    rate_per_second: float = Field(default=10, gt=0, le=10000, allow_inf_nan=False, description="Calls per second.")
    burst: int = Field(default=20, ge=1, le=5000, description="Calls at one moment.")


class Api(Section):
    name: Annotated[str, API] = Field(default="DynamoDBOperations", description="The API.")
    path: PathPart = Field(default="DynamoDBManager", description="The one path that is called.")
    method: Literal["POST", "PUT", "PATCH"] = Field(default="POST", description="The request is a JSON body.")
    stage: Annotated[str, STAGE] = Field(default="Prod", description="Begins the URL's path; Prod is not prod.")
    throttle: Throttle = Field(default_factory=Throttle, description="Whoever calls more often gets a 429.")


class SandboxChoices(Section):
    pace: Literal["instant", "aws"] = Field(default="instant", description="Whether it takes the time that AWS takes.")


class Config(Section):
    stack: Identity = Field(default="lambda-apigateway", description="With prefix: the tag that says what is ours.")
    target: Literal["sandbox", "aws"] = Field(default="sandbox", description="This machine, or your account.")
    region: Region = Field(default="us-east-1", description="The AWS region.")
    prefix: Annotated[str, PREFIX] = Field(default="", description="Put in front of every name.")
    tags: Mapping[TagKey, TagValue] = Field(default={}, max_length=MAX_TAGS, description="Your own tags.")
    policy: Policy = Field(default_factory=Policy, description="Step 1, the IAM policy.")
    role: Role = Field(default_factory=Role, description="Step 2, the IAM role.")
    function: Function = Field(default_factory=Function, description="Step 3, the Lambda function.")
    table: Table = Field(default_factory=Table, description="Step 5, the DynamoDB table.")
    api: Api = Field(default_factory=Api, description="Steps 6 and 7, the REST API and its stage.")
    sandbox: SandboxChoices = Field(default_factory=SandboxChoices, description="How the sandbox behaves.")

    @property
    def identity(self) -> str:
        """The value of the `stack` tag."""
        return self.named(self.stack)

    def named(self, name: str) -> str:
        return self.prefix + name


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, in one piece. Null may stand everywhere: it means the default."""
    whole = Config.model_json_schema()
    sections = whole.pop("$defs")

    def finished(rule: dict[str, Any]) -> dict[str, Any]:
        name = rule.pop("$ref", "").rpartition("/")[2]
        rule = {**sections.get(name, {}), **rule}
        rule |= next((option for option in rule.pop("anyOf", []) if option["type"] != "null"), {})
        rule.pop("title", None)
        rule["type"] = [rule["type"], "null"]
        if "enum" in rule:
            rule["enum"] = [*rule["enum"], None]
        for pattern, value in rule.pop("patternProperties", {}).items():  # which would let all other keys pass
            rule["propertyNames"]["pattern"], rule["additionalProperties"] = pattern, value
        if "properties" in rule:
            rule["properties"] = {key: finished(value) for key, value in rule["properties"].items()}
        return rule

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **finished(whole)}


def schema_text() -> str:
    """What config.schema.json holds."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


def load(path: Path, overrides: Mapping[str, str] = {}) -> Config:
    """The file, with `overrides` (flags: target, region, prefix) over it. Raises ConfigError: all problems."""
    file = read(path)
    for flag, value in overrides.items():
        file.override(flag, value)
    data = laid_over(Config().model_dump(), file.data)
    prefix, region, tags = data["prefix"], data["region"], data["tags"]
    keys = list(tags) if isinstance(tags, dict) else []
    right = isinstance(prefix, str) and len(prefix) <= PREFIX.longest and re.fullmatch(PREFIX.pattern, prefix)
    context = {  # a wrong prefix or region is one problem, and not one more in every field that depends on it
        "prefix": prefix if right else "",
        "partition": partition(region) if isinstance(region, str) else None,
        "tag_keys": {key.lower(): key for key in reversed(keys)},
    }
    if len(keys) > MAX_TAGS:  # pydantic counts only when every tag is right
        file.problem(("tags",), f"holds {len(keys)} tags, allowed are {MAX_TAGS} beside this project's own")
    try:
        config = Config.model_validate(data, context=context)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _report(detail, file)
    if file.problems:
        raise ConfigError(*file.in_order())
    return config


def _report(detail: ErrorDetails, file: ConfigFile) -> None:
    keys = tuple(str(part) for part in detail["loc"])
    keys = keys[:2] if keys[0] == "tags" else keys  # pydantic adds "[key]" where a tag's key is wrong
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, PrefixTooLong) and (keys not in file.lines or "prefix" in file.flags):
        file.problem(("prefix",), f"makes {dotted(keys)} too long: {cause}")
    elif cause is not None:
        file.problem(keys, str(cause))
    elif detail["type"] != "too_long":
        file.misfit(keys, detail["type"], schema())
