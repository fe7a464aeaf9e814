"""A stranger as the client: the AWS CLI goes by hand through the walkthrough's steps, and cleans up by hand."""

import json
import os
import shlex
import shutil
import subprocess
import sysconfig
import uuid
from pathlib import Path

import pytest

from tests.conftest import PROJECT

CLI = shutil.which("aws", path=sysconfig.get_path("scripts")) or "aws"
CURL = shutil.which("curl")
ACCOUNT, REGION = "123456789012", "eu-west-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:Scan",
                "dynamodb:UpdateItem",
            ],
            "Resource": "*",
        },
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        },
    ],
}


class Hand:
    """Types commands. What is in {braces} is filled in, so that each stack has names of its own."""

    def __init__(self, sandbox, folder):
        self.endpoint, self.folder = sandbox.endpoint_url, folder
        self.names = {"p": f"cli-{uuid.uuid4().hex[:8]}"}

    def run(self, line):
        for name, value in self.names.items():
            line = line.replace(f"{{{name}}}", value)
        here = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PAGER": "",
        }
        return subprocess.run(
            [CLI, *shlex.split(line)],
            cwd=self.folder,
            env={**os.environ, **here},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def aws(self, line, **remembered):
        """The answer. `remembered` are names for later commands: by what key of the answer."""
        ended = self.run(line)
        assert ended.returncode == 0, (line, ended.stderr)
        answer = json.loads(ended.stdout) if ended.stdout.strip() else {}
        self.names |= {name: answer[key] for name, key in remembered.items()}
        return answer

    def refused(self, line):
        """How the CLI tells why."""
        ended = self.run(line)
        assert ended.returncode != 0, (line, ended.stdout)
        return ended.stderr

    def curl(self, body, stage="Prod"):
        """(status, parsed body)"""
        url = f"{self.endpoint}/_aws/execute-api/{self.names['api']}/{stage}/DynamoDBManager"
        line = [CURL, "-sS", "-X", "POST", "-d", json.dumps(body), "-w", "\n%{http_code}", url]
        said = subprocess.run(line, capture_output=True, text=True, timeout=60, check=True).stdout
        text, _, status = said.rpartition("\n")
        return int(status), json.loads(text)


@pytest.fixture
def hand(sandbox, tmp_path):
    (tmp_path / "policy.json").write_text(json.dumps(POLICY))
    (tmp_path / "trust.json").write_text(json.dumps(TRUST))
    shutil.make_archive(str(tmp_path / "code"), "zip", PROJECT, "lambda_function.py")
    return Hand(sandbox, tmp_path)


def identity(hand):
    arn = f"arn:aws:iam::{ACCOUNT}:policy/{hand.names['p']}-policy"
    hand.aws("iam create-policy --policy-name {p}-policy --policy-document file://policy.json")
    hand.names["policy"] = arn
    hand.aws("iam create-role --role-name {p}-role --assume-role-policy-document file://trust.json")
    hand.aws("iam attach-role-policy --role-name {p}-role --policy-arn {policy}")


def function(hand):
    role = f"arn:aws:iam::{ACCOUNT}:role/{{p}}-role"
    hand.aws(
        "lambda create-function --function-name {p} --runtime python3.13 --handler lambda_function.lambda_handler "
        f"--zip-file fileb://code.zip --role {role} --timeout 10",
        function="FunctionArn",
    )
    hand.aws("lambda wait function-active-v2 --function-name {p}")
    event = '{"operation": "echo", "payload": {"somekey1": "somevalue1", "somekey2": "somevalue2"}}'
    Path(hand.folder, "event.json").write_text(event)
    said = hand.aws("lambda invoke --function-name {p} --payload fileb://event.json answer.json")
    assert said["StatusCode"] == 200
    assert json.loads(Path(hand.folder, "answer.json").read_text()) == json.loads(event)["payload"]


def table(hand):
    hand.aws(
        "dynamodb create-table --table-name {p} --attribute-definitions AttributeName=id,AttributeType=S "
        "--key-schema AttributeName=id,KeyType=HASH --billing-mode PAY_PER_REQUEST"
    )
    hand.aws("dynamodb wait table-exists --table-name {p}")


def api(hand):
    hand.aws(
        "apigateway create-rest-api --name {p} --endpoint-configuration types=REGIONAL", api="id", root="rootResourceId"
    )
    hand.aws(
        "apigateway create-resource --rest-api-id {api} --parent-id {root} --path-part DynamoDBManager", resource="id"
    )
    method = "--rest-api-id {api} --resource-id {resource} --http-method POST"
    uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{{function}}/invocations"
    hand.aws(f"apigateway put-method {method} --authorization-type NONE")
    hand.aws(f"apigateway put-integration {method} --type AWS --integration-http-method POST --uri {uri}")
    hand.aws(f"apigateway put-method-response {method} --status-code 200")
    hand.aws(f"apigateway put-integration-response {method} --status-code 200")
    hand.aws("apigateway create-deployment --rest-api-id {api} --stage-name Prod")


def permission(hand):
    source = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{{api}}/*/POST/DynamoDBManager"
    hand.aws(
        "lambda add-permission --function-name {p} --statement-id apigateway --action lambda:InvokeFunction "
        f"--principal apigateway.amazonaws.com --source-arn {source}"
    )


def clean(hand):
    assert "DeleteConflict" in hand.refused("iam delete-policy --policy-arn {policy}")
    assert "DeleteConflict" in hand.refused("iam delete-role --role-name {p}-role")
    hand.aws("dynamodb delete-table --table-name {p}")
    hand.aws("dynamodb wait table-not-exists --table-name {p}")
    hand.aws("lambda delete-function --function-name {p}")
    hand.aws("apigateway delete-rest-api --rest-api-id {api}")
    hand.aws("iam detach-role-policy --role-name {p}-role --policy-arn {policy}")
    hand.aws("iam delete-role --role-name {p}-role")
    hand.aws("iam delete-policy --policy-arn {policy}")
    hand.aws("logs delete-log-group --log-group-name /aws/lambda/{p}")


@pytest.mark.skipif(CURL is None, reason="needs curl")
def test_the_walkthrough_by_hand(hand):
    identity(hand)
    function(hand)
    table(hand)
    api(hand)
    name, item = hand.names["p"], {"id": "1234ABCD", "number": 5}
    create = {"operation": "create", "tableName": name, "payload": {"Item": item}}
    assert hand.curl(create) == (500, {"message": "Internal server error"})  # API Gateway may not invoke it yet
    permission(hand)
    assert hand.curl(create) == (200, {})
    assert hand.curl({"operation": "list", "tableName": name, "payload": {}})[1]["Items"] == [item]
    assert hand.curl(create, stage="prod") == (403, {"message": "Forbidden"})
    stored = hand.aws('dynamodb get-item --table-name {p} --key \'{"id": {"S": "1234ABCD"}}\'')
    assert stored["Item"] == {"id": {"S": "1234ABCD"}, "number": {"N": "5"}}
    lines = hand.aws("logs filter-log-events --log-group-name /aws/lambda/{p}")["events"]
    assert any(line["message"].startswith("REPORT RequestId: ") for line in lines)
    clean(hand)
