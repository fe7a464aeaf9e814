"""Steps 4 and 8, the tests: the function before anything is wired to it, then the whole way from the invoke URL.

They own nothing. What AWS needs to settle first (a role that reaches Lambda late, a stage that answers 403 for a while)
is waited for within a budget; everything else fails at once, with what was asked and what came back.
"""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, SSLError

from stack.actions import is_denied, lacking
from stack.answer import Answer, shortened
from stack.aws import error_code
from stack.function import Function
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS
from stack.rest_api import RestApi
from stack.step import Check, StepError
from stack.transient import not_now
from stack.waiting import GaveUp, NotYet

ECHO = {"operation": "echo", "payload": {"somekey1": "somevalue1", "somekey2": "somevalue2"}}
ECHO_BUDGET_SECONDS = 120
# A fresh role's permissions have been seen to take three minutes.
SMOKE_BUDGET_SECONDS = 300
# An execution environment keeps the session that it began with, and with it what that was refused.
RENEWAL_AFTER_SECONDS = 150
# Right after a deployment old and new answers alternate.
SUCCESSES_IN_A_ROW = 3
OWN_ITEM = re.compile(r"smoke-test-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OTHER_TEST_SECONDS = 20


class EchoTest(Check):
    """Invokes `echo` and compares the answer with what was sent."""

    number, key, title, needs = 4, "echo", "Echo test", (3,)

    @property
    def name(self) -> str:
        return self.lab.function_name

    def verify(self) -> None:
        answer = self.patience.until_done(self._invoke, budget_seconds=ECHO_BUDGET_SECONDS)
        if answer != ECHO["payload"]:
            raise StepError(
                f"{self.name} answered {shortened(answer)} to echo, not what was sent: {shortened(ECHO['payload'])}. "
                "Look at `echo` in lambda_function.py"
            )

    def _invoke(self) -> Any:
        try:
            # Without SDK retries, which nobody would see.
            answer = self.aws.client("lambda", attempts=1).invoke(
                FunctionName=self.name, Payload=json.dumps(ECHO).encode()
            )
        except ClientError as error:
            if error_code(error) == "TooManyRequestsException":
                Function(self.lab).require_switched_on()
            if reason := not_now(error):
                raise NotYet(reason) from error
            raise
        except HTTPClientError as error:  # it may have run; to echo twice does no harm
            raise NotYet("Lambda to answer the echo test") from error
        body = answer["Payload"].read()
        try:
            payload = json.loads(body or b"null")
        except ValueError:
            raise StepError(f"{self.name} answered what is no JSON: {body[:80]!r}; see lambda_function.py") from None
        if "FunctionError" in answer:
            raise StepError(
                f"{self.name} failed on echo: {shortened(payload.get('errorMessage'))} "
                f"({payload.get('errorType')}). Its log tells more: {self.lab.log_group_name}"
            )
        return payload


class SmokeTest(Check):
    """Over the invoke URL: an item is created, read, updated, listed, deleted; what must be refused is refused."""

    number, key, title, needs = 8, "smoke", "Smoke test", (5, 7)

    @property
    def name(self) -> str:
        api = self.lab.config.api
        return f"{api.method} /{api.stage}/{api.path}"

    def verify(self) -> None:
        self._renewed = False
        api_id = RestApi(self.lab).id()
        if api_id is None:
            raise StepError(f"there is no REST API {self.lab.api_name} to call; step 6 makes it")
        self.url = self.lab.invoke_url(api_id)
        self.http = self.aws.http_session(self.url, timeout_seconds=35)
        self._until_it_answers()
        with self._own_item() as key:
            others = self._item_goes_round(key)
        if others:
            self._remove_leftovers()
        self._unknown_operation_is_refused()
        self._other_spelling_of_the_stage_is_not_served(api_id)

    def _until_it_answers(self) -> None:
        in_a_row = 0
        while in_a_row < SUCCESSES_IN_A_ROW:
            waited = sum(self.patience.waited.values())
            expect("ping", self._call("ping"), "pong")
            in_a_row = in_a_row + 1 if sum(self.patience.waited.values()) == waited else 1

    @contextlib.contextmanager
    def _own_item(self) -> Iterator[dict[str, str]]:
        """A key that nobody else uses; its item is gone afterwards, whatever happens in between."""
        key = {self.lab.config.table.partition_key: f"smoke-test-{uuid.uuid4()}"}
        try:
            yield key
        except BaseException:
            try:
                self.aws.dynamodb.delete_item(TableName=self.lab.table_name, Key=typed(key))
            except (BotoCoreError, ClientError) as error:
                self.notes.append(f"the item {key} is left in {self.lab.table_name}: {error}")
            raise

    def _item_goes_round(self, key: dict[str, str]) -> list[str]:
        """The keys of the items of other smoke tests that were there meanwhile."""
        field = "number" if "number" not in key else "amount"
        item = {**key, field: 5}
        self._call("create", {"Item": item})
        self._is_in_the_table(key, {**typed(key), field: {"N": "5"}})
        read = {"Key": key, "ConsistentRead": True}
        expect("read", self._call("read", read).get("Item"), item)
        change = {
            "Key": key,
            "UpdateExpression": "SET #n = :n",
            "ExpressionAttributeNames": {"#n": field},
            "ExpressionAttributeValues": {":n": 9.95},
            "ReturnValues": "UPDATED_NEW",
        }
        expect("update", self._call("update", change).get("Attributes"), {field: 9.95})
        page = self._call("list", {"ConsistentRead": True})
        if "LastEvaluatedKey" not in page:  # else the item may be on a later page
            listed = [each for each in page.get("Items", []) if key.items() <= each.items()]
            expect("list", listed, [{**key, field: 9.95}])
        self._call("delete", {"Key": key})
        expect("read after delete", self._call("read", read).get("Item"), None)
        return [other for other in self._smoke_items(page) if other not in key.values()]

    def _smoke_items(self, page: Any) -> list[str]:
        values = [item.get(self.lab.config.table.partition_key) for item in page.get("Items", [])]
        return [value for value in values if isinstance(value, str) and OWN_ITEM.fullmatch(value)]

    def _remove_leftovers(self) -> None:
        """Deletes the items of smoke tests that were killed; those of one that is at work go by themselves."""

        def attempt() -> None:
            if self._smoke_items(self._call("list", {"ConsistentRead": True})):
                raise NotYet("another smoke test to delete its item")

        try:
            self.patience.until_done(attempt, budget_seconds=OTHER_TEST_SECONDS)
        except GaveUp:
            for value in self._smoke_items(self._call("list", {"ConsistentRead": True})):
                self._call("delete", {"Key": {self.lab.config.table.partition_key: value}})
                self.notes.append(f"deleted the item {value}, which a smoke test that was stopped had left")

    def _is_in_the_table(self, key: dict[str, str], item: dict[str, Any]) -> None:
        """One look at the table itself, past API and function, as one does in the console; where one may look."""
        try:
            stored = self.aws.dynamodb.get_item(TableName=self.lab.table_name, Key=typed(key), ConsistentRead=True)
        except ClientError as error:
            if not is_denied(error):
                raise
            self.notes.append(f"may not look into the table itself (your user lacks {lacking(error)})")
        else:
            expect("the table", stored.get("Item"), item)

    def _unknown_operation_is_refused(self) -> None:
        answer = self._settled(self.url, {"operation": "no-such-operation"})
        if (answer.status, answer.error_type) != (400, "BadRequest"):
            raise StepError(f"an unknown operation must answer 400 BadRequest, not {answer}")

    def _other_spelling_of_the_stage_is_not_served(self, api_id: str) -> None:
        """Stage names are case-sensitive: /prod is not /Prod."""
        api = self.lab.config.api
        other = api.stage.swapcase() if api.stage.swapcase() != api.stage else f"{api.stage}-other"
        answer = self._post(self.aws.invoke_url(api_id, other, api.path), {"operation": "ping"})
        if answer.status == 200:
            raise StepError(f"the stage is {api.stage}, but {other} answers as well: {answer}")

    def _call(self, operation: str, payload: Any = None) -> Any:
        """The body of a 200. Raises StepError for any other answer that does not pass by itself."""
        envelope = {"operation": operation, "tableName": self.lab.table_name, "payload": payload or {}}
        answer = self._settled(self.url, envelope)
        if answer.status != 200:
            raise StepError(f"{operation} answered {answer}; the function's log is {self.lab.log_group_name}")
        if payload is not None and not isinstance(answer.body, dict):
            raise StepError(f"{operation} answered {answer}, not an object as DynamoDB's answers are")
        return answer.body

    def _settled(self, url: str, envelope: dict[str, Any]) -> Answer:
        """The answer, once it is none of those that pass by themselves. Raises StepError when they do not."""

        def attempt() -> Answer:
            answer = self._post(url, envelope)
            try:
                self._wait_for_the_transient(answer)
            except NotYet:
                self._require_all_there()
                raise
            return answer

        try:
            return self.patience.until_done(attempt, budget_seconds=SMOKE_BUDGET_SECONDS)
        except GaveUp as gave_up:
            raise StepError(
                f"{envelope['operation']}: {gave_up}. Run the same again. If it stays: a policy or another setting on "
                f"the API or on the role {self.lab.role_name} may forbid it; the log is {self.lab.log_group_name}"
            ) from gave_up

    def _require_all_there(self) -> None:
        """Raises StepError where waiting is of no use: calls of what is gone are answered like those of what is new."""
        if sum(self.patience.waited.values()) < VISIBLE_WITHIN_SECONDS:
            return
        for part in (RestApi(self.lab), Function(self.lab)):
            if part.identify() is None:
                raise StepError(f"{part.title} {part.name} vanished. {AT_WORK}")

    def _wait_for_the_transient(self, answer: Answer) -> None:
        """Raises NotYet for what passes by itself after a deployment on AWS."""
        message = answer.gateway_message
        if answer.status == 403 and message in {"Missing Authentication Token", "Forbidden"}:
            raise NotYet(f"API Gateway to serve the deployment (403 {message})")
        if answer.status == 500 and message == "Internal server error":
            Function(self.lab).require_switched_on()
            raise NotYet("the invoke permission to reach API Gateway (500 Internal server error)")
        if answer.status == 403 and answer.error_type == "Forbidden":
            reason = "IAM: the function's role may not use the table yet"
            if self.patience.waited.get(reason, 0) >= RENEWAL_AFTER_SECONDS and not self._renewed:
                self._renewed = True
                self._renew_environments()
            raise NotYet(reason)
        if answer.status == 429:
            raise NotYet("the stage's throttle (429)")

    def _renew_environments(self) -> None:
        function = Function(self.lab)
        function.patience = self.patience
        function.renew_environments()
        self.notes.append("the function's execution environments were renewed: the old ones were refused the table")

    def _post(self, url: str, envelope: dict[str, Any]) -> Answer:
        headers = {"Content-Type": "application/json"}
        body = json.dumps(envelope).encode()
        request = AWSRequest(self.lab.config.api.method, url, headers=headers, data=body).prepare()

        def attempt() -> Answer:
            try:
                response = self.http.send(request)
            except (ConnectionError, HTTPClientError) as error:  # a new API's name takes a while to be known
                if isinstance(error, SSLError) or self.aws.has_ended(error):
                    raise
                raise NotYet(f"{url.split('/')[2]} to answer ({type(error).__name__})") from error
            try:
                return Answer(response.status_code, json.loads(response.content))
            except ValueError:
                return Answer(response.status_code, response.text)

        return self.patience.until_done(attempt, budget_seconds=SMOKE_BUDGET_SECONDS)


def expect(what: str, shown: Any, wanted: Any) -> None:
    if shown != wanted:
        raise StepError(f"{what} shows {shortened(shown)}, expected {shortened(wanted)}")


def typed(key: dict[str, str]) -> dict[str, Any]:
    """A key as DynamoDB's own API writes it."""
    return {name: {"S": value} for name, value in key.items()}
