"""The whole lab as a stranger goes through it: a fresh copy, the two commands, the walkthrough's own requests, curl."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sandbox.process import Sandbox
from stack.aws import Aws
from tests.backend import backend_for
from tests.command_lines import IN_PLACE, NEW, copy_of_the_project, hint, outcomes
from tests.conftest import command, free_port
from tests.inventory import inventory

FORM: tuple[str, ...] = ()  # curl's own content type, application/x-www-form-urlencoded
JSON = ("-H", "Content-Type: application/json")


def curl(url: str, request: str, *flags: str) -> tuple[int, Any]:
    """`curl -X POST -d REQUEST URL`: the status and the answer's JSON."""
    program = shutil.which("curl")
    assert program, "these tests need curl"
    given = [program, "-sS", "-w", "\n%{http_code}", "-X", "POST", "-d", request, *flags, url]
    done = subprocess.run(given, capture_output=True, text=True, timeout=60, check=True)
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), json.loads(body)


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def processes_of(folder: Path) -> list[str]:
    """The command lines of processes that were started from files in this folder."""
    listed = subprocess.run([shutil.which("ps") or "ps", "-Ao", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line]


@pytest.fixture
def lab(tmp_path):
    """(a copy of the project, the port of its sandbox, which does not run yet)"""
    port = free_port()
    yield copy_of_the_project(tmp_path), port
    Sandbox(port).stop()


def test_the_lab_from_the_first_command_to_the_last(lab):
    project, port = lab

    def run(verb: str, *arguments: str, through: int = port) -> str:
        done = command(verb, *arguments, cwd=project, SANDBOX_PORT=str(through))
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    # The first command starts the sandbox and makes everything.
    first = run("provision")
    assert first.startswith("starting the sandbox; it stays until ")
    assert outcomes(first) == NEW
    url = hint(first, "Invoke URL")
    assert url.endswith("/Prod/DynamoDBManager")
    assert inventory(Aws.at(f"http://127.0.0.1:{port}", "us-east-1")) == [
        "api DynamoDBOperations",
        "function LambdaFunctionOverHttps",
        "log group /aws/lambda/LambdaFunctionOverHttps",
        "policy lambda-custom-policy",
        "role lambda-apigateway-role",
        "table lambda-apigateway",
    ]

    the_requests_of_the_walkthrough(url)

    with backend_for(port) as door:
        # Again: nothing to do.
        assert outcomes(run("provision", through=door.port)) == IN_PLACE
        assert door.calls.writing == []
        door.calls.clear()

        # Another operation takes one line, and uploads only the code.
        edited(project / "lambda_function.py", '"echo": echo,\n', '"echo": echo,\n    "query": on_table("query"),\n')
        changed = outcomes(run("provision", through=door.port))
        assert changed[2].startswith("updated: code_sha256 ")
        assert changed[:2] + changed[3:] == IN_PLACE[:2] + IN_PLACE[3:]
        assert door.calls.writing == ["UpdateFunctionCode"]
        door.calls.clear()

        # So does a choice in config.yaml.
        edited(project / "config.yaml", "memory_mb: 512", "memory_mb: 256")
        assert outcomes(run("provision", through=door.port))[2] == "updated: memory_mb 512 -> 256"
        assert door.calls.writing == ["UpdateFunctionConfiguration"]

    query = """{"operation": "query", "tableName": "lambda-apigateway", "payload": {
        "KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": "1234ABCD"}}}"""
    assert curl(url, query)[1]["Items"] == [{"id": "1234ABCD", "number": 5}]

    # The last command leaves nothing, in any service.
    assert run("teardown", "--yes").splitlines()[-1] == "nothing left"
    assert inventory(Aws.at(f"http://127.0.0.1:{port}", "us-east-1")) == []
    assert curl(url, query)[0] == 403

    assert run("sandbox", "stop") == "the sandbox is stopped\n"
    assert command("sandbox", "status", cwd=project, SANDBOX_PORT=str(port)).returncode == 3
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port)).close()
    assert processes_of(project) == []


def the_requests_of_the_walkthrough(url: str) -> None:
    create = r"""{"operation":"create","tableName":"lambda-apigateway","payload":{"Item":{"id":"1","name":"Samyu"}}}"""
    status, answer = curl(url, create)
    assert (status, "error" in answer) == (200, False)

    read = """{
      "operation": "read",
      "tableName": "lambda-apigateway",
      "payload": {
        "Key": {
          "id": "1"
        }
      }
    }"""
    for content_type in (FORM, JSON):
        assert curl(url, read, *content_type) == (200, {"Item": {"id": "1", "name": "Samyu"}})

    number = """{
      "operation": "create",
      "tableName": "lambda-apigateway",
      "payload": {
        "Item": {
          "id": "1234ABCD",
          "number": 5
        }
      }
    }"""
    status, answer = curl(url, number, *JSON)
    assert (status, "error" in answer) == (200, False)

    listing = """{
      "operation": "list",
      "tableName": "lambda-apigateway",
      "payload": {}
    }"""
    for content_type in (FORM, JSON):
        status, answer = curl(url, listing, *content_type)
        assert (status, answer["Count"]) == (200, 2)
        items = sorted(answer["Items"], key=lambda item: item["id"])
        assert items == [{"id": "1", "name": "Samyu"}, {"id": "1234ABCD", "number": 5}]

    echo = """{
      "operation": "echo",
      "payload": {
        "somekey1": "somevalue1",
        "somekey2": "somevalue2"
      }
    }"""
    assert curl(url, echo) == (200, {"somekey1": "somevalue1", "somekey2": "somevalue2"})
    assert curl(url, '{"operation": "ping"}') == (200, "pong")

    # Its curl line says /prod, and names of stages are case-sensitive.
    assert curl(url.replace("/Prod/", "/prod/"), create)[0] == 403
