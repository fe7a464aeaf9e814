"""`python -m provision` as its users meet it: a process with arguments, streams, an exit code, at times a terminal."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from provision.__main__ import step_number
from stack import STACK
from stack.aws import Aws
from tests.backend import PATIENCE_SECONDS
from tests.command_lines import (
    IN_PLACE,
    NEW,
    STEPS,
    as_aws,
    at_a_terminal,
    called,
    config_file,
    copy_of_the_project,
    hint,
    interrupted,
    on_a_terminal,
    outcomes,
    pasted,
    read_until,
    rows,
    run,
    terminal,
)
from tests.conftest import PROJECT, Bench, command


@dataclass
class Made:
    """A stack that tests may look at, but not change, and what was printed when it was made."""

    bench: Bench
    first: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def made(sandbox) -> Iterator[Made]:
    bench = Bench(sandbox)
    yield Made(bench, run("provision", bench))
    bench.clean()


# What it prints


def test_eight_lines_come_in_the_documented_order(made):
    prefix = made.bench.prefix
    names = [
        f"{prefix}lambda-custom-policy",
        f"{prefix}lambda-apigateway-role",
        f"{prefix}LambdaFunctionOverHttps",
        f"{prefix}LambdaFunctionOverHttps",
        f"{prefix}lambda-apigateway",
        f"{prefix}DynamoDBOperations",
        "Prod",
        "POST /Prod/DynamoDBManager",
    ]
    assert rows(made.first.stdout) == list(zip("12345678", STEPS, names, NEW, strict=True))
    assert made.first.returncode == 0
    assert made.first.stderr == ""


def test_the_first_line_says_what_is_made_where(made):
    expected = (
        f"{made.bench.prefix}lambda-apigateway in the sandbox on this machine, account 123456789012, region us-east-1"
    )
    assert made.first.stdout.splitlines()[0] == expected


def test_the_curl_command_works_as_it_is_printed(made):
    line = hint(made.first.stdout, "Try it")
    assert line.startswith("curl ")
    assert line.endswith(hint(made.first.stdout, "Invoke URL"))
    answer = pasted(line.replace("curl ", "curl -sS -w '\\n%{http_code}' ", 1), made.bench.sandbox.port)
    body, status = answer.stdout.rsplit("\n", 1)
    assert (status, answer.stderr) == ("200", "")
    assert json.loads(body) == {"Items": [], "Count": 0, "ScannedCount": 0}


def test_the_log_command_works_as_it_is_printed(made):
    shown = pasted(hint(made.first.stdout, "Logs"), made.bench.sandbox.port)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.search(rf"{made.bench.prefix}LambdaFunctionOverHttps: START RequestId: ", shown.stdout)


def test_the_teardown_command_works_as_it_is_printed(made):
    shown = pasted(f"{hint(made.first.stdout, 'Tear down')} --plan", made.bench.sandbox.port)
    assert (shown.returncode, shown.stderr) == (3, "")
    assert f"{made.bench.prefix}lambda-apigateway " in shown.stdout


def test_the_hints_can_be_pasted_where_python_lives_in_a_folder_with_a_space(made, tmp_path):
    folder = tmp_path / "my venv"
    folder.symlink_to(Path(sys.prefix), target_is_directory=True)
    shown = subprocess.run(
        [folder / "bin" / "python", "-m", "provision", "--prefix", made.bench.prefix, "--until", "1"],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(made.bench.sandbox.port)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for line in (hint(shown, "Logs"), f"{hint(shown, 'Tear down')} --help", f"{hint(shown, 'Go on')} --help"):
        answer = pasted(line, made.bench.sandbox.port)
        assert (answer.returncode, answer.stderr) == (0, ""), line


@on_a_terminal
def test_on_a_terminal_the_same_lines_come_in_colour(made):
    environment = {"SANDBOX_PORT": str(made.bench.sandbox.port)}
    with terminal("provision", "--prefix", made.bench.prefix, "--until", "4", **environment) as (screen, process):
        text = read_until(screen, None)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert "Traceback" not in text
    for title, name, outcome in [row[1:] for row in rows(made.first.stdout)][:4]:
        word = "unchanged" if outcome == "created" else outcome
        assert re.search(rf"{title} +{re.escape(name)} +\d+\.\d s  {word}", text), text


def test_a_name_that_the_stream_cannot_write_stops_nothing(make_bench, tmp_path):
    given = ("--config", config_file(tmp_path, 'api: {name: "Łódź"}'), "--plan")
    plan = run("provision", make_bench(), *given, PYTHONIOENCODING="ascii")
    assert len(rows(plan.stdout)) == 8
    assert plan.returncode == 3


# The second run


def test_the_second_run_changes_nothing_and_calls_nothing_that_writes(made, door):
    second = run("provision", made.bench, port=door.port)
    assert outcomes(second.stdout) == IN_PLACE
    assert (second.returncode, second.stderr) == (0, "")
    assert {"GetRole", "GetFunction", "DescribeTable", "GetRestApis", "Invoke"} <= set(door.calls)
    assert door.calls.writing == []


# --plan


def test_the_plan_of_what_is_in_place_is_empty(made, door):
    plan = run("provision", made.bench, "--plan", port=door.port)
    assert outcomes(plan.stdout) == [word.replace("passed", "would run") for word in IN_PLACE]
    assert plan.stdout.splitlines()[-1] == "Everything is in place; nothing would change."
    assert plan.returncode == 0
    assert door.calls.writing == []


def test_the_plan_of_what_is_not_there_shows_every_field_and_writes_nothing(make_bench, door):
    bench = make_bench()
    plan = called("provision", bench, "--plan", port=door.port)
    assert outcomes(plan.stdout) == [{"created": "would create", "passed": "would run"}[word] for word in NEW]
    for line in (
        "document.Items.Effect (none) -> Allow",
        'trust.Lambda.Action (none) -> ["sts:AssumeRole"]',
        "memory_mb (none) -> 512",
        "log_group.retention_days (none) -> 7",
        "key.id (none) -> HASH S",
        "endpoint_type (none) -> REGIONAL",
        "throttle.burst (none) -> 20",
        f"tags.stack (none) -> {bench.prefix}lambda-apigateway",
    ):
        assert f"\n     {line}\n" in plan.stdout
    assert plan.stdout.splitlines()[-1] == "6 of 8 steps would change something. Nothing was written."
    assert (plan.returncode, plan.stderr) == (3, "")
    assert door.calls.writing == []
    assert "Invoke" not in door.calls


def test_changed_memory_is_planned_and_then_made(make_bench, door, tmp_path):
    bench = make_bench()
    called("provision", bench, "--until", "function")
    less = ("--config", config_file(tmp_path, "function: {memory_mb: 256}"), "--until", "3")

    plan = called("provision", bench, *less, "--plan", port=door.port)
    assert outcomes(plan.stdout) == ["unchanged", "unchanged", "would update"]
    assert [line.strip() for line in plan.stdout.splitlines() if " -> " in line] == ["memory_mb 512 -> 256"]
    assert plan.returncode == 3
    assert door.calls.writing == []

    done = called("provision", bench, *less, port=door.port)
    assert outcomes(done.stdout) == ["unchanged", "unchanged", "updated: memory_mb 512 -> 256"]
    assert done.returncode == 0
    assert door.calls.writing == ["UpdateFunctionConfiguration"]


# --until


@pytest.mark.parametrize("step", STACK, ids=lambda step: step.key)
def test_a_step_goes_by_its_number_its_key_and_its_title(step):
    names = (str(step.number), step.key, step.title, step.title.lower(), step.key.upper())
    assert {step_number(name) for name in names} == {step.number}


def test_until_stops_after_the_step_and_says_how_to_go_on(make_bench):
    bench = make_bench()
    first = called("provision", bench, "--until", "IAM role")
    assert outcomes(first.stdout) == ["created"] * 2
    assert "Invoke URL" not in first.stdout
    assert "curl" not in first.stdout
    second = pasted(hint(first.stdout, "Go on"), bench.sandbox.port)
    assert outcomes(second.stdout) == ["unchanged", "unchanged", "created"]


# --json


def test_json_is_one_document_on_stdout_and_the_progress_goes_to_stderr(made):
    done = run("provision", made.bench, "--json")
    document = json.loads(done.stdout)
    assert set(document) == {"steps", "outputs"}
    assert [step["number"] for step in document["steps"]] == list(range(1, 9))
    assert [step["step"] for step in document["steps"]] == STEPS
    assert [step["outcome"] for step in document["steps"]] == IN_PLACE
    for step in document["steps"]:
        assert {"number", "step", "name", "outcome", "changes", "seconds"} <= set(step)
        assert step["name"]
        assert step["changes"] == {}
        assert 0 <= step["seconds"] < PATIENCE_SECONDS
    url = document["outputs"]["invoke_url"]
    assert document["outputs"] == {
        "invoke_url": url,
        "api_id": url.split("/")[5],
        "function_arn": f"arn:aws:lambda:us-east-1:123456789012:function:{made.bench.prefix}LambdaFunctionOverHttps",
        "table": f"{made.bench.prefix}lambda-apigateway",
        "region": "us-east-1",
        "account": "123456789012",
        "strays": [],
    }
    assert outcomes(done.stderr) == IN_PLACE
    assert hint(done.stderr, "Invoke URL") == hint(made.first.stdout, "Invoke URL") == url


def test_json_of_a_plan_tells_live_and_wanted(made, tmp_path):
    less = config_file(tmp_path, "function: {memory_mb: 256}")
    done = called("provision", made.bench, "--config", less, "--plan", "--json")
    changes = {step["step"]: step["changes"] for step in json.loads(done.stdout)["steps"] if step["changes"]}
    assert changes == {"Lambda function": {"memory_mb": {"live": 512, "wanted": 256}}}
    assert done.returncode == 3


# What fails


def test_a_foreign_table_stops_what_needs_it_and_nothing_else_and_then_it_goes_on(make_bench):
    bench = make_bench()
    dynamodb, name = bench.lab.aws.dynamodb, bench.lab.table_name
    key = {"AttributeName": "id"}
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
        KeySchema=[{**key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=[{"Key": "owner", "Value": "bob"}],
    )
    try:
        first = run("provision", bench, "--json")
    finally:
        dynamodb.delete_table(TableName=name)
    steps = json.loads(first.stdout)["steps"]
    assert [step["outcome"] for step in steps] == [*NEW[:4], "failed", *NEW[5:7], "blocked"]
    reason = steps[4]["notes"][-1]
    assert f"{name} exists, but is not ours: expected the tag stack={bench.prefix}lambda-apigateway" in reason
    assert f"--adopt {name}" in reason
    assert reason in first.stderr
    assert steps[7]["notes"] == ["needs step 5"]
    assert "Mend what is named above and run the same again." in first.stderr
    assert first.returncode == 1

    second = called("provision", bench)
    assert outcomes(second.stdout) == [*IN_PLACE[:4], "created", *IN_PLACE[5:]]
    assert second.returncode == 0


def test_a_refused_call_names_step_call_and_permission(make_bench, door):
    bench = make_bench()
    door.on("CreateFunction").deny("AccessDeniedException")
    done = called("provision", bench, "--until", "5", port=door.port)
    assert outcomes(done.stdout) == ["created", "created", "failed", "blocked", "created"]
    assert "     CreateFunction: AccessDeniedException: refused by the test" in done.stdout
    assert "your user lacks lambda:CreateFunction (or iam:PassRole or lambda:TagResource, which that" in done.stdout
    assert done.returncode == 1


def test_expired_credentials_stop_everything_at_once(make_bench, door):
    bench = make_bench()
    door.on("DescribeTable").deny("ExpiredTokenException")
    done = called("provision", bench, port=door.port)
    assert outcomes(done.stdout) == [*["blocked"] * 4, "failed", *["blocked"] * 3]
    assert not door.calls.writing
    assert "your session has expired: log in again" in done.stdout
    assert done.returncode == 1


def test_steps_that_are_done_stay_done_where_the_api_may_not_be_looked_up(make_bench, door):
    bench = make_bench()
    door.on("GetRestApis").deny("AccessDeniedException")
    done = called("provision", bench, "--until", "1", "--json", port=door.port)
    assert done.returncode == 0
    assert [step["outcome"] for step in json.loads(done.stdout)["steps"]] == ["created"]


def test_a_reader_that_goes_away_is_no_defect_and_the_next_run_heals(make_bench):
    bench = make_bench()
    shown = pasted(f"{sys.executable} -m provision --until 3 --prefix {bench.prefix} | head -n 1", bench.sandbox.port)
    assert shown.stderr == ""
    assert len(shown.stdout.splitlines()) == 1
    assert called("provision", bench, "--until", "3").returncode == 0


# Flags over the file


@pytest.mark.parametrize(("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn")])
def test_the_region_is_where_everything_is_and_arns_follow_its_partition(make_bench, region, partition):
    bench = make_bench(region=region)
    done = called("provision", bench, "--region", region, "--json")
    assert done.returncode == 0, done.stderr
    outputs, lab = json.loads(done.stdout)["outputs"], bench.lab
    assert outputs["region"] == region
    assert outputs["function_arn"] == f"arn:{partition}:lambda:{region}:123456789012:function:{lab.function_name}"
    assert lab.aws.iam.get_role(RoleName=lab.role_name)["Role"]["Arn"].startswith(f"arn:{partition}:iam::")
    assert lab.aws.dynamodb.describe_table(TableName=lab.table_name)["Table"]["TableArn"].split(":")[3] == region
    assert hint(done.stderr, "Tear down").endswith(f"--region {region} --prefix {bench.prefix}")


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-west-1", "execute-api.eu-west-1.amazonaws.com"), ("cn-north-1", "execute-api.cn-north-1.amazonaws.com.cn")],
)
def test_on_aws_the_invoke_url_follows_the_partition(region, host):
    assert Aws.configured(region).invoke_url("abc", "Prod", "x") == f"https://abc.{host}/Prod/x"


def test_flags_override_the_file_and_the_file_its_defaults(make_bench, tmp_path):
    bench = make_bench(region="eu-west-1", table={"name": "elsewhere"})
    text = "prefix: nobody-\nregion: us-west-2\ntarget: aws\ntable: {name: elsewhere}\n"
    flags = ("--config", config_file(tmp_path, text), "--region", "eu-west-1", "--target", "sandbox")
    done = called("provision", bench, *flags, "--plan")
    assert done.stdout.startswith(f"{bench.prefix}lambda-apigateway in the sandbox")
    assert rows(done.stdout)[4][2] == f"{bench.prefix}elsewhere"
    assert "region eu-west-1" in done.stdout


# Bad input


@dataclass(frozen=True)
class Bad:
    """Arguments that are refused, and what must be said about them. `config` is the text of a config file."""

    arguments: tuple[str, ...]
    said: str
    config: str | None = None
    verbs: tuple[str, ...] = ("provision",)


BOTH = ("provision", "teardown")
BAD = [
    Bad(("--until", "nine"), "there is no step 'nine'; the steps are 1 or policy, 2 or role, 3"),
    Bad(("--until", "0"), "there is no step '0'; the steps are 1 or policy"),
    Bad(("--until", "3"), "unrecognized arguments: --until 3", verbs=("teardown",)),
    Bad(("--until",), "expected one argument"),
    Bad(("--nonsense",), "unrecognized arguments: --nonsense", verbs=BOTH),
    Bad(("--target", "gcp"), "invalid choice: 'gcp' (choose from"),
    Bad(("--region", "useast1"), '--region: "useast1" is not a region of AWS, did you mean us-east-1?'),
    Bad(("--prefix", "a/b"), '--prefix: "a/b" holds "/"'),
    Bad(("--prefix", "ä-"), "--prefix: "),
    Bad(("--profile", "ada"), "--profile: the sandbox takes no credentials; add --target aws"),
    Bad(("--config", "nowhere.yaml"), "nowhere.yaml: there is no such file"),
    Bad((), ":2: function.memory_mb: 64 is too small", config="function:\n  memory_mb: 64\n", verbs=BOTH),
    Bad(("--json",), ":1: regoin: ", config="regoin: us-east-1\n"),
    Bad(("--plan",), ":3: ", config="table:\n  name: x\n name: y\n"),
    Bad(("--yes",), ":2: function.handler: ", config="function:\n  handler: app.handler\n"),
    Bad(("--target", "aws"), "no AWS credentials found: `aws configure`", verbs=BOTH),
    Bad(("--target", "aws", "--json", "--yes"), "--target sandbox needs none"),
    Bad(("--target", "aws", "--profile", "ada"), "(ada) could not be found"),
]


def test_bad_input_is_answered_with_exit_code_2_and_one_clear_text_before_anything_is_called(tmp_path, no_sandbox):
    cases = [(number, bad, verb) for number, bad in enumerate(BAD) for verb in bad.verbs]

    def answer(case: tuple[int, Bad, str]) -> subprocess.CompletedProcess[str]:
        number, bad, verb = case
        arguments = list(bad.arguments)
        if bad.config is not None:
            path = tmp_path / f"{number}-{verb}.yaml"
            path.write_text(bad.config, encoding="utf-8")
            arguments += ["--config", str(path)]
        return command(verb, *arguments, SANDBOX_PORT=str(no_sandbox), HOME=str(tmp_path))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(answer, cases))
    for (number, bad, verb), done in zip(cases, answers, strict=True):
        what = (verb, bad, done)
        path = f"{tmp_path}/{number}-{verb}.yaml" if bad.config is not None else ""
        assert done.returncode == 2, what
        assert f"{path}{bad.said}" in done.stderr, what
        if "--json" in bad.arguments:
            assert json.loads(done.stdout)["error"] == done.stderr.strip(), what
        else:
            assert done.stdout == "", what
        assert "Traceback" not in done.stderr, what
        assert "should not have happened" not in done.stderr, what
        assert len(done.stderr.split("error: ")[-1].splitlines()) == 1, what


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def lambda_handler(event, context):\n    return (\n", "lambda_function.py:2: '(' was never closed"),
        ("import json\n", "lambda_function.py: defines no `lambda_handler`, which function.handler"),
    ],
    ids=["syntax error", "no handler"],
)
def test_a_function_that_cannot_work_is_found_before_anything_is_called(tmp_path, no_sandbox, source, said):
    project = copy_of_the_project(tmp_path)
    (project / "lambda_function.py").write_text(source, encoding="utf-8")
    done = command("provision", cwd=project, SANDBOX_PORT=str(no_sandbox))
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_port_that_another_program_holds_is_not_mistaken_for_the_sandbox():
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        threading.Thread(target=answer_nonsense, args=(stranger,), daemon=True).start()
        done = command("provision", SANDBOX_PORT=str(stranger.getsockname()[1]))
    assert done.returncode == 1
    assert "is taken by another program" in done.stderr
    assert "SANDBOX_PORT=" in done.stderr
    assert "Traceback" not in done.stderr


def answer_nonsense(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example.com\r\n")


@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_help_documents_flags_and_exit_codes(verb):
    text = command(verb, "--help").stdout
    for code in ("0 ", "1 ", "2 ", "3 ", "130"):
        assert re.search(rf"^  {code}", text[text.index("exit codes:") :], re.MULTILINE), code
    for flag in ("--config", "--target", "--region", "--prefix", "--profile", "--plan", "--yes", "--json", "--adopt"):
        assert flag in text


# The real AWS


def aws_command(verb: str, bench: Bench, *arguments: str, port: int) -> subprocess.CompletedProcess[str]:
    return command(verb, "--prefix", bench.prefix, "--target", "aws", *arguments, **as_aws(port))


def test_on_aws_the_same_steps_go_all_the_way(make_bench, door):
    bench = make_bench()
    done = aws_command("provision", bench, "--yes", port=door.port)
    assert outcomes(done.stdout) == NEW
    assert (done.returncode, done.stderr) == (0, "")
    assert hint(done.stdout, "Invoke URL").startswith(f"http://127.0.0.1:{door.port}/_aws/execute-api/")
    assert "who can reach http://127.0.0.1" in done.stdout
    assert hint(done.stdout, "Logs").startswith(f"aws logs tail {bench.lab.log_group_name} --region us-east-1")
    assert "CreateRestApi" in door.calls

    gone = pasted(f"env {assignments(door.port)} {hint(done.stdout, 'Tear down')} --yes", door.port)
    assert gone.stdout.splitlines()[-1] == "nothing left"
    assert gone.returncode == 0


def assignments(port: int) -> str:
    return " ".join(f"{name}={value}" for name, value in as_aws(port).items())


def test_on_aws_without_a_terminal_and_without_yes_nothing_is_made(make_bench, door):
    done = aws_command("provision", make_bench(), port=door.port)
    assert done.returncode == 2
    assert done.stderr.strip().startswith("Nothing was made: there is no terminal to ask at. Add --yes")
    assert door.calls.writing == []


def test_on_aws_a_plan_needs_no_consent(make_bench, door):
    done = aws_command("provision", make_bench(), "--plan", port=door.port)
    assert done.returncode == 3
    assert door.calls.writing == []


@on_a_terminal
@pytest.mark.parametrize("answer", ["n\n", "\x04"], ids=["n", "ctrl-d"])
def test_on_aws_at_a_terminal_anything_but_yes_makes_nothing(make_bench, door, answer):
    given = ("provision", "--prefix", make_bench().prefix, "--target", "aws")
    shown = at_a_terminal(answer, *given, **as_aws(door.port))
    assert shown.returncode == 2
    assert "account 123456789012, region us-east-1" in shown.text
    assert "Nothing was made." in shown.text
    assert "Traceback" not in shown.text
    assert door.calls.writing == []


@on_a_terminal
def test_on_aws_at_a_terminal_yes_goes_on(make_bench, door):
    given = ("provision", "--prefix", make_bench().prefix, "--target", "aws", "--until", "2")
    shown = at_a_terminal("y\n", *given, **as_aws(door.port))
    assert shown.returncode == 0
    assert "knows the URL" not in shown.text
    assert len(re.findall(r"\d\.\d s  created", shown.text)) == 2
    assert set(door.calls.writing) == {"CreatePolicy", "CreateRole", "AttachRolePolicy"}


# Ctrl-C


@on_a_terminal
@pytest.mark.parametrize(
    ("call", "step", "word"),
    [("CreateFunction", 3, "unchanged"), ("CreateRestApi", 6, "updated: ")],
)
def test_after_ctrl_c_the_next_run_heals(make_bench, door, call, step, word):
    bench = make_bench()
    stopped = interrupted(door, call, "provision", "--prefix", bench.prefix)
    assert stopped.returncode == 130
    assert 2 <= len(rows(stopped.stdout)) < step
    assert stopped.stderr.startswith("Stopped. What was done stays: the same command goes on from there")
    assert "Traceback" not in stopped.stderr

    door.calls.clear()
    healed = called("provision", bench, port=door.port)
    assert healed.returncode == 0, healed.stdout
    assert outcomes(healed.stdout)[: step - 1] == IN_PLACE[: step - 1]
    assert outcomes(healed.stdout)[step - 1].startswith(word)
    assert call not in door.calls


@on_a_terminal
def test_ctrl_c_in_the_smoke_test_leaves_no_item_behind(make_bench, door):
    bench = make_bench()
    stopped = interrupted(door, "POST update", "provision", "--prefix", bench.prefix)
    assert stopped.returncode == 130
    assert bench.lab.aws.dynamodb.scan(TableName=bench.lab.table_name)["Count"] == 0


@on_a_terminal
@pytest.mark.parametrize("verb", ["provision", "teardown"])
def test_ctrl_c_while_python_still_loads_shows_no_traceback(verb, no_sandbox):
    with subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", verb],
        cwd=PROJECT,
        env={**os.environ, "SANDBOX_PORT": str(no_sandbox)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        list(itertools.takewhile(lambda line: "botocore.exceptions" not in line, process.stderr))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert "Traceback" not in err
    assert process.returncode in {130, -signal.SIGINT}  # a shell shows both as 130
