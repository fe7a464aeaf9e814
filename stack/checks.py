"""Steps 4 and 8, the tests: the function before anything is wired to it, then the whole way from the invoke URL.

They own nothing. What AWS needs to settle first (a role that reaches Lambda late, a stage that answers 403 for a while)
is waited for within a budget; everything else fails at once, with what was asked and what came back.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, SSLError

from stack.answer import Answer, expect, shortened
from stack.aws import MISSING, error_code
from stack.function import Function
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS
from stack.rest_api import RestApi
from stack.shared_reads import asked_by
from stack.side_by_side import boxed
from stack.smoke_item import SmokeItem
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


class EchoTest(Check):
    """Invokes `echo` and compares the answer with what was sent."""

    number, key, title, needs = 4, "echo", "Echo test", (3,)

    @property
    def name(self) -> str:
        return self.lab.function_name

    def look_ahead(self, *, down: bool = False) -> None:
        """Where the function is in place, the test does not wait for the others to look."""
        self.forget()
        self.begin()
        with asked_by(self.key):
            seen = boxed(self._invoke_what_is_in_place)
        self._ahead = None if isinstance(seen.exception(), NotYet) else seen

    def _invoke_what_is_in_place(self) -> Any:
        if not Function(self.lab).is_in_place():
            raise NotYet("step 3")
        return self._invoke()

    def verify(self) -> None:
        seen = self._ahead or boxed(partial(self.patience.until_done, self._invoke, budget_seconds=ECHO_BUDGET_SECONDS))
        self.forget()
        answer = seen.result()
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
            if not_yet := not_now(error):
                raise not_yet from error
            if error_code(error) in MISSING:  # step 3 has seen it
                raise NotYet("Lambda to know the new function everywhere", VISIBLE_WITHIN_SECONDS) from error
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
        api_id = self.lab.api_id or RestApi(self.lab).id_that_is_made()
        self.url = self.lab.invoke_url(api_id)
        self.http = self.aws.http_session(self.url, timeout_seconds=35)
        self._until_it_answers()
        # Two calls of the function at once would start another environment of it.
        self.lab.side_by_side(
            self._goes_through_the_function, partial(self._other_spelling_of_the_stage_is_not_served, api_id)
        )

    def _goes_through_the_function(self) -> None:
        SmokeItem(self.lab, self._call, self.patience, self.notes).goes_round()
        self._unknown_operation_is_refused()

    def _until_it_answers(self) -> None:
        in_a_row = 0
        while in_a_row < SUCCESSES_IN_A_ROW:
            waited = sum(self.patience.waited.values())
            expect("ping", self._call("ping"), "pong")
            in_a_row = in_a_row + 1 if sum(self.patience.waited.values()) == waited else 1

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
