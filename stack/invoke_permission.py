"""The invoke permission, by which API Gateway may call the function: what step 7 writes last, for it makes all public.

https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from stack.aws import error_code, is_taken, or_none
from stack.function import Function
from stack.lifecycle import Resource
from stack.others import AT_WORK
from stack.outcome import Shape
from stack.permission import STATEMENT_ID, foreign_ids, live_statements
from stack.step import StepError
from stack.waiting import NotYet

BUDGET_SECONDS = 120


class InvokePermission:
    """In the hands of a step, which waits and notes for it."""

    def __init__(self, step: Resource) -> None:
        self.step, self.lab, self.aws = step, step.lab, step.aws

    def find(self) -> Shape | None:
        """What is there, as `canonical_statement` gives it. Statements of others are noted."""
        statements = live_statements(self.aws.lambda_, self.lab.function_name)
        if foreign := ", ".join(foreign_ids(statements)):
            name = self.lab.function_name
            self.step.note(f"others may call {name} too, by the statements {foreign} of its resource policy")
        return statements.get(STATEMENT_ID)

    def give(self, wanted: Shape, *, is_there: bool) -> None:
        """Writes the statement, replacing one that differs, and reads it back: AWS has been seen to lose some.

        https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/lambda/permission.go
        """

        def attempt() -> None:
            nonlocal is_there
            if is_there:
                self.take()
            self._add(wanted)
            live = self.find()
            is_there = live is not None
            if live != wanted:
                raise NotYet("Lambda to show the invoke permission")

        self.step.patience.until_done(attempt, budget_seconds=BUDGET_SECONDS)

    def take(self) -> None:
        remove = self.aws.lambda_.remove_permission
        self.step.steadily(or_none, remove, FunctionName=self.lab.function_name, StatementId=STATEMENT_ID)

    def _add(self, wanted: Shape) -> None:
        self.lab.just_made.discard("function")
        try:
            self.aws.lambda_.add_permission(
                FunctionName=self.lab.function_name,
                StatementId=STATEMENT_ID,
                Action=wanted["action"],
                Principal=wanted["principal"],
                SourceArn=wanted["conditions"]["arnlike aws:sourcearn"],
            )
        except ClientError as error:
            if is_taken(error):  # by a statement that is older, or by another run
                return
            # Right after CreateFunction both are seen for a while.
            if error_code(error) in {"ResourceConflictException", "ResourceNotFoundException"}:
                if Function(self.lab).identify() is None:
                    raise StepError(f"the function {self.lab.function_name} vanished. {AT_WORK}") from error
                raise NotYet("Lambda to take the invoke permission") from error
            raise
