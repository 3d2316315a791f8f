"""Rate limits of the API key: off unless asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyberdesk_nb.simulator.web.auth import is_open
from cyberdesk_nb.simulator.web.errors import error_response

WINDOW_S = 60


class RateLimit:
    """ASGI middleware: so many requests per fixed window of a minute, then 429 with `Retry-After` until it ends.

    Every counted answer carries `X-RateLimit-Limit`, `-Remaining` and `-Reset` (epoch seconds).
    """

    def __init__(self, app: ASGIApp, *, per_minute: int, now: Callable[[], float] = time.time) -> None:
        self._app = app
        self._per_minute = per_minute
        self._now = now
        self._window = -1
        self._used = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and pass it on, or refuse it."""
        if scope["type"] != "http" or is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        now = self._now()
        window = int(now // WINDOW_S)
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        reset = (window + 1) * WINDOW_S
        headers = {
            "X-RateLimit-Limit": str(self._per_minute),
            "X-RateLimit-Remaining": str(max(0, self._per_minute - self._used)),
            "X-RateLimit-Reset": str(reset),
        }
        if self._used > self._per_minute:
            headers["Retry-After"] = str(max(1, math.ceil(reset - now)))
            refusal = error_response(429, "Too many requests", code="rate_limited", headers=headers)
            await refusal(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        await self._app(scope, receive, with_headers)
