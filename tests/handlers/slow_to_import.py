import time

time.sleep(0.4)


def handler(event, context):
    return "at last"
