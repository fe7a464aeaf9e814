"""Who calls: sessions of roles, as STS keeps them, so that a caller is told by its access key.

An environment of a function is given a session of the execution role when it starts. A session belongs to the role that
was there then: it stops working with that role, also when another one of the same name is made.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass

from moto.core.utils import utcnow
from moto.iam.models import Role, iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.sts.models import AssumedRole, sts_backends
from moto.utilities.utils import get_partition

from sandbox.pace import CLOCK
from sandbox.runtime.pool import Function

ACCOUNT = "123456789012"
SESSION_SECONDS = 12 * 3600
# As often as this all environments are replaced, and with them their sessions: none is ever used until it expires.
TERM_SECONDS = 6 * 3600
# Keys of sessions name their account; what else is random.
SESSION_KEYS = generate_access_key_id_from_account_id(ACCOUNT, prefix="ASIA")[:12]


@dataclass(frozen=True)
class Session:
    """`role` is None when there was none of that ARN. `made_at` and `ends_at` are seconds of the sandbox's clock."""

    assumed: AssumedRole
    role: Role | None
    function_arn: str
    made_at: float
    ends_at: float

    @property
    def variables(self) -> Mapping[str, str]:
        """The three AWS_ variables."""
        return {
            "AWS_ACCESS_KEY_ID": self.assumed.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.assumed.secret_access_key,
            "AWS_SESSION_TOKEN": self.assumed.session_token,
        }

    @property
    def token(self) -> str:
        return str(self.assumed.session_token)

    @property
    def expired(self) -> bool:
        return CLOCK.now() >= self.ends_at

    @property
    def has_role(self) -> bool:
        """Whether its role is still there."""
        roles = iam_backends[ACCOUNT][self.assumed.partition].roles
        return self.role is not None and roles.get(self.role.id) is self.role


class Identities:
    """Thread-safe. Makes one session for each function, role and term, and forgets those that are long over."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._latest: dict[str, Session] = {}
        self._lock = threading.Lock()

    def session(self, function: Function, role_arn: str) -> Session:
        """The session for an environment of this function that starts now."""
        role = find_role(role_arn)
        with self._lock:
            latest = self._latest.get(function.arn)
            if latest is None or latest.role is not role or term(latest.made_at) != term(CLOCK.now()):
                self._forget_old_ones()
                assumed = sts_backends[ACCOUNT][get_partition(function.region)].assume_role(
                    region_name=function.region,
                    role_session_name=function.name,
                    role_arn=role_arn,
                    policy="",
                    duration=SESSION_SECONDS,
                    external_id="",
                )
                latest = Session(assumed, role, function.arn, CLOCK.now(), CLOCK.now() + SESSION_SECONDS)
                self._sessions[assumed.access_key_id] = self._latest[function.arn] = latest
            return latest

    def latest(self, function_arn: str) -> Session | None:
        """The session that the function's youngest environment has."""
        return self._latest.get(function_arn)

    def find(self, access_key_id: str) -> Session | None:
        """The session of this key; those of STS's own AssumeRole are sessions too."""
        if found := self._sessions.get(access_key_id):
            return found
        for sts in list(sts_backends[ACCOUNT].values()):
            if assumed := sts.get_assumed_role_from_access_key(access_key_id):
                now, left = CLOCK.now(), (assumed.expiration - utcnow()).total_seconds()
                return Session(assumed, find_role(assumed.role_arn), "", now, now + left)
        return None

    def _forget_old_ones(self) -> None:
        oldest = CLOCK.now() - 2 * SESSION_SECONDS
        self._latest = {key: session for key, session in self._latest.items() if session.made_at > oldest}
        for key, session in list(self._sessions.items()):
            if session.made_at <= oldest:
                del self._sessions[key]
                sts = sts_backends[ACCOUNT][session.assumed.partition]
                sts.assumed_roles = [each for each in sts.assumed_roles if each is not session.assumed]
                iam_backends[ACCOUNT][session.assumed.partition].access_keys.pop(key, None)


def is_session(access_key_id: str) -> bool:
    """Whether this sandbox has made the key for a session, however long ago."""
    return access_key_id.startswith(SESSION_KEYS)


def find_role(arn: str) -> Role | None:
    roles = iam_backends[ACCOUNT][arn.split(":")[1] if arn.startswith("arn:") else "aws"].roles
    return next((role for role in list(roles.values()) if role.arn == arn), None)


def term(moment: float) -> int:
    """Environments that started in another term than this are replaced."""
    return int(moment // TERM_SECONDS)
