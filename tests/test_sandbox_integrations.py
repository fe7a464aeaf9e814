"""Integrations that the sandbox does not carry out: nothing leaves this machine."""

import socket

import pytest

from tests.conformance.integrations import document, method

PASSED_ON = {"default": {"statusCode": "200"}}
BROKEN = 500, {"message": "Internal server error"}


def answered(cloud, **integration):
    api = cloud.api(document({"/there": method({"httpMethod": "GET", "responses": PASSED_ON, **integration})}))
    cloud.deploy(api)
    answer = cloud.call(cloud.url(api, "/there"), "{}")
    return answer.status, answer.json


@pytest.mark.parametrize("kind", ["http", "http_proxy"])
def test_no_server_is_called(cloud, kind):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        assert answered(cloud, type=kind, uri=f"http://127.0.0.1:{server.getsockname()[1]}/") == BROKEN
        with pytest.raises(BlockingIOError):
            server.accept()


def test_no_other_service_is_called(cloud):
    table = cloud.table()
    uri = f"arn:{cloud.partition}:apigateway:{cloud.region}:dynamodb:action/DeleteTable"
    template = {"application/json": f'{{"TableName": "{table}"}}'}
    role = cloud.role_arn(cloud.role())
    told = answered(cloud, type="aws", uri=uri, httpMethod="POST", requestTemplates=template, credentials=role)
    assert told == BROKEN
    assert cloud.dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"
