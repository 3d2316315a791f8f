"""Wire dicts out as bytes: no model stands between the world's records and the socket."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import Response

JSON = "application/json"
PNG = "image/png"


def json_response(
    payload: Mapping[str, Any] | Sequence[Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer `payload` as JSON: aware times become ISO 8601 with Z, keys stay as they are, `Raw` is sent as it is.

    Returning a `Response` skips FastAPI's validation of answers; the models on the routes document them only.
    """
    return Response(
        msgspec.json.encode(payload),
        status_code=status,
        media_type=JSON,
        headers=dict(headers) if headers else None,
    )


def no_content() -> Response:
    """Answer 204 with an empty body."""
    return Response(status_code=204)


def png_response(png: bytes) -> Response:
    """Answer a picture."""
    return Response(png, media_type=PNG)


def is_text(value: str) -> bool:
    """Tell whether a string can be sent on: JSON can spell half a surrogate pair, UTF-8 cannot."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
