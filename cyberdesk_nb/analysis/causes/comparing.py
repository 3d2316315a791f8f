"""Is it better, worse, or noise: the runs of two times compared, with intervals, corrected for every look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.causes.differences import MEASURES, compared
from cyberdesk_nb.analysis.statistics.significance import check_confidence, holm
from cyberdesk_nb.analysis.times.timelines import require
from cyberdesk_nb.errors import RequestError, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cyberdesk_nb.analysis.causes.differences import Metric

Time = str | datetime | pd.Timestamp
Window = tuple[Time | None, Time | None]
Correction = Literal["holm", "none"]

METRICS: tuple[Metric, ...] = ("success_rate", "infra_error_rate", "duration_s", "queue_wait_s", "cached_share")
_TIME: Any = pd.DatetimeTZDtype("us", "UTC")
_DTYPES: dict[str, Any] = {
    "metric": "str",
    "n_before": "int64",
    "n_after": "int64",
    "value_before": "float64",
    "value_after": "float64",
    "difference": "float64",
    "difference_low": "float64",
    "difference_high": "float64",
    "p_value": "float64",
    "p_adjusted": "float64",
    "verdict": "str",
    "note": "str",
}
NO_DIFFERENCE = "no difference shown"


def compare_periods(
    runs: pd.DataFrame,
    split: Time | tuple[Window, Window],
    *,
    by: str | Sequence[str] | None = None,
    metrics: Metric | Sequence[Metric] = METRICS,
    confidence: float = 0.95,
    correction: Correction = "holm",
) -> pd.DataFrame:
    """Compare the runs asked for before a time with those since, metric by metric.

    Parameters
    ----------
    runs
        As `runs_frame` gives them.
    split
        A time (naive is UTC), from which on runs count as after; or two windows ``((since, until), (since, until))``,
        each from its start up to, not including, its end; None is unbounded.
    by
        Columns to compare within, for example ``workflow_name``; runs where one is missing are a group, too.
    metrics
        One or several of ``success_rate``, ``infra_error_rate``, ``task_failure_rate`` (of the runs that ended and were
        not cancelled; Newcombe's interval, Fisher's exact test), ``duration_s``, ``queue_wait_s`` (of successful runs,
        of started runs; medians, Hodges and Lehmann's difference, Mann and Whitney's test), ``cached_share`` (replayed
        share of all steps of successful runs; interval and test of a ratio of means over runs).
    confidence
        Of the intervals, each by itself, and of all verdicts together.
    correction
        ``holm`` corrects the p-values for the number of comparisons made here, ``none`` does not.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, then ``metric``, ``n_before``, ``n_after`` (runs that it rests on), ``value_before``,
        ``value_after``, ``difference`` (after less before) with ``difference_low`` and ``difference_high``,
        ``p_value``, ``p_adjusted``, ``verdict``, ``note`` (what limits it, in words).

        ``verdict`` is ``better`` or ``worse`` where ``p_adjusted`` is at most ``1 - confidence``, ``too few runs``
        where no number of differing runs could have shown a difference, and else ``no difference shown``: which is not
        to say that there is none; the interval says how large it may be. More success and more replay is better, less
        time is better.

        In the order of the groups, then of `metrics`. ``attrs``: ``comparisons``, how many p-values were corrected
        for; ``correction``; ``left_out``, runs in neither time; ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When a column is missing, a time is none, windows overlap, or a metric is not known.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> compare_periods(runs_frame([]), "2026-11-01")["verdict"].unique().tolist()
    ['too few runs']
    """
    check_confidence(confidence)
    chosen = _chosen(metrics)
    groups = [by] if isinstance(by, str) else list(() if by is None else by)
    require(runs, ["created_at", *groups, *_columns(chosen)], "runs")
    is_before, is_after = _sides(runs["created_at"], split)
    # Texts are the most of a frame, and every selection would copy them.
    looked_at = runs[list(dict.fromkeys(["created_at", *groups, *_columns(chosen)]))]
    looked_at.attrs = {}
    parts = _groups(looked_at, groups, is_before, is_after)
    rows = [
        {**dict(zip(groups, key, strict=True)), **row}
        for key, before, after in parts
        for row in compared(before, after, chosen, confidence)
    ]
    table = _judged(pd.DataFrame(rows, columns=[*groups, *_DTYPES]), confidence, correction)
    table = table.astype({**{name: runs[name].dtype for name in groups}, **_DTYPES})
    return _told(table, runs, correction, int((~is_before & ~is_after).sum()))


def compare_versions(
    runs: pd.DataFrame,
    workflows: pd.DataFrame | None = None,
    *,
    versions: Mapping[str, Time | Iterable[Any]] | None = None,
    metrics: Metric | Sequence[Metric] = METRICS,
    confidence: float = 0.95,
    correction: Correction = "holm",
) -> pd.DataFrame:
    """Compare each workflow's runs under a version with those under the version before.

    A workflow changes at its ``updated_at``, which any change of it moves, a new name too; earlier changes are those of
    `GET /v1/workflows/{workflow_id}/versions`. A run belongs to a version when it was asked for after the change
    to it and began before the next; one that waited over a change belongs to none.

    Parameters
    ----------
    runs
        As `runs_frame` gives them.
    workflows
        As `workflows_frame` gives them: the last change of each is compared.
    versions
        By workflow id: one time of change, or several, as times or as the records of the API (their ``updated_at``).
        Each version is then compared with the one before it.
    metrics, confidence, correction
        As in `compare_periods`.

    Returns
    -------
    pandas.DataFrame
        ``workflow_id``, ``workflow_name``, ``changed_at``, then the columns of `compare_periods`; only changes with
        runs on either side have rows. In the order of names and changes. ``attrs`` as there; ``left_out`` counts the
        runs that waited over a change; ``changes``, how many changes were known.

    Raises
    ------
    RequestError
        When neither workflows nor versions are given, a column is missing, or a time is none.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> compare_versions(runs_frame([]), versions={"w": "2026-11-01"}).empty
    True
    """
    chosen = _chosen(metrics)
    require(runs, ["id", "workflow_id", "created_at", "started_at", *_columns(chosen)], "runs")
    check_confidence(confidence)
    changes = _changes(workflows, versions)
    rows: list[dict[str, Any]] = []
    over = 0
    for workflow, own in runs.groupby("workflow_id", observed=True):
        times = changes.get(str(workflow), [])
        version, waited = _version_of(own, times)
        over += waited
        name = own["workflow_name"].dropna().iloc[-1:].tolist() if "workflow_name" in own else []
        for number, changed in enumerate(times):
            before = cast("pd.DataFrame", own.loc[version == number])
            after = cast("pd.DataFrame", own.loc[version == number + 1])
            if before.empty or after.empty:
                continue
            told = {"workflow_id": workflow, "workflow_name": name[0] if name else None, "changed_at": changed}
            rows += [{**told, **row} for row in compared(before, after, chosen, confidence)]
    dtypes = {"workflow_id": "str", "workflow_name": "str", "changed_at": _TIME, **_DTYPES}
    table = _judged(pd.DataFrame(rows, columns=list(dtypes)), confidence, correction).astype(dtypes)
    table = table.sort_values(["workflow_name", "workflow_id", "changed_at"], kind="stable", ignore_index=True)
    table = _told(table, runs, correction, over)
    table.attrs["changes"] = sum(map(len, changes.values()))
    return table


def _chosen(metrics: Metric | Sequence[Metric]) -> list[Metric]:
    chosen: list[Metric] = [metrics] if isinstance(metrics, str) else list(metrics)
    unknown = [metric for metric in chosen if metric not in MEASURES]
    if unknown:
        raise RequestError(
            f"{printable(str(unknown[0]), 60)!r} is no metric that can be compared.",
            hint=f"Choose of {', '.join(MEASURES)}.",
        )
    return chosen


def _columns(metrics: Sequence[Metric]) -> list[str]:
    return [name for metric in metrics for name in MEASURES[metric].columns]


def _sides(times: pd.Series, split: Time | tuple[Window, Window]) -> tuple[pd.Series, pd.Series]:
    """Tell which runs are before and which after."""
    if not isinstance(split, tuple):
        at = _time(split)
        return times < at, times >= at
    before, after = (_within(times, window) for window in split)
    if (before & after).any():
        raise RequestError("The two windows overlap.", hint="A run can only be on one side.")
    return before, after


def _within(times: pd.Series, window: Window) -> pd.Series:
    since, until = window
    inside = times.notna()
    if since is not None:
        inside &= times >= _time(since)
    if until is not None:
        inside &= times < _time(until)
    return inside


def _time(value: Time) -> pd.Timestamp:
    try:
        time = pd.Timestamp(value)
    except (ValueError, TypeError):
        time = None
    if time is None or pd.isna(time):
        raise RequestError(
            f"{printable(repr(value), 60)} is no time.", hint='Use a date such as "2026-11-01", or a datetime.'
        )
    return time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")


def _groups(
    runs: pd.DataFrame, groups: list[str], is_before: pd.Series, is_after: pd.Series
) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame, pd.DataFrame]]:
    if not groups:
        yield (), runs[is_before], runs[is_after]
        return
    for key, own in runs.groupby(groups, dropna=False, observed=True):
        yield cast("tuple[Any, ...]", key), own[is_before.loc[own.index]], own[is_after.loc[own.index]]


def _judged(table: pd.DataFrame, confidence: float, correction: Correction) -> pd.DataFrame:
    """Correct the p-values and say what they show."""
    if correction not in get_args(Correction):
        raise RequestError(f"{printable(str(correction), 60)!r} is no correction.", hint='Use "holm" or "none".')
    p_values = table["p_value"].to_numpy(dtype=np.float64)
    adjusted = holm(p_values) if correction == "holm" else p_values
    is_more_better = table["metric"].map({name: measure.is_more_better for name, measure in MEASURES.items()})
    shown = adjusted <= 1 - confidence
    difference = table["difference"].to_numpy(dtype=np.float64)
    # Ranks may differ where the median of the differences is zero: no side is better then.
    shown &= difference != 0
    is_better = (difference > 0) == is_more_better.to_numpy(dtype=bool)
    verdict = np.where(shown, np.where(is_better, "better", "worse"), NO_DIFFERENCE)
    return table.assign(p_adjusted=adjusted, verdict=np.where(np.isnan(adjusted), "too few runs", verdict))


def _told(table: pd.DataFrame, runs: pd.DataFrame, correction: Correction, left_out: int) -> pd.DataFrame:
    table.attrs = {
        "comparisons": int(table["p_value"].notna().sum()),
        "correction": correction,
        "left_out": left_out,
        "completeness": runs.attrs.get("completeness"),
    }
    return table


def _changes(
    workflows: pd.DataFrame | None, versions: Mapping[str, Time | Iterable[Any]] | None
) -> dict[str, list[pd.Timestamp]]:
    """Give the times at which each workflow changed, in order."""
    if workflows is None and versions is None:
        raise RequestError(
            "It is not known when workflows changed.", hint="Give workflows=ws.workflows(), or versions={id: time}."
        )
    changes: dict[str, set[pd.Timestamp]] = {}
    if workflows is not None:
        require(workflows, ["id", "updated_at"], "workflows")
        known = workflows.dropna(subset=["id", "updated_at"])
        changes = {str(key): {at} for key, at in zip(known["id"], known["updated_at"], strict=True)}
    for key, given in (versions or {}).items():
        several = [given] if isinstance(given, str | datetime) else given
        changes.setdefault(str(key), set()).update(map(_change, several))
    return {key: sorted(times) for key, times in changes.items()}


def _change(version: Any) -> pd.Timestamp:
    """Read a time of change, or a record of a version: it holds when the state that it keeps was set."""
    if isinstance(version, Mapping):
        version = cast("Mapping[str, Any]", version).get("updated_at")
    return _time(version)


def _version_of(runs: pd.DataFrame, changes: list[pd.Timestamp]) -> tuple[Any, int]:
    """Give the number of the version of each run; -1 for one that waited over a change."""
    if not changes:
        return np.zeros(len(runs), np.int64), 0
    marks = pd.DatetimeIndex(changes).as_unit("us")
    asked = marks.searchsorted(pd.DatetimeIndex(runs["created_at"]), side="right")
    began = marks.searchsorted(pd.DatetimeIndex(runs["started_at"].fillna(runs["created_at"])), side="right")
    return np.where(asked == began, asked, -1), int((asked != began).sum())
