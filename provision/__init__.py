"""The verb forward: `__main__` takes the arguments, `command` does what they ask for, `forward` goes through the steps.

Each loads only what it needs, so that `--help` and a mistake in config.yaml are answered before boto3 is loaded.
"""
