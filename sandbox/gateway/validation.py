"""What a request validator asks of a request: required parameters, then a body that fits the model of its content type.

A content type without a model is not validated at all.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.exceptions import NoSuchResource
from referencing.jsonschema import DRAFT4

from sandbox.gateway.call import Call
from sandbox.gateway.responses import JSON, Refused
from sandbox.runtime.functions import NotJson, strict_json


def validate(call: Call) -> None:
    """Raises Refused. The parameters come first (LocalStack's recording of test_api_gateway_request_validator)."""
    validator = call.api.request_validators.get(call.method.request_validator_id or "")
    if validator is None:
        return
    if validator.validate_request_parameters:
        validate_parameters(call)
    if validator.validate_request_body:
        validate_body(call)


def validate_parameters(call: Call) -> None:
    """An empty value is none. The order of names is that of the same recording."""
    required = sorted(name for name, needed in (call.method.request_parameters or {}).items() if needed)
    missing = [name.split(".", 3)[3] for name in required if not call.parameter(name)]
    if missing:
        raise Refused("BAD_REQUEST_PARAMETERS", f"Missing required request parameters: [{', '.join(missing)}]")


def validate_body(call: Call) -> None:
    """No body is validated as `{}`."""
    models = call.method.request_models or {}
    name = models.get(call.request.mimetype or JSON) or models.get("$default")
    if name is None:
        return
    try:
        validator = schema_validator(name, tuple((key, each.schema) for key, each in call.api.models.items()))
        validator.validate(strict_json(call.request.get_data()))
    except (NotJson, jsonschema.ValidationError) as error:
        raise Refused("BAD_REQUEST_BODY", details=f"[{getattr(error, 'message', error)}]") from error


@functools.lru_cache(maxsize=64)
def schema_validator(name: str, models: tuple[tuple[str, str], ...]) -> Any:
    """Of one of the models, which are pairs of a name and a schema's JSON text."""
    schemas = dict(models)
    registry: Registry[Any] = Registry(retrieve=functools.partial(model, schemas))  # type: ignore[call-arg]
    return jsonschema.Draft4Validator(json.loads(schemas[name]), registry=registry)


def model(schemas: Mapping[str, str], uri: str) -> Resource[Any]:
    """A model that another refers to as https://apigateway.amazonaws.com/restapis/API/models/NAME.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/models-mappings-models.html
    """
    _, _, name = uri.partition("/models/")
    if name not in schemas:
        raise NoSuchResource(uri)
    return Resource.from_contents(json.loads(schemas[name]), default_specification=DRAFT4)
