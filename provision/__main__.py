"""python -m provision"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from commands.display import Display, as_json, follow
from commands.flags import DONE, FAILED, WOULD_CHANGE, again, parser, python
from commands.opening import checked_config, open_lab
from commands.running import ask, run
from provision import provision
from stack import STACK, build
from stack.config import Config
from stack.deployment import Deployment
from stack.lab import Lab
from stack.outcome import Outcome
from stack.rest_api import RestApi

IN_PLACE = {"created", "updated", "unchanged", "would update"}
DESCRIPTION = (
    "Makes the stack of config.yaml, step by step: IAM policy and role, Lambda function, echo test, DynamoDB table, "
    "REST API, deployment, smoke test. Run it as often as you like: what is in place stays, what differs is mended."
)


def arguments() -> argparse.ArgumentParser:
    made = parser(
        "provision",
        DESCRIPTION,
        plan="only show what would be created or changed, field by field; nothing is written",
        as_json="one JSON document on stdout, progress on stderr",
    )
    steps = ", ".join(f"{step.number} {step.key}" for step in STACK)
    made.add_argument(
        "--until", type=step_number, default=len(STACK), metavar="STEP", help=f"stop after this step: {steps}"
    )
    return made


def step_number(text: str) -> int:
    """The number of a step given by number, key or title."""
    for step in STACK:
        if text.lower() in {str(step.number), step.key, step.title.lower()}:
            return step.number
    known = ", ".join(f"{step.number} or {step.key}" for step in STACK)
    raise argparse.ArgumentTypeError(f"there is no step {text!r}; the steps are {known}")


def main(given: list[str] | None = None) -> int:
    return run(make, arguments().parse_args(given))


def make(options: argparse.Namespace, display: Display) -> int:
    config = checked_config(options)
    lab = open_lab(config, options, display)
    if config.target == "aws" and not options.plan:
        require_consent(options, display, config)
    steps = build(lab)[: options.until]
    display.fit(step.name for step in steps)
    outcomes = follow(provision(steps, plan=options.plan), display, in_full=options.plan)
    failed = any(outcome.outcome in {"failed", "blocked"} for outcome in outcomes)
    outputs = outputs_of(lab, outcomes)
    if options.json:
        print(as_json(outcomes, outputs))
    for text in closing(lab, outcomes, outputs, options):
        display.line(text)
    if failed:
        return FAILED
    return WOULD_CHANGE if any(outcome.pending for outcome in outcomes) else DONE


def require_consent(options: argparse.Namespace, display: Display, config: Config) -> None:
    """Says what is about to happen on AWS, and asks. Raises Refused."""
    if options.until >= Deployment.number:
        display.line(
            "From step 7 on anybody on the internet who knows the URL can call the API, and read and write the table "
            f"through it, at {config.api.throttle.rate_per_second:g} requests per second at most."
        )
    ask(options, display, "Make this stack on AWS?", "Nothing was made")


def outputs_of(lab: Lab, outcomes: list[Outcome]) -> dict[str, Any]:
    """What a caller of the API needs; None where there is no API."""
    made = any(outcome.number == RestApi.number and outcome.outcome in IN_PLACE for outcome in outcomes)
    api_id = RestApi(lab).id() if made else None
    return {
        "invoke_url": lab.invoke_url(api_id) if api_id else None,
        "api_id": api_id,
        "function_arn": lab.function_arn,
        "table": lab.table_name,
        "region": lab.aws.region,
        "account": lab.aws.account,
    }


def closing(lab: Lab, outcomes: list[Outcome], outputs: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """The last lines: what to do now."""
    if any(outcome.outcome in {"failed", "blocked"} for outcome in outcomes):
        return ["Not finished. What was made stays. Mend what is named above and run the same again."]
    if options.plan:
        pending = sum(outcome.pending for outcome in outcomes)
        if pending:
            return [f"{pending} of {len(outcomes)} steps would change something. Nothing was written."]
        return ["Everything is in place; nothing would change."]
    lines = [""]
    if outputs["invoke_url"] and options.until >= Deployment.number:
        url, method = outputs["invoke_url"], lab.config.api.method
        request = json.dumps({"operation": "list", "tableName": lab.table_name, "payload": {}}, separators=(",", ":"))
        lines += [f"Invoke URL  {url}", f"Try it      curl -X {method} -d '{request}' {url}"]
    if options.until < len(STACK):
        lines.append(f"Go on       {again('provision', options, '--until', str(options.until + 1))}")
    logs = f"{python()} -m sandbox logs"
    if lab.config.target == "aws":
        logs = f"aws logs tail {lab.log_group_name} --region {lab.aws.region} --follow"
    return [*lines, f"Logs        {logs}", f"Tear down   {again('teardown', options)}"]


if __name__ == "__main__":
    sys.exit(main())
