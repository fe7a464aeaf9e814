"""What a request of AWS's protocols asks for, and how an error is told in its protocol.

Three are spoken: JSON whose header names the operation (DynamoDB, CloudWatch Logs), query parameters answered in XML
(IAM, STS), and REST (Lambda, API Gateway). https://smithy.io/2.0/aws/protocols/index.html
"""

from __future__ import annotations

import io
import json
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request as RoutedRequest
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from sandbox import rules

rules.install()

MODELS = {"tagging": "resourcegroupstaggingapi"}  # where the model has another name than the signature


def operation(request: Request, service: str) -> tuple[str, str | None]:
    """(the service's name, the operation's) as in AWS's API references; None where no operation has this path.

    `service` is that of the signature; not every model has the same name, and then it is only repeated.
    """
    name = MODELS.get(service, service)
    environ = {**request.environ, "wsgi.input": io.BytesIO(request.get_data())}
    try:
        service_id = str(get_service_model(name).metadata["serviceId"])
    except (UnknownServiceError, ValueError):
        target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        return service, target or f"{request.method} {request.path}"
    try:
        found = get_service_router(name).match(RoutedRequest(environ))[0]
    except (HTTPException, NotImplementedError):
        return service_id, None
    is_named = "//" not in request.path and request.path.endswith("/") <= found.http["requestUri"].endswith("/")
    return service_id, str(found.name) if is_named else None  # the router forgives what is missing


def query(request: Request) -> dict[str, str]:
    """The parameters of the query protocol."""
    is_form = request.mimetype == "application/x-www-form-urlencoded"
    text = request.get_data().decode(errors="replace") if is_form else ""
    return {**request.args.to_dict(), **dict(parse_qsl(text))}


def error(request: Request, code: str, message: str, *, status: int, element: str = "message") -> Response:
    """`element` is the name of the message in JSON, which is not everywhere the same."""
    if "X-Amz-Target" in request.headers:
        of_dynamodb = request.headers["X-Amz-Target"].startswith("DynamoDB")
        namespace, version = ("com.amazon.coral.service#", "1.0") if of_dynamodb else ("", "1.1")
        text = json.dumps({"__type": f"{namespace}{code}", element: message})
        return Response(text, status, mimetype=f"application/x-amz-json-{version}")
    if "Action" in query(request):
        told = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        return Response(f"<ErrorResponse>{told}</ErrorResponse>", status, mimetype="text/xml")
    return Response(json.dumps({element: message}), status, {"x-amzn-ErrorType": code}, mimetype="application/json")
