"""`Idempotency-Key`: a write happens once, and its repeats get the first answer again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyberdesk_nb.simulator.web.errors import error_response

KEEP_S = 24 * 3600
KEEP_ANSWERS = 10_000
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(slots=True)
class _Call:
    fingerprint: bytes
    since: float
    answer: list[Message] = field(default_factory=list[Message])
    is_done: bool = False


class Idempotency:
    """ASGI middleware that remembers the answers to keyed writes for 24 hours.

    The same key with another request is a 422, an overlapping repeat a 409 with `Idempotency-Status: in_progress`.
    Answers from 500 up are forgotten, so that a retry tries again.
    """

    def __init__(self, app: ASGIApp, *, now: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._now = now
        self._calls: dict[str, _Call] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a repeat from memory; pass everything else on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        key = headers.get("idempotency-key")
        if not key or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        call = _Call(_fingerprint(scope, headers, body), self._now())
        self._forget_old()
        known = self._calls.get(key)
        if known is not None:
            await self._repeat(known, call, scope, receive, send)
            return
        self._calls[key] = call
        await self._first(key, call, scope, _replayed(body, receive), send)

    async def _first(self, key: str, call: _Call, scope: Scope, receive: Receive, send: Send) -> None:
        async def keep(message: Message) -> None:
            call.answer.append(message)
            await send(message)

        try:
            await self._app(scope, receive, keep)
            call.is_done = bool(call.answer) and call.answer[0]["status"] < 500
        finally:
            if not call.is_done:
                self._calls.pop(key, None)

    async def _repeat(self, known: _Call, call: _Call, scope: Scope, receive: Receive, send: Send) -> None:
        if known.fingerprint != call.fingerprint:
            words = "This Idempotency-Key was used for another request"
            await error_response(422, words, code="idempotency_key_reused")(scope, receive, send)
        elif not known.is_done:
            words = "The first request with this Idempotency-Key still runs"
            headers = {"Idempotency-Status": "in_progress"}
            await error_response(409, words, code="idempotency_in_progress", headers=headers)(scope, receive, send)
        else:
            for message in known.answer:
                await send(message)

    def _forget_old(self) -> None:
        oldest = self._now() - KEEP_S
        done = [key for key, call in self._calls.items() if call.is_done]
        for place, key in enumerate(done):
            # Answers stand in the order of their calls: the first that is young enough ends the search.
            if self._calls[key].since >= oldest and len(done) - place <= KEEP_ANSWERS:
                return
            del self._calls[key]


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replayed(body: bytes, receive: Receive) -> Receive:
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def read() -> Message:
        return parts.pop() if parts else await receive()

    return read


def _fingerprint(scope: Scope, headers: Headers, body: bytes) -> bytes:
    # A client that repeats an upload encodes it anew, with another random boundary between the same parts.
    boundary = headers.get("content-type", "").partition("boundary=")[2].strip('"')
    if boundary:
        body = body.replace(boundary.encode(), b"")
    request = b"\0".join([scope["method"].encode(), scope["path"].encode(), scope["query_string"], body])
    return hashlib.sha256(request).digest()
