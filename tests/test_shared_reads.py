"""One answer for all who ask the same, and a new one for who asks again."""

import contextvars
import threading
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from stack.aws import Aws
from stack.shared_reads import asked_by, shared_reads


def ask(bench, name, **arguments):
    with asked_by(name):
        return bench.lab.aws.iam.get_policy(**arguments or {"PolicyArn": bench.lab.policy_arn})


@pytest.fixture
def lab(make_bench, door):
    """A bench whose policy is there, and whose calls come through the door."""
    bench = make_bench()
    bench.step("policy").up()
    lab = bench.lab
    bench.lab = replace(lab, aws=Aws.at(door.endpoint_url, lab.aws.region))
    assert bench.lab.policy_arn
    door.calls.clear()
    yield bench
    bench.lab = lab


def test_who_asks_the_same_gets_the_same_answer(lab, door):
    with shared_reads():
        answers = [ask(lab, name) for name in ("role", "function", "policy")]
    assert door.calls.count("GetPolicy") == 1
    assert answers[0]["Policy"]["Arn"] == answers[1]["Policy"]["Arn"] == answers[2]["Policy"]["Arn"]
    answers[0]["Policy"].clear()
    assert answers[1]["Policy"]


def test_who_asks_a_second_time_is_told_what_is_there_now(lab, door):
    with shared_reads():
        for _ in range(3):
            ask(lab, "policy")
        assert door.calls.count("GetPolicy") == 3
        ask(lab, "role")
    assert door.calls.count("GetPolicy") == 3


def test_who_asks_for_something_else_gets_something_else(lab, door):
    with shared_reads():
        ask(lab, "policy")
        with pytest.raises(ClientError, match="NoSuchEntity"):
            ask(lab, "role", PolicyArn=f"{lab.lab.policy_arn}-2")
    assert door.calls.count("GetPolicy") == 2


def test_that_there_is_no_such_thing_is_an_answer_too(lab, door):
    with shared_reads():
        for name in ("role", "function"):
            with pytest.raises(ClientError, match="NoSuchEntity"):
                ask(lab, name, PolicyArn=f"{lab.lab.policy_arn}-2")
    assert door.calls.count("GetPolicy") == 1


def test_an_answer_that_was_lost_serves_nobody(lab, door):
    door.on("GetPolicy").lose_answer(times=8)
    with shared_reads():
        with pytest.raises(Exception, match="Connection was closed"):
            ask(lab, "role")
        ask(lab, "function")


def test_who_comes_while_the_answer_is_on_its_way_waits_for_it(lab, door):
    answers = []

    def other():
        answers.append(ask(lab, "function"))

    with shared_reads(), door.holding("GetPolicy") as done:
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(ask_as, lab, name, answers))
            for name in ("role", "function")
        ]
        for thread in threads:
            thread.start()
        assert done.wait(30)
    for thread in threads:
        thread.join(30)
    assert len(answers) == 2
    assert door.calls.count("GetPolicy") == 1


def ask_as(bench, name, answers):
    answers.append(ask(bench, name))


def test_nothing_is_shared_afterwards_or_by_who_gives_no_name(lab, door):
    with shared_reads():
        lab.lab.aws.iam.get_policy(PolicyArn=lab.lab.policy_arn)
        lab.lab.aws.iam.get_policy(PolicyArn=lab.lab.policy_arn)
        ask(lab, "role")
    ask(lab, "function")
    assert door.calls.count("GetPolicy") == 4


def test_a_policy_document_comes_decoded_to_everybody(lab, door):
    with shared_reads():
        for name in ("role", "function"):
            with asked_by(name):
                version = lab.lab.aws.iam.get_policy_version(PolicyArn=lab.lab.policy_arn, VersionId="v1")
            assert version["PolicyVersion"]["Document"]["Version"] == "2012-10-17"
    assert door.calls.count("GetPolicyVersion") == 1
