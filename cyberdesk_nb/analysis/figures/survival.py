"""How long runs wait and take when those still going count, too: as longer than until now (Kaplan and Meier)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.times.timelines import US, When, micros, require, window_of
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

Value = Literal["duration_s", "queue_wait_s"]

_ENDS = {"queue_wait_s": ("created_at", "started_at"), "duration_s": ("started_at", "ended_at")}
_TIMES = ("created_at", "started_at", "ended_at")
_MEASURES = {
    "time_s": "float64",
    "survival": "float64",
    "low": "float64",
    "high": "float64",
    "at_risk": "int64",
    "events": "int64",
    "censored": "int64",
}
_ROUNDING = 1e-9


def duration_survival(
    runs: pd.DataFrame,
    value: Value = "duration_s",
    by: str | Sequence[str] | None = None,
    as_of: When = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimate which share of runs lasts (or waits) longer than a time, by Kaplan and Meier.

    Runs that still go on, or still wait, are not left out: they are known to last longer than until `as_of`. A run
    that ended without having begun waited at least until then.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    value
        ``duration_s`` (from start to end) or ``queue_wait_s`` (from creation to start).
    by
        Columns to group by; runs where one is missing are a group, too.
    as_of
        When the frame was fetched; naive is UTC. None: the latest time in it.
    confidence
        Of the intervals, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`; ``time_s``, ``survival`` (share that lasts longer), its interval ``low`` to ``high``
        (log-log), ``at_risk`` (runs known to last at least so long), ``events`` (ends then), ``censored`` (left off
        then). A row for each group and different time, in order. Where the interval is not defined, as before the
        first end, it is 0 to 1. ``attrs["censored"]`` counts the runs that had not ended, ``attrs["left_out"]`` those
        whose time is not known at all, ``attrs["as_of"]`` is the time used. Without runs there is no row.

    Raises
    ------
    RequestError
        For another `value`, a column that is missing, or a confidence that is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> duration_survival(runs_frame([])).empty
    True
    """
    if value not in _ENDS:
        raise RequestError(f"There is no value {value!r} to look at.", hint=f"Values are {', '.join(_ENDS)}.")
    check_confidence(confidence)
    groups = [by] if isinstance(by, str) else list(by or ())
    require(runs, [*groups, "outcome", *_TIMES, value], "runs")
    now = as_of_time(runs, as_of)
    spans = known_spans(runs, value, now)
    table = pd.concat([runs[groups], spans], axis=1).dropna(subset="time_s")
    if groups:
        curves = [
            _curve(part, confidence).assign(**dict(zip(groups, cast("tuple[Any, ...]", key), strict=True)))
            for key, part in table.groupby(groups, dropna=False, observed=True)
        ]
    else:
        curves = [_curve(table, confidence)] if len(table) else []
    empty = table[groups].iloc[:0].assign(**{name: pd.Series(dtype=dtype) for name, dtype in _MEASURES.items()})
    result = pd.concat(curves, ignore_index=True)[[*groups, *_MEASURES]] if curves else empty
    result = result.astype({name: runs[name].dtype for name in groups} | _MEASURES)
    result.attrs = {
        "as_of": None if now is pd.NaT else now.isoformat(),
        "censored": int((~table["is_event"]).sum()),
        "left_out": len(runs) - len(table),
    }
    return result


def check_confidence(confidence: float) -> None:
    """Raise `RequestError` unless a confidence lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise RequestError(f"A confidence of {confidence} is none.", hint="Give one between 0 and 1, such as 0.95.")


def as_of_time(runs: pd.DataFrame, as_of: When) -> pd.Timestamp:
    """Give the time up to which runs are known; None is the latest time in the frame, NaT when it has none."""
    if as_of is not None:
        return window_of("1s", as_of).times[1]
    return cast("pd.Timestamp", pd.concat([runs[name] for name in _TIMES]).max())


def known_spans(runs: pd.DataFrame, value: Value, as_of: pd.Timestamp) -> pd.DataFrame:
    """Give what is known of each run's span: ``time_s``, and whether it ended then or was only seen until then.

    The time is missing where nothing is known: a run that never began has no duration, one that ended at a time that
    the API does not tell has none either, and a span below zero is none.
    """
    begin, end = (runs[name] for name in _ENDS[value])
    # A wait of a run that ended without having begun goes on to that end at least.
    last = runs["ended_at"] if value == "queue_wait_s" else pd.Series(pd.NaT, runs.index, dtype=end.dtype)
    goes_on = end.isna() & last.isna() & (runs["outcome"].isna() | (runs["outcome"] == "live"))
    last = last.mask(goes_on, as_of)
    seen_s = pd.Series((micros(last) - micros(begin)) / US, runs.index).where(begin.notna() & last.notna() & end.isna())
    is_event = runs[value].notna()
    time_s = runs[value].astype("float64").where(is_event, seen_s.where(seen_s >= 0))
    return pd.DataFrame({"time_s": time_s, "is_event": is_event}, index=runs.index)


def _curve(spans: pd.DataFrame, confidence: float) -> pd.DataFrame:
    stats: Any = load("scipy.stats", extra="analysis")
    time_s = spans["time_s"].to_numpy(dtype=np.float64)
    is_event = spans["is_event"].to_numpy(dtype=np.bool_)
    estimate = stats.ecdf(stats.CensoredData(uncensored=time_s[is_event], right=time_s[~is_event])).sf
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        ends = estimate.confidence_interval(confidence_level=confidence, method="log-log")
    times = cast("npt.NDArray[np.float64]", estimate.quantiles)
    ordered = np.sort(time_s)
    counts = pd.DataFrame({"time_s": time_s, "events": is_event, "censored": ~is_event}).groupby("time_s").sum()
    return pd.DataFrame(
        {
            "time_s": times,
            "survival": estimate.probabilities,
            "low": np.nan_to_num(ends.low.probabilities, nan=0.0),
            "high": np.nan_to_num(ends.high.probabilities, nan=1.0),
            "at_risk": len(ordered) - np.searchsorted(ordered, times),
            "events": counts["events"].to_numpy(),
            "censored": counts["censored"].to_numpy(),
        }
    )


def survival_quantiles(
    spans: pd.DataFrame, groups: npt.NDArray[np.int64], count: int, shares: Mapping[str, float]
) -> dict[str, npt.NDArray[np.float64]]:
    """Give for each of `count` groups the shortest time that at most the rest of a share lasts longer than.

    Parameters
    ----------
    spans
        As `known_spans` gives them.
    groups
        The number of each row's group, from 0; -1 is none.
    count
        How many groups there are.
    shares
        Share by name, such as 0.5 for the median.

    Returns
    -------
    dict
        By name, a value for each group: NaN where too many runs go on for it to be told.
    """
    kept = spans["time_s"].notna().to_numpy() & (groups >= 0)
    time_s, is_event = spans["time_s"].to_numpy()[kept], spans["is_event"].to_numpy(dtype=np.bool_)[kept]
    group = groups[kept]
    # At equal times ends come before those that are only seen until then, who are still at risk.
    order = np.lexsort((~is_event, time_s, group))
    time_s, is_event, group = time_s[order], is_event[order], group[order]
    sizes = np.bincount(group, minlength=count)
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    at_risk = firsts[group + 1] - np.arange(len(group))
    # The product over the ends of a group, as a difference of sums of logarithms; the last end may leave nobody.
    with np.errstate(divide="ignore"):
        steps = np.where(is_event, np.log1p(-1 / at_risk), 0.0)
    survival = np.exp(pd.Series(steps).groupby(group).cumsum().to_numpy())
    found: dict[str, npt.NDArray[np.float64]] = {}
    for name, share in shares.items():
        reached = np.flatnonzero(is_event & (survival <= 1 - share + _ROUNDING))
        values = np.full(count, np.nan)
        # Written from the last to the first, so that the first stays.
        values[group[reached[::-1]]] = time_s[reached[::-1]]
        found[name] = values
    return found
