"""python -m benchmarks.function: lambda_function.py beside handlers that do less. Takes about a minute.

All run in the sandbox's runtime, in environments of their own that this process starts, and read from the DynamoDB of
one sandbox. `a call` is the time from an event's offer to the runtime to its answer, as Lambda bills it; `processor` is
what the handler computes in it, which is what grows when a function has little memory. Cold counts from before there
is an environment. The handlers take turns, and are compared turn by turn: what disturbs the machine disturbs them all.
"""

from __future__ import annotations

import io
import json
import socket
import statistics
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from benchmarks.report import save, show, spread
from sandbox.process import Sandbox
from sandbox.runtime.pool import Function, Runtime

HERE = Path(__file__).parent
REGION = "us-east-1"
KEYS: dict[str, Any] = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
TABLE = "lambda-apigateway"
ITEM = {"id": "1", "name": "Samyu"}
PING = {"operation": "ping"}
READ = {"operation": "read", "tableName": TABLE, "payload": {"Key": {"id": "1"}}}

OURS, EMPTY, RESOURCE = "lambda_function.py", "empty handler", "import boto3, a resource"
GET_ITEM, LOW_LEVEL, WALKTHROUGH = "table.get_item", "client.get_item", "the walkthrough's way"
SOURCES = {
    EMPTY: HERE / "empty_function.py",
    RESOURCE: HERE / "resource_function.py",
    GET_ITEM: HERE / "get_item_function.py",
    LOW_LEVEL: HERE / "low_level_function.py",
    OURS: HERE.parent / "lambda_function.py",
    WALKTHROUGH: HERE / "walkthrough_function.py",
}
ASKED: dict[str, dict[str, dict[str, Any]]] = {
    "cold": {EMPTY: PING, RESOURCE: PING, **dict.fromkeys((GET_ITEM, LOW_LEVEL, OURS, WALKTHROUGH), READ)},
    "ping": dict.fromkeys((EMPTY, OURS, WALKTHROUGH), PING),
    "read": dict.fromkeys((GET_ITEM, LOW_LEVEL, OURS, WALKTHROUGH), READ),
}
COLD_STARTS = 20
TURNS, CALLS_A_TURN = 30, 10
COLUMNS = {
    "cold": {"handler_ms": "to the handler", "answer_ms": "to its answer"},
    "ping": {"call_ms": "a call", "processor_ms": "processor"},
    "read": {"call_ms": "a call", "processor_ms": "processor"},
}

Figures = dict[str, dict[str, dict[str, list[list[float]]]]]  # by operation, handler and column; a list for each turn


class Ratio(NamedTuple):
    operation: str
    column: str
    name: str
    to: str
    wanted: str = ""


RATIOS = (
    Ratio("cold", "handler_ms", OURS, RESOURCE, "at most 1.10"),
    Ratio("cold", "handler_ms", LOW_LEVEL, GET_ITEM),
    Ratio("cold", "answer_ms", LOW_LEVEL, GET_ITEM),
    Ratio("cold", "answer_ms", WALKTHROUGH, OURS),
    Ratio("ping", "call_ms", OURS, EMPTY, "at most 1.20"),
    Ratio("read", "call_ms", OURS, GET_ITEM, "at most 1.20"),
    Ratio("read", "call_ms", LOW_LEVEL, GET_ITEM),
    Ratio("read", "call_ms", WALKTHROUGH, OURS, "at least 2.00"),
    Ratio("read", "processor_ms", OURS, GET_ITEM),
    Ratio("read", "processor_ms", LOW_LEVEL, GET_ITEM),
    Ratio("read", "processor_ms", WALKTHROUGH, OURS),
)


@contextmanager
def backend() -> Iterator[str]:
    """The endpoint of a sandbox of its own, with the table and one item in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        sandbox = Sandbox(probe.getsockname()[1])
    sandbox.start()
    try:
        dynamodb = boto3.resource("dynamodb", endpoint_url=sandbox.endpoint_url, region_name=REGION, **KEYS)
        table = dynamodb.create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        table.wait_until_exists()
        table.put_item(Item=ITEM)
        yield sandbox.endpoint_url
    finally:
        sandbox.stop()


def function(name: str) -> Function:
    """With `timed` around its handler."""
    return Function(
        name="timed",
        arn=f"arn:aws:lambda:{REGION}:123456789012:function:{name}",
        region=REGION,
        account="123456789012",
        handler="timed.lambda_handler",
        runtime=f"python{sys.version_info.major}.{sys.version_info.minor}",
        memory_mb=512,
        timeout_seconds=10,
        code=zipped({"lambda_function.py": SOURCES[name], "timed.py": HERE / "timed.py"}),
    )


def zipped(files: dict[str, Path]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, path in files.items():
            archive.writestr(name, path.read_bytes())
    return packed.getvalue()


def is_right(answer: Any) -> bool:
    """The walkthrough's answer to a read is all of boto3's, metadata too."""
    return answer in ("pong", ITEM) or answer["Item"] == ITEM


class Bench:
    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.functions = {name: function(name) for name in SOURCES}
        self.figures: Figures = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))

    def run(self) -> None:
        for turn in range(-1, COLD_STARTS):
            self.turn("cold", turn)
        for operation in ("ping", "read"):
            for turn in range(-1, TURNS):
                self.turn(operation, turn)

    def turn(self, operation: str, turn: int) -> None:
        """Of every handler, forwards and backwards. Turn -1 warms up: zips are unpacked, caches filled."""
        for name in list(ASKED[operation])[:: 1 if turn % 2 else -1]:
            if operation == "cold":
                calls = [self.cold(name)]
            else:
                calls = [self.warm(operation, name) for _ in range(CALLS_A_TURN)]
            if turn >= 0:
                for column in COLUMNS[operation]:
                    self.figures[operation][name][column].append([call[column] for call in calls])

    def cold(self, name: str) -> dict[str, float]:
        """One call in an environment that is not there yet."""
        self.runtime.forget(self.functions[name].arn)
        started = time.monotonic()
        _, told = self.invoke(name, ASKED["cold"][name])
        return {"handler_ms": (told["entered"] - started) * 1000, "answer_ms": (told["left"] - started) * 1000}

    def warm(self, operation: str, name: str) -> dict[str, float]:
        call_ms, told = self.invoke(name, ASKED[operation][name])
        return {"call_ms": call_ms, "processor_ms": told["processor_seconds"] * 1000}

    def invoke(self, name: str, event: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        """How long it took in ms, and what `timed` tells. Raises RuntimeError for a wrong answer."""
        invocation = self.runtime.invoke(self.functions[name], json.dumps(event).encode())
        told: dict[str, Any] = json.loads(invocation.payload)
        if invocation.function_error or not is_right(told["answer"]):
            raise RuntimeError(f"{name}: {told}")
        return invocation.duration_ms, told


def together(turns: Sequence[Sequence[float]]) -> dict[str, float]:
    return spread([each for turn in turns for each in turn])


def ratio(figures: Figures, asked: Ratio) -> float:
    """The median of the ratios of turns."""
    these, those = (figures[asked.operation][name][asked.column] for name in (asked.name, asked.to))
    both = zip(these, those, strict=True)
    return statistics.median(statistics.median(one) / statistics.median(other) for one, other in both)


def show_all(figures: Figures) -> None:
    for operation, columns in COLUMNS.items():
        rows = []
        for name, measured in figures[operation].items():
            spreads = [together(measured[column]) for column in columns]
            rows.append((name, *(f"{each[which]:.2f}" for each in spreads for which in ("min", "median"))))
        of = COLD_STARTS if operation == "cold" else TURNS * CALLS_A_TURN
        heads = [f"{column}, {which}" for column in columns.values() for which in ("min", "median")]
        show(f"{operation}, in ms, of {of}", ["", *heads], sorted(rows, key=lambda row: float(row[2])))
    rows = [
        (
            f"{each.operation}, {COLUMNS[each.operation][each.column]}: {each.name} / {each.to}",
            f"{ratio(figures, each):.2f}",
            each.wanted,
        )
        for each in RATIOS
    ]
    show("ratios", ["", "is", "wanted"], rows)


def main() -> None:
    with backend() as endpoint_url, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        reach = {name.upper(): key for name, key in KEYS.items()}
        runtime = Runtime(Path(scratch), endpoint_url, lambda function: reach, lambda function, stream, lines: None)
        with closing(runtime):
            bench = Bench(runtime)
            bench.run()
    show_all(bench.figures)
    spreads = {
        operation: {name: {column: together(turns) for column, turns in by.items()} for name, by in measured.items()}
        for operation, measured in bench.figures.items()
    }
    ratios = [{**each._asdict(), "is": ratio(bench.figures, each)} for each in RATIOS]
    print(f"written to {save('function', {'ms': spreads, 'ratios': ratios})}")


if __name__ == "__main__":
    main()
