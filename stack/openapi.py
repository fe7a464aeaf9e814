"""The whole API as one OpenAPI 3.0 document: what step 6 uploads, what step 7 hashes, what an export shows.

One resource, one method, a non-proxy Lambda integration: the request's body is the function's event and the function's
answer is the response's body. Errors are mapped by API Gateway, which matches an integration response's pattern against
the whole `errorMessage`; each class of error has its own, no two match the same message.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from stack.lab import Lab

# The classes that lambda_function.py puts in brackets before a message, and the status that each becomes.
ERRORS = {"BadRequest": 400, "Forbidden": 403, "NotFound": 404, "Conflict": 409, "Throttled": 429}
INTERNAL, TIMEOUT = 500, 504
STATUSES = (200, *ERRORS.values(), INTERNAL, TIMEOUT)
DESCRIPTIONS = {
    200: "What the operation answered",
    400: "The request is not one that the function understands",
    403: "The function may not touch that table",
    404: "There is no such table",
    409: "A condition of the request does not hold",
    429: "DynamoDB asks to slow down",
    500: "The function failed; its log tells why",
    504: "The function did not finish in time",
}

# What the runtime says of JSON that Python cannot read: a number of thousands of digits, thousands of levels.
UNREAD = "Unable to unmarshal input"
BEGINNINGS = {name: rf"\[{name}\]" for name in ERRORS} | {"BadRequest": rf"(?:\[BadRequest\]|{UNREAD})"}
CLASSIFIED = f"(?:{'|'.join(BEGINNINGS.values())})"
# `[\s\S]*` and not `.*`: a dot stops at a newline, and such a message would fall through to 200.
TIMED_OUT = r"[\s\S]*Task timed out"
PATTERNS = {
    **{rf"{BEGINNINGS[name]}[\s\S]*": status for name, status in ERRORS.items()},
    rf"(?!{CLASSIFIED}){TIMED_OUT}[\s\S]*": TIMEOUT,
    rf"(?!{CLASSIFIED})(?!{TIMED_OUT})[\s\S]+": INTERNAL,
}

MODEL = "Envelope"
VALIDATOR = "body"
JSON_TYPE = "application/json"
# A plain `curl -d` names the form type. A content type without a model is not validated at all.
REQUEST_TYPES = (JSON_TYPE, "application/x-www-form-urlencoded")
INTEGRATION_TIMEOUT_MS = 29_000


def envelope_schema() -> dict[str, Any]:
    """The request's shape. Not the list of operations: adding one must stay a line in the function."""
    return {
        "type": "object",
        "required": ["operation"],
        "properties": {"operation": {"type": "string"}, "tableName": {"type": "string"}},
    }


def error_schema() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type"],
                "properties": {"type": text, "message": text},
            }
        },
    }


def classified_template(name: str) -> str:
    """The error's body in VTL: the class is constant, the message comes without its prefix, no stack trace ever."""
    message = f"$input.path('$.errorMessage').substring({len(f'[{name}] ')})"
    # escapeJavaScript also escapes the apostrophe, which JSON does not know.
    escaped = f"""$util.escapeJavaScript({message}).replaceAll("\\\\'","'")"""
    if name == "BadRequest":
        told = "The function cannot read this JSON: a number in it is too long, or it is nested too deeply."
        escaped = f"""#if($input.path('$.errorMessage').startsWith("{UNREAD}")){told}#else{escaped}#end"""
    return f'{{"error": {{"type": "{name}", "message": "{escaped}"}}}}'


def constant_body(kind: str, message: str) -> str:
    return json.dumps({"error": {"type": kind, "message": message}})


def response_templates() -> dict[int, str]:
    """{status: VTL template} of every response that is not the function's own answer."""
    return {
        **{status: classified_template(name) for name, status in ERRORS.items()},
        INTERNAL: constant_body("Internal", "The function failed. Its log tells why."),
        TIMEOUT: constant_body("Timeout", "The function did not finish in time."),
    }


def integration(lab: Lab) -> dict[str, Any]:
    templates = response_templates()
    responses: dict[str, Any] = {"default": {"statusCode": "200"}}
    for pattern, status in PATTERNS.items():
        responses[pattern] = {
            "statusCode": str(status),
            "responseTemplates": {JSON_TYPE: templates[status]},
        }
    return {
        "type": "aws",
        "httpMethod": "POST",  # how API Gateway calls Lambda, whatever the method outside
        "uri": lab.aws.arn("apigateway", f"path/2015-03-31/functions/{lab.function_arn}/invocations", account="lambda"),
        "passthroughBehavior": "when_no_match",
        "timeoutInMillis": INTEGRATION_TIMEOUT_MS,
        "responses": responses,
    }


def document(lab: Lab) -> dict[str, Any]:
    """The complete document: an overwriting PutRestApi resets whatever it does not carry."""
    envelope = {"schema": {"$ref": f"#/components/schemas/{MODEL}"}}
    error = {JSON_TYPE: {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
    responses: dict[str, Any] = {"200": {"description": DESCRIPTIONS[200]}}
    for status in STATUSES[1:]:
        responses[str(status)] = {"description": DESCRIPTIONS[status], "content": error}
    return {
        "openapi": "3.0.1",
        "info": {
            "title": lab.api_name,
            "version": "1",
            "description": "One endpoint that routes a JSON envelope to DynamoDB operations",
        },
        "paths": {
            f"/{lab.config.api.path}": {
                lab.config.api.method.lower(): {
                    "operationId": "operate",
                    "requestBody": {
                        "required": True,
                        "content": dict.fromkeys(REQUEST_TYPES, envelope),
                    },
                    "responses": responses,
                    "x-amazon-apigateway-request-validator": VALIDATOR,
                    "x-amazon-apigateway-integration": integration(lab),
                }
            }
        },
        "components": {"schemas": {MODEL: envelope_schema(), "ErrorBody": error_schema()}},
        "x-amazon-apigateway-request-validators": {
            VALIDATOR: {"validateRequestBody": True, "validateRequestParameters": False}
        },
    }


def document_hash(lab: Lab) -> str:
    """Changes exactly when the document does; kept in the description of a deployment."""
    text = json.dumps(document(lab), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
