"""Errors of API Gateway's control plane, with the status that each has on the wire.

https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html
"""

from __future__ import annotations

from collections.abc import Iterable

from moto.apigateway.exceptions import BadRequestException, ConflictException, NotFoundException, ValidationException

__all__ = ["BadRequest", "Conflict", "NotFound", "Validation", "not_one_of", "validation"]

BadRequest = BadRequestException
Conflict = ConflictException
Validation = ValidationException


class NotFound(NotFoundException):  # type: ignore[misc]
    code = 404  # moto's own is 400


def not_one_of(allowed: Iterable[str], value: object, where: str) -> str:
    """AWS's sentence about a value that is none of an enumeration."""
    constraint = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    return f"Value '{value}' at '{where}' failed to satisfy constraint: {constraint}"


def validation(errors: list[str]) -> ValidationException:
    plural = "s" if len(errors) > 1 else ""
    return Validation(f"{len(errors)} validation error{plural} detected: {'; '.join(errors)}")
