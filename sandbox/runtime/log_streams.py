"""What functions print, into CloudWatch Logs, with the rights of their roles: without them there are no lines.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

from __future__ import annotations

import threading

from moto.logs.models import logs_backends

from sandbox.permissions.evaluation import Asked
from sandbox.permissions.identities import ACCOUNT, Session
from sandbox.permissions.needed_rights import stream_arn
from sandbox.permissions.rights import denied

KEPT_LINES = 5000  # of each stream, since they are in memory


class LogStreams:
    """Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def write(self, session: Session, region: str, group: str, stream: str, lines: list[tuple[int, str]]) -> None:
        """Lines are (timestamp in ms, text). A missing group is made as Lambda makes it: untagged, kept for ever."""

        def may(action: str, of_stream: str = stream) -> bool:
            return denied(session, Asked(f"logs:{action}", stream_arn(region, group, of_stream))) is None

        backend = logs_backends[ACCOUNT][region]
        events = [{"timestamp": timestamp, "message": line} for timestamp, line in lines]
        with self._lock:
            if group not in backend.groups:
                if not may("CreateLogGroup", ""):
                    return
                backend.ensure_log_group(group)
            if stream not in backend.groups[group].streams:
                if not may("CreateLogStream"):
                    return
                backend.ensure_log_stream(group, stream)
            if may("PutLogEvents"):
                backend.put_log_events(group, stream, events)
                del backend.groups[group].streams[stream].events[:-KEPT_LINES]
