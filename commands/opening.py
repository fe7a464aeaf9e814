"""From a right config to a lab: a session opened, the account known."""

from __future__ import annotations

import argparse

from commands.display import Display
from sandbox.process import Sandbox
from stack.aws import Aws
from stack.config import Config
from stack.lab import Lab
from stack.side_by_side import AT_ONCE, SideBySide


def open_lab(config: Config, options: argparse.Namespace, display: Display) -> Lab:
    """The lab in the account that config.target names, said aloud; the sandbox must run.

    Raises SandboxError, and botocore's errors for missing or refused credentials.
    """
    if config.target == "aws":
        aws = Aws.configured(config.region, options.profile)
    else:
        sandbox = Sandbox.configured()
        sandbox.keep(config.sandbox.pace)
        aws = Aws.at(sandbox.endpoint_url, config.region)
    account = aws.account  # first of all: without credentials there is nothing else to tell
    where = "in the sandbox on this machine"
    if config.sandbox.pace == "aws":
        where += " at the pace of AWS"
    if config.target == "aws":
        where = f"at {aws.custom_endpoint}" if aws.custom_endpoint else "on AWS"
    display.line(f"{config.identity} {where}, account {account}, region {config.region}")
    side_by_side = SideBySide(1 if options.one_by_one else AT_ONCE)
    return Lab(config, aws, adopt=frozenset(options.adopt), say=display.say, side_by_side=side_by_side)
