"""What DynamoDB refuses, and the states that its tables go through."""

from __future__ import annotations

from moto.dynamodb.models import DynamoDBBackend


class DynamoDb(DynamoDBBackend):  # type: ignore[misc]
    # moto finds a backend's URLs beside its class.
    __module__ = DynamoDBBackend.__module__
