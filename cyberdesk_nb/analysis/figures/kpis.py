"""The fleet in numbers: counts, rates with intervals, waits, durations, throughput, steps, cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.figures.cells import Cells, cells_of
from cyberdesk_nb.analysis.figures.run_flags import COUNTED, STEPS, cost_flags, first_attempt_flags, outcome_flags
from cyberdesk_nb.analysis.figures.survival import Value, check_confidence, known_spans, survival_quantiles
from cyberdesk_nb.analysis.figures.throughput import clock_measures
from cyberdesk_nb.analysis.statistics.intervals import wilson
from cyberdesk_nb.analysis.times.timelines import When, Window, require, window_of
from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

_QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_SECONDS: tuple[Value, ...] = ("queue_wait_s", "duration_s")
_TIMES = ("created_at", "started_at", "ended_at")
_NEEDED = ("outcome", *_TIMES, *STEPS, *_SECONDS)
_RATES = ("success", "task_failed", "infra_error", "check_failed")


def kpis(
    runs: pd.DataFrame,
    by: str | Sequence[str] | None = None,
    freq: str | None = None,
    *,
    tz: str = "UTC",
    confidence: float = 0.95,
    since: When = None,
    until: When = None,
    attempts: pd.DataFrame | None = None,
    costs: pd.DataFrame | None = None,
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
        Of the intervals around the rates, between 0 and 1.
    since, until
        The time that the frame is about; naive is UTC, and `since` may be a span such as ``"7d"``. None: from the
        first creation to the latest time in the frame. Runs still live count as going on up to `until`.
    attempts
        Runs that were retried, as `hidden_retries` gives them. Without it the first-attempt rate is missing.
    costs
        A frame as `run_costs_frame` or `llm_costs_frame` gives it. Without it the cost is missing.

    Returns
    -------
    pandas.DataFrame
        Sorted by group and period. What cannot be computed is NaN. Without runs there is no row, and without `by` and
        `freq` there is always one. The columns of `by`; ``period`` (its start, with `freq`); then of the runs that were
        created in it:

        - ``n`` (all runs); ``success``, ``task_failed``, ``infra_error``, ``check_failed``, ``cancelled``, ``live``;
          ``unknown`` (status not known here); ``ended`` (the first four together).
        - ``success_rate`` = success / ended, with Wilson's interval ``success_low`` to ``success_high``; the same for
          ``task_failed``, ``infra_error``, ``check_failed``.
        - ``retried`` (runs in `attempts`); ``first_attempt_rate``, ``first_attempt_low``, ``first_attempt_high``: of
          the runs whose first attempt ended (ended, or retried since), those that are a success and were not retried.
          As a retry need not leave a trace, it is an upper bound; it is never above the success rate.
        - ``queue_wait_p50_s``, ``_p90_``, ``_p95_``, ``_p99_`` of the runs that began, and ``duration_p50_s`` and so
          on of those that ended: linear between neighbours, as pandas does it. ``queue_wait_km_p50_s`` and so on
          keep those that still wait or run as longer than until now (Kaplan and Meier): the shortest time that no
          more than the rest lasts longer than; missing where too many go on. ``queue_wait_going_on`` and
          ``duration_going_on`` count these; a wait that ended without a start is one of them.
        - ``steps_known`` (runs with counted steps), ``steps_agentic``, ``steps_cached``, ``cached_share``.
        - ``cost_usd`` (sum of what is known), ``cost_priced``, ``cost_partly_priced``, ``cost_unpriced`` (runs by
          whether all, a part or nothing of their cost is known), ``cost_mean_usd`` (of the wholly priced ones).

        And of the clock time of the row, no matter when a run was created: ``observed_h`` (hours of the period between
        `since` and `until`), ``throughput_per_h`` (runs that ended in it in success or failure, in each of these
        hours), ``concurrency_max`` and ``concurrency_mean`` (runs on machines at once, the mean over time). Runs that
        are not in the frame, such as those created before it begins, count nowhere.

        ``attrs`` hold ``since``, ``until`` (ISO times or None) and the ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When a frame lacks a column that is needed, for an offset, time zone, time or confidence that is none, for
        `by` that cannot be grouped by or is called as a result is, and for more than 2 million rows.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> int(kpis(runs_frame([])).n[0])
    0
    """
    groups = [by] if isinstance(by, str) else list(dict.fromkeys(() if by is None else by))
    check_confidence(confidence)
    require(runs, [*_NEEDED, *groups], "runs")
    completeness = runs.attrs.get("completeness")
    runs = runs.reset_index(drop=True)
    # They are copied with every step, and can be long.
    runs.attrs = {}
    window = _window(runs, since, until)
    cells = cells_of(runs, groups, freq, tz, window)
    flags = pd.concat([outcome_flags(runs), first_attempt_flags(runs, attempts), cost_flags(runs, costs)], axis=1)
    sums = flags.groupby(cells.of_run).sum().reindex(np.arange(cells.count), fill_value=0)
    measures = _measures(sums, confidence, with_attempts=attempts is not None)
    clock = clock_measures(runs, cells, window, flags["ended"].to_numpy() > 0)
    cost = _costs(sums, with_costs=costs is not None)
    table = pd.concat([cells.rows(), measures, _spans(runs, cells, window), cost, clock], axis=1)
    if not table.columns.is_unique:
        names = ", ".join(table.columns[table.columns.duplicated()])
        raise RequestError(f"by = {names} is what a result is called, too.", hint="Rename the column first.")
    table = table[table.pop("is_row")].reset_index(drop=True)
    ends = (None, None) if window is None else tuple(time.isoformat() for time in window.times)
    table.attrs = {"since": ends[0], "until": ends[1], "completeness": completeness}
    return table


def _window(runs: pd.DataFrame, since: When, until: When) -> Window | None:
    """Give the time that was observed; None when nothing tells it."""
    times = pd.concat([runs[name] for name in _TIMES]).dropna()
    first = runs["created_at"].min() if since is None and runs["created_at"].notna().any() else since
    if times.nunique() < 2 and (first is None or until is None):
        return None
    if since is None and until is None and first == times.max():
        first = None  # by clocks that differ, all that is told happened before the first run was asked for
    return window_of(first, until, times)


def _measures(sums: pd.DataFrame, confidence: float, *, with_attempts: bool) -> pd.DataFrame:
    """Give the counts, the rates, and the steps."""
    table = sums[["n", *COUNTED, "unknown", "ended"]].copy()
    for name in _RATES:
        _add_rate(table, name, sums[name], sums["ended"], confidence)
    table["retried"] = _count(sums["retried"], is_known=with_attempts)
    first_ended = sums["first_ended"] if with_attempts else 0 * sums["first_ended"]
    _add_rate(table, "first_attempt", sums["first_success"], first_ended, confidence)
    table[["steps_known", *STEPS]] = sums[["steps_known", *STEPS]]
    table["cached_share"] = sums["steps_cached"] / (sums["steps_agentic"] + sums["steps_cached"])
    return table


def _add_rate(table: pd.DataFrame, name: str, hits: pd.Series, trials: pd.Series, confidence: float) -> None:
    table[f"{name}_rate"] = hits / trials
    table[f"{name}_low"], table[f"{name}_high"] = wilson(hits, trials, confidence)


def _spans(runs: pd.DataFrame, cells: Cells, window: Window | None) -> pd.DataFrame:
    """Give the quantiles of waits and durations, without those that go on and with them."""
    until = cast("pd.Timestamp", pd.NaT) if window is None else window.times[1]
    columns: dict[str, npt.ArrayLike] = {}
    for name in _SECONDS:
        stem = name.removesuffix("_s")
        values = runs[name].astype("float64").groupby(cells.of_run)
        columns |= {
            f"{stem}_{label}_s": values.quantile(share).reindex(np.arange(cells.count))
            for label, share in _QUANTILES.items()
        }
        spans = known_spans(runs, name, until)
        kept = survival_quantiles(spans, cells.of_run, cells.count, _QUANTILES)
        columns |= {f"{stem}_km_{label}_s": values for label, values in kept.items()}
        going_on = cells.of_run[(spans["time_s"].notna() & ~spans["is_event"]).to_numpy()]
        columns[f"{stem}_going_on"] = np.bincount(going_on, minlength=cells.count)
    return pd.DataFrame(columns)


def _costs(sums: pd.DataFrame, *, with_costs: bool) -> pd.DataFrame:
    table = pd.DataFrame({"cost_usd": sums["cost_usd"].where(sums["cost_priced"] + sums["cost_partly_priced"] > 0)})
    for name in ("cost_priced", "cost_partly_priced", "cost_unpriced"):
        table[name] = _count(sums[name], is_known=with_costs)
    table["cost_mean_usd"] = sums["cost_of_priced_usd"] / sums["cost_priced"]
    return table


def _count(counts: pd.Series, *, is_known: bool) -> pd.Series:
    """Give counts that can be missing: what nobody looked for is not nought."""
    return counts.astype("Int64") if is_known else pd.Series(pd.NA, counts.index, dtype="Int64")
