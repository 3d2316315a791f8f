"""Wire dicts out as bytes: no model stands between the world's records and the socket."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from fastapi import Response
from starlette.types import Receive, Scope, Send

JSON = "application/json"
PNG = "image/png"

_BEGIN = b'{"items":['
_AT_ONCE = 25
"""Items in one piece of a page: some hundred kilobytes of whole runs, which stay in the processor's cache."""


class Printable(Protocol):
    """What an item of a page may hold in place of a value: its JSON is made when the page is."""

    def json(self) -> msgspec.Raw:
        """Return the JSON."""
        ...


def _printed(value: Printable) -> msgspec.Raw:
    return value.json()


_ITEMS = msgspec.json.Encoder(enc_hook=_printed)


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


class InPieces(Response):
    """An answer that is printed while it is sent: whoever reads begins at once, and the body never stands whole.

    Parameters
    ----------
    pieces
        The body. Nobody knows its length before the end, so that it goes out in chunks.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__(media_type=JSON)
        del self.headers["content-length"]
        self.pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  what ASGI asks for
        """Send the answer."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for piece in self.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def page_response(page: Mapping[str, Any]) -> Response:
    """Answer a page as `json_response` does; its first key is `items`, and these may have many megabytes.

    A page of one piece says how long it is. The items of others are printed after the answer: what they hold must not
    change until then, and in runs nothing does that can.
    """
    items: Sequence[Any] = page["items"]
    end = msgspec.json.encode({**page, "items": ()})[len(_BEGIN) :]
    pieces = _pieces(items, end)
    return InPieces(pieces) if len(items) > _AT_ONCE else Response(b"".join(pieces), media_type=JSON)


def _pieces(items: Sequence[Any], end: bytes) -> Iterator[bytes]:
    piece = bytearray()
    for start in range(0, len(items), _AT_ONCE):
        _ITEMS.encode_into(items[start : start + _AT_ONCE], piece)
        piece[:1], piece[-1:] = b"," if start else _BEGIN, b""
        yield bytes(piece)
    yield end if items else _BEGIN + end


def no_content() -> Response:
    """Answer 204 with an empty body."""
    return Response(status_code=204)


def png_response(png: bytes) -> Response:
    """Answer a picture."""
    return Response(png, media_type=PNG)


def is_text(value: str) -> bool:
    """Tell whether a string can be sent on: JSON can spell half a surrogate pair, UTF-8 cannot."""
    return value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value)
