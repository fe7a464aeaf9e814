"""Bodies that are no JSON, or not of the types that the operation's model wants: AWS refuses them before anything else.

No SDK sends them, but curl and a program's own HTTP client may. The code is the SerializationException of
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html; its words are not verified.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.model import Shape
from moto.core.utils import get_service_model
from werkzeug.wrappers import Request, Response

from sandbox import wire

PROTOCOLS = {"json", "rest-json"}


def refusal(request: Request, service: str) -> Response | None:
    """None: the body may be read. `service` is that of the signature."""
    wanted = body_shape(request, service)
    if wanted is None or not request.get_data():
        return None
    try:
        misfit = next(misfits(wanted, json.loads(request.get_data())), "")
    except (ValueError, RecursionError):
        misfit = "The body is not JSON"
    return wire.error(request, "SerializationException", misfit, status=400) if misfit else None


def body_shape(request: Request, service: str) -> Shape | None:
    """What the JSON of the body is to be; None where the body is something else, or unknown."""
    _, operation = wire.operation(request, service)
    try:
        model = get_service_model(wire.MODELS.get(service, service))
    except (UnknownServiceError, ValueError):
        return None
    if model.metadata["protocol"] not in PROTOCOLS or operation not in model.operation_names:
        return None
    shape = model.operation_model(operation).input_shape
    return None if shape is None or "payload" in shape.serialization else shape


def misfits(shape: Any, value: Any, where: str = "The body") -> Iterator[str]:
    """In words. A value that is null is none."""
    kind = shape.type_name
    wanted = {"structure": dict, "map": dict, "list": list, "string": str}.get(kind, str | int | float)
    if value is None or getattr(shape, "is_document_type", False):
        return
    if not isinstance(value, wanted):
        yield f"{where} is not a {kind}"
    elif kind == "structure":
        for name, member in shape.members.items():
            if "location" not in member.serialization:
                known_as = member.serialization.get("name", name)
                yield from misfits(member, value.get(known_as), known_as)
    elif kind == "map":
        for key, item in value.items():
            yield from misfits(shape.value, item, key)
    elif kind == "list":
        for item in value:
            yield from misfits(shape.member, item, where)
