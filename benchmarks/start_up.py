"""How long the commands take until they answer, or ask AWS for the first time, beside what boto3 itself takes.

`python -m benchmarks.start_up [ROUNDS]`: each is run once a round, in turn, so that what else the machine does falls
on all of them; 20 rounds take about a minute. The first call is seen by a socket on 127.0.0.1 that stands in AWS's
place and does not answer: the command is ended as soon as it has asked.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.report import save, show, spread

PROJECT = Path(__file__).parents[1]
BARE, BASE = "python -c pass", "import boto3 and seven clients"
SEVEN_CLIENTS = """
import boto3
for service in ("sts", "iam", "lambda", "dynamodb", "apigateway", "logs", "resourcegroupstaggingapi"):
    boto3.client(service)
"""
KEYS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
ON_AWS = ("--target", "aws", "--yes")


def until_it_ends(*arguments: str, code: int = 0) -> float:
    """Milliseconds from the start of this interpreter to its end. Raises RuntimeError for another exit code."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], cwd=PROJECT, env=os.environ | KEYS, capture_output=True, check=False
    )
    taken = time.perf_counter() - started
    if done.returncode != code:
        raise RuntimeError(f"{arguments}: exit code {done.returncode}: {done.stderr.decode()}")
    return taken * 1000


def until_it_asks(*arguments: str) -> float:
    """Milliseconds from the start of this interpreter until the first byte of its first call is here."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
        door.settimeout(30)
        environment = os.environ | KEYS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        started = time.perf_counter()
        with ended(
            subprocess.Popen([sys.executable, *arguments], cwd=PROJECT, env=environment, stdout=subprocess.PIPE)
        ):
            caller, _ = door.accept()
            with caller:
                caller.recv(1)
                return (time.perf_counter() - started) * 1000


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    with process:
        try:
            yield
        finally:
            process.kill()


def rows(wrong: Path) -> dict[str, Callable[[], float]]:
    """What is measured, by its name."""
    with_wrong = ("--config", str(wrong))
    return {
        BARE: lambda: until_it_ends("-c", "pass"),
        "import boto3": lambda: until_it_ends("-c", "import boto3"),
        BASE: lambda: until_it_ends("-c", SEVEN_CLIENTS),
        "provision --help": lambda: until_it_ends("-m", "provision", "--help"),
        "teardown --help": lambda: until_it_ends("-m", "teardown", "--help"),
        "sandbox --help": lambda: until_it_ends("-m", "sandbox", "--help"),
        "provision, wrong config.yaml": lambda: until_it_ends("-m", "provision", *with_wrong, code=2),
        "provision, first call": lambda: until_it_asks("-m", "provision", *ON_AWS),
        "teardown, first call": lambda: until_it_asks("-m", "teardown", *ON_AWS),
    }


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as folder:
        wrong = Path(folder) / "config.yaml"
        wrong.write_text("regoin: us-east-1\n", encoding="utf-8")
        measured = rows(wrong)
        for measure in measured.values():  # bytecode and disk
            measure()
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(rounds):
            for name, measure in measured.items():
                taken[name].append(measure())
    figures = {name: spread(each) for name, each in taken.items()}
    base = figures[BASE]
    show(
        f"Start-up in ms, of {rounds}; the ratio is to {BASE}",
        ["", "min", "median", "ratio of min", "ratio of median"],
        [
            [name, f"{each['min']:.0f}", f"{each['median']:.0f}"]
            + [f"{each[which] / base[which]:.2f}" for which in ("min", "median")]
            for name, each in figures.items()
        ],
    )
    print(save("start_up", figures))


if __name__ == "__main__":
    main()
