"""Who calls the lab's invoke URL: clients that keep their connection, curl, and many at once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.invoke_url import CURL, JSON, PING

needs_curl = pytest.mark.skipif(CURL is None, reason="needs curl")


def test_a_connection_serves_many_requests(shipped):
    with shipped.connect() as connection:
        connection.connect()
        socket = connection.sock
        for _ in range(20):
            connection.request("POST", shipped.path, PING, {"Content-Type": JSON})
            response = connection.getresponse()
            assert (response.status, response.read(), response.version) == (200, b'"pong"', 11)
            assert connection.sock is socket


@needs_curl
def test_a_plain_curl_works(shipped):
    assert shipped.curl("--data", PING.decode()).stdout == '"pong"'


@needs_curl
def test_a_curl_with_a_type_and_a_file_works(shipped, tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{\n  "operation": "echo",\n  "payload": {"a": "it\'s"}\n}\n')
    told = shipped.curl("--header", f"Content-Type: {JSON}", "--data", f"@{event}")
    assert json.loads(told.stdout) == {"a": "it's"}


@needs_curl
def test_a_curl_without_data_gets_and_is_refused(shipped):
    told = shipped.curl("--write-out", "\n%{http_code}").stdout.splitlines()
    assert (json.loads(told[0]), told[1]) == ({"message": "Missing Authentication Token"}, "403")


def side_by_side(clients, call):
    """What `call` answered to each of the clients, which all begin at the same moment."""
    barrier = threading.Barrier(clients)

    def one(number):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(clients)))


def test_what_eight_clients_create_is_all_there(shipped):
    def create(client):
        return [shipped.on_table("create", Item={"id": f"client {client} item {item}"})[0] for item in range(10)]

    assert side_by_side(8, create) == [[200] * 10] * 8
    _, page = shipped.on_table("list", ConsistentRead=True)
    listed = {item["id"] for item in page["Items"]}
    assert listed >= {f"client {client} item {item}" for client in range(8) for item in range(10)}


def test_a_counter_loses_no_step(shipped):
    key = {"id": "counter"}
    add = {"UpdateExpression": "ADD steps :one", "ExpressionAttributeValues": {":one": 1}}

    def step(client):
        return [shipped.on_table("update", Key=key, **add)[0] for _ in range(10)]

    assert side_by_side(8, step) == [[200] * 10] * 8
    assert shipped.on_table("read", Key=key, ConsistentRead=True) == (200, {"Item": {**key, "steps": 80}})


def test_more_callers_than_environments_wait_in_line(shipped):
    """Twelve functions that call DynamoDB need threads for their own calls, too."""
    answers = side_by_side(12, lambda client: shipped.on_table("create", Item={"id": f"in line {client}"})[0])
    assert answers == [200] * 12


def test_callers_in_line_leave_threads_for_the_functions_own_calls(scripted, timeout_seconds):
    timeout_seconds(5)
    assert side_by_side(100, lambda _: scripted.ask("call the sandbox")[0]) == [200] * 100
