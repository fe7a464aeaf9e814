"""python -m provision"""

from __future__ import annotations

import argparse

from commands.flags import again, leave, parser
from stack import STEPS

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
    steps = ", ".join(f"{number} {key}" for number, (key, _) in enumerate(STEPS, 1))
    made.add_argument(
        "--until", type=step_number, default=len(STEPS), metavar="STEP", help=f"stop after this step: {steps}"
    )
    return made


def step_number(text: str) -> int:
    """The number of a step given by number, key or title."""
    for number, (key, title) in enumerate(STEPS, 1):
        if text.lower() in {str(number), key, title.lower()}:
            return number
    known = ", ".join(f"{number} or {key}" for number, (key, _) in enumerate(STEPS, 1))
    raise argparse.ArgumentTypeError(f"there is no step {text!r}; the steps are {known}")


def main(given: list[str] | None = None) -> int:
    options = arguments().parse_args(given)
    from commands.running import run  # noqa: PLC0415 --help does not wait for it
    from provision.beforehand import begin  # noqa: PLC0415

    way_back = again("teardown", options)
    stopped = f"Stopped. What was done stays: the same command goes on from there, `{way_back}` removes what was made."
    return run("provision", options, stopped, begin)


if __name__ == "__main__":
    leave(main())
