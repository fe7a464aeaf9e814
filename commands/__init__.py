"""What the command lines share: their flags, how a lab is opened, how outcomes are shown, how errors are worded.

The verbs themselves are in `provision` and `teardown`. Only `opening` knows that a sandbox may have to be started
before there is anything to talk to.
"""
