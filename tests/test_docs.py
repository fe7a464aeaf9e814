"""The pages of docs/ say what the tests show."""

import re
from collections.abc import Iterator

from tests.conformance import table
from tests.conftest import PROJECT


def test_the_table_of_what_is_imitated_is_that_of_the_tests():
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "make docs"


def named_tests(page: str) -> Iterator[tuple[str, str]]:
    """(file or folder, test or "") of each test that the page names; `::test_x` is one of the file named before it."""
    path = ""
    for found in re.finditer(r"`(tests/[\w/]+(?:\.py)?)?(?:/)?(?:::(test_\w+))?`", page):
        path = found[1] or path
        if found[1] or found[2]:
            yield path, found[2] or ""


def test_every_test_that_the_page_of_promises_names_is_there():
    named = list(named_tests((PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")))
    assert len(named) > 80
    for path, name in named:
        assert (PROJECT / path).exists(), path
        if name:
            assert f"\ndef {name}(" in (PROJECT / path).read_text(encoding="utf-8"), f"{path}::{name}"
