"""What a fault works on: the answer that is on its way, and the manner in which it goes over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Self

from starlette.types import ASGIApp, Message, Receive, Scope

NO_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer is sent; the default is as any server does."""

    cut_head_at: float | None = None
    """Break off after this share of status line and headers; 0 sends nothing at all."""
    cut_body_at: int | None = None
    """Break off after so many bytes of the body."""
    is_reset: bool = False
    """Break off with a TCP reset instead of an orderly end."""
    length_off: int = 0
    """What `Content-Length` says beyond the truth."""
    has_length: bool = True
    """False leaves `Content-Length` out: the end of the connection ends the body."""
    piece_bytes: int | None = None
    pause_s: float = 0.0
    """Wait before each piece of the body."""
    is_silent_after: int | None = None
    """Send so many bytes of the body and then nothing more; -1 sends not even headers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whole in memory; header names are lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    manner: Manner = Manner()

    @property
    def media_type(self) -> str:
        """The content type without its parameters."""
        return dict(self.headers).get("content-type", "").partition(";")[0]

    def json(self) -> Any:
        """Return the body's JSON, or None where it is none."""
        if self.media_type != "application/json" or not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def with_json(self, value: Any) -> Self:
        """Return the answer with another JSON body; all but ASCII is escaped, so half a surrogate can be sent."""
        return replace(self, body=json.dumps(value, separators=(",", ":")).encode())

    def with_body(self, body: bytes, media_type: str) -> Self:
        """Return the answer with another body."""
        return replace(self, body=body).with_headers({"content-type": media_type})

    def with_headers(self, changed: dict[str, str | None]) -> Self:
        """Return the answer with some headers set, or with None removed."""
        lower = {name.lower(): value for name, value in changed.items()}
        kept = [(name, value) for name, value in self.headers if name not in lower]
        added = [(name, value) for name, value in lower.items() if value is not None]
        return replace(self, headers=(*kept, *added))

    def sent(self, **manner: Any) -> Self:
        """Return the answer with another manner of sending."""
        return replace(self, manner=replace(self.manner, **manner))


async def answer_of(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Let an app answer a request, and hold the whole answer back."""
    messages: list[Message] = []

    async def hold(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, hold)
    head = messages[0]
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in head["headers"])
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(head["status"], headers, body)
