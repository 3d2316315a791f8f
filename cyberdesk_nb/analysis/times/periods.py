"""Calendar periods of times, in the time zone of the reader."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from cyberdesk_nb.errors import RequestError, printable


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
    offset, zone = _offset(freq), _zone(tz)
    known = times.dropna().dt.tz_convert(zone)
    if known.empty:
        return pd.DatetimeIndex(known)
    ends = pd.DatetimeIndex([known.min(), known.max()])
    if isinstance(offset, pd.offsets.Tick):
        return _labels(ends, offset)
    # Days and longer are counted by the clock on the wall, which a change of clocks moves.
    local = _labels(ends.tz_localize(None), offset)
    return local.tz_localize(zone, ambiguous=np.ones(len(local), np.bool_), nonexistent="shift_forward")


def _labels(ends: pd.DatetimeIndex, offset: Any) -> pd.DatetimeIndex:
    labels = pd.DatetimeIndex(pd.Series(0, index=ends).resample(offset, closed="left", label="left").sum().index)
    return pd.DatetimeIndex([*labels, labels[-1] + offset]).as_unit("us")


def _offset(freq: str) -> Any:
    try:
        offset: Any = to_offset(freq)
    except (ValueError, TypeError):
        offset = None
    if offset is None or offset.n <= 0:
        raise RequestError(
            f"freq = {printable(repr(freq), 60)} is no length of periods.",
            hint='Give a pandas offset such as "h", "D", "W" or "MS".',
        )
    return offset


def _zone(tz: str) -> ZoneInfo:
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, TypeError, OSError):
        raise RequestError(
            f"tz = {printable(repr(tz), 60)} is no time zone.",
            hint='Give a name such as "UTC" or "Europe/Berlin".',
        ) from None
