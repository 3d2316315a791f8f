"""A walk over a whole list: an async iterator that says at its end whether it reached everything."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Generic, Self, TypeVar, cast, get_args

from cyberdesk_nb.client._answer import warn_of
from cyberdesk_nb.client._call import Call, Memory, PlainMemory
from cyberdesk_nb.client._completeness import Completeness, Tally
from cyberdesk_nb.client._keys import Keys
from cyberdesk_nb.client._operation import Resource, operation_of
from cyberdesk_nb.client._paging import Page
from cyberdesk_nb.client._rows import RawPage, RawReader, Reader, RecordReader, Rows
from cyberdesk_nb.client._values import utc
from cyberdesk_nb.client._windows import Part, Pass, Reading, Window, together
from cyberdesk_nb.errors import PayloadTooLargeError, RequestError
from cyberdesk_nb.models import Problem

T = TypeVar("T")

_PROBLEMS_MAX = 1000
"""How many problems a walk lists; it counts them all."""


class Walk(Generic[T]):
    """All rows of a list, each exactly once, while the list changes under it.

    Iterate over rows (`async for run in walk`), or over `pages()` or `raw_pages()`. The newest rows come first where
    the list is sorted so; after the first page several windows of time are read side by side, so sort where order
    matters, or set ``windows=1``. After an error, iterate again to go on where it stopped. `completeness` says how far
    the walk got, and at its end whether that is all; `problems` lists values that could not be read.
    """

    def __init__(
        self,
        method: Callable[..., Awaitable[Page[T]]],
        filters: Mapping[str, Any],
        *,
        by: str | None = None,
        is_newest_first: bool = False,
        bounds: tuple[str, str] = ("created_at_from", "created_at_to"),
        key: str = "id",
        page_size: int = 1000,
        windows: int = 8,
    ) -> None:
        resource = cast("Resource", cast("Any", method).__self__)
        self._transport = resource.transport
        self._operation = operation_of(method)
        self._filters = dict(filters)
        self._limit = page_size
        self._bounds = bounds
        self._by = by
        self._key = key
        self._reader: Reader[Any] = RecordReader(get_args(self._operation.returns)[0], key, by)
        self._tally = Tally()
        self._newest: datetime | None = None
        self._reading = Reading(
            self._ask,
            self._take,
            self._tally,
            has_time_filter=by is not None,
            is_newest_first=is_newest_first,
            lanes=windows,
        )
        start, end = (self._filters.pop(bound, None) if by else None for bound in bounds)
        self._whole = Window(utc(start) if start is not None else None, utc(end) if end is not None else None)
        self._parts: list[Part] = [self._whole if by else Pass(self._whole)]
        self._seen = Keys()
        self._ready = deque[Any]()
        self._rows = deque[T]()
        self._failure: BaseException | None = None
        self._is_over = False
        self.problems: list[Problem] = []
        # Bad filters are refused here, not when the walk is first awaited.
        self._call(self._whole, 0, None)

    @property
    def completeness(self) -> Completeness:
        """The record of the walk so far."""
        tally = self._tally
        call = self._call(self._whole, 0, None)
        filters: dict[str, str] = {}
        for name, value in call.query:
            if name not in ("skip", "limit"):
                # A list such as `fields` repeats its key on the wire.
                filters[name] = f"{filters[name]},{value}" if name in filters else value
        return Completeness(
            operation=self._operation.name,
            filters=filters,
            method="windows" if self._by else "paging",
            server_total=tally.server_total,
            rows=tally.rows,
            duplicates=tally.duplicates,
            windows=tally.windows,
            requests=tally.requests,
            problems=tally.problems,
            complete=self._is_over and not tally.doubts,
            why=self._why(),
        )

    async def pages(self) -> AsyncIterator[Page[T]]:
        """Give the rows page by page, with what stands beside them."""
        while await self._fill():
            yield self._ready.popleft()

    async def raw_pages(self, memory: Callable[[], Memory] = PlainMemory) -> AsyncGenerator[RawPage]:
        """Give the pages as JSON bytes, without reading more of their rows than id and time.

        While one is worked on the next are fetched; close the iterator (`contextlib.aclosing`) to end that early.
        `memory` makes what each page gathers in, which may make less of it as it comes.
        """
        self._reader = RawReader(self._key, self._by, memory)
        ahead: asyncio.Task[None] | None = None
        try:
            while True:
                if ahead is None and self._parts and self._failure is None:
                    ahead = asyncio.create_task(self._advance())
                if self._ready:
                    yield self._ready.popleft()
                    # Whoever takes pages may not wait for anything, and what is on the wire must get its turn.
                    await asyncio.sleep(0)
                elif ahead is not None:
                    await ahead
                    ahead = None
                elif not await self._fill():
                    return
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.wait({ahead})

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._rows:
            if not await self._fill():
                raise StopAsyncIteration
            self._rows.extend(cast("Page[T]", self._ready.popleft()).items)
        return self._rows.popleft()

    def __repr__(self) -> str:
        return f"<Walk {self._operation.name}: {self._tally.rows} rows, {self._why()}>"

    async def _fill(self) -> bool:
        """See to it that a page is ready; False at the end of the walk."""
        while not self._ready:
            if self._failure is not None:
                failure, self._failure = self._failure, None
                raise failure
            if not self._parts:
                await self._recount()
                self._finish()
                return False
            await self._advance()
        return True

    async def _advance(self) -> None:
        """Read on in several parts at once. A part that fails stays as it was; the others move on."""
        count = self._reading.lanes
        now, later = self._parts[:count], self._parts[count:]
        left: list[Part] = []

        async def step(part: Part) -> list[Part]:
            try:
                return await self._reading.step(part)
            except Exception as error:  # noqa: BLE001 - kept, and raised once what came is given out
                self._failure = self._failure or error
                return [part]

        for parts in await together(step(part) for part in now):
            left += parts
        self._parts = left + later

    async def _recount(self) -> None:
        """Where fewer rows came than the server counted at first, see whether it counts them still."""
        total, newest = self._tally.server_total, self._newest
        if self._is_over or self._tally.doubts or newest is None or total is None or total <= self._tally.rows:
            return
        again = await self._ask(Window(end=newest), 0, 1)
        if again.total is not None and again.total > self._tally.rows:
            self._tally.doubt("the server counts more rows than it shows")

    async def _ask(self, window: Window, skip: int, limit: int | None) -> Rows[Any]:
        while True:
            size = min(self._limit, limit or self._limit)
            call = self._reader.prepare(self._call(window, skip, size))
            self._tally.requests += 1
            try:
                reply = await self._transport.send(call)
            except PayloadTooLargeError:
                if size == 1:
                    raise
                self._limit = min(self._limit, max(1, size // 4))
                continue
            rows = self._reader.read(reply, call)
            if self._tally.requests == 1:
                self._tally.server_total = rows.total
                self._newest = max((time for time in rows.times if time is not None), default=None)
            return rows

    def _call(self, window: Window, skip: int, limit: int | None) -> Call:
        times = dict(zip(self._bounds, (window.start, window.end), strict=True)) if self._by else {}
        prepared = self._operation.prepare((), {**self._filters, **times, "skip": skip, "limit": limit})
        if isinstance(prepared, RequestError):
            raise prepared
        return prepared

    def _take(self, rows: Rows[Any]) -> int:
        positions = [position for position, key in enumerate(rows.keys) if self._seen.add(key)]
        self._tally.rows += len(positions)
        self._tally.duplicates += len(rows.keys) - len(positions)
        self._note(rows)
        if positions:
            self._ready.append(rows.only(positions))
        return len(positions)

    def _note(self, rows: Rows[Any]) -> None:
        known = set(self.problems) if rows.problems else ()
        fresh = [problem for problem in rows.problems if problem not in known]
        self._tally.problems += len(fresh)
        self.problems += fresh[: _PROBLEMS_MAX - len(self.problems)]
        if rows.lost:
            self._tally.doubt("some rows are no JSON objects and could not be read")

    def _finish(self) -> None:
        if not self._is_over:
            self._is_over = True
            # No row comes after this, and the ids of a million take up 50 MB beside what is made of the rows.
            self._seen = Keys()
            warn_of(self.problems, self._operation.name)

    def _why(self) -> str:
        if self._tally.doubts:
            return "; ".join(self._tally.doubts)
        if not self._is_over:
            return "the walk has not ended"
        if self._by:
            return "every window of time was read to its end"
        return "readings agreed with the server's count; without a time filter, rows that move meanwhile can be missed"
