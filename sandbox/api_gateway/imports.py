"""PutRestApi and ImportRestApi: a whole definition in one document. What fails leaves the API as it was.

An overwrite drops what the document does not carry and resets the API's settings; stages, endpoint type and tags
stay, and a resource that keeps its path keeps its id.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-update.html
"""

from __future__ import annotations

import copy
from typing import Any

from moto.apigateway.models import Method, MethodResponse, Resource, RestAPI
from moto.core.exceptions import JsonRESTError

from sandbox.api_gateway import policy
from sandbox.api_gateway.document import Document, Operation, X
from sandbox.api_gateway.errors import BadRequest
from sandbox.api_gateway.gateway_responses import STATUSES, GatewayResponses
from sandbox.api_gateway.models import check_method
from sandbox.api_gateway.rest_apis import compression_size, key_source
from sandbox.api_gateway.schemas import Schemas

DEFAULTS: dict[str, Any] = {
    "description": None,
    "version": None,
    "binaryMediaTypes": [],
    "minimum_compression_size": None,
    "api_key_source": "HEADER",
    "policy": None,
}
# {in the document: as an argument of moto's put_integration}
OF_INTEGRATION = {
    "httpMethod": "integration_method",
    "credentials": "credentials",
    "requestTemplates": "request_templates",
    "passthroughBehavior": "passthrough_behavior",
    "tlsConfig": "tls_config",
    "cacheNamespace": "cache_namespace",
    "timeoutInMillis": "timeout_in_millis",
    "requestParameters": "request_parameters",
    "contentHandling": "content_handling",
    "connectionType": "connection_type",
}
# What reading a document raises where a list stands for an object, or the other way round.
BUILT_OTHERWISE = (AttributeError, KeyError, TypeError, ValueError)
IN_CAPITALS = ("type", "passthroughBehavior", "contentHandling", "connectionType")


class Imports(GatewayResponses):
    def import_rest_api(
        self, document: Document, fail_on_warnings: bool, endpoint_type: str | None = None
    ) -> tuple[RestAPI, list[str]]:
        """The new API and the warnings. It has no models but those of the document."""
        endpoint = {"types": [endpoint_type]} if endpoint_type else None
        api = self.create_rest_api(document.info.get("title", ""), None, endpoint_configuration=endpoint)
        try:
            return self.put_rest_api(api.id, document, fail_on_warnings, "overwrite")
        except Exception:
            del self.apis[api.id]
            raise

    def put_rest_api(
        self, function_id: str, document: Document, fail_on_warnings: bool, mode: str = "merge"
    ) -> tuple[RestAPI, list[str]]:
        """The API and the warnings."""
        api = self.get_rest_api(function_id)
        if mode not in {"merge", "overwrite"}:
            raise BadRequest('Enumeration value of OpenAPI import mode must be "overwrite" or "merge"')
        stay = {"stages", "deployments"}
        before = copy.deepcopy({key: value for key, value in vars(api).items() if key not in stay})
        try:
            warnings = Import(self, api, document).carry_out(overwrite=mode == "overwrite")
            if warnings and fail_on_warnings:
                raise BadRequest("\n\t".join(["Warnings found during import:", *warnings]))
        except Exception as error:
            vars(api).update(before)
            if isinstance(error, BUILT_OTHERWISE):
                raise BadRequest("Invalid OpenAPI input.") from error
            raise
        return api, warnings


class Import:
    """One document on its way into one API."""

    def __init__(self, backend: Imports, api: RestAPI, document: Document) -> None:
        self.backend, self.api, self.document = backend, api, document
        self.schemas = Schemas(api, document)
        self.authorizers: dict[str, str] = {}  # {name: id}

    def carry_out(self, *, overwrite: bool) -> list[str]:
        """The warnings. Raises BadRequest with all that is wrong. https://github.com/bustle/shep/issues/260"""
        if overwrite:
            self.clear()
        self.settings()
        self.schemas.keep()
        self.validators()
        self.gateway_responses()
        errors = [error for operation in self.document.operations() for error in self.method(operation)]
        if errors:
            raise BadRequest("\n\t".join(["Errors found during import:", *errors]))
        return [*self.document.parse_issues(), *self.schemas.warnings]

    def clear(self) -> None:
        vars(self.api).update(copy.deepcopy(DEFAULTS))
        for kept in (self.api.models, self.api.request_validators, self.api.gateway_responses, self.api.authorizers):
            kept.clear()
        stay, paths = self.document.paths(), {key: each.get_path() for key, each in self.api.resources.items()}
        self.api.resources = {key: each for key, each in self.api.resources.items() if paths[key] in stay}
        for resource in self.api.resources.values():
            resource.resource_methods.clear()

    def settings(self) -> None:
        info, settings = self.document.info, self.document.settings()
        settings |= {"name": info.get("title") or self.api.name}
        settings |= {key: str(info[key]) for key in ("description", "version") if info.get(key)}
        compression_size(settings.get("minimum_compression_size"))
        key_source(settings.get("api_key_source", "HEADER"))
        vars(self.api).update(copy.deepcopy(settings))
        if text := self.document.extension("policy"):
            self.api.policy = policy.kept(policy.as_text(text), self.api)

    def validators(self) -> None:
        there = {validator.name: validator for validator in self.api.request_validators.values()}
        for name, said in self.document.extension("request-validators", {}).items():
            body, parameters = bool(said.get("validateRequestBody")), bool(said.get("validateRequestParameters"))
            if name in there:
                there[name].validate_request_body = body
                there[name].validate_request_parameters = parameters
            else:
                self.api.create_request_validator(name, body, parameters)

    def gateway_responses(self) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.gatewayResponse.html"""
        for kind, said in self.document.extension("gateway-responses", {}).items():
            status = str(said["statusCode"]) if said.get("statusCode") else STATUSES.get(kind)
            parameters, templates = said.get("responseParameters"), said.get("responseTemplates")
            self.backend.put_gateway_response(self.api.id, kind, status, parameters, templates)

    def method(self, operation: Operation) -> list[str]:
        """Keeps it. What is wrong with it."""
        what = f"create resource at path '{operation.path}'"
        try:
            resource = self.resource(operation.parts)
            what = f"put method '{operation.verb}' on resource at path '{operation.path}'"
            method = self.bare_method(resource, operation)
            what = f"put integration on '{operation.verb}' for resource at path '{operation.path}'"
            said = self.document.resolved(operation.said.get(f"{X}integration"))
            if said:
                self.integration(resource, method, said)
                what = what.replace("integration", "integration response", 1)
                self.integration_responses(resource, method, said.get("responses") or {})
        except JsonRESTError as error:
            return [f"Unable to {what}: {error.message}"]
        return []

    def resource(self, parts: list[str]) -> Resource:
        """The one at this path, in parts, which with those above it is made where it is not there."""
        found = self.api.default
        for part in parts:
            children = (each for each in self.api.resources.values() if each.parent_id == found.id)
            child = next((each for each in children if each.path_part == part), None)
            found = child or self.backend.create_resource(self.api.id, found.id, part)
        return found

    def bare_method(self, resource: Resource, operation: Operation) -> Method:
        document, said = self.document, operation.said
        validator = said.get(f"{X}request-validator", document.extension("request-validator"))
        models = self.schemas.by_type(said.get("requestBody"))
        validator_id = {each.name: each.id for each in self.api.request_validators.values()}.get(validator, validator)
        check_method(self.api, validator_id, models)
        method = resource.add_method(
            operation.verb,
            api_key_required=False,
            authorization_type="NONE",
            request_parameters=document.request_parameters(operation) or None,
            request_models=models or None,
            operation_name=said.get("operationId"),
            request_validator_id=validator_id,
        )
        self.secure(method, operation)
        for status, response in said.get("responses", {}).items():
            if str(status).isdecimal():
                method.method_responses[str(status)] = self.method_response(str(status), response)
        return method

    def method_response(self, status: str, said: Any) -> MethodResponse:
        response = self.document.resolved(said)
        models = self.schemas.by_type(response)
        parameters = {f"method.response.header.{name}": False for name in response.get("headers", {})}
        return MethodResponse(status, models or None, parameters or None)

    def secure(self, method: Method, operation: Operation) -> None:
        """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html"""
        if (operation.said.get(f"{X}auth") or {}).get("type") == "AWS_IAM":
            method.authorization_type = "AWS_IAM"
        for name, scheme in self.document.schemes(operation).items():
            if f"{X}authorizer" in scheme:
                method.authorizer_id = self.authorizer(name, scheme)
                cognito = self.api.authorizers[method.authorizer_id].type == "COGNITO_USER_POOLS"
                method.authorization_type = "COGNITO_USER_POOLS" if cognito else "CUSTOM"
            elif scheme.get(f"{X}authtype") == "awsSigv4":
                method.authorization_type = "AWS_IAM"
            elif scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key":
                method.api_key_required = True

    def authorizer(self, name: str, scheme: dict[str, Any]) -> str:
        """Its id. Authorizers are kept and told; the invoke URL has none."""
        if name not in self.authorizers:
            said = scheme[f"{X}authorizer"]
            self.authorizers[name] = self.backend.create_authorizer(
                self.api.id,
                name,
                str(said.get("type", "token")).upper(),
                provider_arns=said.get("providerARNs"),
                auth_type=scheme.get(f"{X}authtype"),
                authorizer_uri=said.get("authorizerUri"),
                authorizer_credentials=said.get("authorizerCredentials"),
                identity_source=said.get("identitySource") or f"method.request.header.{scheme.get('name')}",
                identiy_validation_expression=said.get("identityValidationExpression"),
                authorizer_result_ttl=said.get("authorizerResultTtlInSeconds", 300),
            ).id
        return self.authorizers[name]

    def integration(self, resource: Resource, method: Method, said: dict[str, Any]) -> None:
        said = {key: value.upper() if key in IN_CAPITALS else value for key, value in said.items()}
        integration = self.backend.put_integration(
            self.api.id,
            resource.id,
            method.http_method,
            said.get("type"),
            said.get("uri"),
            **{argument: said.get(key) for key, argument in OF_INTEGRATION.items()},
        )
        integration.cache_key_parameters = said.get("cacheKeyParameters") or []

    def integration_responses(self, resource: Resource, method: Method, said: dict[str, Any]) -> None:
        for pattern, response in said.items():
            kept = self.backend.put_integration_response(
                self.api.id,
                resource.id,
                method.http_method,
                str(response.get("statusCode")),
                None if pattern == "default" else pattern,
                response.get("responseTemplates"),
                response.get("responseParameters"),
                response.get("contentHandling"),
            )
            kept.response_templates = kept.response_templates or None
