"""moto's API Gateway, completed: what an import carries is kept, and what is told is told as AWS tells it.

Architecture: `backend` is moto's, with what it drops; `answers` is what stands on the wire: statuses, pages, and the
operations that moto lacks; `tags` are those of APIs and stages. What a lab must not do is refused one room further, in
`sandbox.refusals`.
"""

from sandbox.api_gateway.backend import ApiGateway

__all__ = ["ApiGateway"]
