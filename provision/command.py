"""What `python -m provision` does once its arguments and config.yaml are known to be right."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from functools import partial
from typing import Any

from commands.display import Display, as_json, follow
from commands.flags import DONE, FAILED, WOULD_CHANGE, again, python
from commands.opening import open_lab
from commands.running import ask, require_known
from commands.strays import told
from provision.forward import provision
from sandbox.process import Sandbox
from stack.config import Config
from stack.deployment import Deployment
from stack.lab import Lab
from stack.log_group import LogGroup
from stack.order import STACK, build
from stack.outcome import Outcome
from stack.step import Step
from stack.strays import Strays, look


def carry_out(config: Config, options: argparse.Namespace, display: Display) -> int:
    lab = open_lab(config, options, display)
    steps = build(lab)[: options.until]
    require_known(options, [*build(lab), LogGroup(lab)])
    display.fit(step.name for step in steps)
    show_adopted(lab, [*steps, LogGroup(lab)], display)
    if config.target == "aws" and not options.plan:
        require_consent(options, display, lab)
    display.work("looking at what is there")
    strays_found = lab.side_by_side.begin(partial(look, lab))
    outcomes = follow(provision(lab, steps, plan=options.plan), display, in_full=options.plan)
    failed = any(outcome.outcome in {"failed", "blocked"} for outcome in outcomes)
    strays = Strays() if failed else strays_found()
    outputs = outputs_of(lab) | {"strays": strays.as_json()}
    if options.json:
        print(as_json(outcomes, outputs))
    for text in told(strays):
        display.line(text, "yellow")
    for text in closing(lab, outcomes, outputs, options):
        display.line(text)
    if failed:
        return FAILED
    return WOULD_CHANGE if any(outcome.pending for outcome in outcomes) else DONE


def show_adopted(lab: Lab, steps: Iterable[Step], display: Display) -> None:
    """What --adopt is about to take over, field by field, before anything is written."""
    adopted = [step for step in steps if step.is_adopted]
    planned = [outcome for _, outcome in provision(lab, adopted, plan=True) if outcome]
    if differing := [outcome for outcome in planned if outcome.outcome in {"would update", "failed"}]:
        display.line("To be taken over, live -> wanted:")
        for outcome in differing:
            display.done(outcome, in_full=True)
        display.line()


def require_consent(options: argparse.Namespace, display: Display, lab: Lab) -> None:
    """Says what is about to happen on AWS, and asks. Raises Refused."""
    elsewhere = lab.aws.custom_endpoint
    if options.until >= Deployment.number:
        who = f"who can reach {elsewhere} and" if elsewhere else "on the internet who"
        rate = f"{lab.config.api.throttle.rate_per_second:g}"
        display.line(
            f"From step 7 on anybody {who} knows the URL can call the API, and read and write the table through it, "
            f"at {rate} requests per second at most."
        )
    ask(options, display, f"Make this stack {f'at {elsewhere}' if elsewhere else 'on AWS'}?", "Nothing was made")


def outputs_of(lab: Lab) -> dict[str, Any]:
    """What a caller of the API needs; None where no step saw an API."""
    return {
        "invoke_url": lab.invoke_url(lab.api_id) if lab.api_id else None,
        "api_id": lab.api_id,
        "function_arn": lab.function_arn,
        "table": lab.table_name,
        "region": lab.aws.region,
        "account": lab.aws.account,
    }


def closing(lab: Lab, outcomes: list[Outcome], outputs: dict[str, Any], options: argparse.Namespace) -> list[str]:
    """The last lines: what to do now."""
    logs = f"Logs        {python()} -m sandbox logs"
    if lab.config.target == "aws":
        logs = f"Logs        aws logs tail {lab.log_group_name} --region {lab.aws.region} --follow"
    if any(outcome.outcome in {"failed", "blocked"} for outcome in outcomes):
        if lab.config.target == "sandbox" and Sandbox.configured().status() is None:
            return ["The sandbox has ended, and what it held with it. Run the same again: it starts a new one."]
        return ["", "Not finished. What was made stays. Mend what is named above and run the same again.", logs]
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
    return [*lines, logs, f"Tear down   {again('teardown', options)}"]
