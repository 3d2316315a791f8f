"""Calendar periods of times, in the time zone of the reader."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from cyberdesk_nb.errors import RequestError, printable

_PERIODS_MAX = 500_000


def period_starts(times: pd.Series, freq: str, tz: str = "UTC") -> tuple[pd.Series, pd.DatetimeIndex]:
    """Give each time the start of the period that it falls into.

    Parameters
    ----------
    times
        Aware times; a missing one stays missing.
    freq
        Any pandas offset, such as ``h``, ``D``, ``W``, ``MS``.
    tz
        Time zone whose days, weeks and months count.

    Returns
    -------
    tuple
        The starts beside the times, and all periods from the first to the last, those without a time too. A day that
        the change of clocks robs of its midnight starts at its first moment; of two midnights, the first is its start.

    Raises
    ------
    RequestError
        For an offset or a time zone that does not exist.
    """
    borders = period_borders(times, freq, tz)
    if borders.empty:
        return times.dt.tz_convert(tz), borders
    known = times.dropna().dt.tz_convert(tz)
    places = borders.searchsorted(pd.DatetimeIndex(known), side="right") - 1
    return pd.Series(borders[places], index=known.index).reindex(times.index), borders[:-1]


def period_borders(times: pd.Series, freq: str, tz: str = "UTC") -> pd.DatetimeIndex:
    """Give where the periods begin, from that of the first time to that of the last, and where the last one ends."""
    offset, place = _offset(freq), zone(tz)
    known = times.dropna().dt.tz_convert(place)
    if known.empty:
        return pd.DatetimeIndex(known)
    ends = pd.DatetimeIndex([known.min(), known.max()])
    if isinstance(offset, pd.offsets.Tick):
        # A slip such as "ms" for "MS" would fill the memory.
        if (ends[1] - ends[0]) / pd.Timedelta(offset) > _PERIODS_MAX:
            raise _refused(freq, "is so short that there would be too many periods")
        return _labels(ends, offset)
    # Days and longer are counted by the clock on the wall, which a change of clocks moves.
    try:
        local = _labels(ends.tz_localize(None), offset)
    except ValueError:  # such as hours of business, which leave times between them
        raise _refused(freq, "does not cover all times") from None
    return local.tz_localize(place, ambiguous=np.ones(len(local), np.bool_), nonexistent="shift_forward")


def _labels(ends: pd.DatetimeIndex, offset: Any) -> pd.DatetimeIndex:
    labels = pd.DatetimeIndex(pd.Series(0, index=ends).resample(offset, closed="left", label="left").sum().index)
    return pd.DatetimeIndex([*labels, labels[-1] + offset]).as_unit("us")


def _offset(freq: str) -> Any:
    try:
        offset: Any = to_offset(freq)
    except (ValueError, TypeError):
        offset = None
    if offset is None or offset.n <= 0:
        raise _refused(freq, "is no length of periods")
    return offset


def _refused(freq: str, why: str) -> RequestError:
    return RequestError(
        f"freq = {printable(repr(freq), 60)} {why}.", hint='Give a pandas offset such as "h", "D", "W" or "MS".'
    )


def zone(tz: str) -> ZoneInfo:
    """Give a time zone by its name; raises `RequestError` when there is none."""
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, OSError):
        raise RequestError(
            f"tz = {printable(repr(tz), 60)} is no time zone.",
            hint='Give a name such as "UTC" or "Europe/Berlin".',
        ) from None
