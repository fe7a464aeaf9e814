"""config.yaml as a typed, frozen Config: what may be named and chosen, by AWS's rules and before any call.

Every check belongs to one field and all of them run, so that a file with six mistakes is answered with six
lines. AWS sees most names with `prefix` in front, so that is how their length is checked: the prefix and the
region's partition travel to the fields as pydantic's validation context. The same fields make the schema:

    python -m stack.config > config.schema.json
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, WithJsonSchema
from pydantic_core import ErrorDetails

from stack.config_file import ConfigError, ConfigFile, dotted, laid_over, legible, read, shown

__all__ = ["Config", "ConfigError", "load"]

OUR_TAGS = ("stack", "managed-by", "stack-region")
MAX_TAGS = 50 - len(OUR_TAGS)  # AWS keeps 50


class PrefixTooLong(ValueError):
    """A name that is short enough, but not with this prefix in front."""


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """What AWS takes as a text. `prefixed`: AWS sees it with `prefix` in front, and counts both."""

    chars: str  # a character class, for Python and for JSON Schema alike
    words: str  # the same for people
    longest: int
    shortest: int = 1
    prefixed: bool = False
    pattern: str = ""  # where a character class does not say it all

    def check(self, value: str, info: ValidationInfo) -> str:
        prefix = info.context["prefix"] if self.prefixed and info.context else ""
        size = len((prefix + value).encode())  # bytes: DynamoDB counts so, and the other names are ASCII
        strange = list(dict.fromkeys(char for char in value if not re.fullmatch(self.chars, char)))
        if not value and self.shortest:
            raise ValueError(f"is an empty text, allowed are {self.words}; nothing at all means the default")
        if strange:
            some = " and ".join(shown(char) for char in strange[:3])
            raise ValueError(f"{shown(value)} holds {some}, allowed are {self.words}")
        if not self.shortest <= size <= self.longest:
            unit = "characters" if value.isascii() else "bytes"
            whole = shown(prefix + value) + (" (prefix included)" if prefix else "")
            error = PrefixTooLong if prefix and len(value) <= self.longest < size else ValueError
            raise error(f"{whole} has {size} {unit}, allowed are {self.shortest} to {self.longest}")
        if not re.fullmatch(self.pattern or f"{self.chars}*", value):
            raise ValueError(f"{shown(value)} does not fit, allowed are {self.words}")
        return value

    def __iter__(self) -> Iterator[object]:
        shortest = min(self.shortest, 1) if self.prefixed else self.shortest
        rule = {"pattern": f"^{self.pattern or self.chars + '*'}$", "minLength": shortest, "maxLength": self.longest}
        return iter((AfterValidator(self.check), WithJsonSchema({"type": "string", **rule})))


STAGE = Text("[A-Za-z0-9_-]", "letters, digits, - and _", 128)
FUNCTION = replace(STAGE, longest=64, prefixed=True)
FIRST = "letters, digits, - and _, a letter or digit first"  # a name that begins with - is a flag to every tool
PREFIX = Text(STAGE.chars, FIRST, 63, shortest=0, pattern="([A-Za-z0-9][A-Za-z0-9_-]*)?")
POLICY = Text("[A-Za-z0-9_+=,.@-]", "letters, digits and _ + = , . @ -", 128, prefixed=True)
ROLE = replace(POLICY, longest=64)
TABLE = Text("[A-Za-z0-9_.-]", "letters, digits and _ . -", 255, shortest=3, prefixed=True)
FREE = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]"
FREE_WORDS = "all but control characters, and no spaces at the ends"
API = Text(FREE, FREE_WORDS, 1024, prefixed=True, pattern=f"(?! ){FREE}+(?<! )")
ATTRIBUTE = replace(API, longest=255, prefixed=False)
PATH_WORDS = "letters, digits and . _ : - as one part of a path"
PATH = Text("[A-Za-z0-9._:/-]", PATH_WORDS, 255, pattern=r"/?(?!\.{1,2}$)[A-Za-z0-9._:-]+")  # clients resolve ..
HANDLER_WORDS = "lambda_function. and the name of a function in lambda_function.py"
HANDLER = Text("[A-Za-z0-9_.]", HANDLER_WORDS, 128, pattern=r"lambda_function\.[A-Za-z_][A-Za-z0-9_]*")
TAG_KEY = Text("[A-Za-z0-9_.:/=+@-]", "letters, digits and _ . : / = + - @", 128)
TAG_WORDS = "letters, digits, _ . : / = + - @, and spaces in between"
TAG_VALUE = Text("[A-Za-z0-9_.:/=+@ -]", TAG_WORDS, 256, shortest=0, pattern="(?! )[A-Za-z0-9_.:/=+@ -]*(?<! )")
ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::[0-9]{12}:role/(([A-Za-z0-9_+=,.@-]+/)*)[A-Za-z0-9_+=,.@-]{1,64}")


def _not_aws(tag: str) -> str:
    if tag.lower().startswith("aws:"):
        raise ValueError(f"{shown(tag)} begins with aws:, which AWS keeps for its own tags")
    return tag


def _own_tag(key: str, info: ValidationInfo) -> str:
    # IAM takes Owner and owner for one key, so a role cannot carry both.
    if key.lower() in OUR_TAGS:
        raise ValueError(f"is set by this project itself, allowed is any key but {', '.join(OUR_TAGS)}")
    first = info.context["tag_keys"][key.lower()] if info.context else key
    if first != key:
        raise ValueError(f"differs from {legible(first)} only in upper and lower case, which is one key to IAM")
    return key


@cache
def _partitions() -> list[dict[str, Any]]:
    from botocore.loaders import Loader  # noqa: PLC0415  it takes longer than all the rest of this file

    return list(Loader().load_data("partitions")["partitions"])


def _partition(region: str) -> str | None:
    """`aws`, `aws-cn`, ... by botocore's own patterns, so that a newer region is a region too."""
    if not re.fullmatch("[a-z0-9-]{1,63}", region):
        return None
    return next((part["id"] for part in _partitions() if re.fullmatch(part["regionRegex"], region)), None)


def _region(region: str) -> str:
    if _partition(region) is None:
        known = sorted(name for part in _partitions() for name in part["regions"] if _partition(name))
        begun = [name for name in known if region and name.startswith(region)]
        near = (begun or get_close_matches(region[:63].lower(), known, 1, 0.4) or ["us-east-1"])[0]
        raise ValueError(f"{shown(region)} is not a region of AWS, did you mean {near}?")
    return region


def _role_arn(arn: str, info: ValidationInfo) -> str:
    match = ROLE_ARN.fullmatch(arn)
    if not match or len(match[2]) > 511:  # with its leading / an IAM path has at most 512 characters
        raise ValueError(f"{shown(arn)} is not the ARN of a role, allowed is arn:aws:iam::123456789012:role/name")
    expected = info.context["partition"] if info.context else None
    if expected not in (None, match[1]):
        raise ValueError(f"{shown(arn)} is in the partition {match[1]}, allowed is {expected}, that of the region")
    return arn


RoleArn = Annotated[
    str, AfterValidator(_role_arn), WithJsonSchema({"type": "string", "pattern": f"^{ROLE_ARN.pattern}$"})
]
Region = Annotated[str, AfterValidator(_region), WithJsonSchema({"type": "string", "pattern": "^[a-z0-9-]{1,63}$"})]
PathPart = Annotated[str, PATH, AfterValidator(lambda path: path.removeprefix("/"))]
Runtime = Literal["python3.11", "python3.12", "python3.13", "python3.14"]
# fmt: off
Retention = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
                    3288, 3653]
# fmt: on
TagKey = Annotated[str, TAG_KEY, AfterValidator(_not_aws), AfterValidator(_own_tag)]
TagValue = Annotated[str, TAG_VALUE, AfterValidator(_not_aws)]
Identity = Annotated[str, replace(TAG_VALUE, shortest=1, prefixed=True), AfterValidator(_not_aws)]


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
        "partition": _partition(region) if isinstance(region, str) else None,
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


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, sort_keys=True))
