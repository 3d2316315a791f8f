"""A scripted server on a raw socket: it can break HTTP in every way that a real one can."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from cyberdesk_nb.client import Client

KEY = "cd_sentinel_4f1c9a7e2b"


@dataclass
class Request:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def one(self, name: str, default: str | None = None) -> str | None:
        """Give a query parameter that is there at most once."""
        return self.query.get(name, [default])[0]  # pyright: ignore[reportReturnType]


class Wire:
    """The way back to the client."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.writer = writer

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        await self.writer.drain()

    async def reply(self, status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole answer; anything but bytes becomes JSON."""
        await self.send(reply(status, body, headers))

    def cut(self) -> None:
        """End the connection at once, in the middle of whatever was sent."""
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Say nothing more, until the client goes or the server ends."""
        await asyncio.get_running_loop().create_future()


def reply(status: int = 200, body: Any = None, headers: Mapping[str, str] | None = None) -> bytes:
    """Spell an answer out."""
    content = body if isinstance(body, bytes) else b"" if body is None and status == 204 else json.dumps(body).encode()
    lines = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} Whatever\r\n{head}\r\n".encode("latin-1") + content


Answer = Callable[[Request, Wire], Awaitable[None]]


@dataclass
class FaultServer:
    """What the script answers to, and what it was asked."""

    answer: Answer
    url: str = ""
    requests: list[Request] = field(default_factory=list[Request])
    connections: int = 0
    open_connections: int = 0
    conversations: list[asyncio.Task[Any]] = field(default_factory=list[asyncio.Task[Any]])

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until one side has enough."""
        self.conversations.append(asyncio.current_task())  # pyright: ignore[reportArgumentType]
        self.connections += 1
        self.open_connections += 1
        try:
            while True:
                request = await read_request(reader)
                self.requests.append(request)
                await self._answer_while_connected(request, reader, writer)
                if writer.transport.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # asyncio's own callback complains loudly of a cancelled conversation
        finally:
            self.open_connections -= 1
            writer.transport.abort()

    async def _answer_while_connected(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answering = asyncio.ensure_future(self.answer(request, Wire(writer)))
        gone = asyncio.ensure_future(_closed(reader))
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            answering.cancel()
            (failure,) = await asyncio.gather(answering, return_exceptions=True)
        if isinstance(failure, Exception) and not isinstance(failure, ConnectionError):
            raise failure


async def _closed(reader: asyncio.StreamReader) -> None:
    """Wait until the client has hung up."""
    while not reader.at_eof():
        if reader.exception() is not None:
            return
        await asyncio.sleep(0.005)


async def read_request(reader: asyncio.StreamReader) -> Request:
    """Read one request off a connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, parse_qs(parts.query, keep_blank_values=True), headers, body)


@asynccontextmanager
async def serving(answer: Answer | list[Any]) -> AsyncGenerator[FaultServer]:
    """Run a server with a script: a function, or a list of answers of which the last repeats.

    A list holds bytes to send as they are, functions (request, wire), or JSON values for a plain 200.
    """
    server = FaultServer(answer if callable(answer) else _in_turn(answer))
    listening = await asyncio.start_server(server.converse, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for task in server.conversations:
            task.cancel()
        await asyncio.gather(*server.conversations, return_exceptions=True)


def _in_turn(answers: list[Any]) -> Answer:
    turns = iter(range(10**9))

    async def answer(request: Request, wire: Wire) -> None:
        step = answers[min(next(turns), len(answers) - 1)]
        if callable(step):
            await cast("Answer", step)(request, wire)
        elif isinstance(step, bytes):
            await wire.send(step)
        else:
            await wire.reply(200, step)

    return answer


class FakeClock:
    """A clock on which waiting takes no time: whoever sleeps moves it on."""

    def __init__(self, epoch_s: float = 1_800_000_000.0) -> None:
        self.now_s = 0.0
        self.slept: list[float] = []
        self.is_busy: Callable[[], bool] = lambda: False
        self._epoch_s = epoch_s

    def monotonic(self) -> float:
        """Seconds of fake time."""
        return self.now_s

    def epoch_s(self) -> float:
        """Seconds since 1970, in fake time."""
        return self._epoch_s + self.now_s

    async def sleep(self, seconds: float) -> None:
        """Move the clock on, once everyone else who is ready has gone on."""
        self.slept.append(seconds)
        then_s = self.now_s + seconds
        # Requests on a real socket take real time, and those on the way must not be overtaken by the fake one.
        await asyncio.sleep(0.005)
        await until(lambda: not self.is_busy(), 30)
        self.now_s = max(self.now_s, then_s)


def on_clock(client: Client, clock: FakeClock) -> Client:
    """Put a client on another clock."""
    client._transport.clock = client._transport._gate._clock = clock
    clock.is_busy = lambda: client._transport.in_flight > 0
    return client


def tasks_of_the_client(before: set[asyncio.Task[Any]]) -> list[asyncio.Task[Any]]:
    """Tasks that were started since `before`, still run, and are not the server's."""
    late = (task for task in asyncio.all_tasks() - before if not task.done())
    return [task for task in late if "/tests/" not in task.get_coro().cr_code.co_filename]  # pyright: ignore


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until a condition holds; fail loudly when it never does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of a socket have no event
            await asyncio.sleep(0.002)
