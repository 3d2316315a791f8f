"""Sends an answer in the manner that a fault asks for, past the HTTP server where that would set things right."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from starlette.types import Receive, Scope, Send

from cyberdesk_nb.simulator.faults.answers import NO_BODY, Answer, Manner

_PHRASES = {int(status): status.phrase for status in HTTPStatus}


class Closing:
    """Tells everything that waits in a simulator that it ends; `set` may be called from any thread."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def wait(self) -> None:
        """Wait for the end."""
        self._loop = asyncio.get_running_loop()
        await self._event.wait()

    def set(self) -> None:
        """Announce the end."""
        if self._loop is None:
            self._event.set()
            return
        with suppress(RuntimeError):  # the loop has ended by itself, and everything that waited with it
            self._loop.call_soon_threadsafe(self._event.set)


@dataclass(frozen=True, slots=True)
class Line:
    """The way back to one client."""

    scope: Scope
    receive: Receive
    send: Send
    transport: asyncio.Transport | None
    """Its connection; None where there is no socket below."""
    closing: Closing

    async def deliver(self, answer: Answer) -> None:
        """Send an answer as its manner says."""
        if answer.manner == Manner() and "date" not in dict(answer.headers):
            await self._send_well(answer)
            return
        if self.transport is None:
            raise RuntimeError("This fault needs a real connection.")
        await self._send_ill(answer, self.transport)

    async def _send_well(self, answer: Answer) -> None:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in _headers(answer)]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"" if answer.status in NO_BODY else answer.body})

    async def _send_ill(self, answer: Answer, transport: asyncio.Transport) -> None:
        """Write the answer by hand. The server beneath does not know of it, so the connection ends with it."""
        manner = answer.manner
        head = _head(answer)
        if manner.cut_head_at is not None:
            transport.write(head[: int(len(head) * manner.cut_head_at)])
        elif manner.is_silent_after != -1:
            transport.write(head)
            for piece in _pieces(b"" if self.scope["method"] == "HEAD" else answer.body, manner):
                if manner.pause_s and not await self._stays(manner.pause_s):
                    break
                transport.write(piece)
        if manner.is_silent_after is not None:
            await self._stays(None)
        await self._hang_up(transport, is_reset=manner.is_reset)

    async def _stays(self, seconds: float | None) -> bool:
        """Wait; False as soon as the client has gone or the simulator ends."""
        waits: list[Coroutine[Any, Any, None]] = [_gone(self.receive), self.closing.wait()]
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        done, pending = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        return not done

    async def _hang_up(self, transport: asyncio.Transport, *, is_reset: bool) -> None:
        if is_reset:
            raw: socket.socket = transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.close()
        await _gone(self.receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(answer: Answer) -> Iterator[tuple[str, str]]:
    for name, value in answer.headers:
        if name not in ("content-length", "transfer-encoding"):
            yield name, value
    if answer.manner.has_length and answer.status not in NO_BODY:
        yield "content-length", str(max(0, len(answer.body) + answer.manner.length_off))


def _head(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_PHRASES.get(answer.status, '')}"]
    if "date" not in dict(answer.headers):
        lines.append(f"date: {formatdate(usegmt=True)}")
    lines += [f"{name}: {value}" for name, value in _headers(answer)]
    return ("\r\n".join([*lines, "connection: close"]) + "\r\n\r\n").encode("latin-1")


def _pieces(body: bytes, manner: Manner) -> Iterator[bytes]:
    ends = [end for end in (manner.cut_body_at, manner.is_silent_after) if end is not None]
    body = body[: min(ends)] if ends else body
    size = manner.piece_bytes or len(body) or 1
    yield from (body[start : start + size] for start in range(0, len(body), size))
