"""The invoke URL of a lab over real HTTP, with the function that is shipped or with one that does what it is told."""

import contextlib
import http.client
import json
import shutil
import subprocess
from dataclasses import dataclass
from urllib.parse import urlsplit

from stack.rest_api import RestApi

JSON, FORM, TEXT = "application/json", "application/x-www-form-urlencoded", "text/plain"
PING = b'{"operation": "ping"}'
BROKEN = 500, {"message": "Internal server error"}
FAILED = 500, {"error": {"type": "Internal", "message": "The function failed. Its log tells why."}}

CURL = shutil.which("curl")

# Does what its event says. `echo` is what the fourth step asks of a function.
SCRIPT = """
import base64, os, threading, urllib.request

calls = 0

def lambda_handler(event, context):
    global calls
    calls += 1
    operation = event.get("operation")
    if operation == "echo":
        return event["payload"]
    if operation == "count":
        return calls
    if operation == "raise":
        raise type(event.get("kind", "Exception"), (Exception,), {})(event["message"])
    if operation == "return":
        return event["value"]
    if operation == "grow":
        return "x" * event["size"]
    if operation == "set":
        return {"tags": {1, 2}}
    if operation == "bytes":
        return base64.b64decode(event["value"])
    if operation == "exit":
        os._exit(event["status"])
    if operation == "hang":
        threading.Event().wait()
    if operation == "print":
        print(event["text"])
    if operation == "call the sandbox":
        return urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/_sandbox/health").status
    return {"event": event}
"""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def told(self):
        """(status, parsed body)"""
        return self.status, json.loads(self.content)


class InvokeUrl:
    """The invoke URL of a lab that is provisioned up to its deployment."""

    def __init__(self, bench):
        self.bench = bench
        self.lambda_ = bench.lab.aws.lambda_
        self.function = bench.lab.function_name
        bench.up_to("deployment")
        self.api_id = RestApi(bench.lab).id()
        self.url = bench.lab.invoke_url(self.api_id)
        self.path = urlsplit(self.url).path

    def connect(self):
        return contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.bench.sandbox.port, timeout=60))

    def post(self, body=PING, content_type=JSON, path=None, method="POST"):
        with self.connect() as connection:
            connection.request(method, path or self.path, body, {"Content-Type": content_type} if content_type else {})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def ask(self, operation, **fields):
        return self.post(json.dumps({"operation": operation, **fields}).encode()).told

    def on_table(self, operation, **payload):
        return self.ask(operation, tableName=self.bench.lab.table_name, payload=payload)

    def calls(self):
        """How often the warm environment was called, this call included; past the gateway."""
        answer = self.lambda_.invoke(FunctionName=self.function, Payload=b'{"operation": "count"}')
        return json.loads(answer["Payload"].read())

    def raises(self, message, **fields):
        return self.ask("raise", message=message, **fields)

    def curl(self, *arguments):
        command = [CURL, "--silent", "--show-error", "--max-time", "60", *arguments, self.url]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
