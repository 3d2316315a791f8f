"""The refusal of a request, as the world words it; the HTTP layer turns it into the structured error body."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - it is what the caller asked for, not an error of the simulator
    """A request that the API refuses.

    Parameters
    ----------
    status
        HTTP status of the answer.
    message
        One sentence for people.
    code
        `error_code` of the structured body, or None.
    details
        JSON-ready extra, e.g. `{"errors": [{"path", "message"}]}` for inputs that do not fit the schema.
    headers
        Extra headers of the answer.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        details: Any = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.details = details
        self.headers = headers or {}


class DriverRefusal(Refusal):
    """A call that the desktop driver refuses: the API relays it in the driver's own, smaller error body."""


def not_found(noun: str, key: str) -> Refusal:
    """Return the 404 for a record that does not exist, to be raised by the caller."""
    return Refusal(404, f"{noun} {key} not found", code="not_found")
