"""What a call can cost at most: time, memory, connections."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import textwrap
import zlib
from typing import Any

import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, Limits
from tests.client.server import KEY, Request, Wire, reply, serving, tasks_of_the_client, until
from tests.client.test_retries import MACHINE

pytestmark = pytest.mark.anyio


async def black_hole(_request: Request, wire: Wire) -> None:
    """Take the request and say nothing."""
    await wire.hang()


async def slow_headers(_request: Request, wire: Wire) -> None:
    """Send headers, and never an end of them."""
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    for number in range(10**6):
        await wire.send(f"x-{number}: y\r\n".encode())
        await asyncio.sleep(0.02)


async def slow_body(_request: Request, wire: Wire) -> None:
    """Send a body, a byte at a time."""
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    for _ in range(10**6):
        await wire.send(b" ")
        await asyncio.sleep(0.02)


async def endless_body(_request: Request, wire: Wire) -> None:
    """Send a body without end."""
    await wire.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
    while True:
        await wire.send(b" " * 65536)


@pytest.mark.parametrize("answer", [black_hole, slow_headers, slow_body])
async def test_nothing_outlives_the_deadline(answer: Any) -> None:
    """However slowly a server answers, the call ends at its deadline with a timeout, and its connection is gone."""
    async with serving(answer) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.APITimeoutError, match=r"within 0\.3 s"):
            await client.machines.get("m1", timeout_s=0.3)
        await until(lambda: server.open_connections == 0)


async def test_the_deadline_counts_the_wait_for_a_turn() -> None:
    """A call that waits behind others for its turn is under the same deadline."""
    async with serving(black_hole) as server, Client(KEY, server.url, connections=1) as client:
        first = asyncio.ensure_future(client.machines.get("m1", timeout_s=30))
        await until(lambda: bool(server.requests))
        with pytest.raises(errors.APITimeoutError):
            await client.machines.get("m2", timeout_s=0.2)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


async def test_silence_is_tried_again_before_the_deadline() -> None:
    """A server that falls silent is given up early enough for another try."""
    async with serving([black_hole, MACHINE]) as server:
        async with Client(KEY, server.url, limits=Limits(silence_s=0.2)) as client:
            assert (await client.machines.get("m1")).id == "m1"
        assert len(server.requests) == 2


async def test_an_endless_body_ends_at_the_cap() -> None:
    """A body without end is cut at the cap, with an error that says so."""
    async with serving(endless_body) as server, Client(KEY, server.url, max_body_bytes=2**20) as client:
        with pytest.raises(errors.PayloadTooLargeError, match="larger than 1 MiB"):
            await client.machines.get("m1")
        await until(lambda: server.open_connections == 0)


async def test_an_endless_error_still_says_its_status() -> None:
    """An error whose body never ends is read as far as an error may be, and keeps its status."""

    async def answer(_request: Request, wire: Wire) -> None:
        await wire.send(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n")
        while True:
            await wire.send(b"x" * 65536)

    async with serving(answer) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.NotFoundError) as caught:
            await client.machines.get("m1")
        assert len(str(caught.value)) < 500


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_compressed_answers_are_read(encoding: str) -> None:
    """An answer in gzip or deflate is decoded."""
    plain = json.dumps(MACHINE).encode()
    body = gzip.compress(plain) if encoding == "gzip" else zlib.compress(plain)
    async with serving([reply(200, body, {"content-encoding": encoding})]) as server, Client(KEY, server.url) as client:
        assert (await client.machines.get("m1")).id == "m1"
        assert server.requests[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(("encoding", "body"), [("gzip", b"no gzip at all"), ("br", b"x"), ("gzip, gzip", b"x")])
async def test_a_compression_that_cannot_be_read_is_an_error(encoding: str, body: bytes) -> None:
    """Broken compression, and one that was not asked for, end in a payload error."""
    async with serving([reply(200, body, {"content-encoding": encoding})]) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.PayloadError, match="compression"):
            await client.machines.get("m1")


async def test_a_compressed_body_that_breaks_off_is_tried_again() -> None:
    """A gzip stream without its end is a broken answer, even where HTTP itself ended well."""
    # All of the JSON is there; what is missing is the checksum that says so.
    half = gzip.compress(json.dumps(MACHINE).encode())[:-4]
    async with serving([reply(200, half, {"content-encoding": "gzip"}), MACHINE]) as server:
        async with Client(KEY, server.url) as client:
            assert (await client.machines.get("m1")).id == "m1"
        assert len(server.requests) == 2


_BOMB = """
    import asyncio, gc, resource, sys, threading, time, zlib
    from cyberdesk_nb import errors
    from cyberdesk_nb.client import Client
    from tests.client.server import KEY, serving

    CAP = int(sys.argv[2]) * 2**20

    def bomb():
        squeeze = zlib.compressobj(9, wbits=31)
        block = b" " * 2**20
        return b"".join([squeeze.compress(block) for _ in range(512)]) + squeeze.flush()

    def now_kb():
        return int(open("/proc/self/statm").read().split()[1]) * 4

    async def main():
        kind = sys.argv[1]
        body = bomb() if kind == "bomb" else b""

        async def answer(_request, wire):
            if kind == "bomb":
                head = b"HTTP/1.1 200 OK\\r\\ncontent-encoding: gzip\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body)
                await wire.send(head + body)
            else:
                await wire.send(b"HTTP/1.1 200 OK\\r\\nconnection: close\\r\\n\\r\\n")
                while True:
                    await wire.send(b" " * 65536)

        worst = 0.0
        async def watch():
            nonlocal worst
            while True:
                began = time.perf_counter()
                await asyncio.sleep(0.005)
                worst = max(worst, time.perf_counter() - began - 0.005)

        async with serving(answer) as server, Client(KEY, server.url, max_body_bytes=CAP) as client:
            client._transport._open(__import__("cyberdesk_nb.client._call", fromlist=["Call"]).Call("GET", "/"))
            gc.collect()
            before = now_kb()
            peak, stop = before, threading.Event()
            def sample():
                nonlocal peak
                while not stop.wait(0.002):
                    peak = max(peak, now_kb())
            sampler = threading.Thread(target=sample)
            sampler.start()
            watching = asyncio.ensure_future(watch())
            try:
                await client.machines.get("m1")
            except errors.PayloadTooLargeError:
                print("typed", (peak - before) // 1024, round(worst * 1000))
            finally:
                stop.set()
                sampler.join()
                watching.cancel()

    asyncio.run(main())
"""


@pytest.mark.parametrize(("kind", "cap_mb"), [("bomb", 16), ("endless", 64)])
def test_a_bomb_costs_no_more_than_the_cap(kind: str, cap_mb: int) -> None:
    """A 512 MiB gzip bomb, or an endless body, costs the cap and at most 32 MiB more, and never blocks the loop.

    The cap on the bomb is less than what one chunk from the wire, inflated as a whole, would take.
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_BOMB), kind, str(cap_mb)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    word, peak_mb, worst_ms = done.stdout.split()
    print(f"{kind}: peak {peak_mb} MiB above the start, loop blocked {worst_ms} ms at most")
    assert word == "typed"
    assert int(peak_mb) <= cap_mb + 32
    assert int(worst_ms) < 200


async def test_cancelling_leaves_no_task_and_no_connection() -> None:
    """A cancelled call is gone at once: no task of it runs on, and its connection is closed."""
    async with serving(black_hole) as server, Client(KEY, server.url) as client:
        before = asyncio.all_tasks()
        call = asyncio.ensure_future(client.machines.get("m1"))
        await until(lambda: bool(server.requests))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await until(lambda: server.open_connections == 0)
        assert tasks_of_the_client(before) == []
        assert "0 requests on the wire" in repr(client)


async def test_cancelling_a_walk_leaves_no_task() -> None:
    """A walk that is cancelled while it reads several windows leaves none of them reading."""

    async def answer(request: Request, wire: Wire) -> None:
        if request.one("skip") == "0" and not request.one("created_at_to"):
            rows = [{"id": f"r{n}", "created_at": f"2026-11-01T00:00:{59 - n:02}Z"} for n in range(10)]
            await wire.reply(200, {"items": rows, "total": 1000})
        else:
            await wire.hang()

    async with serving(answer) as server, Client(KEY, server.url) as client:
        before = asyncio.all_tasks()

        async def walk() -> None:
            async for _run in client.runs.iter(page_size=10):
                pass

        walking = asyncio.ensure_future(walk())
        await until(lambda: len(server.requests) > 4)
        walking.cancel()
        await asyncio.gather(walking, return_exceptions=True)
        assert tasks_of_the_client(before) == []
        await until(lambda: server.open_connections <= 1)


async def test_closing_ends_calls_in_flight() -> None:
    """Closing the client fails the calls in flight with an error that says so, and closes their connections."""
    async with serving(black_hole) as server:
        client = Client(KEY, server.url)
        call = asyncio.ensure_future(client.machines.get("m1"))
        await until(lambda: bool(server.requests))
        await client.aclose()
        with pytest.raises(errors.ClientClosedError):
            await asyncio.wait_for(call, 5)
        await until(lambda: server.open_connections == 0)


async def test_a_closed_client_says_what_to_do() -> None:
    """A call after closing names the client as closed; closing again does nothing."""
    async with serving([MACHINE]) as server:
        async with Client(KEY, server.url) as client:
            await client.machines.get("m1")
        with pytest.raises(errors.ClientClosedError, match="Make a new one"):
            await client.machines.get("m1")
        await client.aclose()
        assert "closed" in repr(client)
        await until(lambda: server.open_connections == 0)


async def test_a_second_event_loop_is_told_what_to_do() -> None:
    """A client that is used from another loop than its own says so, instead of failing obscurely or hanging."""
    async with serving([MACHINE]) as server, Client(KEY, server.url) as client:
        await client.machines.get("m1")

        def elsewhere() -> str:
            with pytest.raises(errors.ClientClosedError, match="another event loop") as caught:
                asyncio.run(client.machines.get("m1"))
            return str(caught.value)

        assert "cd.connect()" in await asyncio.to_thread(elsewhere)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    """A redirect is an error: the key goes nowhere that the user did not name."""
    async with serving([MACHINE]) as elsewhere:
        away = reply(status, None, {"Location": elsewhere.url + "/v1/machines/m1"})
        async with serving([away]) as server, Client(KEY, server.url) as client:
            with pytest.raises(errors.APIStatusError, match="Redirects are not followed"):
                await client.machines.get("m1")
        assert elsewhere.requests == []


async def test_cookies_are_not_kept() -> None:
    """A cookie that a server sets does not come back to it."""
    async with serving([reply(200, MACHINE, {"Set-Cookie": "session=1; Path=/"}), MACHINE]) as server:
        async with Client(KEY, server.url) as client:
            await client.machines.get("m1")
            await client.machines.get("m1")
        assert "cookie" not in server.requests[1].headers


async def test_connections_are_reused() -> None:
    """Many calls, one after another and side by side, use no more connections than the client has."""
    async with serving([MACHINE]) as server, Client(KEY, server.url, connections=8) as client:
        for _ in range(20):
            await client.machines.get("m1")
        assert server.connections == 1
        await asyncio.gather(*(client.machines.get("m1") for _ in range(100)))
        assert server.connections <= 8
