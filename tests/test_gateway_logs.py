"""What a call of the lab's invoke URL leaves in the function's log."""

import uuid

from tests.invoke_url import FAILED


def log_lines(lab, marker):
    """The messages of the one stream that holds the marker."""
    group = lab.log_group_name
    found = lab.aws.logs.filter_log_events(logGroupName=group, filterPattern=f'"{marker}"')["events"]
    stream = found[0]["logStreamName"]
    return [
        event["message"]
        for event in lab.aws.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True)["events"]
    ]


def test_what_the_function_prints_is_in_its_log(scripted):
    marker = f"marker-{uuid.uuid4().hex}"
    scripted.ask("print", text=marker)
    lines = log_lines(scripted.bench.lab, marker)
    at = lines.index(marker)
    kinds = [line.split(" ")[0] for line in lines[at - 1 : at + 3]]
    assert kinds == ["START", marker, "END", "REPORT"]
    ids = {lines[at + offset].split()[2] for offset in (-1, 1, 2)}
    assert len(ids) == 1
    assert "Billed Duration: " in lines[at + 2]


def test_why_it_failed_is_in_the_log_and_not_in_the_answer(scripted):
    marker = f"marker-{uuid.uuid4().hex}"
    assert scripted.raises(marker) == FAILED
    assert any(f"[ERROR] Exception: {marker}" in line for line in log_lines(scripted.bench.lab, marker))


def test_the_log_of_one_function_is_not_that_of_another(scripted, shipped):
    marker = f"marker-{uuid.uuid4().hex}"
    scripted.ask("print", text=marker)
    lab = shipped.bench.lab
    assert not lab.aws.logs.filter_log_events(logGroupName=lab.log_group_name, filterPattern=f'"{marker}"')["events"]


def test_writing_leaves_the_log_group_as_it_is(scripted):
    lab = scripted.bench.lab
    scripted.ask("print", text="something")
    groups = lab.aws.logs.describe_log_groups(logGroupNamePrefix=lab.log_group_name)["logGroups"]
    tags = lab.aws.logs.list_tags_for_resource(resourceArn=lab.log_group_arn)["tags"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in groups] == [(lab.log_group_name, 7)]
    assert tags == {"stack": lab.config.identity, "managed-by": "lambda-apigateway-lab"}
