"""An account under test, and what a conformance test needs in it. Everything gets a name of its own and goes again."""

from __future__ import annotations

import contextlib
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import urllib3
from botocore.exceptions import ClientError

from stack.aws import MISSING, Aws, error_code

T = TypeVar("T")

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
LOGS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}],
}
ECHO = "def lambda_handler(event, context):\n    return event\n"
SETTLING_SECONDS = 120


class Cloud:
    """Clients of one account and region; what is made through it is removed by close(), last made first."""

    def __init__(self, aws: Aws, *, on_aws: bool = False) -> None:
        self.aws, self.on_aws = aws, on_aws
        self.iam, self.sts, self.logs = aws.client("iam"), aws.client("sts"), aws.client("logs")
        self.lambda_, self.dynamodb = aws.client("lambda"), aws.client("dynamodb")
        self.apigateway = aws.client("apigateway")
        self.region, self.account, self.partition = aws.region, aws.account, aws.partition
        self._removals: list[Callable[[], Any]] = []

    def name(self) -> str:
        """A name that nothing else bears."""
        return f"conformance-{uuid.uuid4().hex[:12]}"

    def later(self, call: Callable[..., Any], **arguments: Any) -> None:
        """Called at the end, last added first; that the thing is gone already is fine."""
        self._removals.append(lambda: call(**arguments))

    def close(self) -> None:
        for remove in reversed(self._removals):
            try:
                self.settled(remove, codes={"DeleteConflict", "TooManyRequestsException", "ResourceInUseException"})
            except ClientError as error:
                if error_code(error) not in MISSING:
                    raise
        self._removals.clear()

    def settled(self, call: Callable[[], T], codes: set[str], text: str = "") -> T:
        """The answer of `call`, which is repeated while it is refused by one of these codes (with this text)."""
        give_up = time.monotonic() + (SETTLING_SECONDS if self.on_aws else 10)
        while True:
            try:
                return call()
            except ClientError as error:
                if error_code(error) not in codes or text not in str(error) or time.monotonic() > give_up:
                    raise
            time.sleep(3 if self.on_aws else 0.1)

    def until(self, accepted: Callable[[T], bool], ask: Callable[[], T]) -> T:
        """The first accepted answer; on AWS a change is asked for until it is to be seen, in the sandbox it is."""
        give_up = time.monotonic() + (SETTLING_SECONDS if self.on_aws else 0)
        while True:
            answer = ask()
            if accepted(answer) or time.monotonic() > give_up:
                return answer
            time.sleep(3)

    def policy(self, document: Any = None, name: str = "") -> str:
        """Its ARN."""
        text = json.dumps(document or LOGS_ONLY)
        made = self.iam.create_policy(PolicyName=name or self.name(), PolicyDocument=text)
        self.later(self.iam.delete_policy, PolicyArn=made["Policy"]["Arn"])
        return str(made["Policy"]["Arn"])

    def role(self, *policy_arns: str, trust: Any = None, name: str = "") -> str:
        """Its name; the policies are attached."""
        name = name or self.name()
        self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust or TRUST))
        self.later(self.iam.delete_role, RoleName=name)
        for arn in policy_arns:
            self.iam.attach_role_policy(RoleName=name, PolicyArn=arn)
            self.later(self.iam.detach_role_policy, RoleName=name, PolicyArn=arn)
        return name

    def role_arn(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{name}"

    def function(self, code: str = ECHO, role: str = "", **choices: Any) -> str:
        """Its name; it is Active. `code` is the text of its one module; `role` is a role's name."""
        role = role or self.role(self.policy())
        wanted = {
            "FunctionName": self.name(),
            "Runtime": "python3.13",
            "Handler": "index.lambda_handler",
            "Role": self.role_arn(role),
            "Code": {"ZipFile": zipped(code)},
            **choices,
        }
        self.settled(
            lambda: self.lambda_.create_function(**wanted), {"InvalidParameterValueException"}, "cannot be assumed"
        )
        self.later(self.lambda_.delete_function, FunctionName=wanted["FunctionName"])
        self.later(self.logs.delete_log_group, logGroupName=f"/aws/lambda/{wanted['FunctionName']}")
        self.lambda_.get_waiter("function_active_v2").wait(FunctionName=wanted["FunctionName"])
        return str(wanted["FunctionName"])

    def function_arn(self, name: str) -> str:
        return f"arn:{self.partition}:lambda:{self.region}:{self.account}:function:{name}"

    def table(self, **choices: Any) -> str:
        """Its name; it is ACTIVE, with the key `id`, a String."""
        wanted = {
            "TableName": self.name(),
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            **choices,
        }
        self.dynamodb.create_table(**wanted)
        self.later(self.dynamodb.delete_table, TableName=wanted["TableName"])
        self.dynamodb.get_waiter("table_exists").wait(
            TableName=wanted["TableName"], WaiterConfig={"Delay": 2 if self.on_aws else 1}
        )
        return str(wanted["TableName"])

    def api(self, document: Any = None, **choices: Any) -> str:
        """Its id; REGIONAL. With an OpenAPI 3.0 document that is uploaded too."""
        wanted = {"name": self.name(), "endpointConfiguration": {"types": ["REGIONAL"]}, **choices}
        made = self.settled(lambda: self.apigateway.create_rest_api(**wanted), {"TooManyRequestsException"})
        self.later(self.apigateway.delete_rest_api, restApiId=made["id"])
        if document is not None:
            self.apigateway.put_rest_api(restApiId=made["id"], mode="overwrite", body=json.dumps(document).encode())
        return str(made["id"])

    def integration_uri(self, function: str) -> str:
        arn = self.function_arn(function)
        return f"arn:{self.partition}:apigateway:{self.region}:lambda:path/2015-03-31/functions/{arn}/invocations"

    def allow_api(self, function: str, api: str) -> None:
        """Lets every method of this API invoke the function."""
        self.lambda_.add_permission(
            FunctionName=function,
            StatementId=f"api-{api}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:{self.partition}:execute-api:{self.region}:{self.account}:{api}/*",
        )

    def deploy(self, api: str, stage: str = "Prod", **choices: Any) -> str:
        """The deployment's id."""
        wanted = {"restApiId": api, "stageName": stage, **choices}
        made = self.settled(lambda: self.apigateway.create_deployment(**wanted), {"TooManyRequestsException"})
        return str(made["id"])

    def url(self, api: str, path: str = "", stage: str = "Prod") -> str:
        return f"{self.aws.invoke_url(api, stage, path.lstrip('/'))}"

    def call(self, url: str, body: bytes | str | None = None, method: str = "POST", **headers: str) -> Answer:
        """One request. Headers are given as x_api_key="..."; content_type="application/json"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = urllib3.request(method, url, body=body, headers=named, retries=False, timeout=40)
        return Answer(answer.status, dict(answer.headers), answer.data)

    def call_until(self, accepted: Callable[[Answer], bool], url: str, *args: Any, **kwargs: Any) -> Answer:
        """The first accepted answer; on AWS a change is repeated until it has settled, in the sandbox it has."""
        return self.until(accepted, lambda: self.call(url, *args, **kwargs))


class Answer:
    """Of the invoke URL. Header names in lower case."""

    def __init__(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.status, self.content = status, content
        self.headers = {name.lower(): value for name, value in headers.items()}

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def error_type(self) -> str:
        return self.headers.get("x-amzn-errortype", "")

    def __repr__(self) -> str:
        return f"<{self.status} {self.error_type} {self.content[:300]!r}>"


@contextlib.contextmanager
def refused(status: int, code: str, message: str | None = None) -> Iterator[None]:
    """What is inside is refused with exactly this: HTTP status, code on the wire, and message unless None."""
    try:
        yield
    except ClientError as error:
        response: Any = error.response
        told = response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]
        assert told == (status, code), error
        if message is not None:
            assert response["Error"].get("Message", "") == message
    else:
        raise AssertionError(f"not refused: expected {status} {code}")


def zipped(code: str, file: str = "index.py") -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(file, code)
    return archive.getvalue()
