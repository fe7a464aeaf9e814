"""An OpenAPI 3.0 document, read the way API Gateway reads it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing.exceptions import Unresolvable

from sandbox.api_gateway.errors import BadRequest

X = "x-amazon-apigateway-"
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", f"{X}any-method")
# https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
PLACES = {"query": "querystring", "header": "header", "path": "path"}


@dataclass(frozen=True)
class Operation:
    """One method: `verb` as API Gateway stores it, and what the document says of it."""

    path: str
    verb: str
    said: dict[str, Any]

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]


class Document:
    """`said` is the whole document, as it was written."""

    def __init__(self, text: str) -> None:
        """From JSON or YAML. Raises BadRequest."""
        try:
            said = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
            self.said = json.loads(json.dumps(said, default=str))  # YAML's keys may be numbers
        except (ValueError, TypeError, yaml.YAMLError) as error:
            raise BadRequest("Invalid OpenAPI input.") from error
        if isinstance(self.said, dict) and "swagger" in self.said:
            raise BadRequest("The sandbox reads OpenAPI 3.0 only; AWS takes Swagger 2.0 as well")
        if not isinstance(self.said, dict) or not str(self.said.get("openapi", "")).startswith("3.0"):
            raise BadRequest("Invalid OpenAPI input.")

    def extension(self, name: str, default: Any = None) -> Any:
        return self.said.get(f"{X}{name}", default)

    @property
    def info(self) -> dict[str, Any]:
        return dict(self.said.get("info") or {})

    def components(self, kind: str) -> dict[str, Any]:
        return dict((self.said.get("components") or {}).get(kind) or {})

    def resolved(self, node: Any) -> dict[str, Any]:
        """What a `$ref` within the document points to; {} where nothing is."""
        while isinstance(node, dict) and str(node.get("$ref", "")).startswith("#/"):
            found: Any = self.said
            for part in node["$ref"][2:].split("/"):
                found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
            node = found
        return node if isinstance(node, dict) else {}

    def operations(self) -> Iterator[Operation]:
        for path, item in sorted((self.said.get("paths") or {}).items()):
            for verb in VERBS:
                if verb in item:
                    shared = item.get("parameters", [])
                    said = {**item[verb], "parameters": [*shared, *item[verb].get("parameters", [])]}
                    yield Operation(path, "ANY" if verb.startswith(X) else verb.upper(), said)

    def paths(self) -> set[str]:
        """Those of all resources that the operations need: their own, and those above."""
        needed = [each.parts[:count] for each in self.operations() for count in range(len(each.parts) + 1)]
        return {"/", *(f"/{'/'.join(parts)}" for parts in needed)}

    def request_parameters(self, operation: Operation) -> dict[str, bool]:
        """{"method.request.querystring.page": required}"""
        parameters = [self.resolved(parameter) for parameter in operation.said["parameters"]]
        return {
            f"method.request.{PLACES[each['in']]}.{each['name']}": bool(each.get("required"))
            for each in parameters
            if each.get("in") in PLACES
        }

    def schemes(self, operation: Operation) -> dict[str, dict[str, Any]]:
        """{name: security scheme} of those that an operation requires."""
        required = operation.said.get("security", self.said.get("security")) or []
        known = self.components("securitySchemes")
        return {name: self.resolved(known.get(name)) for each in required for name in each}

    def settings(self) -> dict[str, Any]:
        """{attribute of the API: value} of what the document sets beside name, description and policy."""
        endpoint: dict[str, Any] = {}
        for place in (self.said, *(self.said.get("servers") or [])):
            endpoint |= place.get(f"{X}endpoint-configuration") or {}
        told = {
            "binaryMediaTypes": self.extension("binary-media-types"),
            "minimum_compression_size": self.extension("minimum-compression-size"),
            "api_key_source": self.extension("api-key-source"),
            "disableExecuteApiEndpoint": endpoint.get("disableExecuteApiEndpoint"),
        }
        return {attribute: value for attribute, value in told.items() if value is not None}

    def parse_issues(self) -> list[str]:
        """What OpenAPI's own schema finds amiss. How AWS words it is not known but for how it begins."""
        try:
            errors = list(OpenAPIV30SpecValidator(self.said).iter_errors())
        except Unresolvable:  # told by whoever meets the reference
            return []
        return [f"Parse issue: attribute {'.'.join(map(str, error.path))}: {error.message}" for error in errors]
