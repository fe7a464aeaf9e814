"""What a handler can answer: `{"case": name}` picks one. Both runtime clients must put it in the same words."""

import collections
import datetime
import logging
import os
import signal
import sys
import tempfile
import threading
import time
from decimal import Decimal
from pathlib import Path

invocations = 0
Point = collections.namedtuple("Point", "x y")


class OutOfStock(Exception):
    pass


def handler(event, context):
    answer = CASES[event["case"]]
    return answer(event, context) if callable(answer) else answer


def count(event, context):
    global invocations  # noqa: PLW0603  a warm environment keeps its globals
    invocations += 1
    return invocations


def raise_own(event, context):
    raise OutOfStock("no apples left")


def raise_chained(event, context):
    try:
        {}["apples"]
    except KeyError as error:
        raise OutOfStock("no such shelf") from error


def raise_two_lines(event, context):
    raise ValueError("first line\nsecond line")


def raise_empty(event, context):
    raise OutOfStock


def raise_unicode(event, context):
    raise ValueError("grün 🍏")


def raise_encoding(event, context):
    return "\ud800".encode()


def print_without_newline(event, context):
    print("no newline", end="")
    sys.stderr.write("nor here")


def print_half_a_character(event, context):
    sys.stdout.flush()
    os.write(1, "grün".encode()[:3])


def print_much(event, context):
    for number in range(20_000):
        print(number, "x" * 40)


def close_stdout(event, context):
    sys.stdout.close()


def deep(event, context):
    nested = []
    for _ in range(event.get("levels", 500)):
        nested = [nested]
    return nested


def circular(event, context):
    nested = {}
    nested["itself"] = nested
    return nested


def recurse(event, context):
    return recurse(event, context)


def raise_group(event, context):
    raise ExceptionGroup("two at once", [ValueError("one"), OutOfStock("other")])


def raise_unspeakable(event, context):
    class Unspeakable(Exception):
        def __str__(self):
            raise ValueError("no words")

    raise Unspeakable


def count_in_the_background(event, context):
    """Of a thread that goes on when the handler has answered."""
    if not ticks:
        threading.Thread(target=tick, daemon=True).start()
    time.sleep(0.05)
    return len(ticks)


def tick():
    while True:
        ticks.append(1)
        time.sleep(0.001)


ticks = []


def exit_in_a_thread(event, context):
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    return "still here"


def use_memory(event, context):
    kept.append(bytearray(event["mb"] * 1024 * 1024))
    return len(kept)


def use_more_and_more_memory(event, context):
    while True:
        kept.append(bytearray(1024 * 1024))


kept = []


def write_to_tmp(event, context):
    seen = sorted(path.name for path in Path("/tmp").glob("*.txt"))
    Path("/tmp", event["name"]).write_text("of a function")
    return seen


def print_lines(event, context):
    print("one\ntwo\n\nfour: grün")
    print("to stderr", file=sys.stderr)


def log(event, context):
    logging.getLogger().warning("low on %s", "apples")
    logging.getLogger("shop").error("two\nlines")
    context.log("from the context\n")


def describe_context(event, context):
    assert 0 < context.get_remaining_time_in_millis() <= 3000
    shown = str(context).replace(context.log_stream_name, "STREAM")
    return [shown, context.identity.cognito_identity_id, context.w3c(), context.function_name]


def read_stdin(event, context):
    return sys.stdin.read()


def post(path):
    from http.client import HTTPConnection

    api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    api.request("POST", f"/2018-06-01/runtime/{path}", b"forged")
    status = api.getresponse().status
    api.close()
    return status


def write_beside_the_code(event, context):
    Path("beside.txt").write_text("of a function")


def make_a_large_file(event, context):
    with tempfile.TemporaryFile() as file:
        file.truncate(event["mb"] * 1024 * 1024)


CASES = {
    "null": None,
    "true": True,
    "int": 12345678901234567890,
    "float": 1.10,
    "string": 'quote " slash / \\ \x00 \u2028',
    "unicode": "grün 🍏",
    "list": [1, [2, []], {}],
    "dict": {"b": 1, "a": {"c": None}},
    "tuple": (1, 2),
    "int keys": {1: "one", None: "none", False: "false"},
    "decimals": [Decimal("1"), Decimal("1.50"), Decimal("1E+2"), Decimal("0.1234567890123456789012345678901234567")],
    "decimal nan": [Decimal("NaN"), Decimal("-NaN"), Decimal("Infinity")],
    "nan": [float("nan"), float("-inf")],
    "bytes": b"raw \xff bytes",
    "bytes inside": {"a": b"text"},
    "bad bytes inside": {"a": b"\xff"},
    "set": {"a"},
    "datetime": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
    "tuple keys": {(1, 2): 3},
    "date": datetime.date(2026, 1, 2),
    "complex": 1j,
    "object": object(),
    "bytearray": bytearray(b"text"),
    "generator": (number for number in range(3)),
    "big int": 2**200,
    "tiny float": 5e-324,
    "enum of int": signal.SIGTERM,
    "named tuple": Point(1, 2),
    "deep": deep,
    "circular": circular,
    "lone surrogate": "\ud800",
    "echo": lambda event, context: event["value"],
    "largest": lambda event, context: "x" * (6_291_556 - 2),
    "too large": lambda event, context: "x" * (6_291_556 - 1),
    "exit": lambda event, context: sys.exit(1),
    "exit 0": lambda event, context: sys.exit(0),
    "_exit": lambda event, context: os._exit(7),
    "abort": lambda event, context: os.abort(),
    "interrupt": lambda event, context: (_ for _ in ()).throw(KeyboardInterrupt),
    "count": count,
    "raise own": raise_own,
    "raise chained": raise_chained,
    "raise two lines": raise_two_lines,
    "raise empty": raise_empty,
    "raise unicode": raise_unicode,
    "raise encoding": raise_encoding,
    "print without newline": print_without_newline,
    "raise group": raise_group,
    "raise unspeakable": raise_unspeakable,
    "recurse": recurse,
    "print half a character": print_half_a_character,
    "print much": print_much,
    "close stdout": close_stdout,
    "count in the background": count_in_the_background,
    "exit in a thread": exit_in_a_thread,
    "generator exit": lambda event, context: (_ for _ in ()).throw(GeneratorExit),
    "use memory": use_memory,
    "use more and more memory": use_more_and_more_memory,
    "write to /tmp": write_to_tmp,
    "print lines": print_lines,
    "log": log,
    "context": describe_context,
    "stdin": read_stdin,
    "post under another id": lambda event, context: post("invocation/of-somebody-else/response"),
    "post an init error": lambda event, context: post("init/error"),
    "write beside the code": write_beside_the_code,
    "make a large file": make_a_large_file,
    "where": lambda event, context: {
        "environ": dict(os.environ),
        "path": sys.path,
        "cwd": str(Path.cwd()),
        "temporary": tempfile.gettempdir(),
    },
}


def too_few_arguments(event):
    return event


not_callable = 5
