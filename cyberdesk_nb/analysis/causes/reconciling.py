"""Our count of steps against the server's, for the same time: every gap, and what would close it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.words import counted
from cyberdesk_nb.analysis.times.timelines import require

if TYPE_CHECKING:
    from collections.abc import Iterator

MEASURES = ("runs_counted", "steps_agentic", "steps_cached")
_TIME: Any = pd.DatetimeTZDtype("us", "UTC")
_DTYPES: dict[str, Any] = {
    "period_start": _TIME,
    "period_end": _TIME,
    "mode": "str",
    "measure": "str",
    "usage": "Int64",
    "runs": "Int64",
    "gap": "Int64",
    "is_balanced": "boolean",
    "closed_by": "str",
    "reason": "str",
}
_RUNS = ("id", "created_at", "started_at", "ended_at", "outcome", "billing_outcome", "steps_agentic", "steps_cached")
_BILLED = ("steps_agentic_billed", "steps_cached_billed")
_USAGE = ("period_start", "period_end", "mode", *MEASURES)


def reconcile_usage(runs: pd.DataFrame, usage: pd.DataFrame) -> pd.DataFrame:
    """Compare the steps of runs with the sums of `GET /v1/usage/aggregate` for the same time.

    Runs count by ``created_at``, from the start of a period up to, not including, its end. Mode ``simulated`` sums all
    steps of runs with usage but those with the billing outcome ``infra_failure``; ``billed`` sums the billed steps of
    all runs with usage.

    Parameters
    ----------
    runs
        As `runs_frame` gives them: all runs of the time, and those around it, so that another reckoning of the time can
        be tried.
    usage
        As `usage_frame` gives it, one row for each period.

    Returns
    -------
    pandas.DataFrame
        Three rows for each period, in order: ``measure`` (``runs_counted``, ``steps_agentic``, ``steps_cached``),
        ``usage`` (theirs), ``runs`` (ours), ``gap`` (theirs less ours; 0 is a balance), ``is_balanced``.
        ``closed_by``: other reckonings under which all three of the period agree, such as ``by ended_at``; missing
        when there is none, or no gap. ``reason``: the same in words, or what may be the reason, with sizes.
        ``attrs``: ``balanced``, whether no row has a gap; ``periods``; ``completeness`` of the runs.

    Raises
    ------
    RequestError
        When a frame lacks a column.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame, usage_frame
    >>> reconcile_usage(runs_frame([]), usage_frame([])).empty
    True
    """
    require(usage, _USAGE, "usage")
    modes = set(usage["mode"].dropna())
    require(runs, [*_RUNS, *(_BILLED if "billed" in modes else ())], "runs")
    # Texts of inputs and outputs are the most of a frame, and every selection would copy them.
    used = runs[[name for name in (*_RUNS, *_BILLED) if name in runs]]
    used.attrs = {"completeness": runs.attrs.get("completeness")}
    used = used.dropna(subset="id").drop_duplicates("id", keep="last")
    rows: list[dict[str, Any]] = [
        row for period in usage[list(_USAGE)].to_dict("records") for row in _rows(used, cast("dict[str, Any]", period))
    ]
    table = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    table.attrs = {
        "balanced": bool(table["is_balanced"].fillna(value=False).all()),
        "periods": len(usage),
        "completeness": runs.attrs.get("completeness"),
    }
    return table


def _rows(runs: pd.DataFrame, period: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Compare one period."""
    ours = _sums(_counted(_within(runs, period, "created_at"), period), period)
    theirs = {measure: pd.NA if pd.isna(period[measure]) else int(period[measure]) for measure in MEASURES}
    gaps: dict[str, Any] = {measure: theirs[measure] - ours[measure] for measure in MEASURES}
    is_open = not all(gap == 0 for gap in gaps.values() if pd.notna(gap))
    closed_by = _closing(runs, period, theirs) if is_open else None
    for measure in MEASURES:
        gap = gaps[measure]
        balanced = pd.NA if pd.isna(gap) else bool(gap == 0)
        yield {
            **{name: period[name] for name in ("period_start", "period_end", "mode")},
            "measure": measure,
            "usage": theirs[measure],
            "runs": ours[measure],
            "gap": gap,
            "is_balanced": balanced,
            "closed_by": None if balanced is True else closed_by,
            "reason": _reason(runs, period, gap, closed_by, gaps["runs_counted"]),
        }


def _within(runs: pd.DataFrame, period: Mapping[str, Any], time: str, *, ends_in: bool = False) -> pd.DataFrame:
    before = runs[time] <= period["period_end"] if ends_in else runs[time] < period["period_end"]
    return cast("pd.DataFrame", runs.loc[(runs[time] >= period["period_start"]) & before])


def _used(runs: pd.DataFrame) -> pd.DataFrame:
    names = [name for name in ("steps_agentic", "steps_cached", *_BILLED, "billing_outcome") if name in runs]
    return runs[runs[names].notna().any(axis=1)]


def _counted(runs: pd.DataFrame, period: Mapping[str, Any]) -> pd.DataFrame:
    """Give the runs that the sums are made of."""
    used = _used(runs)
    return used if period["mode"] == "billed" else used[used["billing_outcome"].astype(object) != "infra_failure"]


def _sums(runs: pd.DataFrame, period: Mapping[str, Any]) -> dict[str, int]:
    suffix = "_billed" if period["mode"] == "billed" else ""
    steps = {name: int(runs[f"{name}{suffix}"].fillna(0).clip(lower=0).sum()) for name in MEASURES[1:]}
    return {"runs_counted": len(runs), **steps}


def _closing(runs: pd.DataFrame, period: Mapping[str, Any], theirs: Mapping[str, Any]) -> str | None:
    """Give the reckoning under which all three sums agree."""
    within = _within(runs, period, "created_at")
    kept = _counted(within, period)
    others = {
        "by started_at": _counted(_within(runs, period, "started_at"), period),
        "by ended_at": _counted(_within(runs, period, "ended_at"), period),
        "with the end of the period": _counted(_within(runs, period, "created_at", ends_in=True), period),
        "without live runs": kept[kept["outcome"] != "live"],
        "with runs that the platform failed": _used(within),
        "with runs that used nothing": pd.concat([kept, within[~within["id"].isin(_used(within)["id"])]]),
    }
    if not all(isinstance(value, int) for value in theirs.values()):
        return None
    # A count of runs may agree by chance; all three together hardly do.
    return " or ".join(name for name, part in others.items() if _sums(part, period) == dict(theirs)) or None


def _reason(runs: pd.DataFrame, period: Mapping[str, Any], gap: Any, closed_by: str | None, of_runs: Any) -> str:
    if pd.isna(gap):
        return "The server's sum is missing."
    if gap == 0:
        return "Balanced."
    if closed_by is not None:
        return f"All three sums agree when counted {closed_by}."
    within = _within(runs, period, "created_at")
    live = int((within["outcome"] == "live").sum())
    if gap > 0 and live and pd.notna(of_runs) and of_runs == 0:
        return f"Most likely {counted(live, 'run')} still going, whose steps grew between the two answers."
    unused = len(within) - len(_used(within))
    seen = [
        f"{counted(live, 'run')} still going, whose steps change" if live else "",
        f"{counted(unused, 'run')} without usage" if unused else "",
        "" if _is_complete(runs) else "not all runs may be here",
    ]
    why = (
        "They count more: runs that are deleted or not fetched, or first attempts that a retry overwrote."
        if gap > 0
        else "They count less: their sums may lag behind, or usage was written to runs later."
    )
    noted = "; ".join(part for part in seen if part)
    return f"{why} In this time: {noted}." if noted else why


def _is_complete(runs: pd.DataFrame) -> bool:
    told = runs.attrs.get("completeness")
    return isinstance(told, Mapping) and cast("Mapping[str, Any]", told).get("complete") is True
