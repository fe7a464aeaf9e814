"""lambda_function.py before it is shipped: what is refused, and that the zip has the same bytes everywhere."""

import io
import os
import sys
import time
import zipfile
from pathlib import Path

import pytest

from stack.source import SourceError, check_source, code_sha256, code_zip

PROJECT = Path(__file__).parents[1]
HANDLER = "lambda_function.lambda_handler"
TINY = b"def lambda_handler(event, context):\n    return event\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "lambda_function.py"
    path.write_bytes(TINY)
    return path


def refused(source, text, handler=HANDLER):
    source.write_bytes(text)
    with pytest.raises(SourceError) as error:
        check_source(source, handler)
    return str(error.value)


# The zip


def test_the_same_source_gives_the_same_bytes(source):
    assert code_zip(source) == code_zip(source)


def test_the_bytes_are_these_on_every_machine(source):
    assert code_sha256(code_zip(source)) == "xOwLOfSxjbzOcS8R/vxp4n1Rf0TThrzLQUAPEqB0t3k="


def test_another_source_gives_other_bytes(source):
    before = code_zip(source)
    source.write_bytes(TINY + b"\n")
    assert code_zip(source) != before


def test_folder_name_date_and_mode_of_the_file_do_not_show(source, tmp_path, monkeypatch):
    here = code_zip(source)
    other = tmp_path / "elsewhere" / "another_name.py"
    other.parent.mkdir()
    umask = os.umask(0o077)
    try:
        other.write_bytes(TINY)
        other.chmod(0o700)
        os.utime(other, (1, 1))
        monkeypatch.chdir(other.parent)
        assert code_zip(Path(other.name)) == here
    finally:
        os.umask(umask)


@pytest.mark.skipif(sys.platform == "win32", reason="tzset is POSIX only")
def test_the_time_zone_does_not_show(source, monkeypatch):
    here = code_zip(source)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert code_zip(source) == here
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_zip_holds_the_one_file_as_it_is_readable_and_uncompressed(source):
    with zipfile.ZipFile(io.BytesIO(code_zip(source))) as archive:
        (entry,) = archive.infolist()
        assert (entry.filename, archive.read(entry)) == ("lambda_function.py", TINY)
    assert entry.external_attr >> 16 & 0o777 == 0o644
    assert entry.compress_type == zipfile.ZIP_STORED
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)


# What is refused before it is shipped


def test_the_projects_own_source_is_accepted():
    check_source(PROJECT / "lambda_function.py", HANDLER)


@pytest.mark.parametrize(
    "text",
    [
        b"def lambda_handler(event, context): ...\n",
        b"class lambda_handler: ...\n",
        b"lambda_handler = print\n",
        b"from json import loads as lambda_handler\n",
        b"import lambda_handler\n",
    ],
)
def test_a_handler_may_be_defined_in_any_way_at_the_top(source, text):
    source.write_bytes(text)
    check_source(source, HANDLER)


def test_the_handler_of_the_config_is_looked_for(source):
    source.write_bytes(b"def other(event, context): ...\n")
    check_source(source, "lambda_function.other")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"def handler(event, context): ...\n",
        b"def outer():\n    def lambda_handler(event, context): ...\n",
        b"async def lambda_handler(event, context): ...\n",
    ],
)
def test_a_source_without_the_handler_is_refused(source, text):
    said = refused(source, text)
    assert said == f"lambda_function.py: defines no `lambda_handler`, which function.handler ({HANDLER}) names"


def test_a_syntax_error_is_told_with_its_line(source):
    text = refused(source, TINY + b"def broken(:\n    pass\n")
    assert text.startswith("lambda_function.py:3: ")
    assert text.endswith("; mend it and run again")


def test_what_is_no_python_text_at_all_is_told_as_well(source):
    assert refused(source, b"x = '\xff'\n").startswith("lambda_function.py:1: ")
    assert refused(source, b"x = 1\0\n").startswith("lambda_function.py:1: ")


def test_a_source_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(SourceError, match=r"^lambda_function\.py: cannot be read: No such file or directory$"):
        check_source(tmp_path / "lambda_function.py", HANDLER)
