"""`Idempotency-Key`: a write happens once, and its repeats get the first answer again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyberdesk_nb.simulator.web.bodies import BODY_CUT, read_body, replayed
from cyberdesk_nb.simulator.web.errors import error_response

KEEP_S = 24 * 3600
KEEP_ANSWERS = 10_000
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@dataclass(slots=True)
class _Call:
    fingerprint: bytes
    since: float
    answer: Sequence[Message] = ()
    is_done: bool = False


class Answers(dict[str, _Call]):
    """The keyed calls of the last 24 hours, oldest first.

    Parameters
    ----------
    kept_body
        What is known of a request's body after a restart; calls that were restored are compared by it.
    """

    def __init__(
        self,
        kept_body: Callable[[Scope, bytes], bytes | None] = lambda _, body: body,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._kept_body = kept_body
        self._now = now

    def call(self, scope: Scope, body: bytes) -> _Call:
        """Return a call that begins now."""
        return _Call(_fingerprint(scope, body), self._now())

    def restore(self, key: str, scope: Scope, kept_body: bytes, answer: Sequence[Message], age_s: float) -> None:
        """Put back the answer to a request of which only `kept_body` is left."""
        self[key] = _Call(_fingerprint(scope, kept_body), self._now() - age_s, answer, is_done=True)

    def is_same(self, known: _Call, scope: Scope, body: bytes) -> bool:
        """Tell whether a request repeats a known call."""
        kept = self._kept_body(scope, body)
        return known.fingerprint in {_fingerprint(scope, one) for one in (body, kept) if one is not None}

    def forget_old(self) -> None:
        """Let go of answers that are too old, or too many."""
        oldest = self._now() - KEEP_S
        done = [key for key, call in self.items() if call.is_done]
        for place, key in enumerate(done):
            # Answers stand in the order of their calls: the first that is young enough ends the search.
            if self[key].since >= oldest and len(done) - place <= KEEP_ANSWERS:
                return
            del self[key]


class Idempotency:
    """ASGI middleware that remembers the answers to keyed writes for 24 hours.

    The same key with another request is a 422, an overlapping repeat a 409 with `Idempotency-Status: in_progress`.
    Answers from 500 up are forgotten, so that a retry tries again.
    """

    def __init__(self, app: ASGIApp, *, answers: Answers | None = None) -> None:
        self._app = app
        self._answers = answers if answers is not None else Answers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a repeat from memory; pass everything else on."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        key = headers.get("idempotency-key")
        if not key or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        body = await read_body(receive)
        if body is None:
            await error_response(400, BODY_CUT)(scope, receive, send)
            return
        self._answers.forget_old()
        known = self._answers.get(key)
        if known is not None:
            await self._repeat(known, body, scope, receive, send)
            return
        await self._first(key, body, scope, replayed(body, receive), send)

    async def _first(self, key: str, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        messages: list[Message] = []
        call = self._answers[key] = self._answers.call(scope, body)

        async def keep(message: Message) -> None:
            messages.append(message)
            await send(message)

        try:
            await self._app(scope, receive, keep)
            call.answer, call.is_done = messages, bool(messages) and messages[0]["status"] < 500
        finally:
            if not call.is_done:
                self._answers.pop(key, None)

    async def _repeat(self, known: _Call, body: bytes, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._answers.is_same(known, scope, body):
            words = "This Idempotency-Key was used for another request"
            await error_response(422, words, code="idempotency_key_reused")(scope, receive, send)
        elif not known.is_done:
            words = "The first request with this Idempotency-Key still runs"
            headers = {"Idempotency-Status": "in_progress"}
            await error_response(409, words, code="idempotency_in_progress", headers=headers)(scope, receive, send)
        else:
            for message in known.answer:
                await send(message)


def _fingerprint(scope: Scope, body: bytes) -> bytes:
    # A client that repeats an upload encodes it anew, with another random boundary between the same parts.
    boundary = Headers(scope=scope).get("content-type", "").partition("boundary=")[2].strip('"')
    if boundary:
        body = body.replace(boundary.encode(), b"")
    request = b"\0".join([scope["method"].encode(), scope["path"].encode(), scope["query_string"], body])
    return hashlib.sha256(request).digest()
