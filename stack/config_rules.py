"""AWS's rules for names and tags, as types that pydantic checks field by field.

Each rule is said once: for the check, for the message in plain words and for the JSON Schema. The prefix and the
region's partition come as pydantic's validation context.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, ValidationInfo, WithJsonSchema

from stack.config_file import legible, shown

OUR_TAGS = ("stack", "managed-by", "stack-region", "stack-name")


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
REGION = re.compile("[a-z]{2,4}(-[a-z]+)+-[0-9]+")
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
def _regions() -> dict[str, str]:
    """{region: partition} of all that botocore knows, without `aws-global` and its like."""
    return {name: part["id"] for part in _partitions() for name in part["regions"] if REGION.fullmatch(name)}


def _partitions() -> Any:
    """botocore's own, read from its file: botocore takes longer to load than all that a wrong config.yaml needs."""
    spec = find_spec("botocore")
    file = Path(spec.origin).parent / "data" / "partitions.json" if spec and spec.origin else None
    if file and file.exists():
        return json.loads(file.read_text(encoding="utf-8"))["partitions"]
    from botocore.loaders import Loader  # noqa: PLC0415 a botocore that keeps it elsewhere

    return Loader().load_data("partitions")["partitions"]


def partition(region: str) -> str | None:
    """`aws`, `aws-cn`, ...: the partition of a region that botocore knows, or None."""
    return _regions().get(region)


def _region(region: str) -> str:
    known = sorted(_regions())
    if region not in known:
        near = [name for name in known if region and name.startswith(region)]
        near = near or [name for name in known if sorted(name) == sorted(region)]  # two letters swapped
        near = near or get_close_matches(region[:63].lower(), known, 1, 0.4) or ["us-east-1"]
        newer = " (or too new for this boto3)" if REGION.fullmatch(region) else ""
        raise ValueError(f"{shown(region)} is not a region of AWS{newer}, did you mean {near[0]}?")
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
STACK_PATTERN = "(?![ :])[A-Za-z0-9_.:/=+@ -]*(?<! )"  # no : first, or the prefix aws would make it aws:
STACK = replace(TAG_VALUE, shortest=1, prefixed=True, pattern=STACK_PATTERN)
Identity = Annotated[str, STACK, AfterValidator(_not_aws)]
