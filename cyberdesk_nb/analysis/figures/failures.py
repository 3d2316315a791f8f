"""What runs fail of: failures of the same kind together, the most frequent first."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cyberdesk_nb.analysis.times.timelines import TIME, require

FAILED = ("task_failed", "infra_error", "check_failed")
_NEEDED = ("id", "workflow_id", "machine_id", "outcome", "error", "error_signature", "created_at", "ended_at")
_KINDS = ["error_signature", "outcome"]
_COLUMNS: dict[str, Any] = {
    "error_signature": "str",
    "outcome": "str",
    "n": "int64",
    "share": "float64",
    "first_seen": TIME,
    "last_seen": TIME,
    "machines": "int64",
    "workflows": "int64",
    "example_run_id": "str",
    "example_error": "str",
}


def failures(runs: pd.DataFrame) -> pd.DataFrame:
    """Count the runs that failed by what they failed of.

    Parameters
    ----------
    runs
        A frame as `runs_frame` gives it.

    Returns
    -------
    pandas.DataFrame
        A row for each kind of failure, the most frequent first, then the latest: ``error_signature`` (missing where
        runs failed without a word), ``outcome`` (task_failed, infra_error, check_failed), ``n``, ``share`` (of all
        failed runs), ``first_seen``, ``last_seen`` (when such a run ended; created, where no end is told),
        ``machines``, ``workflows`` (how many different ones), ``example_run_id`` and ``example_error`` of the latest.
        ``attrs["failed"]`` counts the failed runs and ``attrs["ended"]`` those with any outcome but cancelled or live.

    Raises
    ------
    RequestError
        When the frame lacks a column that is needed.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame
    >>> failures(runs_frame([])).empty
    True
    """
    require(runs, _NEEDED, "runs")
    failed = runs[runs["outcome"].isin(FAILED)]
    failed = failed.assign(
        seen=failed["ended_at"].fillna(failed["created_at"]), outcome=failed["outcome"].astype("str")
    )
    # In the order of time, a run without one first: the last of a group is then the latest.
    failed = failed.sort_values(["seen", "id"], na_position="first")
    kinds: Any = failed.groupby(_KINDS, dropna=False, sort=False)
    measures: dict[str, Any] = {
        "n": ("id", "size"),
        "first_seen": ("seen", "min"),
        "last_seen": ("seen", "max"),
        "machines": ("machine_id", "nunique"),
        "workflows": ("workflow_id", "nunique"),
    }
    latest = failed.drop_duplicates(_KINDS, keep="last")[[*_KINDS, "id", "error"]]
    latest = latest.rename(columns={"id": "example_run_id", "error": "example_error"})
    table = kinds.agg(**measures).reset_index().merge(latest, on=_KINDS, how="left")
    table["share"] = table["n"] / len(failed)
    table = table.sort_values(["n", "last_seen", *_KINDS], ascending=[False, False, True, True], ignore_index=True)
    table = table[list(_COLUMNS)].astype(_COLUMNS)
    ended = runs["outcome"].isin(["success", *FAILED])
    table.attrs = {"failed": len(failed), "ended": int(ended.sum())}
    return table
