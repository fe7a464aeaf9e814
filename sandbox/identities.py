"""Who calls: sessions of execution roles, as STS keeps them, so that a caller is told by its access key.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.runtime import Function

ACCOUNT = "123456789012"
SESSION_SECONDS = 12 * 3600


class Identities:
    """Thread-safe."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def session(self, function: Function, role_arn: str) -> Mapping[str, str]:
        """The three AWS_ variables of a session of the function's role, named after the function."""
        with self._lock:
            if (role_arn, function.name) not in self._sessions:
                session = sts_backends[ACCOUNT][get_partition(function.region)].assume_role(
                    region_name=function.region,
                    role_session_name=function.name,
                    role_arn=role_arn,
                    policy="",
                    duration=SESSION_SECONDS,
                    external_id="",
                )
                self._sessions[role_arn, function.name] = {
                    "AWS_ACCESS_KEY_ID": session.access_key_id,
                    "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
                    "AWS_SESSION_TOKEN": session.session_token,
                }
            return self._sessions[role_arn, function.name]
