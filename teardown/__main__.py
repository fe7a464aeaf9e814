"""python -m teardown"""

from __future__ import annotations

import argparse

from commands.flags import leave, parser

DESCRIPTION = (
    "Removes the stack of config.yaml again, in the reverse order: deployment, REST API, table with its items, "
    "function, role, policy, log group. Deletes only what carries our tags; anything else is named and left as it is."
)


def arguments() -> argparse.ArgumentParser:
    return parser(
        "teardown",
        DESCRIPTION,
        plan="only show what would be deleted; nothing is written",
        as_json="one JSON document on stdout, progress on stderr",
    )


def main(given: list[str] | None = None) -> int:
    options = arguments().parse_args(given)
    from commands.running import run  # noqa: PLC0415 --help does not wait for it

    return run("teardown", options, "Stopped. The same command deletes what is left.")


if __name__ == "__main__":
    leave(main())
