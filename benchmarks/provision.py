"""How long provision and teardown take when AWS is far away, what they make of that time, and what would do at best.

    python -m benchmarks.provision [--runs 3] [--latencies 0 80 200] [--picture]

About two minutes. The commands run as processes against a sandbox of their own behind a port that adds the latency to
each call. Of several runs the fastest counts, with all its figures. The smoke test's calls are counted apart: those of
the invoke URL and those that look into the table. `over the ideal` is the time without smoke test and cold start, over
that of a bare process that only makes the clients plus 1.2 times the latency of the longest chain of calls.
--picture draws docs/timeline.svg, the first provision at 80 ms; that needs matplotlib.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.distance import Distance, Run, opened
from benchmarks.report import save, show
from benchmarks.timeline import TimedCall, longest_chain, peak, slowest_chain, split
from sandbox.pace import PACES
from tests.backend import INVOKE_URL

COMPARED_AT_MS = 80
AS_ON_AWS_MS = 120
CALL_OVERHEAD = 1.2
LAB = ["--config", "benchmarks/unthrottled.yaml", "--target", "aws", "--yes"]
PROVISION, TEARDOWN = ["-m", "provision", *LAB], ["-m", "teardown", *LAB]
# {scenario: the command of the lab}; plain_boto3.py has functions of the same names.
SCENARIOS = {"first": PROVISION, "unchanged": PROVISION, "changed": PROVISION, "teardown": TEARDOWN}
TITLES = {"changed": "one line of code changed"}
CLIENTS = ("sts", "iam", "lambda", "dynamodb", "apigateway", "logs", "resourcegroupstaggingapi")
FLOOR = ["-c", f"import boto3\nfor service in {CLIENTS}: boto3.client(service)"]
COUNTED = ("calls", "smoke calls", "peak", "chain")


@dataclass(frozen=True)
class Figures:
    """Of one run. `cold_seconds` is what Invoke took beyond the latency: the start of the function, if it did start."""

    wall_seconds: float
    calls: int
    smoke_calls: int
    peak: int
    chain: int
    floor_seconds: float
    cold_seconds: float
    smoke_seconds: float
    over_ideal: float

    @classmethod
    def of(cls, run: Run, floor_seconds: float, latency_seconds: float) -> Figures:
        control, smoke = split(run.calls)
        cold = sum(call.seconds - latency_seconds for call in control if call.operation == "Invoke")
        smoke_seconds = max(call.ended for call in smoke) - smoke[0].started if smoke else 0.0
        chain = len(longest_chain(control))
        ideal = floor_seconds + CALL_OVERHEAD * chain * latency_seconds
        return cls(
            run.wall_seconds,
            len(control),
            len(smoke),
            peak(run.calls),
            chain,
            floor_seconds,
            cold,
            smoke_seconds,
            (run.wall_seconds - smoke_seconds - cold) / ideal,
        )

    @property
    def without_tests(self) -> float:
        """Seconds without the smoke test and the function's cold start."""
        return self.wall_seconds - self.smoke_seconds - self.cold_seconds


class Benchmark:
    def __init__(self, distance: Distance, latencies_ms: list[int]) -> None:
        self.distance, self.latencies_ms = distance, latencies_ms
        self.floors: list[float] = []
        self.lab: dict[tuple[int, str], list[Run]] = {}
        self.plain: dict[str, list[Run]] = {}

    def round(self) -> None:
        """Everything once, one after the other, so that what slows the machine down meets all of it."""
        for latency_ms in self.latencies_ms:
            self.distance.latency_seconds = latency_ms / 1000
            self.floors.append(self.distance.run(*FLOOR).wall_seconds)
            for scenario, command in SCENARIOS.items():
                if scenario == "changed":
                    self.distance.change_the_code()
                self.lab.setdefault((latency_ms, scenario), []).append(self.distance.run(*command))
            if latency_ms == COMPARED_AT_MS:
                for scenario in SCENARIOS:
                    run = self.distance.run("-m", "benchmarks.plain_boto3", scenario)
                    self.plain.setdefault(scenario, []).append(run)

    def fastest(self, latency_ms: int, scenario: str) -> Run:
        return fastest(self.lab[latency_ms, scenario])

    def figures(self, latency_ms: int, scenario: str) -> Figures:
        return Figures.of(self.fastest(latency_ms, scenario), min(self.floors), latency_ms / 1000)

    def of_plain(self, scenario: str) -> Figures:
        return Figures.of(fastest(self.plain[scenario]), min(self.floors), COMPARED_AT_MS / 1000)


def fastest(runs: list[Run]) -> Run:
    return min(runs, key=lambda run: run.wall_seconds)


def as_on_aws(distance: Distance, floor_seconds: float) -> dict[str, Any]:
    """A first provision where things take their time as on AWS, and the slowest chain that it had to go through.

    That is a bare process, and then, of all chains of calls that followed one another, the one that takes longest: the
    latency for each call, the function's cold start, and what AWS makes everybody wait in between.
    """
    pace, latency_seconds = PACES["aws"], AS_ON_AWS_MS / 1000
    distance.latency_seconds = latency_seconds
    distance.sandbox.keep(pace.name)
    run = distance.run(*PROVISION)
    distance.sandbox.keep("instant")  # on AWS, one API may be deleted in 30 s
    distance.run(*TEARDOWN)
    waits = {
        ("CreateRole", "CreateFunction"): pace.role_seconds,
        ("CreateFunction", "Invoke"): pace.function_seconds,
        ("CreateTable", INVOKE_URL): pace.table_seconds,
        ("CreateStage", INVOKE_URL): pace.stage_seconds,
    }

    def wait(one: TimedCall, other: TimedCall) -> float:
        """For what AWS refuses it is too early."""
        return 0.0 if other.is_refused else waits.get((one.operation, other.operation), 0.0)

    def weight(call: TimedCall) -> float:
        return call.seconds if call.operation == "Invoke" else latency_seconds

    chain_seconds = floor_seconds + slowest_chain(run.calls, weight, wait)
    return {
        **asdict(Figures.of(run, floor_seconds, latency_seconds)),
        "slowest_chain_seconds": chain_seconds,
        "over_slowest_chain": run.wall_seconds / chain_seconds,
        "timeline": [asdict(call) for call in run.calls],
    }


def title(scenario: str) -> str:
    return TITLES.get(scenario, scenario)


def show_lab(benchmark: Benchmark) -> None:
    columns = ("", "ms a call", *COUNTED, "seconds", "cold s", "smoke s", "smoke share", "over the ideal")
    rows = []
    for latency_ms, scenario in benchmark.lab:
        made = benchmark.figures(latency_ms, scenario)
        rows.append(
            [
                title(scenario),
                *map(str, (latency_ms, made.calls, made.smoke_calls, made.peak, made.chain)),
                *(f"{each:.2f}" for each in (made.wall_seconds, made.cold_seconds, made.smoke_seconds)),
                f"{made.smoke_seconds / made.wall_seconds:.0%}",
                f"{made.over_ideal:.2f}",
            ]
        )
    runs = len(benchmark.floors) // len(benchmark.latencies_ms)
    floor = f"a bare process that makes the clients takes {min(benchmark.floors):.2f} s"
    show(f"The lab, the fastest of {runs}; {floor}", columns, rows)


def show_plain(benchmark: Benchmark) -> None:
    seconds_of = ("lab s", "without smoke and cold s", "plain boto3 s", "ratio")
    counted_of = ("lab calls", "plain calls", "lab chain", "plain chain")
    rows = []
    for scenario in benchmark.plain:
        lab, plain = benchmark.figures(COMPARED_AT_MS, scenario), benchmark.of_plain(scenario)
        seconds = (lab.wall_seconds, lab.without_tests, plain.wall_seconds, lab.without_tests / plain.wall_seconds)
        counted = (lab.calls, plain.calls, lab.chain, plain.chain)
        rows.append([title(scenario), *(f"{each:.2f}" for each in seconds), *map(str, counted)])
    show(
        f"Against boto3 with threads that checks nothing, at {COMPARED_AT_MS} ms a call",
        ("", *seconds_of, *counted_of),
        rows,
    )


def show_as_on_aws(made: dict[str, Any]) -> None:
    counted = ("calls", "smoke_calls", "peak", "chain")
    timed = ("wall_seconds", "cold_seconds", "smoke_seconds", "slowest_chain_seconds", "over_slowest_chain")
    columns = ("", *COUNTED, "seconds", "cold s", "smoke s", "slowest chain s", "ratio")
    row = ["first", *(str(made[key]) for key in counted), *(f"{made[key]:.2f}" for key in timed)]
    show(f"Where things take as long as on AWS, {AS_ON_AWS_MS} ms a call", columns, [row])


def as_data(benchmark: Benchmark, aws: dict[str, Any]) -> dict[str, Any]:
    lab = [
        {"latency_ms": latency_ms, "scenario": scenario, **asdict(benchmark.figures(latency_ms, scenario))}
        | {"runs_seconds": [run.wall_seconds for run in runs]}
        | {"timeline": [asdict(call) for call in benchmark.fastest(latency_ms, scenario).calls]}
        for (latency_ms, scenario), runs in benchmark.lab.items()
    ]
    plain = [{"scenario": scenario, **asdict(benchmark.of_plain(scenario))} for scenario in benchmark.plain]
    return {"lab": lab, "plain_boto3": plain, "as_on_aws": aws}


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.provision", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--latencies", type=int, nargs="+", default=[0, COMPARED_AT_MS, 200], metavar="MS")
    parser.add_argument("--picture", action="store_true", help="draw docs/timeline.svg")
    options = parser.parse_args()
    if options.picture and COMPARED_AT_MS not in options.latencies:
        parser.error(f"--picture is drawn of {COMPARED_AT_MS} ms a call: --latencies {COMPARED_AT_MS}")
    with opened() as distance:
        for scenario in ("first", "teardown"):  # the sandbox loads a service when it is first called
            distance.run("-m", "benchmarks.plain_boto3", scenario)
        benchmark = Benchmark(distance, options.latencies)
        for _ in range(options.runs):
            benchmark.round()
        aws = as_on_aws(distance, min(benchmark.floors))
    show_lab(benchmark)
    if benchmark.plain:
        show_plain(benchmark)
    show_as_on_aws(aws)
    print(save("provision", as_data(benchmark, aws)))
    if options.picture:
        from benchmarks.picture import draw  # noqa: PLC0415 matplotlib is only needed here

        first = benchmark.fastest(COMPARED_AT_MS, "first")
        print(draw(*split(first.calls), f"A first provision, {COMPARED_AT_MS} ms a call"))


if __name__ == "__main__":
    main()
