"""The schemas of an imported document as models of the API.

LocalStack's recording: apigateway test_import_swagger_api and test_import_with_circular_models.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from moto.apigateway.models import RestAPI

from sandbox.api_gateway.document import Document
from sandbox.api_gateway.models import REFERENCE, check_name

COMPONENT = "#/components/schemas/"


class Schemas:
    """`warnings` tells of references to what is not there."""

    def __init__(self, api: RestAPI, document: Document) -> None:
        self.api, self.document = api, document
        self.warnings: list[str] = []

    def keep(self) -> None:
        for name, schema in self.document.components("schemas").items():
            self.add(name, schema)

    def add(self, name: str, schema: dict[str, Any]) -> None:
        check_name(name)
        description = schema.get("description", "")
        self.api.add_model(name, description, json.dumps(self.as_kept(schema)), "application/json")

    def by_type(self, node: Any) -> dict[str, str]:
        """{content type: name of the model} of a request body or a response."""
        models = {}
        for content_type, body in (self.document.resolved(node).get("content") or {}).items():
            name = self.model(body.get("schema") or {})
            if name:
                models[content_type] = name
        return models

    def model(self, schema: dict[str, Any]) -> str | None:
        """The name of a schema's model; one that has none gets one, if it says more than a plain type."""
        reference = schema.get("$ref")
        if reference is None:
            if not {"properties", "items", "allOf", "anyOf", "oneOf"} & set(schema):
                return None
            # How AWS names it is not known.
            name = f"MODEL{hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:6]}"
            self.add(name, schema)
            return name
        name = reference.removeprefix(COMPONENT)
        if name not in self.api.models:
            # https://github.com/amazon-archives/aws-apigateway-importer/issues/194
            self.warnings.append(f"Reference to model '{name}' not found. Ignoring.")
            return None
        return str(name)

    def as_kept(self, schema: Any) -> Any:
        """References written out, and `required` sorted."""
        if isinstance(schema, list):
            return [self.as_kept(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        kept = {key: self.as_kept(value) for key, value in schema.items()}
        if isinstance(kept.get("required"), list):
            kept["required"] = sorted(kept["required"])
        reference = kept.get("$ref")
        if isinstance(reference, str) and reference.startswith(COMPONENT):
            kept["$ref"] = REFERENCE.format(api=self.api.id, name=reference.removeprefix(COMPONENT))
        return kept
