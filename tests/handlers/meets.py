"""Says hello to the test over a socket, then does as the event says. The socket closes when all of it has ended."""

import os
import re
import signal
import socket
import subprocess
import sys


def handler(event, context):
    meeting = socket.create_connection(("127.0.0.1", event["port"]))
    meeting.sendall(f"{os.getpid()}\n".encode())
    if event["then"] == "wait":
        meeting.recv(1)
    elif event["then"] == "spin":
        while True:
            pass
    elif event["then"] == "spin in C":  # which never lets go of the interpreter
        re.match("(a*)*$", "a" * 64 + "b")
    elif event["then"] == "start a daemon":
        command = [sys.executable, "-c", "import os, sys; os.setsid(); os.fork() and sys.exit(); sys.stdin.read()"]
        subprocess.run(command, stdin=meeting, pass_fds=[meeting.fileno()], env={}, check=True)
    elif event["then"] in ("start a child", "start a child and exit"):
        command = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        subprocess.Popen(command, stdin=meeting, pass_fds=[meeting.fileno()])
        if event["then"] == "start a child and exit":
            sys.exit(1)
    elif event["then"] == "stop its parent":
        os.kill(os.getppid(), signal.SIGSTOP)
    # "stay": the socket outlives the invocation as a part of the warm environment
    opened.append(meeting)
    return os.getpid()


opened = []
