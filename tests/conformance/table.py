"""docs/sandbox.md's table of what is imitated, made from the conformance tests themselves: `make docs`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
PAGE = FOLDER.parents[1] / "docs" / "sandbox.md"
MARK = "<!-- made by `make docs` from tests/conformance; what is below is not written by hand -->\n"
URL = re.compile(r"https://[^\s,;]+")
THREAD = re.compile(r"https://github\.com/[^/]+/(?P<repository>[^/]+)/(issues|pull|discussions)/(?P<number>\d+)")
SOURCE = re.compile(r"\s*Source: (?P<source>.+?)\.?\s*$", re.DOTALL)


def facts(path: Path) -> Iterator[tuple[str, str, str]]:
    """(what AWS does, where that is known from, name of the test) of each test of a file."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            text = " ".join((ast.get_docstring(node) or "").split())
            source = SOURCE.search(text)
            if source is None:
                raise ValueError(f"{path.name}: {node.name} names no source")
            said = text[: source.start()] or node.name.removeprefix("test_").replace("_", " ").capitalize()
            yield said.rstrip("."), source["source"].strip(" []"), node.name


def cell(source: str) -> str:
    """A source as the table shows it: addresses as links, and what only experience tells in bold."""
    if "from experience" in source:
        return "**not verified**"
    return URL.sub(lambda found: f"[{title(found[0])}]({found[0]})", source)


def title(url: str) -> str:
    thread = THREAD.fullmatch(url)
    return f"{thread['repository']}#{thread['number']}" if thread else url.rstrip("/").rpartition("/")[2]


def tables() -> str:
    """Markdown: one table a file, one row a test."""
    parts = []
    for path in sorted(FOLDER.glob("test_*.py")):
        title = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or path.stem).splitlines()[0]
        rows = [f"| {fact} | {cell(source)} | `{name}` |" for fact, source, name in facts(path)]
        head = [f"\n### {title.rstrip('.')}", "", f"`tests/conformance/{path.name}`", ""]
        parts += [*head, "| what AWS does | known from | test |", "|---|---|---|", *rows]
    return "\n".join(parts) + "\n"


def page() -> str:
    """The whole page, its table made anew."""
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    return written + MARK + tables()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
