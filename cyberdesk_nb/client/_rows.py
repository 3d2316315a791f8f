"""A page as a walk sees it: which rows it holds, from when, and out of how many. As records, or as raw bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar, cast

import msgspec

from cyberdesk_nb.client._call import Call, Memory, PlainMemory, Reply
from cyberdesk_nb.client._json import CutShortError, UnreadableError, decode_json
from cyberdesk_nb.client._paging import read_page
from cyberdesk_nb.client._values import utc
from cyberdesk_nb.models import ApiModel, Problem

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class RawPage:
    """One page as its JSON bytes, for readers that go straight to columns.

    `body` is the whole page as it came. `drop` lists the positions in its `items` that the walk has given before.
    `newest` is when the latest of its rows was created (None: not told).
    """

    body: bytes | bytearray
    drop: frozenset[int]
    total: int | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class Rows(Generic[P]):
    """What a walk needs of one page. `keys` and `times` (None: unreadable) are in the order of the page."""

    keys: list[str]
    times: list[datetime | None]
    total: int | None
    problems: list[Problem]
    lost: int
    """Rows that could not be read at all."""
    only: Callable[[Sequence[int]], P]
    """Gives the page with only the rows at these positions."""


class Reader(Protocol[P]):
    """How a walk reads pages."""

    def prepare(self, call: Call) -> Call:
        """Fit the call to what is to be read of its answer."""
        ...

    def read(self, reply: Reply, call: Call) -> Rows[P]:
        """Read the answer."""
        ...


class RecordReader(Generic[P]):
    """Reads pages as typed records."""

    def __init__(self, model: type[ApiModel], key: str, by: str | None) -> None:
        self._model = model
        self._key = key
        self._by = by

    def prepare(self, call: Call) -> Call:
        """Leave the call as it is."""
        return call

    def read(self, reply: Reply, call: Call) -> Rows[P]:
        """Read records, bad rows as far as they can be read."""
        page = read_page(self._model, reply.value, call)
        times = [getattr(item, self._by, None) if self._by else None for item in page.items]

        def only(positions: Sequence[int]) -> P:
            return cast("P", replace(page, items=[page.items[position] for position in positions]))

        # A row whose id cannot be read is told from others by its content.
        keys = [str(getattr(item, self._key, None) or repr(item)) for item in page.items]
        return Rows(keys, times, page.total, page.problems, page.lost, only)


@dataclass(frozen=True, slots=True)
class _Heads:
    body: bytearray
    keys: list[str]
    times: list[datetime | None]
    total: int | None
    lost: int


class RawReader(Generic[P]):
    """Reads of a page only ids and times, a fraction of the work, and hands out its bytes."""

    def __init__(self, key: str, by: str | None, memory: Callable[[], Memory] = PlainMemory) -> None:
        fields: list[Any] = [(key, str)] + ([(by, datetime)] if by else [])
        head = msgspec.defstruct("Head", fields)
        self._page = msgspec.json.Decoder(msgspec.defstruct("PageHead", [("items", list[head]), ("total", int | None)]))
        self._key = key
        self._by = by
        self._memory = memory

    def prepare(self, call: Call) -> Call:
        """Ask for the bytes, with a check that they are whole."""
        return replace(call, decode=self._decode, memory=self._memory)

    def _decode(self, body: bytearray) -> _Heads:
        try:
            page: Any = self._page.decode(body)
        except msgspec.DecodeError as error:
            if "truncated" in str(error):
                raise CutShortError("it breaks off in the middle") from None
            return self._decode_slowly(body)
        except (UnicodeDecodeError, RecursionError):
            return self._decode_slowly(body)
        keys = list(map(attrgetter(self._key), page.items))
        return _Heads(body, keys, self._times(page.items), page.total, 0)

    def _times(self, items: list[Any]) -> list[datetime | None]:
        if not self._by:
            return [None] * len(items)
        times = list(map(attrgetter(self._by), items))
        return times if all(time.tzinfo is UTC for time in times) else [_utc(time) for time in times]

    def _decode_slowly(self, body: bytearray) -> _Heads:
        value = decode_json(body)
        page = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
        items, total = page.get("items"), page.get("total")
        if not isinstance(items, list):
            raise UnreadableError("it is no page of rows")
        rows: list[dict[str, Any]] = [row if isinstance(row, dict) else {} for row in cast("list[object]", items)]
        times = [_read_time(row.get(self._by)) if self._by else None for row in rows]
        keys = _keys_of(rows, self._key)
        lost = sum(not isinstance(row, dict) for row in cast("list[object]", items))
        return _Heads(body, keys, times, total if isinstance(total, int) else None, lost)

    def read(self, reply: Reply, call: Call) -> Rows[P]:  # noqa: ARG002 - part of the protocol
        """Take what `_decode` found."""
        heads: _Heads = reply.value
        newest = max((time for time in heads.times if time is not None), default=None)

        def only(positions: Sequence[int]) -> P:
            drop = frozenset(range(len(heads.keys))).difference(positions)
            return cast("P", RawPage(heads.body, drop, heads.total, newest))

        return Rows(heads.keys, heads.times, heads.total, [], heads.lost, only)


def _keys_of(rows: list[dict[str, Any]], key: str) -> list[str]:
    """Tell rows apart by id. One without is known again on another page by its content; equal ones are counted."""
    met = Counter[str]()
    keys: list[str] = []
    for row in rows:
        if row.get(key):
            keys.append(str(row[key]))
            continue
        content = str(row)
        met[content] += 1
        keys.append(f"row {met[content]}: {content}")
    return keys


def _read_time(text: object) -> datetime | None:
    try:
        return _utc(datetime.fromisoformat(text)) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    return utc(moment)
