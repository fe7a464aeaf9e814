"""docs/sandbox.md says what the tests show."""

from tests.conformance import table


def test_the_table_of_what_is_imitated_is_that_of_the_tests():
    assert table.PAGE.read_text(encoding="utf-8") == table.page(), "make docs"
