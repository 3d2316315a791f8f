"""The layer before the routes that writes each request down before it is applied."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import zlib
from collections.abc import Sequence
from datetime import datetime

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyberdesk_nb.simulator.persistence.file import Request
from cyberdesk_nb.simulator.persistence.journal import Journal
from cyberdesk_nb.simulator.persistence.masks import kept_body, route_of
from cyberdesk_nb.simulator.web.bodies import BODY_CUT, read_body, replayed
from cyberdesk_nb.simulator.web.errors import error_response
from cyberdesk_nb.simulator.world.world import World

_KEPT_HEADERS = ("content-type", "content-length", "idempotency-key")
_LOGGED = "/v1/computer/"
_DID_NOT_FIT, _CRASHED = 422, 500


class Journaled:
    """ASGI middleware: a request that may change something is in the file before it is applied, one at a time.

    Where the file cannot be written, the request is refused with a 507 and changes nothing.
    """

    def __init__(self, app: ASGIApp, *, journal: Journal, world: World) -> None:
        self._app = app
        self._journal = journal
        self._world = world
        self._turn = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write down and apply a request that may change something; pass the others on."""
        if scope["type"] != "http" or not _may_change(scope):
            await self._app(scope, receive, self._timed(send))
            return
        body = await read_body(receive)
        if body is None:
            await error_response(400, BODY_CUT)(scope, receive, send)
            return
        kept = kept_body(scope, body)
        if kept is None:
            await self._app(scope, replayed(body, receive), send)
            return
        # Answers are sent when the turn is over: a client that reads slowly holds up no one else.
        for message in await self._applied(scope, replayed(body, receive), kept):
            await send(message)

    async def _applied(self, scope: Scope, receive: Receive, kept: bytes) -> Sequence[Message]:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        async with self._turn:
            with self._world.clock.held() as now:
                try:
                    number = self._journal.append(_request(scope, kept, now))
                except sqlite3.Error as error:
                    words = f"The change was not made, because it cannot be written to the file of --db: {error}"
                    await error_response(507, words, code="not_stored")(scope, receive, keep)
                    return messages
                try:
                    await self._app(scope, receive, keep)
                finally:
                    status = status_of(messages)
                    if status == _DID_NOT_FIT:
                        self._journal.drop(number)
                    elif status < _CRASHED:
                        self._journal.answered(number, status, digest_of(scope["method"], messages))
        return messages

    def _timed(self, send: Send) -> Send:
        async def send_in_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._journal.reach(self._world.clock.now())
            await send(message)

        return send_in_time


def status_of(messages: Sequence[Message]) -> int:
    """Return the status of an answer; what was cut off without one counts as crashed."""
    return int(messages[0]["status"]) if messages else _CRASHED


def digest_of(method: str, messages: Sequence[Message]) -> int | None:
    """Return a checksum of what a request made; None where an answer holds more than that.

    Errors carry the real time, signed links too, and what is read is not made.
    """
    body = b"".join(message.get("body", b"") for message in messages)
    if method == "GET" or status_of(messages) >= 400 or b'"signed_url"' in body:
        return None
    return zlib.crc32(body)


def _may_change(scope: Scope) -> bool:
    """Tell whether a request may change something; a relayed call leaves a log even where it only reads."""
    if scope["method"] in {"GET", "HEAD", "OPTIONS"} and not scope["path"].startswith(_LOGGED):
        return False
    return route_of(scope) is not None


def _request(scope: Scope, kept: bytes, now: datetime) -> Request:
    headers = Headers(scope=scope)
    return Request(
        at=now,
        made_at_s=time.time(),
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        headers={name: headers[name] for name in _KEPT_HEADERS if name in headers},
        body=kept,
    )
