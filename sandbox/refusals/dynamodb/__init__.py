"""What DynamoDB refuses, and what it guarantees: a write of an item is whole or it is not, and none gets lost.

`requests` reads a request as AWS does before anything is done: `definitions` of tables, `values` and `expressions` of
items, `key_conditions` of queries; `tables` knows the states of a table, `items` writes, `conditions` compares. Where
AWS's pages are silent, the rules name what two public projects have measured on AWS: ACK-n is DDB-TABLE-n of AWS's own
controller for Kubernetes, https://github.com/aws-controllers-k8s/dynamodb-controller/tree/main/docs/api-quirks, and DC
is the conformance suite https://github.com/nubo-db/dynamodb-conformance/tree/main/tests
"""

from __future__ import annotations

from moto.dynamodb import urls
from moto.dynamodb.models import dynamo_type, dynamodb_backends

from sandbox.refusals.dynamodb import conditions
from sandbox.refusals.dynamodb.items import DynamoDb
from sandbox.refusals.dynamodb.requests import Requests
from sandbox.refusals.dynamodb.values import Exactly, Plainly


def register() -> None:
    dynamodb_backends.backend = DynamoDb
    urls.url_paths = {"{0}/": Requests.dispatch}
    # `items` measures an item to the byte, where moto's own dictionary has a guess
    dynamo_type.LimitedSizeDict = dict
    conditions.register()
    dynamo_type.deserializer, dynamo_type.serializer = Exactly(), Plainly()
