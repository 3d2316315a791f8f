"""The transport: the only module that speaks HTTP.

Every call goes through `Transport.send`: it waits for its turn at the gate, is tried until it succeeds, fails for good
or is out of time, and its answer is read within bounds and decoded, or becomes one typed error.

httpx is used at its transport seam, below `httpx.AsyncClient`: at that level there are no redirects, no cookie jar and
no request log with signed URLs in it, so none has to be switched off. Several transports of a few connections each
are used, since httpcore's search for a free connection grows with the square of their number.
"""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from cyberdesk_nb._version import __version__
from cyberdesk_nb.client._call import Call, PlainMemory, Reply, Sink
from cyberdesk_nb.client._clock import Clock, SystemClock
from cyberdesk_nb.client._failures import (
    ERROR_BYTES_MAX,
    connection_error,
    status_error,
    unreadable_error,
    unsent_error,
)
from cyberdesk_nb.client._gate import Gate, WaitTooLongError, told_to_wait_s
from cyberdesk_nb.client._json import CutShortError, UnreadableError, decode_json
from cyberdesk_nb.client._key import ApiKey
from cyberdesk_nb.client._retries import FINAL_5XX, RETRIED_4XX, Again, Failure, Patience
from cyberdesk_nb.errors import (
    APIConnectionError,
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    PayloadError,
    PayloadTooLargeError,
    RequestError,
)

_PER_SHARD = 4
_PIECE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a client."""

    timeout_s: float = 120.0
    """A call with all its tries and waits; so also the longest wait that a server may ask for."""
    connect_s: float = 10.0
    """Until a connection stands."""
    silence_s: float = 30.0
    """Without a byte from the server."""
    outage_s: float = 15.0
    """How long failures of the connection and of the server are ridden out."""
    connections: int = 8
    """Requests at once."""
    max_body_bytes: int = 64 * 2**20
    """One answer, decoded."""


@dataclass(slots=True)
class _Shard:
    transport: httpx.AsyncHTTPTransport
    in_flight: int = 0


class _TooLargeError(UnreadableError):
    """A body beyond its cap."""


class Transport:
    """Sends calls to one server with one key, under one set of limits; lives on the event loop that it is used on."""

    def __init__(self, base_url: str, key: ApiKey | None, limits: Limits, clock: Clock | None = None) -> None:
        self.base_url = base_url
        self.key = key
        self.limits = limits
        self.clock: Clock = clock or SystemClock()
        self.is_closed = False
        self._gate = Gate(limits.connections, self.clock)
        self._shards: list[_Shard] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def in_flight(self) -> int:
        """How many requests are on the wire."""
        return self._gate.in_flight

    async def send(self, call: Call) -> Reply:
        """Send a call and give its answer; raises a `CyberdeskError` where there is none."""
        self._open(call)
        timeout_s = self.limits.timeout_s if call.timeout_s is None else call.timeout_s
        # A write without an idempotency key may have been done although its answer was lost.
        may_repeat = call.method == "GET" or bool(call.idempotency_key)
        patience = Patience(self.clock, timeout_s, self.limits.outage_s, may_repeat=may_repeat)
        outcome: Reply | Failure = await patience.tries()(self._attempt, call, patience)
        if isinstance(outcome, Failure):
            # Raised here and nowhere deeper: the frames below hold the request, and so the key, in their locals.
            raise outcome.error
        return outcome

    async def aclose(self) -> None:
        """Close every connection: calls in flight fail, later ones say that the client is closed."""
        self.is_closed = True
        shards, self._shards = self._shards, []
        if asyncio.get_running_loop() is self._loop:
            for shard in shards:
                await shard.transport.aclose()

    def _open(self, call: Call) -> None:
        if self.is_closed:
            raise ClientClosedError("This client is closed.", hint="Make a new one: `async with Client() as client:`.")
        if call.needs_key and self.key is None:
            raise ConfigurationError(
                "No API key is set.",
                hint="Set CYBERDESK_API_KEY or pass api_key=...; cd.demo() gives a local fleet without one.",
            )
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            self._shards = _make_shards(self.base_url, self.limits.connections)
        elif self._loop is not loop:
            raise ClientClosedError(
                "This client belongs to another event loop.",
                hint="Make one inside this loop: `async with Client() as client:`; cd.connect() works from any.",
            )

    async def _attempt(self, call: Call, patience: Patience) -> Reply | Failure:
        try:
            async with asyncio.timeout(patience.deadline - self.clock.monotonic()):
                entered_at = await self._gate.enter(patience.deadline)
        except WaitTooLongError as shut:
            return Failure(unsent_error(call, shut.status, shut.seconds))
        except TimeoutError:
            return Failure(_too_late(call, patience.timeout_s))
        shard = min(self._shards, key=lambda candidate: candidate.in_flight)
        shard.in_flight += 1
        try:
            return await self._exchange(call, shard.transport, patience, entered_at)
        finally:
            shard.in_flight -= 1
            self._gate.leave()

    async def _exchange(
        self, call: Call, transport: httpx.AsyncHTTPTransport, patience: Patience, entered_at: float
    ) -> Reply | Failure:
        try:
            async with asyncio.timeout(patience.deadline - self.clock.monotonic()):
                return await self._converse(call, transport, entered_at)
        except TimeoutError:
            return Failure(_too_late(call, patience.timeout_s))
        except asyncio.CancelledError as cancelled:
            cancelled.__context__ = cancelled.__cause__ = None
            return Failure(cancelled.with_traceback(None))
        except (httpx.TransportError, httpx.InvalidURL, ssl.SSLError) as error:
            return self._no_answer(call, error)

    async def _converse(self, call: Call, transport: httpx.AsyncHTTPTransport, entered_at: float) -> Reply | Failure:
        response = await transport.handle_async_request(self._request(call))
        try:
            self._gate.answered(response.headers)
            if response.is_success:
                return await self._read(call, response)
            body = await _read_error(response)
            return _accepted(call, response, body) or self._refusal(call, response, body, entered_at)
        finally:
            await response.aclose()

    def _request(self, call: Call) -> httpx.Request:
        is_raw = call.sink is not None or call.decode is None
        headers = {
            "Accept": "*/*" if is_raw else "application/json",
            "Accept-Encoding": "identity" if is_raw else "gzip",
            "User-Agent": f"cyberdesk-nb/{__version__}",
        }
        if call.content is not None:
            headers["Content-Type"] = call.content_type
        if call.idempotency_key:
            headers["Idempotency-Key"] = call.idempotency_key
        if call.needs_key and self.key is not None:
            headers["Authorization"] = self.key.authorization()
        url = httpx.URL(self.base_url + call.path if call.url is None else call.url.get_secret_value())
        silence_s = self.limits.silence_s
        timeouts = {"connect": self.limits.connect_s, "read": silence_s, "write": silence_s, "pool": None}
        return httpx.Request(
            call.method,
            url.copy_merge_params(call.query) if call.query else url,
            headers=headers,
            content=call.content,
            extensions={"timeout": timeouts},
        )

    async def _read(self, call: Call, response: httpx.Response) -> Reply | Failure:
        memory = call.memory()
        limit = self.limits.max_body_bytes if call.max_bytes is None else call.max_bytes
        try:
            size = await _pour(response, call.sink or memory, limit)
            if call.sink is not None or (response.status_code == 204 and call.decode is not None):
                return Reply(response.status_code, None, size)
            value = memory.body if call.decode is None else call.decode(memory.body)
        except CutShortError as error:
            return Failure(unreadable_error(call, response.status_code, response.headers, error), Again.THROUGH_OUTAGE)
        except UnreadableError as error:
            kind = PayloadTooLargeError if isinstance(error, _TooLargeError) else PayloadError
            return Failure(unreadable_error(call, response.status_code, response.headers, error, kind))
        return Reply(response.status_code, value, size)

    def _refusal(self, call: Call, response: httpx.Response, body: bytes, entered_at: float) -> Failure:
        status, headers = response.status_code, response.headers
        wait_s = told_to_wait_s(headers, self.clock)
        error = status_error(call, status, headers, self.key.redact(body) if self.key else body, wait_s)
        in_progress = status == 409 and headers.get("idempotency-status", "").lower() == "in_progress"
        if status == 429 and wait_s is None:
            wait_s = 1.0
        if in_progress:
            return Failure(error, Again.UNTIL_DEADLINE, wait_s)
        if wait_s is not None and (status == 429 or status >= 500) and status not in FINAL_5XX:
            self._gate.refused(status, wait_s, entered_at)
            return Failure(error, Again.UNTIL_DEADLINE, wait_s)
        is_passing = status in RETRIED_4XX or (status >= 500 and status not in FINAL_5XX)
        return Failure(error, Again.THROUGH_OUTAGE if is_passing else Again.NEVER, wait_s)

    def _no_answer(self, call: Call, error: Exception) -> Failure:
        host = urlsplit(self.base_url).netloc if call.url is None else "the storage host"
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            return Failure(RequestError(f"{call.label} cannot be sent: {type(error).__name__}."))
        if self.is_closed:
            return Failure(ClientClosedError(f"{call.label} was cut off: the client was closed while it ran."))
        if _is_bad_certificate(error):
            what = f"the certificate of {host} is not trusted ({error})."
            return Failure(connection_error(call, error, APIConnectionError, what))
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout):
            what, kind = f"{host} was silent for {self.limits.silence_s:g} s.", APITimeoutError
        elif isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            what, kind = f"{host} cannot be reached. Check base_url and the network.", APIConnectionError
        else:
            what, kind = f"the connection to {host} broke off.", APIConnectionError
        return Failure(connection_error(call, error, kind, what), Again.THROUGH_OUTAGE)


def _make_shards(base_url: str, connections: int) -> list[_Shard]:
    try:
        return _open_shards(base_url, connections)
    except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
        # A proxy or a certificate file from the environment; its address may hold a password.
        what = type(error).__name__
    raise ConfigurationError(
        f"The proxy or certificate settings of this environment cannot be used ({what}).",
        hint="Check HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
    )


def _open_shards(base_url: str, connections: int) -> list[_Shard]:
    context = httpx.create_ssl_context()
    # Keep-alive must equal the number of connections: what is above it is opened anew for every request.
    limits = httpx.Limits(max_connections=_PER_SHARD, max_keepalive_connections=_PER_SHARD, keepalive_expiry=15.0)
    parts = urlsplit(base_url)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    count = max(1, -(-connections // _PER_SHARD))
    return [_Shard(httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy)) for _ in range(count)]


async def _pour(response: httpx.Response, sink: Sink, limit: int) -> int:
    """Read a body into a sink, at most `limit` decoded bytes of it; gives its size.

    Of a memory that makes less of the body than what came, what it holds counts.
    """
    sink.begin()
    size = 0
    async for piece in _pieces(response):
        size += len(piece)
        if getattr(sink, "size_bytes", size - len(piece)) + len(piece) > limit:
            raise _TooLargeError(
                f"it is larger than {limit / 2**20:g} MiB. "
                "Ask for less at once (limit=, fields=), or make the client with a larger max_body_bytes"
            )
        sink.write(piece)
    return size


async def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give a body in decoded pieces of bounded size.

    httpx's own decoder inflates each chunk as a whole: 64 kB from the wire become 64 MB before any cap is asked.
    """
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "", "gzip", "x-gzip", "deflate"):
        raise UnreadableError(f"its compression {encoding[:20]!r} was not asked for")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32) if encoding not in ("identity", "") else None
    async for chunk in _chunks(response):
        if inflater is None:
            yield chunk
            continue
        rest = chunk
        while rest:
            try:
                piece = inflater.decompress(rest, _PIECE_BYTES)
            except zlib.error:
                raise UnreadableError("its compression is broken") from None
            rest = inflater.unconsumed_tail
            yield piece
            # A bomb is read piece by piece, with everything else on this loop going on in between.
            await asyncio.sleep(0)
    if inflater is not None and not inflater.eof:
        raise CutShortError("it breaks off in the middle")


async def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    stream = response.stream
    if not isinstance(stream, httpx.AsyncByteStream):
        raise TypeError(f"an async transport gave {type(stream).__name__}")
    async for chunk in stream:
        yield chunk


async def _read_error(response: httpx.Response) -> bytes:
    """Read as much of an error's body as an error may hold; a body that cannot be read does not hide the status."""
    memory = PlainMemory()
    with suppress(UnreadableError, httpx.TransportError):
        await _pour(response, memory, ERROR_BYTES_MAX)
    return bytes(memory.body)


def _accepted(call: Call, response: httpx.Response, body: bytes) -> Reply | None:
    """Give the answer that some operations hide behind an error status (503 with the machines' health)."""
    if call.accepts is None:
        return None
    try:
        value = decode_json(body)
    except UnreadableError:
        return None
    return Reply(response.status_code, value, len(body)) if call.accepts(response.status_code, value) else None


def _too_late(call: Call, timeout_s: float) -> APITimeoutError:
    return APITimeoutError(
        f"{call.label} got no complete answer within {timeout_s:g} s.",
        hint="Try again, or give it longer: timeout_s=...",
        idempotency_key=call.idempotency_key,
    )


def _is_bad_certificate(error: BaseException | None) -> bool:
    """Whether TLS itself failed, which no repetition mends; a handshake that was cut off may mend."""
    cut_off = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return not isinstance(error, cut_off)
        error = error.__cause__ or error.__context__
    return False
