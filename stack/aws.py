"""One AWS account and region as the steps see it: clients, partition, ARNs, and what an error means.

Clients follow boto3's ordinary configuration (profiles, SSO, environment, AWS_ENDPOINT_URL), or are pointed at one
endpoint with an isolated session. Retries are pinned: botocore's default mode is about to change
(https://aws.amazon.com/blogs/developer/announcing-updated-retry-behavior-for-aws-sdks-and-tools/). The one decoder of
"is it missing?" lives here, because AccessDenied is not absence.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from stack.actions import note_action
from stack.shared_reads import share
from stack.side_by_side import limit

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient

P = ParamSpec("P")
T = TypeVar("T")

MANAGED_BY = "lambda-apigateway-lab"
ATTEMPTS = 8
FEW_ATTEMPTS = 2

# The codes by which each service says "there is no such thing" (botocore models; recorded answers).
MISSING = {
    "NoSuchEntity",  # IAM
    "ResourceNotFoundException",  # Lambda, DynamoDB, CloudWatch Logs
    "NotFoundException",  # API Gateway
}


# {code: part of the message} by which a create is refused because something of that name is there.
TAKEN = {
    "EntityAlreadyExists": "",
    "ResourceAlreadyExistsException": "",
    "ResourceConflictException": "already exist",
    "ResourceInUseException": "already exist",
    "ConflictException": "already exist",
}


def error_code(error: ClientError) -> str:
    """The code on the wire, which often differs from the model's class name (IAM drops `Exception`)."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def or_none(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
    """The answer of `call`, or None where AWS says that the thing does not exist. Every other error travels."""
    try:
        return call(*args, **kwargs)
    except ClientError as error:
        if error_code(error) in MISSING:
            return None
        raise


def is_taken(error: ClientError) -> bool:
    """Whether a create is refused because something of that name is there already."""
    part = TAKEN.get(error_code(error))
    return part is not None and part in error_message(error).lower()


def as_list(tags: Mapping[str, str]) -> list[Any]:
    """Tags as IAM and DynamoDB take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_dict(tags: Any) -> dict[str, str]:
    """Tags as IAM and DynamoDB give them, or none."""
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


@dataclass
class Aws:
    """Clients and names for one account and region. `endpoint_url` None means: as boto3 is configured."""

    core: botocore.session.Session
    session: boto3.Session
    region: str
    endpoint_url: str | None = None
    _clients: dict[tuple[str, int], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def configured(cls, region: str, profile: str | None = None) -> Aws:
        """The user's own credentials. Raises botocore's ProfileNotFound."""
        core = botocore.session.Session(profile=profile)
        return cls(core, boto3.Session(botocore_session=core, region_name=region), region)

    @classmethod
    def at(cls, endpoint_url: str, region: str) -> Aws:
        """An endpoint on this machine, with dummy credentials and nothing of the user's configuration."""
        nothing: Any = (None, [], None, None)
        isolated = botocore.session.Session(
            session_vars={
                "profile": nothing,
                "config_file": (None, [], os.devnull, None),
                "credentials_file": (None, [], os.devnull, None),
                "ca_bundle": nothing,
                "use_fips_endpoint": nothing,
                "use_dualstack_endpoint": nothing,
                "account_id_endpoint_mode": (None, [], "disabled", None),
            }
        )
        isolated.set_credentials("sandbox", "sandbox")
        return cls(isolated, boto3.Session(botocore_session=isolated, region_name=region), region, endpoint_url)

    def client(self, service: str, *, attempts: int = ATTEMPTS) -> Any:
        """A cached client. One attempt, for calls that must not be carried out twice; a few, for calls whose waits
        are to be seen: what the SDK retries, it retries in silence."""
        with self._lock:  # creating clients is not thread-safe in boto3
            if (service, attempts) not in self._clients:
                config = ClientConfig(
                    retries={"mode": "standard", "total_max_attempts": attempts},
                    connect_timeout=5,
                    read_timeout=60,
                    user_agent_extra=f"{MANAGED_BY}/1",
                    proxies={} if self.endpoint_url else None,
                )
                client = self.session.client(
                    service,  # type: ignore[call-overload]
                    region_name=self.region,
                    endpoint_url=self.endpoint_url,
                    config=config,
                )
                share(client)
                limit(client)
                client.meta.events.register("after-call", note_action)
                client.meta.events.register_first("needs-retry", self._give_up_where_nobody_listens)
                self._clients[service, attempts] = client
            return self._clients[service, attempts]

    def has_ended(self, error: Exception | None) -> bool:
        """Whether nobody listens any more on this machine: a process that has ended, no network that comes back."""
        return bool(self.endpoint_url) and isinstance(error, EndpointConnectionError)

    def _give_up_where_nobody_listens(self, caught_exception: Exception | None = None, **_: Any) -> None:
        if caught_exception and self.has_ended(caught_exception):
            raise caught_exception  # instead of the SDK's retries

    def http_session(self, url: str, timeout_seconds: int) -> URLLib3Session:
        """For plain HTTPS calls of `url`, with the proxies and the CA bundle that the clients use as well."""
        # Without NODELAY each body would wait for the acknowledgement of its headers, 40 ms at a time.
        nodelay: Any = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return URLLib3Session(
            proxies={} if self.endpoint_url else get_environ_proxies(url),
            verify=self.core.get_config_variable("ca_bundle") or True,
            timeout=timeout_seconds,
            socket_options=[nodelay],
        )

    @property
    def iam(self) -> IAMClient:
        return self.client("iam")  # type: ignore[no-any-return]

    @property
    def lambda_(self) -> LambdaClient:
        return self.client("lambda")  # type: ignore[no-any-return]

    @property
    def dynamodb(self) -> DynamoDBClient:
        return self.client("dynamodb")  # type: ignore[no-any-return]

    @property
    def apigateway(self) -> APIGatewayClient:
        return self.client("apigateway")  # type: ignore[no-any-return]

    @property
    def logs(self) -> CloudWatchLogsClient:
        return self.client("logs")  # type: ignore[no-any-return]

    @cached_property
    def account(self) -> str:
        """Twelve digits, from sts:GetCallerIdentity: the one call that needs no permission."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @cached_property
    def partition(self) -> str:
        return str(self.session.get_partition_for_region(self.region))

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """An ARN of this partition; `region` or `account` "" for the services that leave them out."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def invoke_url(self, api_id: str, stage: str, path: str) -> str:
        """AWS's own host for the API, or the path form of a custom endpoint."""
        custom = self.custom_endpoint
        if custom:
            return f"{custom.rstrip('/')}/_aws/execute-api/{api_id}/{stage}/{path}"
        return f"https://{api_id}.execute-api.{self.region}.{self._dns_suffix}/{stage}/{path}"

    @cached_property
    def custom_endpoint(self) -> str | None:
        """What stands in AWS's place: the sandbox, AWS_ENDPOINT_URL, a profile's endpoint_url. None for AWS itself."""
        if self.endpoint_url:
            return self.endpoint_url
        configured = self.apigateway.meta.endpoint_url
        if (urlsplit(configured).hostname or "").endswith(f".{self._dns_suffix}"):
            return None
        return None if configured == self._endpoint_of_aws() else configured

    def _endpoint_of_aws(self, **options: Any) -> str:
        config = ClientConfig(**{"ignore_configured_endpoint_urls": True, **options})
        return self.session.client("apigateway", region_name=self.region, config=config).meta.endpoint_url

    @cached_property
    def _dns_suffix(self) -> str:
        """amazonaws.com, amazonaws.com.cn, ...: what follows the region in API Gateway's plain host name."""
        plain = self._endpoint_of_aws(use_dualstack_endpoint=False, use_fips_endpoint=False)
        return (urlsplit(plain).hostname or "").partition(f".{self.region}.")[2]
