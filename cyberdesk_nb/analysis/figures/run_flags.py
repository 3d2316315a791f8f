"""What each run adds to the sums over a group: a column of zeros and ones, or of amounts, for each thing counted."""

from __future__ import annotations

import pandas as pd

from cyberdesk_nb.analysis.times.timelines import require
from cyberdesk_nb.errors import RequestError

ENDED = ("success", "task_failed", "infra_error", "check_failed")
COUNTED = (*ENDED, "cancelled", "live")
STEPS = ("steps_agentic", "steps_cached")

_TOTALS = {"total_cost_usd": "cost_usd", "has_unpriced": "has_unpriced"}
_OF_ROWS = {"run_total_cost_usd": "cost_usd", "run_has_unpriced": "has_unpriced"}


def outcome_flags(runs: pd.DataFrame) -> pd.DataFrame:
    """Mark the outcome of each run, and count its steps; ``steps_known`` where both of their counts are known."""
    flags = pd.DataFrame({"n": 1}, index=runs.index, dtype="int64")
    for name in COUNTED:
        flags[name] = (runs["outcome"] == name).astype("int64")
    flags["unknown"] = runs["outcome"].isna().astype("int64")
    flags["ended"] = runs["outcome"].isin(ENDED).astype("int64")
    flags["steps_known"] = runs[list(STEPS)].notna().all(axis=1).astype("int64")
    for name in STEPS:
        flags[name] = runs[name].astype("Int64").fillna(0).astype("int64")
    return flags


def first_attempt_flags(runs: pd.DataFrame, attempts: pd.DataFrame | None) -> pd.DataFrame:
    """Mark the runs that were retried, those whose first attempt has ended, and those whose first was a success."""
    if attempts is None:
        return pd.DataFrame(0, index=runs.index, columns=["retried", "first_ended", "first_success"])
    require(runs, ["id"], "runs")
    require(attempts, ["run_id"], "attempts")
    retried = runs["id"].isin(attempts["run_id"].dropna())
    ended, succeeded = runs["outcome"].isin(ENDED) | retried, (runs["outcome"] == "success") & ~retried
    return pd.DataFrame({"retried": retried, "first_ended": ended, "first_success": succeeded}).astype("int64")


def cost_flags(runs: pd.DataFrame, costs: pd.DataFrame | None) -> pd.DataFrame:
    """Add what is known of the cost of each run, and mark whether that is all, a part or nothing."""
    cost, is_whole = _costs(runs, costs)
    known = cost.notna()
    return pd.DataFrame(
        {
            "cost_usd": cost.fillna(0.0),
            "cost_of_priced_usd": cost.where(is_whole, 0.0),
            "cost_priced": is_whole.astype("int64"),
            "cost_partly_priced": (known & ~is_whole).astype("int64"),
            "cost_unpriced": (~known).astype("int64"),
        }
    )


def _costs(runs: pd.DataFrame, costs: pd.DataFrame | None) -> tuple[pd.Series, pd.Series]:
    """Give the known cost of each run, and whether it leaves nothing out."""
    if costs is None:
        return pd.Series(float("nan"), runs.index), pd.Series(data=False, index=runs.index)
    require(runs, ["id"], "runs")
    names = next((names for names in (_TOTALS, _OF_ROWS) if {"run_id", *names} <= set(costs.columns)), None)
    if names is None:
        raise RequestError(
            "The frame of costs lacks run_id, total_cost_usd or has_unpriced.",
            hint="Take it from run_costs_frame or llm_costs_frame.",
        )
    by_run = costs[["run_id", *names]].rename(columns=names).dropna(subset="run_id").drop_duplicates("run_id")
    by_run = by_run.set_index("run_id")
    cost = runs["id"].map(by_run["cost_usd"].astype("float64")).astype("float64")
    is_priced = ~by_run["has_unpriced"].astype("boolean").fillna(value=True)
    return cost, cost.notna() & runs["id"].map(is_priced).eq(other=True)
