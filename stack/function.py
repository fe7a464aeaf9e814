"""Step 3, the Lambda function: lambda_function.py as it is, zipped to the same bytes on every machine and day.

AWS's CodeSha256 tells whether the code differs, so an unchanged file is never uploaded again. The function has no
environment variables: they are encrypted for the role as it was, and a role that was deleted and made again under the
same name can no longer decrypt them (https://github.com/serverless/examples/issues/279).
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from stack.aws import error_message, or_none
from stack.callers import require_uncalled
from stack.function_state import failures, is_settling, require_ready
from stack.lab import Lab
from stack.lifecycle import Resource
from stack.log_group import LogGroup
from stack.others import AT_WORK, VISIBLE_WITHIN_SECONDS
from stack.outcome import Changes, Shape, differences
from stack.source import code_sha256, code_zip
from stack.step import StepError
from stack.waiting import GaveUp

DESCRIPTION = "Routes one JSON envelope to DynamoDB operations"
HIDDEN = "(hidden)"
ROLE_BUDGET_SECONDS = 300
STATE_BUDGET_SECONDS = 300
# What the fields of the configuration are called by Lambda.
PARAMETERS = {
    "role": "Role",
    "runtime": "Runtime",
    "handler": "Handler",
    "memory_mb": "MemorySize",
    "timeout_seconds": "Timeout",
}


class Function(Resource):
    number, key, title, needs = 3, "function", "Lambda function", (2,)

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab)
        self.log_group = LogGroup(lab)
        self.log_group.patience = self.patience

    @property
    def name(self) -> str:
        return self.lab.function_name

    def code(self) -> bytes:
        return code_zip(self.lab.source)

    def wanted(self) -> Shape:
        function = self.lab.config.function
        return {
            "role": self.lab.role_arn,
            "runtime": function.runtime,
            "handler": function.handler,
            "memory_mb": function.memory_mb,
            "timeout_seconds": function.timeout_seconds,
            "architecture": function.architecture,
            "variables": {},
            "code_sha256": code_sha256(self.code()),
            "log_group": self.log_group.wanted(),
            "tags": self.tags,
        }

    def find(self) -> Shape | None:
        get_function = partial(or_none, self.aws.lambda_.get_function, FunctionName=self.name)
        # For a function that is not there yet, the group may be somebody else's.
        answer, log_group = self.lab.side_by_side(get_function, self.log_group.look)
        if answer is None or answer["Configuration"].get("State") == "Deleting":
            return None
        self.settled = not is_settling(answer["Configuration"])
        return {**self._live(answer), "log_group": log_group}

    def _live(self, answer: Any) -> Shape:
        configuration = answer["Configuration"]
        return {
            **self._shape(configuration),
            **failures(configuration),
            "role": self._standing_role(configuration),
            "tags": self._tags_of(answer),
        }

    def is_in_place(self) -> bool:
        """Whether it can be called at once: it is as wanted, with a log group, which the call would make otherwise."""
        get_function = partial(or_none, self.aws.lambda_.get_function, FunctionName=self.name)
        answer, log_group = self.lab.side_by_side(get_function, self.log_group.describe)
        if answer is None or log_group is None or is_settling(answer["Configuration"]):
            return False
        return not differences(self._live(answer) | {"log_group": self.log_group.wanted()}, self.wanted())

    def _standing_role(self, configuration: Any) -> str | None:
        """The role's ARN; None where our role is gone or was made again since, under the same ARN.

        What runs then still has the session of the former one, which is refused everything, until the role is set anew.
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        """
        arn = str(configuration["Role"])
        if self.lab.config.role.existing_arn or arn != self.lab.role_arn:
            return arn
        found = or_none(self.aws.iam.get_role, RoleName=self.lab.role_name)
        changed = datetime.fromisoformat(configuration["LastModified"])
        return arn if found and found["Role"]["CreateDate"] <= changed else None

    def identify(self) -> Shape | None:
        """Without the log group: it is asked for its own tags, and goes last of all."""
        answer = or_none(self.aws.lambda_.get_function, FunctionName=self.name)
        return {"tags": self._tags_of(answer)} if answer else None

    def _tags_of(self, answer: Any) -> dict[str, str]:
        # GetFunction leaves the tags out, without failing, for who may not see them.
        if "TagsError" in answer:
            raise StepError(
                f"the tags of {self.name} cannot be read: {answer['TagsError'].get('Message', '')} "
                "-> your user lacks lambda:ListTags"
            )
        return self.own_tags(answer.get("Tags", {}))

    @staticmethod
    def _shape(configuration: Any) -> Shape:
        return {
            # A container image has neither runtime nor handler.
            **{field: configuration.get(name) for field, name in PARAMETERS.items()},
            "architecture": configuration.get("Architectures", ["x86_64"])[0],
            # Their values may be secrets, and what differs is printed.
            "variables": dict.fromkeys(configuration.get("Environment", {}).get("Variables", {}), HIDDEN),
            "code_sha256": configuration["CodeSha256"],
        }

    def create(self) -> Shape:
        # Lambda writes no logs before the first call, and nobody calls what is not there.
        _, answer = self.lab.side_by_side(self.log_group.up, self._create_patiently)
        return {**self._shape(answer), "log_group": self.log_group.wanted(), "tags": self.tags}

    def _create_patiently(self) -> Any:
        try:
            return self.steadily(
                self._create_function,
                budget_seconds=ROLE_BUDGET_SECONDS,
                FunctionName=self.name,
                Description=DESCRIPTION,
                Code={"ZipFile": self.code()},
                Architectures=[self.wanted()["architecture"]],
                Tags=self.tags,
                **self._configuration(),
            )
        except GaveUp as gave_up:
            raise StepError(
                f"{gave_up}. Either IAM is slow today, then run the same again; or the role's trust policy "
                f"does not name lambda.amazonaws.com: look at the role {self.lab.role_name}"
            ) from gave_up

    def _create_function(self, **arguments: Any) -> Any:
        try:
            answer = self.aws.lambda_.create_function(**arguments)
        except ClientError as error:
            # To Lambda a role that is gone and one that is new are the same.
            long_ago = self.lab.clock.monotonic() - self._started >= VISIBLE_WITHIN_SECONDS
            if long_ago and "cannot be assumed" in error_message(error) and self._role_is_gone():
                raise StepError(f"the role {self.lab.role_name} vanished. {AT_WORK}") from error
            raise
        self.lab.just_made.add(self.key)
        self.passes("waits")  # until it is Active
        return answer

    def _role_is_gone(self) -> bool:
        existing = self.lab.config.role.existing_arn  # which one may not be allowed to read
        return not existing and or_none(self.aws.iam.get_role, RoleName=self.lab.role_name) is None

    def _configuration(self, fields: Iterable[str] = PARAMETERS) -> dict[str, Any]:
        """These fields as Lambda takes them."""
        wanted = self.wanted()
        given = {PARAMETERS[field]: wanted[field] for field in fields if field in PARAMETERS}
        return given | ({"Environment": {"Variables": wanted["variables"]}} if "variables" in fields else {})

    def update(self, changes: Changes) -> None:
        """Configuration first, then the code, waiting in between: Lambda takes one update at a time."""
        fields = {field.split(".")[0] for field in changes}
        if "failure" in fields:
            self._make_again()
            return
        if "update_failure" in fields:
            fields |= {*PARAMETERS, "code_sha256"}
        if "log_group" in fields:
            self.log_group.up()
        if configuration := self._configuration(fields):
            self.steadily(
                self.aws.lambda_.update_function_configuration,
                budget_seconds=STATE_BUDGET_SECONDS,
                FunctionName=self.name,
                **configuration,
            )
            self.settle()
        if fields & {"code_sha256", "architecture"}:
            self.steadily(
                self.aws.lambda_.update_function_code,
                budget_seconds=STATE_BUDGET_SECONDS,
                FunctionName=self.name,
                ZipFile=self.code(),
                Architectures=[self.wanted()["architecture"]],
            )
        if "tags" in fields:
            self.steadily(self.aws.lambda_.tag_resource, Resource=self.lab.function_arn, Tags=self.tags)

    def renew_environments(self) -> None:
        """Makes Lambda start anew with the role's permissions as they are now: any change of configuration does."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self.steadily(
            self.aws.lambda_.update_function_configuration,
            FunctionName=self.name,
            Description=f"{DESCRIPTION}, environments renewed {stamp}",
        )
        self.settle()

    def _make_again(self) -> None:
        """A function that Lambda could not set up never ran, and never will. Raises InUse."""
        self.require_unused()
        self.delete()
        self.patience.until_done(self._gone, budget_seconds=STATE_BUDGET_SECONDS)
        self._made()

    def settle(self) -> None:
        self.patience.until_done(self._ready, budget_seconds=STATE_BUDGET_SECONDS)

    def _ready(self) -> None:
        answer: Any = or_none(self.aws.lambda_.get_function, FunctionName=self.name)
        self.require_there(answer is not None)
        require_ready(self.name, answer["Configuration"])

    def require_unused(self) -> None:
        require_uncalled(self.lab, self.name)

    def require_switched_on(self) -> None:
        """Raises StepError where the reserved concurrency is 0: an emergency stop, and not ours to lift."""
        answer: Any = or_none(self.aws.lambda_.get_function, FunctionName=self.name) or {}
        if answer.get("Concurrency", {}).get("ReservedConcurrentExecutions") == 0:
            where = f"--region {self.aws.region}"
            where += f" --endpoint-url {self.aws.custom_endpoint}" if self.aws.custom_endpoint else ""
            raise StepError(
                f"{self.name} is switched off: its reserved concurrency is 0, so that nobody can call it. Somebody may "
                "have stopped it on purpose, so it is left as it is. When it may run again: "
                f"`aws lambda delete-function-concurrency --function-name {self.name} {where}`, then run the same again"
            )

    def delete(self) -> None:
        self.steadily(or_none, self.aws.lambda_.delete_function, FunctionName=self.name)
