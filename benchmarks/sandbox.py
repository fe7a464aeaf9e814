"""How long the sandbox takes to start, and to answer: `python -m benchmarks.sandbox`, about a minute.

`start` is `python -m sandbox start` with nothing running. `first answer` is from there on, through a role, a function
(the lab's) and an API that are made at once, to the answer of that cold function through its invoke URL.
Then a lab without its throttle: a cold environment, and `ping` and `read` through the invoke URL, by one client and by
eight. An empty answer of the same server to the same clients is the limit of what can be had.

`--requests 100000` is another run: so many pings, and after each tenth of them the resident memory of the sandbox's
process and of those that run the function. It takes some minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3

from benchmarks.load import STALL_MS, Load, load
from benchmarks.report import save, show, spread
from stack.source import code_zip

PROJECT = Path(__file__).parents[1]
FUNCTION, TABLE = "LambdaFunctionOverHttps", "lambda-apigateway"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
PING = json.dumps({"operation": "ping"}).encode()
STARTS, COLD = 5, 10
ONE, EIGHT = 1500, 4000  # requests
CLIENTS = 8


def milliseconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    """A sandbox on a port of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        # compiled modules are kept, as in everybody's shell
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environment = {**kept, "SANDBOX_PORT": str(self.port)}
        session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1")  # noqa: S106
        self.iam = session.client("iam", endpoint_url=self.endpoint_url)
        self.lambda_ = session.client("lambda", endpoint_url=self.endpoint_url)
        self.apigateway = session.client("apigateway", endpoint_url=self.endpoint_url)

    def python(self, *arguments: str) -> str:
        command = [sys.executable, "-m", *arguments]
        ran = subprocess.run(command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=True)
        return ran.stdout

    def start(self) -> None:
        self.python("sandbox", "start")

    def stop(self) -> None:
        self.python("sandbox", "stop")

    def invoke_url(self, api_id: str, stage: str, path: str) -> str:
        return f"{self.endpoint_url}/_aws/execute-api/{api_id}/{stage}/{path}"

    def first_answer(self) -> None:
        self.start()
        trust = json.dumps(TRUST)
        role = self.iam.create_role(RoleName="cold", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        function = self.lambda_.create_function(
            FunctionName="cold",
            Runtime="python3.13",
            Handler="lambda_function.lambda_handler",
            Role=role,
            Code={"ZipFile": code_zip(PROJECT / "lambda_function.py")},
        )
        api_id = self.apigateway.import_rest_api(body=json.dumps(document(function["FunctionArn"])))["id"]
        self.lambda_.add_permission(
            FunctionName="cold",
            StatementId="any",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
        )
        self.apigateway.create_deployment(restApiId=api_id, stageName="cold")
        load(self.invoke_url(api_id, "cold", "ping"), PING, clients=1, requests=1)

    def provision(self) -> str:
        """The invoke URL of a lab whose door lets everybody in."""
        unthrottled = str(PROJECT / "benchmarks" / "unthrottled.yaml")
        told = json.loads(self.python("provision", "--config", unthrottled, "--json"))
        return str(told["outputs"]["invoke_url"])

    def cold(self) -> float:
        """Of the first invocation after a change of the function."""
        self.lambda_.update_function_configuration(FunctionName=FUNCTION, Description=uuid.uuid4().hex)
        self.lambda_.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
        return milliseconds(lambda: self.lambda_.invoke(FunctionName=FUNCTION, Payload=PING))

    @contextlib.contextmanager
    def empty_server(self) -> Iterator[str]:
        """Its URL."""
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.empty_answer", str(port)]
        with subprocess.Popen(command, cwd=PROJECT, env=self.environment) as process:
            try:
                wait_for(port)
                yield f"http://127.0.0.1:{port}/"
            finally:
                process.terminate()


def wait_for(port: int) -> None:
    give_up = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def document(function_arn: str) -> dict[str, Any]:
    """An API with one method, which gives its body to the function."""
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function_arn}/invocations"
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": {"default": {"statusCode": "200"}}}
    method = {"responses": {"200": {"description": "done"}}, "x-amazon-apigateway-integration": integration}
    info = {"title": "cold", "description": "cold", "version": "1"}
    return {"openapi": "3.0.1", "info": info, "paths": {"/ping": {"post": method}}}


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descendants(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return [*children, *(each for child in children for each in descendants(child))]


def measure(bench: Bench) -> dict[str, Any]:
    starts, first_answers = [], []
    for _ in range(STARTS):
        starts.append(milliseconds(bench.start))
        bench.stop()
        first_answers.append(milliseconds(bench.first_answer))
        bench.stop()
    bench.start()
    url = bench.provision()
    once = {
        "python -m sandbox start": starts,
        "first answer, from nothing": first_answers,
        "cold invocation, after an update": [bench.cold() for _ in range(COLD)],
    }
    loads = {"ping": loaded(url, PING), "read": loaded(url, reading(url))}
    with bench.empty_server() as empty:
        loads["empty answer"] = loaded(empty, PING)
    return {
        "once_ms": {what: spread(taken) for what, taken in once.items()},
        "warm": {what: {clients: told(each) for clients, each in measured.items()} for what, measured in loads.items()},
    }


def reading(url: str) -> bytes:
    """A request that reads an item which is there."""
    made = {"operation": "create", "tableName": TABLE, "payload": {"Item": {"id": "1", "text": "x" * 100}}}
    load(url, json.dumps(made).encode(), clients=1, requests=1)
    return json.dumps({"operation": "read", "tableName": TABLE, "payload": {"Key": {"id": "1"}}}).encode()


def loaded(url: str, body: bytes) -> dict[int, Load]:
    """By one client and by several, once all that they need is warm."""
    load(url, body, CLIENTS, 20 * CLIENTS)
    return {1: load(url, body, 1, ONE), CLIENTS: load(url, body, CLIENTS, EIGHT)}


def told(measured: Load) -> dict[str, float]:
    return {
        "per_second": measured.per_second,
        **{f"{name}_ms": value for name, value in spread(measured.taken_ms).items() if name != "of"},
        "longest_ms": max(measured.taken_ms),
        f"of {STALL_MS} ms or more": measured.stalls,
        "of": len(measured.taken_ms),
    }


def remember(bench: Bench, requests: int) -> list[dict[str, float]]:
    """Resident memory in MB after each tenth of the requests."""
    bench.start()
    url = bench.provision()
    pid = json.loads(bench.python("sandbox", "status", "--json"))["pid"]
    found, sent = [], 0
    for tenth in range(11):
        if tenth:
            sent += len(load(url, PING, CLIENTS, requests // 10).taken_ms)
        below = [resident_mb(each) for each in descendants(pid)]
        found.append({"requests": sent, "sandbox_mb": resident_mb(pid), "functions_mb": sum(below), "of": len(below)})
    return found


def show_all(figures: dict[str, Any]) -> None:
    once = [
        (what, f"{taken['min']:.0f} ms", f"{taken['median']:.0f} ms", str(taken["of"]))
        for what, taken in figures["once_ms"].items()
    ]
    show("The sandbox, once", ["", "min", "median", "of"], once)
    rows = []
    for what, measured in figures["warm"].items():
        for clients, each in measured.items():
            empty = figures["warm"]["empty answer"][clients]
            times = [f"{each[f'{name}_ms']:.2f} ms" for name in ("min", "median", "p99", "longest")]
            ratio = f"{each['per_second'] / empty['per_second']:.2f}"
            stalls = str(each[f"of {STALL_MS} ms or more"])
            rows.append((f"{what}, clients: {clients}", f"{each['per_second']:.0f}/s", *times, stalls, ratio))
    columns = ["", "rate", "min", "median", "p99", "longest", f">= {STALL_MS} ms", "rate : empty"]
    show("The invoke URL, warm", columns, rows)


def show_memory(found: list[dict[str, float]]) -> None:
    rows = [
        (f"{each['requests']}", f"{each['sandbox_mb']:.1f} MB", f"{each['functions_mb']:.1f} MB", f"{each['of']}")
        for each in found
    ]
    show("Resident memory", ["requests", "sandbox", "functions", "processes of functions"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox")
    parser.add_argument("--requests", type=int, help="measure memory over so many requests, and nothing else")
    requests = parser.parse_args().requests
    bench = Bench()
    try:
        if requests:
            remembered = remember(bench, requests)
            show_memory(remembered)
            save("sandbox_memory", remembered)
        else:
            figures = measure(bench)
            show_all(figures)
            save("sandbox", figures)
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
