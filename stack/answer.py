"""What the invoke URL answers, read as one of the lab's own answers or one of API Gateway's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from stack.step import StepError


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    """Parsed JSON, or the text where it is none."""

    def __str__(self) -> str:
        return f"{self.status} {shortened(self.body)}"

    @property
    def gateway_message(self) -> str:
        """API Gateway's own errors are {"message": ...}; the lab's are {"error": {...}}."""
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else ""

    @property
    def error_type(self) -> str:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return str(error.get("type", "")) if isinstance(error, dict) else ""


def shortened(value: Any, most: int = 300) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= most else f"{text[:most]}..."


def expect(what: str, shown: Any, wanted: Any) -> None:
    """Raises StepError unless both are equal."""
    if shown != wanted:
        raise StepError(f"{what} shows {shortened(shown)}, expected {shortened(wanted)}")
