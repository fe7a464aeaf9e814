"""Who calls, as STS tells it: a key that is nobody's else is the account's own, which is the root user's.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from moto.iam.models import iam_backends
from moto.sts.models import STSBackend


class Sts(STSBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = STSBackend.__module__

    def get_caller_identity(self, access_key_id: str, region: str) -> tuple[str, str, str]:
        iam = iam_backends[self.account_id][self.partition]
        session = self.get_assumed_role_from_access_key(access_key_id)
        if session or iam.get_user_from_access_key_id(access_key_id):
            return super().get_caller_identity(access_key_id, region)  # type: ignore[no-any-return]
        return self.account_id, f"arn:{self.partition}:iam::{self.account_id}:root", self.account_id
