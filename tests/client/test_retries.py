"""What is tried again, after how long, and what is not."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import tempfile
from email.utils import formatdate
from typing import Any

import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client, Limits
from cyberdesk_nb.client._gate import Gate, WaitTooLongError
from tests.client.server import KEY, FakeClock, Request, Wire, on_clock, reply, serving, until

pytestmark = pytest.mark.anyio

MACHINE = {
    "id": "m1",
    "unkey_key_id": "u",
    "status": "connected",
    "is_available": True,
    "alerts_enabled": True,
    "created_at": "2026-11-01T00:00:00Z",
    "last_seen": "2026-11-01T00:00:00Z",
}
CREATE: dict[str, Any] = {"fingerprint": "f", "unkey_key_id": "u"}


async def refuse(_request: Request, wire: Wire) -> None:
    """Drop the connection without a word."""
    wire.cut()


async def break_off(_request: Request, wire: Wire) -> None:
    """Send half of an answer."""
    await wire.send(reply(200, MACHINE)[:-20])
    wire.cut()


async def break_off_unannounced(_request: Request, wire: Wire) -> None:
    """Send half of an answer whose length was never told."""
    await wire.send(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + reply(200, MACHINE).split(b"\r\n\r\n")[1][:40])
    wire.writer.close()


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 529])
async def test_passing_failures_are_retried(status: int) -> None:
    """A GET that meets a passing failure is sent again and succeeds."""
    async with serving([reply(status, {"message": "not now"}), MACHINE]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        assert (await client.machines.get("m1")).id == "m1"
        assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [refuse, break_off, break_off_unannounced])
async def test_lost_answers_are_retried(failure: Any) -> None:
    """A connection that is lost, before or within the answer, is tried again."""
    async with serving([failure, failure, MACHINE]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        assert (await client.machines.get("m1")).id == "m1"
        assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 501])
async def test_final_failures_are_not_retried(status: int) -> None:
    """What cannot mend is sent once, also a 409 that is no idempotent request in progress."""
    async with serving([reply(status, {"message": "no"}), MACHINE]) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.APIStatusError) as caught:
            await client.machines.create(**CREATE)
        assert caught.value.status == status
        assert len(server.requests) == 1


async def test_a_get_rides_out_ten_seconds_of_outage() -> None:
    """A server that is away for ten seconds is not noticed by the caller of a GET."""
    clock = FakeClock()

    async def answer(_request: Request, wire: Wire) -> None:
        await (wire.reply(200, MACHINE) if clock.monotonic() > 10 else refuse(_request, wire))

    async with serving(answer) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        assert (await client.machines.get("m1")).id == "m1"
        assert 10 < clock.monotonic() < 20


async def test_an_outage_that_stays_ends_in_an_error() -> None:
    """A server that stays away gives a connection error that says so, long before the deadline of the call."""
    clock = FakeClock()
    async with serving([refuse]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        with pytest.raises(errors.APIConnectionError, match="broke off"):
            await client.machines.get("m1")
        assert clock.monotonic() < 30


async def test_a_write_keeps_its_idempotency_key_over_its_tries() -> None:
    """A write is repeated under one key, and the next write has another."""
    async with serving([refuse, reply(503, None), reply(201, MACHINE)]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        await client.machines.create(**CREATE)
        await client.machines.create(**CREATE)
        keys = [request.headers["idempotency-key"] for request in server.requests]
        assert len(keys) == 4
        assert keys[0] == keys[1] == keys[2] != keys[3]


async def test_a_write_without_a_key_is_sent_once() -> None:
    """Where the caller asked for no idempotency key, a lost write is not repeated."""
    async with serving([refuse]) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.APIConnectionError):
            await client.machines.create(**CREATE, idempotency_key="")
        assert len(server.requests) == 1
        assert "idempotency-key" not in server.requests[0].headers


async def test_the_key_on_the_error_resumes_the_call() -> None:
    """The idempotency key of a failed write is on its error, and a second call can take it up."""
    limits = Limits(outage_s=0)
    async with serving([refuse, refuse, refuse, reply(201, MACHINE)]) as server:
        async with Client(KEY, server.url, limits=limits) as client:
            on_clock(client, FakeClock())
            with pytest.raises(errors.APIConnectionError) as caught:
                await client.machines.create(**CREATE)
            key = caught.value.idempotency_key
            assert key
            await client.machines.create(**CREATE, idempotency_key=key)
        assert {request.headers["idempotency-key"] for request in server.requests} == {key}


async def test_gets_carry_no_idempotency_key() -> None:
    """A GET changes nothing and so carries no key."""
    async with serving([MACHINE]) as server, Client(KEY, server.url) as client:
        await client.machines.get("m1")
        assert "idempotency-key" not in server.requests[0].headers


async def test_a_request_in_progress_is_polled_under_its_key() -> None:
    """A 409 for a first request that still runs is asked again with the same key until there is an answer."""
    busy = reply(409, {"message": "in progress"}, {"Idempotency-Status": "in_progress"})
    clock = FakeClock()
    async with serving([busy] * 30 + [reply(201, MACHINE)]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        assert (await client.machines.create(**CREATE)).id == "m1"
        assert len(server.requests) == 31
        assert len({request.headers["idempotency-key"] for request in server.requests}) == 1
        assert clock.monotonic() > 15, "it outlasts what is taken for an outage"


async def test_a_request_in_progress_is_given_up_at_the_deadline() -> None:
    """Polling a request in progress ends with the deadline of the call, in the 409 itself."""
    busy = reply(409, {"message": "in progress"}, {"Idempotency-Status": "in_progress"})
    clock = FakeClock()
    async with serving([busy]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        with pytest.raises(errors.ConflictError):
            await client.machines.create(**CREATE, timeout_s=20)
        assert 15 < clock.monotonic() <= 20


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "60"}, 60),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After-Ms": "2500", "Retry-After": "99"}, 2.5),
        ({"Retry-After": formatdate(1_800_000_030, usegmt=True)}, 30),
        # A server whose clock is an hour ahead: its date is read on its own clock.
        ({"Retry-After": formatdate(1_800_003_630, usegmt=True), "Date": formatdate(1_800_003_600, usegmt=True)}, 30),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "45"}, 45),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800000040"}, 40),
    ],
)
async def test_a_wait_is_honoured_in_full(headers: dict[str, str], seconds: float) -> None:
    """A call that is told to wait waits that long, neither less nor much more, and sends two requests in all."""
    clock = FakeClock()
    async with serving([reply(429, None, headers), MACHINE]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        assert (await client.machines.get("m1")).id == "m1"
        assert len(server.requests) == 2
        assert seconds <= clock.monotonic() < seconds + 0.1


async def test_a_server_that_asks_for_no_wait_is_not_stormed() -> None:
    """`Retry-After: 0`, again and again, does not make the client repeat without a pause."""
    clock = FakeClock()
    async with serving([reply(429, None, {"Retry-After": "0"})]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        with pytest.raises(errors.RateLimitError):
            await client.machines.get("m1", timeout_s=20)
        assert len(server.requests) < 30


async def test_a_wait_beyond_the_budget_fails_at_once() -> None:
    """A wait that would pass the deadline is not begun: the error comes at once and says how long it would be."""
    clock = FakeClock()
    async with serving([reply(429, None, {"Retry-After": "3600"})]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        with pytest.raises(errors.RateLimitError) as caught:
            await client.machines.get("m1")
        assert caught.value.retry_after_s == 3600
        assert clock.slept == []
        with pytest.raises(errors.RateLimitError, match="not sent") as caught:
            await client.machines.get("m2")
        assert caught.value.retry_after_s == 3600
        assert len(server.requests) == 1, "the second call knows without asking"


async def test_the_others_wait_too() -> None:
    """When one call is told to wait, calls that come later wait as well, instead of being refused one by one."""
    clock = FakeClock()

    async def answer(_request: Request, wire: Wire) -> None:
        await wire.send(reply(200, MACHINE) if clock.monotonic() >= 5 else reply(429, None, {"Retry-After": "5"}))

    async with serving(answer) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        first = asyncio.ensure_future(client.machines.get("m1"))
        await until(lambda: bool(clock.slept))
        await asyncio.gather(first, *(client.machines.get("m1") for _ in range(20)))
        assert len(server.requests) == 22


class Window:
    """Allows `limit` requests per window of time and refuses the others."""

    def __init__(self, clock: FakeClock, limit: int, window_s: float, *, tells: bool) -> None:
        self.clock, self.limit, self.window_s, self.tells = clock, limit, window_s, tells
        self.began, self.count, self.refused = 0.0, 0, 0

    async def answer(self, _request: Request, wire: Wire) -> None:
        """Answer one request."""
        now = self.clock.monotonic()
        if now >= self.began + self.window_s:
            self.began, self.count = now, 0
        self.count += 1
        left_s = self.began + self.window_s - now
        told = {"X-RateLimit-Limit": f"{self.limit}", "X-RateLimit-Reset": f"{left_s:.3f}"}
        told["X-RateLimit-Remaining"] = f"{max(0, self.limit - self.count)}"
        told = told if self.tells else {}
        if self.count > self.limit:
            self.refused += 1
            await wire.reply(429, {"message": "slow down"}, {**told, "Retry-After": f"{left_s:.3f}"})
        else:
            await wire.reply(200, MACHINE, told)


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize(("calls", "limit", "window_s", "most"), [(100, 20, 3.0, 120), (60, 30, 60.0, 70)])
async def test_many_calls_fit_a_rate_limit(calls: int, limit: int, window_s: float, most: int, tells: bool) -> None:
    """Many calls at once on a server with a rate limit all succeed, with few refusals, and none where it tells."""
    clock = FakeClock()
    window = Window(clock, limit, window_s, tells=tells)
    async with serving(window.answer) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        got = await asyncio.gather(*(client.machines.get("m1") for _ in range(calls)))
        assert len(got) == calls
        assert len(server.requests) <= (calls + 1 if tells else most)
        print(f"{calls} calls on {limit} per {window_s:g} s: {len(server.requests)} requests")


async def test_each_refusal_narrows_the_gate() -> None:
    """After each wave of refusals half as many calls are let through together, down to one."""
    gate = Gate(8, FakeClock())
    together: list[int] = []
    for _wave in range(5):
        entered = [await asyncio.wait_for(gate.enter(100.0), 1)]
        while True:
            try:
                entered.append(await asyncio.wait_for(gate.enter(100.0), 0.02))
            except TimeoutError:
                break
        together.append(len(entered))
        for entered_at in entered:
            gate.refused(429, 1.0, entered_at)
            gate.leave()
    assert together == [8, 4, 2, 1, 1]


async def test_a_call_that_gives_up_at_the_gate_hands_its_turn_on() -> None:
    """A call that is woken only to learn that the wait is too long for it wakes the next one."""
    clock = FakeClock()
    gate = Gate(1, clock)
    entered_at = await gate.enter(1000.0)
    hasty = asyncio.ensure_future(gate.enter(10.0))
    patient = asyncio.ensure_future(gate.enter(1000.0))
    await asyncio.sleep(0)
    gate.refused(429, 50.0, entered_at)
    gate.leave()
    with pytest.raises(WaitTooLongError):
        await hasty
    assert await asyncio.wait_for(patient, 5) >= 50.0


async def test_the_gate_lets_the_next_one_in_when_a_waiting_call_is_cancelled() -> None:
    """Cancelling a call that waits for its turn leaves the turn to the others."""
    release = asyncio.Event()

    async def answer(_request: Request, wire: Wire) -> None:
        await release.wait()
        await wire.reply(200, MACHINE)

    async with serving(answer) as server, Client(KEY, server.url, connections=1) as client:
        first, second, third = (asyncio.ensure_future(client.machines.get("m1")) for _ in range(3))
        await until(lambda: bool(server.requests))
        second.cancel()
        release.set()
        assert (await first).id == (await asyncio.wait_for(third, 5)).id == "m1"


def tls_context() -> ssl.SSLContext:
    """Make a server's TLS context with a certificate that nobody trusts."""
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    with tempfile.TemporaryDirectory() as folder:
        made = subprocess.run(
            [*request, "-keyout", f"{folder}/key", "-out", f"{folder}/cert"],
            capture_output=True,
            check=False,
        )
        if made.returncode != 0:
            pytest.skip("no openssl to make a certificate with")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert", f"{folder}/key")
        return context


async def test_a_certificate_that_is_not_trusted_is_final() -> None:
    """TLS that fails is not tried again, and the error says that it is the certificate."""
    context = tls_context()
    attempts = 0

    async def converse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    def counted(context_: ssl.SSLContext) -> ssl.SSLContext:
        def count(*_: Any) -> None:
            nonlocal attempts
            attempts += 1

        context_.sni_callback = count
        return context_

    listening = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=counted(context))
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        async with Client(KEY, f"https://localhost:{port}") as client:
            with pytest.raises(errors.APIConnectionError, match="certificate"):
                await client.machines.get("m1")
    assert attempts == 1
