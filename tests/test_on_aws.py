"""The tests that call AWS are not run here; that they can be, is."""

import subprocess
import sys

from tests.conftest import PROJECT


def pytest_says(*arguments):
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_with_a_profile_they_are_collected_and_nothing_else():
    code, said = pytest_says("--collect-only", "-m", "aws", "--profile", "nobody")
    assert code == 0, said
    files = {line.partition("::")[0] for line in said.splitlines() if "::" in line}
    assert "tests/aws/test_lab.py" in files
    assert all(file.startswith(("tests/aws/", "tests/conformance/")) for file in files)
    assert any(file.startswith("tests/conformance/") for file in files)


def test_without_a_profile_no_account_is_called():
    code, said = pytest_says("--collect-only", "-m", "aws")
    assert code == 4
    assert "-m aws and --profile NAME go together" in said


def test_a_profile_alone_calls_no_account_either():
    code, said = pytest_says("--collect-only", "--profile", "nobody")
    assert code == 4
    assert "-m aws and --profile NAME go together" in said


def test_in_the_sandbox_those_of_aws_alone_are_left_out():
    _, said = pytest_says("--collect-only", "tests/aws", "tests/conformance")
    assert "tests/aws" not in said
