"""How the texts of a policy match those of a request: wildcards, and variables such as `${aws:PrincipalArn}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

LITERAL = re.compile(r"\$\{([*?$])\}")
WILDCARD = re.compile(r"(\$\{[*?$]\}|[*?])")
VARIABLE = re.compile(r"\$\{(?P<key>[^},*?$]+)(?:,\s*'(?P<default>[^']*)')?\}")
ARN_COLONS = 5


def with_variables(text: str, values: Mapping[str, tuple[str, ...]]) -> str | None:
    """The text with its `${key}` and `${key, 'default'}` filled in; None where a key is absent: it matches nothing."""
    if "${" not in text:
        return text
    absent = False

    def value(found: re.Match[str]) -> str:
        nonlocal absent
        known = values.get(found["key"].strip().lower())
        filled = known[0] if known and len(known) == 1 else found["default"]
        absent = absent or filled is None
        return re.sub(r"[*?$]", r"${\g<0>}", filled or "")  # a value's own wildcards are characters

    filled = VARIABLE.sub(value, text)
    return None if absent else filled


def matches_resource(pattern: str, arn: str) -> bool:
    """A `*` at the end of a field goes beyond its colon, another one does not. Fields that are left out are `*`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    if pattern != "*" and pattern.count(":") < ARN_COLONS:
        pattern += ":*"
    return matches(pattern, arn, within_fields=True)


def matches(pattern: str, text: str, *, within_fields: bool = False) -> bool:
    """`*` is any text, `?` any one character; `${*}`, `${?}` and `${$}` are those characters themselves."""
    return bool(_compiled(pattern, within_fields).fullmatch(text))


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str, within_fields: bool) -> re.Pattern[str]:
    parts = WILDCARD.split(pattern)
    any_one = "[^:]" if within_fields else "."
    regex = ""
    for part, rest in zip(parts, [*parts[1:], ""], strict=True):
        if part == "*":
            regex += ".*" if not rest or rest.startswith(":") else f"{any_one}*"
        elif part == "?":
            regex += any_one
        else:
            regex += re.escape(part[2] if WILDCARD.fullmatch(part) else part)
    return re.compile(regex, re.DOTALL)


def plain(pattern: str) -> str:
    """A pattern whose wildcards mean themselves, as in StringEquals."""
    return LITERAL.sub(r"\1", pattern)
