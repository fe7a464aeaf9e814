"""What the tests share: one sandbox process for the whole run, and labs in it that know nothing of one another.

Tests never leave 127.0.0.1 and need no credentials: a call that would, fails.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import botocore.session
import pytest

from sandbox.process import Sandbox
from stack import build
from stack.aws import Aws
from stack.config import Config
from stack.lab import SOURCE, Lab
from stack.log_group import LogGroup
from stack.step import Step, StepError
from stack.waiting import Clock, RealClock
from tests.backend import Backend, Calls, backend_for
from tests.conformance.cloud import Cloud
from tests.faults import FakeClock
from tests.invoke_url import SCRIPT, InvokeUrl

T = TypeVar("T")

PROJECT = Path(__file__).parents[1]
# A function that starts without boto3, for tests that are not about the function.
LIGHT = PROJECT / "tests" / "light_router.py"
# The API of a lab that many tests call one after another, sooner than the lab's own throttle would let them.
UNTHROTTLED = {"throttle": {"rate_per_second": 10_000, "burst": 5000}}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--profile", help="with -m aws: the profile of the AWS account to test against")
    parser.addoption("--region", default="us-east-1", help="with -m aws: the region to test in")


@pytest.hookimpl(tryfirst=True)  # before -m is looked at
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Conformance tests run in the sandbox, and with `-m aws` on AWS; those of tests/aws run there only.

    `unverified` are those whose docstring names no source but experience: what the first account should settle.
    """
    on_aws = config.option.markexpr in {"aws", "unverified"}
    if on_aws != bool(config.option.profile):
        raise pytest.UsageError("-m aws and --profile NAME go together: the tests call AWS and cost a few cents")
    only_aws = []
    for item in items:
        rooms = item.path.relative_to(PROJECT).parts
        if rooms[:2] in {("tests", "conformance"), ("tests", "aws")}:
            item.add_marker(pytest.mark.aws)
            if "from experience" in (getattr(item, "function", item).__doc__ or ""):
                item.add_marker(pytest.mark.unverified)
        if rooms[:2] == ("tests", "aws") and not on_aws:
            only_aws.append(item)
    config.hook.pytest_deselected(items=only_aws)
    items[:] = [item for item in items if item not in only_aws]


@pytest.fixture(scope="session", autouse=True)
def no_user_configuration(pytestconfig: pytest.Config) -> Iterator[None]:
    """Neither the user's AWS configuration nor proxies reach a test, but for those that are to call AWS."""
    if pytestconfig.option.profile:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session", autouse=True)
def service_models_are_read_once() -> Iterator[None]:
    """Each lab has a session of its own; reading the services' models again for each takes most of a test's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], T], budget_seconds: float = 20) -> T:
    """The first true answer of `condition`."""
    give_up = time.monotonic() + budget_seconds
    while not (answer := condition()):
        assert time.monotonic() < give_up, "it did not come true"
        time.sleep(0.02)
    return answer


def command(
    *arguments: str, cwd: Path = PROJECT, timeout_seconds: int = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python -m ...` as a process of its own, with its exit code, stdout and stderr."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
    )


@contextlib.contextmanager
def running_sandbox(cwd: Path = PROJECT) -> Iterator[Sandbox]:
    """A sandbox of one's own, gone afterwards with its log."""
    sandbox = Sandbox(free_port())
    started = command("sandbox", "start", cwd=cwd, SANDBOX_PORT=str(sandbox.port))
    assert started.returncode == 0, started.stderr
    try:
        yield sandbox
    finally:
        sandbox.stop()
        sandbox.log_file.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


class Bench:
    """A lab in the shared sandbox under a prefix of its own, and the calls that it makes."""

    def __init__(self, sandbox: Sandbox, clock: Clock | None = None, source: Path = SOURCE, **changes: Any) -> None:
        self.sandbox, self.clock, self.source = sandbox, clock or RealClock(), source
        self.prefix = f"t{uuid.uuid4().hex[:8]}-"
        self.calls = Calls()
        self.said: list[str] = []
        self.lab = self.new_lab(**changes)

    def new_lab(self, config: Config | None = None, **changes: Any) -> Lab:
        """Another lab of the same prefix, with other choices: new_lab(function={"memory_mb": 256})."""
        config = config or self.config(**changes)
        aws = Aws.at(self.sandbox.endpoint_url, config.region)
        aws.session.events.register("before-call", self._record)
        return Lab(config, aws, say=self.said.append, clock=self.clock, source=self.source)

    def config(self, **changes: Any) -> Config:
        return Config.model_validate({"prefix": self.prefix, **changes})

    def _record(self, model: Any, **_: Any) -> None:
        self.calls.append(model.name)

    def step(self, key: str, lab: Lab | None = None) -> Step:
        """The step of this key, new, so that nothing is remembered from an earlier run."""
        return next(step for step in build(lab or self.lab) if step.key == key)

    def up_to(self, key: str) -> None:
        """Brings everything before and including this step in place."""
        for step in build(self.lab):
            step.up()
            if step.key == key:
                return
        raise LookupError(key)

    def clean(self) -> None:
        for step in (*reversed(build(self.lab)), LogGroup(self.lab)):
            with contextlib.suppress(StepError):
                step.down()


@pytest.fixture
def make_bench(sandbox: Sandbox) -> Iterator[Callable[..., Bench]]:
    """make_bench(function={"memory_mb": 256}) gives a lab with other choices than the defaults."""
    benches: list[Bench] = []

    def make(**changes: Any) -> Bench:
        benches.append(Bench(sandbox, **changes))
        return benches[-1]

    yield make
    for bench in benches:
        bench.clean()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench()


@pytest.fixture(scope="module")
def shipped(sandbox: Sandbox) -> Iterator[InvokeUrl]:
    """The invoke URL of the lab as it is shipped."""
    bench = Bench(sandbox, api=UNTHROTTLED)
    try:
        yield InvokeUrl(bench)
    finally:
        bench.clean()


@pytest.fixture(scope="module")
def scripted(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InvokeUrl]:
    """The same with a function that does what its event says."""
    bench = Bench(sandbox, api=UNTHROTTLED)
    bench.lab.source = tmp_path_factory.mktemp("source") / "lambda_function.py"
    bench.lab.source.write_text(SCRIPT)
    try:
        yield InvokeUrl(bench)
    finally:
        bench.clean()


@pytest.fixture
def timeout_seconds(scripted: InvokeUrl) -> Iterator[Callable[[int], None]]:
    """timeout_seconds(1) gives the scripted function no more than that."""

    def configure(seconds: int) -> None:
        scripted.lambda_.update_function_configuration(FunctionName=scripted.function, Timeout=seconds)

    yield configure
    configure(scripted.bench.lab.config.function.timeout_seconds)


@pytest.fixture
def door(sandbox) -> Iterator[Backend]:
    """A port in front of the sandbox that sees every call, on the real clock."""
    with backend_for(sandbox.port) as opened:
        yield opened


@pytest.fixture
def backend(sandbox) -> Iterator[Backend]:
    """AWS with faults, on a clock of its own on which waiting takes no time."""
    with backend_for(sandbox.port, FakeClock()) as opened:
        yield opened


@pytest.fixture
def faulty(backend) -> Iterator[Bench]:
    """A lab whose calls go through `backend`, on its clock, with a function that starts sooner than the shipped one."""
    bench = Bench(Sandbox(backend.port), backend.clock, LIGHT)
    yield bench
    backend.faults.clear()
    bench.clean()


@pytest.fixture
def behind(sandbox) -> Aws:
    """The account itself, past the faults and without a trace in `backend.calls`."""
    return Aws.at(sandbox.endpoint_url, "us-east-1")


@pytest.fixture
def no_sandbox() -> Iterator[int]:
    """A port on which no sandbox runs, and none may be started."""
    sandbox = Sandbox(free_port())
    yield sandbox.port
    started = sandbox.stop()
    sandbox.log_file.unlink(missing_ok=True)
    assert not started, "a sandbox was started"


def opened_cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    profile, region = request.config.option.profile, request.config.option.region
    if profile:
        cloud = Cloud(Aws.configured(region, profile), on_aws=True)
    else:
        cloud = Cloud(Aws.at(request.getfixturevalue("sandbox").endpoint_url, region))
    yield cloud
    cloud.close()


# The account that a conformance test is about: the sandbox, or AWS.
cloud = pytest.fixture(opened_cloud, name="cloud")
shared = pytest.fixture(opened_cloud, name="shared", scope="module")
