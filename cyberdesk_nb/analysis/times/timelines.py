"""Stretches of time: the window that is looked at, and how deep stretches lie over each other in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.errors import RequestError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

TIME: Any = pd.DatetimeTZDtype("us", "UTC")
US = 1_000_000
"""Microseconds of a second: inside, times are whole microseconds since 1970, so that sums are exact."""

When = str | date | datetime | timedelta | None
"""A time, naive is UTC; or a span such as ``"7d"``, back from the end of the window; None is left to the data."""

_SPAN = re.compile(r"\d+(\.\d+)?\s*[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` up to, not including, `until`, in microseconds since 1970."""

    since: int
    until: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.until - self.since) / US

    @property
    def times(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Its ends as aware times."""
        return pd.Timestamp(self.since, unit="us", tz="UTC"), pd.Timestamp(self.until, unit="us", tz="UTC")


def window_of(since: When, until: When, *known: pd.Series) -> Window:
    """Give the window that is meant; an end that is None lies at the first or last of the known times.

    When there is but one known time, the window is the second that begins with it.

    Raises
    ------
    RequestError
        When an end is no time, cannot be told, or the window has no length.
    """
    times = pd.concat(known).dropna() if known else pd.Series(dtype=TIME)
    last = _read(until, "until", times.max() if len(times) else None, None)
    first = _read(since, "since", times.min() if len(times) else None, last)
    if since is None and until is None and first == last:
        last += timedelta(seconds=1)  # a single moment is no mistake of the caller
    if not first < last:
        raise RequestError(
            f"The window has no length: it begins at {first.isoformat()} and ends at {last.isoformat()}.",
            hint="Give a since that lies before until.",
        )
    return Window(*micros(pd.Series([first, last])).tolist())


def _read(when: When, name: str, otherwise: pd.Timestamp | None, end: pd.Timestamp | None) -> pd.Timestamp:
    if when is None:
        if otherwise is None:
            raise RequestError(f"There is no time in the data to take {name} from.", hint=f"Give {name}.")
        return otherwise
    try:
        read = _parse(when.strip()) if isinstance(when, str) else when
        meant = cast("pd.Timestamp", end) - read if isinstance(read, timedelta) else pd.Timestamp(read)
        return meant.tz_localize("UTC") if meant.tzinfo is None else meant.tz_convert("UTC")
    except (ValueError, TypeError, OverflowError, AttributeError):
        raise RequestError(
            f"{name} = {printable(repr(when), 60)} is no time.",
            hint='Use a date such as "2026-03-01" or a datetime; since may be a span back from until, such as "7d".',
        ) from None


def _parse(text: str) -> datetime | timedelta:
    if _SPAN.fullmatch(text):
        # Days are D to pandas, and d to everybody else.
        return pd.Timedelta(re.sub("d$", "D", text)).to_pytimedelta()
    return datetime.fromisoformat(text)


def require(frame: pd.DataFrame, names: Sequence[str], noun: str) -> None:
    """Raise `RequestError` when a frame of `noun` (runs, connections, ...) lacks columns."""
    missing = [name for name in dict.fromkeys(names) if name not in frame.columns]
    if missing:
        hint = f"Take the frame from {noun}_frame or ws.{noun}."
        raise RequestError(f"The frame of {noun} lacks the columns {', '.join(missing)}.", hint=hint)


def bare(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Give those of the named columns that a frame has, its rows numbered anew, without its ``attrs``.

    At each step pandas would copy the attrs with all the problems that they list.
    """
    part = frame[[name for name in names if name in frame.columns]].reset_index(drop=True)
    part.attrs = {}
    return part


def micros(times: pd.Series) -> Ints:
    """Give times as microseconds; a missing one is the least of all numbers."""
    # A series without any time may have lost its dtype.
    whole = cast("pd.Series[pd.Timestamp]", times.astype(TIME))
    return whole.dt.tz_localize(None).to_numpy(dtype="datetime64[us]").astype(np.int64)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Stretches of time of rows that are numbered from 0: whose, from, until.

    Those that end before they begin, or at once, have no length and count nothing.
    """

    row: Ints
    start: Ints
    end: Ints

    def within(self, window: Window) -> Stretches:
        """Cut them to a window, and leave out what has no length in it."""
        start, end = np.maximum(self.start, window.since), np.minimum(self.end, window.until)
        kept = end > start
        return Stretches(self.row[kept], start[kept], end[kept])


@dataclass(frozen=True, slots=True)
class Pieces:
    """A window, cut for each row wherever a stretch begins or ends: gapless, in order, rows one after another.

    Attributes
    ----------
    row, start, end
        Whose piece, from, until.
    depth
        By the layer's name: how many of its stretches lie over the piece.
    """

    row: Ints
    start: Ints
    end: Ints
    depth: Mapping[str, Ints]


def overlay(layers: Mapping[str, Stretches], rows: int, window: Window) -> Pieces:
    """Lay named layers of stretches over each other, for each row, within a window."""
    names = list(layers)
    cut = [layers[name].within(window) for name in names]
    every = np.arange(rows, dtype=np.int64)
    # The window's own two ends are events that change no depth.
    row = np.concatenate([every, every, *(part for one in cut for part in (one.row, one.row))])
    ends = (np.full(rows, window.since), np.full(rows, window.until))
    at = np.concatenate([*ends, *(part for one in cut for part in (one.start, one.end))])
    change = np.zeros((len(names), len(at)), dtype=np.int64)
    place = 2 * rows
    for number, one in enumerate(cut):
        change[number, place : place + len(one.row)] = 1
        place += len(one.row)
        change[number, place : place + len(one.row)] = -1
        place += len(one.row)
    order = np.lexsort((at, row))
    row, at, depth = row[order], at[order], np.cumsum(change[:, order], axis=1)
    kept = np.flatnonzero((row[1:] == row[:-1]) & (at[1:] > at[:-1]))
    depths = {name: depth[number, kept] for number, name in enumerate(names)}
    return Pieces(row[kept], at[kept], at[kept + 1], depths)
