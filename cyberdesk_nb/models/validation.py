"""The body of a 422 answer in FastAPI's form."""

from typing import Any

from cyberdesk_nb.models._base import ApiModel


class ValidationError(ApiModel):
    """One thing that was wrong with a request."""

    loc: list[int | str]
    msg: str
    type: str
    input: Any = None
    ctx: dict[str, Any] | None = None


class HTTPValidationError(ApiModel):
    """The list of what was wrong with a request."""

    detail: list[ValidationError] | None = None
