"""Many clients at once for half a minute: every answer right, nothing leaked."""

import json
import sys
import threading
import time
from pathlib import Path

import pytest
import urllib3

from stack.aws import Aws
from tests.conformance.cloud import Cloud
from tests.conftest import running_sandbox

CLIENTS, SECONDS = 32, 30
WARM_SECONDS = 8
SPARE_MB = 8  # beside what the allocator keeps, and the environments that a busy moment adds
NOTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
SPARE_DESCRIPTORS = 4  # of clients that the tests' own session keeps open


def wait_until(condition, seconds=10):
    give_up = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up:
        time.sleep(0.05)


def descriptors(pid):
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def children(pid):
    return sum(len(text.read_text().split()) for text in Path(f"/proc/{pid}/task").glob("*/children"))


def resident_mb(pid):
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def echo_api(cloud):
    """The URL of a method that answers with its body. Its function may not log: what it logs would be kept."""
    function = cloud.function(role=cloud.role(cloud.policy(NOTHING)))
    uri = cloud.integration_uri(function)
    integration = {"type": "aws", "httpMethod": "POST", "uri": uri, "responses": {"default": {"statusCode": "200"}}}
    method = {"responses": {"200": {"description": "ok"}}, "x-amazon-apigateway-integration": integration}
    info = {"title": "load", "description": "load", "version": "1"}
    api = cloud.api({"openapi": "3.0.1", "info": info, "paths": {"/echo": {"post": method}}})
    cloud.allow_api(function, api)
    cloud.deploy(api)
    return cloud.url(api, "/echo")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_32_clients_for_30_seconds_get_right_answers_and_leak_nothing():
    with running_sandbox() as own:
        cloud, pid = Cloud(Aws.at(own.endpoint_url, "us-east-1")), own.status()["pid"]
        before = descriptors(pid)
        url, ends = echo_api(cloud), time.monotonic() + SECONDS
        answered, wrong = [0] * CLIENTS, []
        pool = urllib3.PoolManager(maxsize=CLIENTS)

        def client(number):
            while time.monotonic() < ends and not wrong:
                body = json.dumps({"client": number, "call": answered[number], "text": "ä" * 200}).encode()
                answer = pool.request("POST", url, body=body, retries=False, timeout=30)
                if answer.status != 200 or json.loads(answer.data) != json.loads(body):
                    wrong.append((answer.status, answer.data))
                answered[number] += 1

        threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        threads[0].join(WARM_SECONDS)
        warm = resident_mb(pid)
        for thread in threads:
            thread.join()
        after = resident_mb(pid)
        assert wrong == []
        assert min(answered) > 0
        assert after - warm < SPARE_MB, f"{warm:.0f} MB, {after:.0f} MB after {sum(answered)} calls"
        pool.clear()
        cloud.close()
        wait_until(lambda: children(pid) == 0 and descriptors(pid) <= before + SPARE_DESCRIPTORS)
        assert (children(pid), descriptors(pid)) <= (0, before + SPARE_DESCRIPTORS)
