"""Errors of API Gateway's control plane, with the status that each has on the wire.

https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html
"""

from __future__ import annotations

from moto.apigateway.exceptions import BadRequestException, ConflictException, NotFoundException, ValidationException

__all__ = ["BadRequest", "Conflict", "NotFound", "Validation"]

BadRequest = BadRequestException
Conflict = ConflictException
Validation = ValidationException


class NotFound(NotFoundException):  # type: ignore[misc]
    code = 404  # moto's own is 400
