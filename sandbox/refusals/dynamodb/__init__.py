"""What DynamoDB refuses, and what it guarantees: a write of an item is whole or it is not, and none gets lost.

`requests` reads a request as AWS does before anything is done, and `definitions` what it says of a table; `tables`
knows the states of a table, `items` writes. Where AWS's pages are silent, the rules name what two public
projects have measured on AWS: ACK-n is DDB-TABLE-n of AWS's own controller for Kubernetes,
https://github.com/aws-controllers-k8s/dynamodb-controller/tree/main/docs/api-quirks, and DC is the conformance suite
https://github.com/nubo-db/dynamodb-conformance/tree/main/tests
"""

from sandbox.refusals.dynamodb.items import DynamoDb
from sandbox.refusals.dynamodb.requests import Requests

__all__ = ["DynamoDb", "Requests"]
