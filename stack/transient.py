"""The answers by which AWS says "not now": named one by one, because the same codes also carry real mistakes.

None of them is retried to the end by any of botocore's retry modes. Each row is matched by its code and by a part of
its message.
"""

from __future__ import annotations

from botocore.exceptions import ClientError, ConnectionError, EndpointConnectionError, HTTPClientError

from stack.aws import error_code, error_message
from stack.waiting import InQueue, NotYet

# (code, part of the message, what is waited for)
NOT_NOW = (
    ("Throttling", "", "a quota of IAM that the whole account shares"),
    # Shared by everybody in the account, and fixed: one CreateRestApi per 3 s, one CreateDeployment per 5 s, one
    # DeleteRestApi per 30 s. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    ("TooManyRequestsException", "", "a quota of AWS that the whole account shares"),
    ("ConflictException", "concurrent modification", "API Gateway to finish another change of the API"),
    ("BadRequestException", "update in progress", "API Gateway to finish another change of the API"),
    ("BadRequestException", "Active stages pointing", "API Gateway to see that the stage has left the deployment"),
    ("ResourceConflictException", "cannot be performed at this time", "Lambda to finish another change"),
    ("ResourceConflictException", "state: Pending", "the function to become Active"),
    ("ResourceNotReadyException", "", "the function to wake up: nobody had called it for long"),
    # A role reaches Lambda late. A wrong trust policy gives the same text for ever.
    ("InvalidParameterValueException", "cannot be assumed by Lambda", "IAM: Lambda cannot assume the role yet"),
    ("InvalidParameterValueException", "role does not have permissions", "IAM: the role has no permissions yet"),
    ("AccessDeniedException", "cannot be assumed by Lambda", "IAM: Lambda cannot assume the role yet"),
    ("DeleteConflict", "", "IAM to see what was detached"),
    ("ConcurrentModification", "", "IAM to finish another change"),
    ("OperationAbortedException", "", "CloudWatch Logs to finish another operation on the log group"),
)


LOSABLE = (ClientError, ConnectionError, HTTPClientError)
"""What a call can end with that AWS may have carried out all the same."""


def is_lost(error: Exception) -> bool:
    """Whether AWS may have carried the call out although there is no answer that says so."""
    if isinstance(error, ClientError):
        return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
    return isinstance(error, LOSABLE) and not isinstance(error, EndpointConnectionError)  # nobody took the call


QUOTAS = {"Throttling", "TooManyRequestsException"}


def not_now(error: ClientError) -> NotYet | None:
    """What to wait for, or None for an error that stays."""
    code, message = error_code(error), error_message(error).lower()
    for known, part, reason in NOT_NOW:
        if code == known and part.lower() in message:
            return (InQueue if code in QUOTAS else NotYet)(reason)
    return None
