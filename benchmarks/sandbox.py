"""python benchmarks/sandbox.py: how long the sandbox takes to start, and a function in it to answer, cold and warm.

Each figure is the smallest and the median of several; the machine should be quiet. It starts a sandbox of its own and
ends it again.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import urllib3

PROJECT = Path(__file__).parents[1]
FUNCTION = "LambdaFunctionOverHttps"


def milliseconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def show(what: str, taken: list[float]) -> None:
    print(f"{what:40} {min(taken):8.1f} ms {statistics.median(taken):8.1f} ms   of {len(taken)}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Bench:
    def __init__(self) -> None:
        port = free_port()
        self.environment = {**os.environ, "SANDBOX_PORT": str(port)}
        self.pool = urllib3.PoolManager()
        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
        self.lambda_ = boto3.client("lambda", endpoint_url=f"http://127.0.0.1:{port}", **keys)

    def python(self, *arguments: str) -> str:
        command = [sys.executable, "-m", *arguments]
        ran = subprocess.run(command, cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=True)
        return ran.stdout

    def start(self) -> None:
        self.python("sandbox", "start")

    def stop(self) -> None:
        self.python("sandbox", "stop")

    def cold(self) -> float:
        """Of the first invocation after a change of the function."""
        self.lambda_.update_function_configuration(FunctionName=FUNCTION, Description=str(time.time()))
        self.lambda_.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
        event = json.dumps({"operation": "ping"})
        return milliseconds(lambda: self.lambda_.invoke(FunctionName=FUNCTION, Payload=event))

    def call(self, url: str, operation: str, **payload: Any) -> None:
        body = {"operation": operation, "tableName": "lambda-apigateway", "payload": payload}
        answer = self.pool.request("POST", url, json=body)
        assert answer.status == 200, answer.data  # noqa: S101

    def run(self) -> None:
        starts = []
        for _ in range(3):
            starts.append(milliseconds(self.start))
            self.stop()
        show("python -m sandbox start", starts)
        # the door of a lab lets ten a second in
        throttle = PROJECT / "benchmarks" / "unthrottled.yaml"
        told = json.loads(self.python("provision", "--config", str(throttle), "--json"))
        url = told["outputs"]["invoke_url"]
        show("cold: update, then invoke ping", [self.cold() for _ in range(10)])
        show("warm: ping through the invoke URL", [milliseconds(lambda: self.call(url, "ping")) for _ in range(300)])
        self.call(url, "create", Item={"id": "1"})
        reads = [milliseconds(lambda: self.call(url, "read", Key={"id": "1"})) for _ in range(300)]
        show("warm: read through the invoke URL", reads)


if __name__ == "__main__":
    bench = Bench()
    try:
        bench.run()
    finally:
        bench.stop()
