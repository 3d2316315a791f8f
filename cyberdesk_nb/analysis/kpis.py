"""The fleet in numbers: counts, success rate with its interval, waits, durations, cached share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.analysis.intervals import wilson
from cyberdesk_nb.analysis.periods import period_starts
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDED = ("success", "task_failed", "infra_error", "check_failed")
_COUNTED = (*_ENDED, "cancelled", "live")
_SUMS = ("steps_agentic", "steps_cached")
_QUANTILES = {"p50": 0.5, "p95": 0.95}
_SECONDS = ("queue_wait", "duration")
_NEEDED = ("outcome", "created_at", *_SUMS, *(f"{name}_s" for name in _SECONDS))


def kpis(
    runs: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    *,
    tz: str = "UTC",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Summarise runs, one row for each group and period.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.
    by
        Columns to group by, for example ``workflow_name``; runs where it is missing are a group, too.
    freq
        Any pandas offset, such as ``D``: one row for each period of ``created_at``, also where nothing ran.
    tz
        Time zone whose days count.
    confidence
        Of the interval around the success rate.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`; ``period`` (its start, with `freq`); ``n`` (all runs); ``success``, ``task_failed``,
        ``infra_error``, ``check_failed``, ``cancelled``, ``live``; ``unknown`` (status not known here); ``ended`` (the
        first four together); ``success_rate`` = success / ended with ``success_low`` and ``success_high``;
        ``queue_wait_p50_s``, ``queue_wait_p95_s``, ``duration_p50_s``, ``duration_p95_s`` of the runs that have one;
        ``steps_agentic``, ``steps_cached``, ``cached_share``. Sorted by group and period. What cannot be computed is
        NaN. Without runs there is no row, and without `by` and `freq` there is always one.

    Raises
    ------
    RequestError
        When the frame lacks a column that is needed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> int(kpis(runs_frame([])).n[0])
    0
    """
    groups = [by] if isinstance(by, str) else list(by or ())
    _require(runs, [*_NEEDED, *groups])
    # A frame of flags sums to counts; the quantiles need the values themselves.
    flags = pd.DataFrame({name: (runs["outcome"] == name).astype("int64") for name in _COUNTED}, index=runs.index)
    flags["unknown"] = runs["outcome"].isna().astype("int64")
    flags["n"] = 1
    values = runs[[f"{name}_s" for name in _SECONDS]].astype("float64")
    sums = runs[list(_SUMS)].astype("Int64").fillna(0).astype("int64")
    table = pd.concat([runs[groups], flags, sums, values], axis=1)
    if not groups and freq is None:
        table["period"] = 0
        return _rates(_summarise(table, ["period"], pd.DataFrame({"period": [0]})), confidence).drop(columns="period")
    if freq is None:
        return _rates(_summarise(table, groups, table[groups].drop_duplicates()), confidence)
    table["period"], periods = period_starts(runs["created_at"], freq, tz)
    keys = table[groups].drop_duplicates().merge(pd.DataFrame({"period": periods}), how="cross") if groups else None
    rows = pd.DataFrame({"period": periods}) if keys is None else keys
    undated = table.loc[table["period"].isna(), [*groups, "period"]].drop_duplicates()
    return _rates(_summarise(table, [*groups, "period"], pd.concat([rows, undated])), confidence)


def _require(runs: pd.DataFrame, names: list[str]) -> None:
    missing = [name for name in names if name not in runs.columns]
    if missing:
        hint = "Take the frame from runs_frame or ws.runs."
        raise RequestError(f"The frame of runs lacks the columns {', '.join(missing)}.", hint=hint)


def _summarise(table: pd.DataFrame, keys: list[str], rows: pd.DataFrame) -> pd.DataFrame:
    """Sum and rank the values of each group, for exactly the wanted rows."""
    grouped = table.groupby(keys, dropna=False, observed=True)
    counts = grouped[["n", *_COUNTED, "unknown", *_SUMS]].sum()
    quantiles = {
        f"{name}_{label}_s": grouped[f"{name}_s"].quantile(share)
        for name in _SECONDS
        for label, share in _QUANTILES.items()
    }
    summary = counts.assign(**quantiles).reset_index()
    summary = rows.merge(summary, on=keys, how="left").sort_values(keys, ignore_index=True)
    summary[list(counts.columns)] = summary[list(counts.columns)].fillna(0).astype("int64")
    return summary


def _rates(summary: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Add the rates and put the columns in order."""
    summary["ended"] = summary[list(_ENDED)].sum(axis=1)
    summary["success_rate"] = summary["success"] / summary["ended"]
    summary["success_low"], summary["success_high"] = wilson(summary["success"], summary["ended"], confidence)
    steps = summary["steps_agentic"] + summary["steps_cached"]
    summary["cached_share"] = summary["steps_cached"] / steps
    rates = ["ended", "success_rate", "success_low", "success_high"]
    seconds = [f"{name}_{label}_s" for name in _SECONDS for label in _QUANTILES]
    measures = ["n", *_COUNTED, "unknown", *rates, *seconds, *_SUMS, "cached_share"]
    return summary[[name for name in summary.columns if name not in measures] + measures]
