"""Calendar periods of times, in the time zone of the reader."""

from __future__ import annotations

import pandas as pd


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
        The starts beside the times, and all periods from the first to the last, those without a time too.
    """
    local = times.dt.tz_convert(tz)
    known = local.dropna()
    if known.empty:
        return local, pd.DatetimeIndex(known)
    ends = pd.Series(0, index=pd.DatetimeIndex([known.min(), known.max()]))
    periods = pd.DatetimeIndex(ends.resample(freq, closed="left", label="left").sum().index).as_unit("us")
    places = periods.searchsorted(pd.DatetimeIndex(known), side="right") - 1
    return pd.Series(periods[places], index=known.index).reindex(times.index), periods
