"""What AWS refuses and moto lets pass: moto's backends, each with the errors of its service's API.

One file or folder a service. A backend here is moto's own, subclassed: what it overrides it first checks, in AWS's
order and in AWS's words, and then leaves to moto. register() puts them in moto's place, before the first use of any
of them.
"""

from __future__ import annotations

from moto.apigateway.models import apigateway_backends
from moto.awslambda.models import lambda_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends
from moto.sts.models import sts_backends

from sandbox.refusals import dynamodb
from sandbox.refusals.api_gateway import RefusingApiGateway
from sandbox.refusals.iam import Iam
from sandbox.refusals.lambda_ import Lambda
from sandbox.refusals.logs import Logs
from sandbox.refusals.sts import Sts
from sandbox.refusals.tagging import Tagging


def register() -> None:
    apigateway_backends.backend = RefusingApiGateway
    dynamodb.register()
    iam_backends.backend = Iam
    lambda_backends.backend = Lambda
    logs_backends.backend = Logs
    resourcegroupstaggingapi_backends.backend = Tagging
    sts_backends.backend = Sts
