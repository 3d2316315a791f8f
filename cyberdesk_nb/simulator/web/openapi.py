"""What the API's description says beyond its routes: the error body, and what the layers before them ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from cyberdesk_nb.simulator.web.auth import OPEN_PATHS

_WRITES = ("post", "put", "patch", "delete")
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Idempotency-Key"},
    "description": "One key for one intended call; a repeat gives the first answer again.",
}


class StructuredError(BaseModel):
    """The body of an error that is not FastAPI's own 422."""

    error: str
    message: str
    error_code: str | None
    details: Any
    timestamp: datetime


class DriverError(BaseModel):
    """The body of an error that the desktop driver of a machine answered."""

    error: str
    message: str
    timestamp: datetime


_MEANINGS = {
    400: "A parameter is not valid",
    401: "The API key is not accepted",
    403: "No API key, or not allowed",
    404: "There is no such resource",
    409: "The state of the resource does not allow this",
    413: "The file is too large",
    429: "Too many requests",
    503: "The machine is offline",
}


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of errors in the structured shape."""
    return {status: {"model": StructuredError, "description": _MEANINGS[status]} for status in statuses}


def relayed_error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of errors that the API or the driver behind it may answer."""
    return {status: {"model": StructuredError | DriverError, "description": _MEANINGS[status]} for status in statuses}


def complete_description(description: dict[str, Any]) -> dict[str, Any]:
    """Add what stands before the routes: the key of a write's repeats, the paths without API key."""
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return description


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    if method in _WRITES:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    if path in OPEN_PATHS:
        operation.pop("security", None)
