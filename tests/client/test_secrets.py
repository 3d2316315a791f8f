"""The key, signed URLs and sensitive inputs show in nothing that a notebook, a log or a crash report keeps."""

from __future__ import annotations

import asyncio
import copy
import io
import logging
import pickle
import ssl
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
from pydantic import Secret, SecretStr
from rich.console import Console
from rich.traceback import Traceback

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from tests.client.server import KEY, FakeClock, Request, Wire, on_clock, reply, serving, until

pytestmark = pytest.mark.anyio

SECRET = "hunter2-sentinel"
SIGNATURE = "sig-sentinel-8841"


async def cut(_request: Request, wire: Wire) -> None:
    """Drop the connection."""
    wire.cut()


async def cut_within(_request: Request, wire: Wire) -> None:
    """Drop the connection in the middle of the answer."""
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n123")
    wire.cut()


async def hang(_request: Request, wire: Wire) -> None:
    """Say nothing."""
    await wire.hang()


async def nonsense(_request: Request, wire: Wire) -> None:
    """Answer in no protocol at all."""
    await wire.send(b"\x00\x01 no http\r\n\r\n")


async def echo(request: Request, wire: Wire) -> None:
    """Repeat in an error everything that was sent."""
    everything = {
        "message": request.headers.get("authorization", ""),
        "details": [request.body.decode(), request.headers],
    }
    await wire.reply(400, everything, {"x-request-id": "r"})


FAILURES: list[Any] = [
    cut,
    cut_within,
    hang,
    nonsense,
    echo,
    reply(401, {"message": "no"}),
    reply(200, b"<html>"),
    reply(200, {}),
    reply(200, b"x" * 200, {"content-encoding": "gzip"}),
    reply(302, None, {"location": "https://x/"}),
]


def shown(error: BaseException) -> str:
    """Give everything that a traceback, a crash reporter or a debugger would show of an error, from our frames on."""
    while error.__traceback__ is not None and "/tests/" in error.__traceback__.tb_frame.f_code.co_filename:
        error.__traceback__ = error.__traceback__.tb_next
    texts = [str(error), repr(error), repr(vars(error)), repr(error.args)]
    for capture in (False, True):
        trace = traceback.TracebackException.from_exception(error, capture_locals=capture)
        texts.append("".join(trace.format(chain=True)))
    console = Console(file=io.StringIO(), width=400)
    console.print(
        Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=True, locals_max_length=1000, locals_max_string=10_000
        )
    )
    texts.append(console.file.getvalue())  # pyright: ignore[reportAttributeAccessIssue]
    for link in chain(error):
        texts += [repr(link), repr(vars(link)), repr(getattr(link, "_request", None))]
        request = getattr(link, "_request", None)
        texts.append(repr(request and list(request.headers.raw)))
        for frame, _line in traceback.walk_tb(link.__traceback__):
            if "/tests/" not in frame.f_code.co_filename:
                texts += [deep(value) for value in frame.f_locals.values()]
    return "\n".join(texts)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Give the error and all that it hangs on, also where tracebacks would not show it."""
    seen = set[int]()
    todo = [error]
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [link.__cause__, link.__context__]


def deep(value: object, depth: int = 4) -> str:
    """Give what `vars()` shows of an object and of what hangs on it, as a curious debugger opens it."""
    text = repr(value)
    if isinstance(value, Secret | SecretStr):
        return text  # who opens a masked value does it on purpose
    if depth:
        for inner in vars(value).values() if hasattr(value, "__dict__") and not isinstance(value, type) else ():
            text += deep(inner, depth - 1)
    return text


@pytest.mark.parametrize("answer", FAILURES, ids=[getattr(f, "__name__", repr(f)[:30]) for f in FAILURES])
async def test_no_error_shows_the_key_or_the_inputs(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever goes wrong, neither error, chain, traceback with locals nor any log record holds key or inputs."""
    caplog.set_level(logging.DEBUG)
    async with (
        serving(cast("Any", answer if callable(answer) else [answer])) as server,
        Client(KEY, server.url) as client,
    ):
        on_clock(client, FakeClock())
        with pytest.raises(errors.CyberdeskError) as caught:
            await client.runs.create(
                workflow_id="w", sensitive_input_values={"pin": SECRET, "more": {"deep": [SECRET]}}, timeout_s=0.3
            )
    text = shown(caught.value)
    assert KEY not in text
    assert SECRET not in text
    logged = "\n".join(f"{record.getMessage()} {record.args!r} {vars(record)!r}" for record in caplog.records)
    assert KEY not in logged
    assert SECRET not in logged


async def test_a_cancelled_call_shows_nothing() -> None:
    """A call that is cancelled leaves the key in no frame of its traceback."""
    async with serving(hang) as server, Client(KEY, server.url) as client:
        call = asyncio.ensure_future(client.runs.create(workflow_id="w", sensitive_input_values={"pin": SECRET}))
        await until(lambda: bool(server.requests))
        call.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await call
        text = shown(caught.value)
        assert KEY not in text
        assert SECRET not in text


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.runs.create(workflow_id="w", sensitive_input_values=SECRET),
        lambda client: client.runs.create(workflow_id="w", sensitive_input_values={"a": SECRET}, no_such=SECRET),
        lambda client: client.runs.create(workflow_id=[SECRET]),
        lambda client: client.runs.create({"workflow_id": "w", "no_such": SECRET}),
        lambda client: client.runs.list(no_such=SECRET),
        lambda client: client.runs.list(status={"a": SECRET}),
        lambda client: client.provider_credentials.upsert("openai", api_key={"k": SECRET}),
        lambda client: client.runs.create(workflow_id="w", idempotency_key=SECRET + "\n"),
        lambda client: client.request("POST", "v1/x", body={"pin": SECRET}),
    ],
)
async def test_a_call_that_cannot_be_sent_repeats_no_value(call: Callable[[Client], Awaitable[Any]]) -> None:
    """A mistake in the arguments is named without the values, also in tracebacks with locals."""
    async with Client(KEY) as client:
        with pytest.raises(errors.RequestError) as caught:
            await call(client)
        assert SECRET not in shown(caught.value)


async def test_logs_hold_no_signed_url(caplog: pytest.LogCaptureFixture) -> None:
    """Fetching a screenshot logs its signature nowhere, whether it works or fails."""
    caplog.set_level(logging.DEBUG)

    async def answer(request: Request, wire: Wire) -> None:
        if request.path.endswith("signed-url"):
            url = f"http://{request.headers['host']}/storage/1.png?token={SIGNATURE}"
            await wire.reply(200, {"supabase_url": "supabase://x", "signed_url": url, "expires_in": 60})
        else:
            await wire.reply(404, {"message": request.query})

    async with serving(answer) as server, Client(KEY, server.url) as client:
        with pytest.raises(errors.NotFoundError) as caught:
            await client.runs.image("r1", "supabase://run-images/1.png")
        signed = await client.runs.get_image_signed_url("r1", "supabase://run-images/1.png")
        assert SIGNATURE not in repr(signed) + str(signed) + signed.model_dump_json()
        assert SIGNATURE in signed.signed_url.get_secret_value()
    assert SIGNATURE not in shown(caught.value).replace(repr(caught.value.details), "")
    assert SIGNATURE not in "\n".join(f"{r.getMessage()} {r.args!r} {vars(r)!r}" for r in caplog.records)


async def test_a_client_and_its_parts_show_no_key() -> None:
    """repr, vars, and what hangs on them show `***`; the repr says all the same what the client is."""
    async with serving([{"items": [], "total": 0}]) as server, Client(KEY, server.url) as client:
        await client.machines.list()
        assert KEY not in deep(client, 8)
        assert repr(client) == f"<Client of {server.url}, key *** from the argument, 0 requests on the wire>"
        assert str(client._transport.key) == f"{client._transport.key!r}" == f"{client._transport.key}" == "***"
        assert KEY not in repr(client.runs.iter(search="x"))


@pytest.mark.parametrize("how", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_refuses_to_be_pickled_or_copied(how: Callable[[Any], Any]) -> None:
    """A client, and its key, cannot get into a pickle, which would hold the key in plain."""
    client = Client(KEY)
    for part in (client, client._transport.key):
        with pytest.raises(TypeError, match="cannot be pickled"):
            how(part)


def test_a_key_that_is_refused_is_in_no_traceback() -> None:
    """The traceback of a malformed key, with locals, does not show it."""
    with pytest.raises(errors.ConfigurationError) as caught:
        Client("sekret key")
    assert "sekret" not in shown(caught.value)


async def test_tls_failures_show_no_key() -> None:
    """An https address that speaks no TLS gives an error without the key in it."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    listening = await asyncio.start_server(converse, "127.0.0.1", 0)
    async with listening, Client(KEY, f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}") as client:
        on_clock(client, FakeClock())
        with pytest.raises(errors.APIConnectionError) as caught:
            await client.machines.list()
    assert KEY not in shown(caught.value)
    assert not any(isinstance(link, ssl.SSLError) for link in chain(caught.value))
