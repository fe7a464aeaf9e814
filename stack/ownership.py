"""Whose something is, by its tags, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping


def what_differs(identity: Mapping[str, str], tags: Mapping[str, str]) -> str:
    """`expected the tag ..., found ...`; "" for what carries our identity."""
    missing = {key: value for key, value in identity.items() if tags.get(key) != value}
    if not missing:
        return ""
    expected = ", ".join(f"{key}={value}" for key, value in missing.items())
    found = ", ".join(f"{key}={tags[key]}" for key in missing if key in tags) or "no such tag"
    return f"expected the tag {expected}, found {found}"


def advice(name: str, identity: Mapping[str, str], tags: Mapping[str, str]) -> str:
    """For what is not ours."""
    region = tags.get("stack-region")
    others = {key: value for key, value in identity.items() if key != "stack-region"}
    if region and others.items() <= tags.items():
        return (
            f"It belongs to the same stack in {region}. "
            "IAM names are shared by all regions: set another `prefix` in config.yaml"
        )
    return f"If it is yours to manage: --adopt {name}"
