"""How a walk reaches every row exactly once while the list changes under it.

Pages counted by `skip` slide when rows come and go, so they are the last resort here.

- A list that is sorted by creation time is read in windows of time: the last row's time is the next window's end, both
  ends are inclusive, and what comes again is dropped. Rows that are new, or whose status changes, cannot move a window.
- A page that holds one instant only may have cut it short; that instant is read on its own, in passes.
- Where there is no such order, the list is read in passes with `skip`. In a window with an end, into which no new row
  can come, a pass that shows as many different rows as the server counts, the count being the same throughout, is
  proof. A window whose pass proves nothing is halved, down to windows that fit one page and so cannot slide.
- What cannot be halved, for want of a time filter or because all its rows are of one instant, is read again until a
  reading shows no new row between known ones.

How far a page reaches is what came, never what was asked for. The server's count is believed once it has been seen to
be more than the length of a page, and never decides alone that nothing is left when a page says otherwise.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol, TypeAlias, TypeVar, cast

from cyberdesk_nb.client._completeness import Tally

T = TypeVar("T")

_TICK = timedelta(microseconds=1)
_PASSES_MAX = 60
_SHUFFLED_READINGS = 12
_NO_FILTER = "the server ignores the time filter"


class Seen(Protocol):
    """What came on one page."""

    @property
    def keys(self) -> list[str]:
        """The rows' ids."""
        ...

    @property
    def times(self) -> list[datetime | None]:
        """The rows' creation times."""
        ...

    @property
    def total(self) -> int | None:
        """The server's count."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of creation time, both ends included; None is open."""

    start: datetime | None = None
    end: datetime | None = None
    is_check: bool = False
    """Whether it is read to find out if the server's count can be believed."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading of a window by `skip`, and what the readings before it showed."""

    window: Window
    number: int = 1
    skip: int = 0
    stride: int = 0
    shown: tuple[str, ...] = ()
    """Ids in the order in which this reading showed them."""
    times: frozenset[datetime] = frozenset()
    totals: frozenset[int | None] = frozenset()
    is_snapshot: bool = False
    """Whether one answer held all that the server counted at that moment."""
    quiet: int = 0
    """Rows in a row, over all readings, without a new one among them."""
    before: tuple[str, ...] = ()
    """What the reading before showed."""
    lately: frozenset[str] = frozenset()
    """Ids shown since the server's count last changed."""
    last_total: int | None = None


Part: TypeAlias = Window | Pass
Ask: TypeAlias = Callable[[Window, int, int | None], Coroutine[Any, Any, Any]]
Take: TypeAlias = Callable[[Any], int]


@dataclass(slots=True)
class Reading:
    """The rules of one walk: `ask` fetches (window, skip, limit), `take` keeps what is new and says how much it is."""

    ask: Ask
    take: Take
    tally: Tally
    has_time_filter: bool
    is_newest_first: bool
    lanes: int
    count_is_honest: bool | None = field(default=None, init=False)

    async def step(self, part: Part) -> list[Part]:
        """Read on in one part of the list; gives the parts that are left of it. One that fails can be read again."""
        if isinstance(part, Pass):
            return await self._read_on(part)
        return await self._read_window(part)

    async def _read_window(self, window: Window) -> list[Part]:
        page: Seen = await self.ask(window, 0, None)
        new = self.take(page)
        count = len(page.keys)
        if count == 0:
            return self._nothing_shown(page)
        if self._is_all(page, new, is_check=window.is_check):
            return []
        times = [time for time in page.times if time is not None]
        is_sorted = all(time >= after for time, after in pairwise(times))
        if not self.is_newest_first or not times or not is_sorted:
            return self._unsorted(window, times)
        last = times[-1]
        if window.end is None or last < window.end:
            rest = Window(window.start, last, is_check=self.count_is_honest is None)
            return await self._lanes(rest, page) if self.tally.requests == 1 else [rest]
        if last > window.end:
            self.tally.doubt(_NO_FILTER)
            return [Pass(window)]
        return self._around(window, last)

    def _unsorted(self, window: Window, times: list[datetime]) -> list[Part]:
        """Read in passes. A window without an end gets one first, or a pass could prove nothing: rows would come in."""
        if window.end is not None or not times:
            return [Pass(window)]
        if window.start is not None and max(times) < window.start:
            self.tally.doubt(_NO_FILTER)
            return [Pass(window)]
        self.tally.windows += 1
        return [Pass(Window(window.start, max(times))), Window(_after(max(times)))]

    def _around(self, window: Window, instant: datetime) -> list[Part]:
        """Read an instant on its own, and what is before it."""
        self.tally.windows += 1
        tie: list[Part] = [Pass(Window(instant, instant))]
        if instant == datetime.min.replace(tzinfo=instant.tzinfo) or (window.start and window.start >= instant):
            return tie
        return [*tie, Window(window.start, instant - _TICK)]

    def _is_all(self, page: Seen, new: int, *, is_check: bool) -> bool:
        """Whether a page holds all that the server counts, and the count means that."""
        if page.total is not None and page.total > len(page.keys):
            self.count_is_honest = self.count_is_honest is not False
        if page.total != _different(page):
            return False
        if is_check and self.count_is_honest is None:
            # More than the count of the page before: it counted itself only.
            self.count_is_honest = new == 0
        return self.count_is_honest is True

    def _nothing_shown(self, page: Seen) -> list[Part]:
        if page.total is not None and page.total > 0:
            self.count_is_honest = False
            self.tally.doubt("the server counts more rows than it shows")
        return []

    async def _lanes(self, rest: Window, page: Seen) -> list[Part]:
        """Cut the rest of a long list into windows of about equal size, to be read side by side."""
        left = (page.total or 0) - len(page.keys)
        lanes = min(self.lanes, -(-left // len(page.keys)))
        if lanes < 2 or not self.count_is_honest:
            return [rest]
        offsets = [index * left // lanes for index in range(1, lanes)]
        probes: list[Seen] = await together(self.ask(rest, offset, 1) for offset in offsets)
        # Where the list slid meanwhile, the windows come out a little uneven, no more.
        found = {time for probe in probes for time in probe.times[:1] if time is not None}
        edges = sorted((time for time in found if rest.end and time < rest.end), reverse=True)
        self.tally.windows += len(edges)
        ends = [rest.end, *edges]
        # Both ends are inclusive; where a server leaves the later one out, the other window still shows that row.
        starts = [*edges, rest.start]
        return [Window(start, end) for start, end in zip(starts, ends, strict=True)]

    async def _read_on(self, part: Pass) -> list[Part]:
        asked = self._offsets(part)
        pages: list[Seen] = await together(self.ask(part.window, skip, None) for skip in asked)
        before = len(part.shown)
        known = set(part.shown)
        for page in pages:
            new = self.take(page)
            part = replace(
                part,
                shown=part.shown + tuple(dict.fromkeys(key for key in page.keys if key not in known)),
                times=part.times | {time for time in page.times if time is not None},
                totals=part.totals | {page.total},
                is_snapshot=part.is_snapshot or (part.skip == 0 and _different(page) == page.total),
                quiet=0 if new else part.quiet + len(page.keys),
            )
            known.update(page.keys)
            if self.count_is_honest is None and page.total is not None and page.total > len(page.keys):
                self.count_is_honest = True
        sizes = [_different(page) for page in pages]
        total = pages[-1].total
        has_more = min(sizes) > 0 and len(known) > before
        part = replace(part, skip=asked[-1] + sizes[-1], stride=part.stride or sizes[0])
        if has_more and not (self.count_is_honest and total == len(known)):
            return [part]
        if min(sizes) == 0 and total is not None and total > max(asked):
            self.count_is_honest = False
        elif self.count_is_honest is None:
            # Asked beyond its count, did the server show nothing more?
            self.count_is_honest = total is not None and total == len(known)
        return self._end_of_pass(part, total)

    def _offsets(self, part: Pass) -> list[int]:
        """Choose what to ask for next: one page after another, or several at once while pages are of equal length."""
        (total,) = part.totals if len(part.totals) == 1 else (None,)
        had_gaps = part.number > 1 and len(part.before) != total
        if part.skip == 0 or had_gaps or not total or not self.count_is_honest or total <= part.skip:
            return [part.skip]
        return list(range(part.skip, total, part.stride)[: self.lanes])

    def _end_of_pass(self, part: Pass, total: int | None) -> list[Part]:
        is_steady = len(part.totals) == 1
        lately = frozenset(part.shown if is_steady else ())
        if is_steady and part.last_total == total:
            lately |= part.lately
        is_closed = self.has_time_filter and part.window.end is not None
        if self.count_is_honest and (part.is_snapshot or (is_closed and total is not None and len(lately) == total)):
            return []
        if self.count_is_honest and (halves := self._halves(part)):
            return halves
        if _agree(part):
            # A count that changed within the reading may hold rows that came too late for it.
            if total is not None and total > len(part.shown) and (is_steady or not self.count_is_honest):
                self.tally.doubt("the server counts more rows than it shows")
            return []
        if part.number >= _PASSES_MAX:
            self.tally.doubt(f"{_PASSES_MAX} readings of the same rows still showed new ones")
            return []
        return [
            Pass(part.window, part.number + 1, quiet=part.quiet, before=part.shown, lately=lately, last_total=total)
        ]

    def _halves(self, part: Pass) -> list[Part]:
        if not self.has_time_filter or len(part.times) < 2:
            return []
        first, last = min(part.times), max(part.times)
        if (part.window.end and last > part.window.end) or (part.window.start and first < part.window.start):
            # Halves would show the same rows again, without end.
            self.tally.doubt(_NO_FILTER)
            return []
        middle = first + (last - first) / 2
        self.tally.windows += 1
        return [Window(_after(middle), part.window.end), Window(part.window.start, middle)]


def _agree(part: Pass) -> bool:
    """Whether this reading and the one before show that no row is left, where the server's count cannot.

    In a stable order they do when what is new stands at the ends, where rows are added, and not between known ones.
    Where the server shuffles rows of equal time, a missing row stays unseen through as many random rows as there are
    with a chance of one in e: twelve times as many leave one in 160,000.
    """
    if part.number == 1:
        return not part.shown
    if _common(part.before, part.shown) != _common(part.shown, part.before):
        return part.quiet >= _SHUFFLED_READINGS * len(part.shown)
    known = set(part.before)
    is_known = [key in known for key in part.shown]
    first = is_known.index(True) if True in is_known else 0
    last = len(is_known) - is_known[::-1].index(True) if True in is_known else len(is_known)
    return all(is_known[first:last])


def _common(ids: tuple[str, ...], others: tuple[str, ...]) -> list[str]:
    known = set(others)
    return [key for key in ids if key in known]


def _different(page: Seen) -> int:
    """Count the rows of a page; one that comes twice on it is one, or pages would seem longer than they are."""
    return len(set(page.keys))


def _after(moment: datetime) -> datetime:
    return moment + _TICK if moment < datetime.max.replace(tzinfo=moment.tzinfo) else moment


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run all of it at once and wait for all of it; raises the first failure after the rest has ended."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return cast("list[T]", results)
