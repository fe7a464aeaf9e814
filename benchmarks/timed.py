"""Goes into the zip beside a handler: tells when it was entered and left, and what it computed.

The clock is the machine's, so that the benchmark can compare it with its own.
"""

import time

from lambda_function import lambda_handler as handler


def lambda_handler(event, context):
    entered, computed = time.monotonic(), time.process_time()
    answer = handler(event, context)
    return {
        "answer": answer,
        "entered": entered,
        "left": time.monotonic(),
        "processor_seconds": time.process_time() - computed,
    }
