"""moto's API Gateway, completed: what an import carries is kept, and what is told is told as AWS tells it.

Architecture: `backend` is moto's, with the nouns mixed in: `rest_apis` (the settings of an API and their patches),
`imports` (an OpenAPI document into an API, read by `document`), `models` (and request validators),
`gateway_responses` and `tags`. `answers` is what stands on the wire: statuses, pages, and the operations that moto
lacks. What a lab must not do is refused one room further, in `sandbox.refusals`.

The data plane reads plain attributes of moto's objects, all of which a deployment's snapshot carries:
of an API `models`, `request_validators`, `gateway_responses` (those that are not the default),
`policy` (JSON text, its resources expanded), `api_key_source`, `binaryMediaTypes`, `minimum_compression_size`,
`disableExecuteApiEndpoint`, `authorizers`; of a method `authorization_type`, `authorizer_id`, `api_key_required`,
`request_validator_id`, `request_models`, `request_parameters` ({"method.request.querystring.x": required}),
`method_responses` (`response_models`, `response_parameters`); of an integration `request_parameters`.
A model's `schema` is JSON text that refers to others as https://apigateway.amazonaws.com/restapis/ID/models/NAME.
"""

from sandbox.api_gateway.backend import ApiGateway

__all__ = ["ApiGateway"]
