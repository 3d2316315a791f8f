"""Which trajectory to approve next: what each would have saved the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from cyberdesk_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NEAR_SHARE = 12 / 1024
_ALIKE = ["action", "keys", "direction"]
_STEP = ["step", *_ALIKE, "x_share", "y_share", "signature_hash"]

_DTYPES: dict[str, Any] = {
    "id": "str",
    "name": "str",
    "workflow_id": "str",
    "workflow_name": "str",
    "created_at": pd.DatetimeTZDtype("us", "UTC"),
    "steps_total": "Int64",
    "runs": "int64",
    "runs_helped": "int64",
    "steps_saved": "int64",
    "steps_saved_per_week": "float64",
    "share_saved": "float64",
    "basis": pd.CategoricalDtype(["steps", "bound"]),
}


@runtime_checkable
class Queued(Protocol):
    """What works out its own queue: a workspace."""

    def approval_queue(self) -> pd.DataFrame:
        """Fetch what is needed, and rank."""
        ...


def approval_queue(
    trajectories: pd.DataFrame | Queued,
    runs: pd.DataFrame | None = None,
    steps: pd.DataFrame | None = None,
    *,
    days: float = 28.0,
) -> pd.DataFrame:
    """Rank trajectories that are not approved by the agentic steps that approving them would save.

    Counted are the calls that the agent decided in recent runs of the same workflow and that the trajectory would have
    replayed: those of the leading steps of the run that do the same as the trajectory's. Two steps do the same with
    equal signatures, or, where one has none, with the same action, keys and direction at about the same place (12
    pixels of 1024), whatever text is typed. Calls that always run live (`focused_action`, extractions) save nothing.

    It is assumed that coming runs are like recent ones, that the screens would have matched, and that all of them ran
    on the trajectory's display size, which runs do not tell. Savings of two trajectories of one workflow do not add up.

    Parameters
    ----------
    trajectories
        As `trajectories_frame` gives them, or a workspace: then ``ws.approval_queue()`` is returned.
    runs
        Recent runs, as `runs_frame` gives them.
    steps
        The steps of those trajectories and runs, as `steps_frame` gives them. None, or without a trajectory's own
        steps, gives an upper bound: no run can save more agentic steps than it spent, or than the trajectory has.
    days
        How far back runs count, from the newest one.

    Returns
    -------
    pandas.DataFrame
        A row for each trajectory that is not approved, the greatest saving first: ``id``, ``name``, ``workflow_id``,
        ``workflow_name``, ``created_at``, ``steps_total``, ``runs`` (recent ones of the workflow), ``runs_helped``,
        ``steps_saved``, ``steps_saved_per_week``, ``share_saved`` (of the agentic steps that these runs spent),
        ``basis`` (``steps``, or ``bound`` for an upper bound). Nothing to approve gives no row.

        ``attrs`` hold ``days`` (the time that the runs cover, at most `days`) and ``runs_without_steps`` (recent runs
        whose steps were not given; they count as saving nothing).

    Raises
    ------
    RequestError
        When a frame lacks a column that is needed, or the runs are missing.

    Examples
    --------
    >>> from cyberdesk_nb.frames import runs_frame, trajectories_frame
    >>> approval_queue(trajectories_frame([]), runs_frame([])).empty
    True
    """
    if isinstance(trajectories, Queued):
        return trajectories.approval_queue()
    if runs is None:
        raise RequestError("Without runs no saving can be told.", hint="Give ws.runs(), or the workspace alone.")
    _require(trajectories, ["id", "workflow_id", "is_approved", "steps_total"], "trajectories")
    _require(runs, ["id", "workflow_id", "created_at", "steps_agentic"], "runs")
    if steps is not None:
        _require(steps, ["source", "source_id", "is_cached", "text", *_STEP], "steps")
    recent, span_days = _recent(runs, days)
    waiting = trajectories[~trajectories["is_approved"].fillna(value=False).astype(bool)]
    told = pd.DataFrame(columns=[*_STEP, "source_id", "is_free"]) if steps is None else _run_steps(steps, recent)
    rows = [_row(trajectory, recent, told, steps, span_days) for trajectory in waiting.to_dict("records")]
    queue = pd.DataFrame(rows, columns=list(_DTYPES))
    queue["created_at"] = pd.to_datetime(queue["created_at"], utc=True)
    order = ["steps_saved_per_week", "runs_helped", "steps_total"]
    queue = queue.astype(_DTYPES).sort_values(order, ascending=False, kind="stable", ignore_index=True)
    unseen = 0 if steps is None else int((~recent["id"].isin(told["source_id"])).sum())
    queue.attrs = {"days": span_days, "runs_without_steps": unseen}
    return queue


def _require(frame: pd.DataFrame, names: Sequence[str], noun: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        hint = f"Take the frame from {noun}_frame or ws.{noun}."
        raise RequestError(f"The frame of {noun} lacks the columns {', '.join(missing)}.", hint=hint)


def _recent(runs: pd.DataFrame, days: float) -> tuple[pd.DataFrame, float]:
    """Give the runs that count, and the days that they cover: never less than one, so that a rate means something."""
    newest = runs["created_at"].max()
    if pd.isna(newest):
        return runs.iloc[:0], days
    is_recent: pd.Series = runs["created_at"] > newest - pd.Timedelta(days=days)
    recent: pd.DataFrame = runs[is_recent].drop_duplicates("id")
    covered = (newest - runs["created_at"].min()) / pd.Timedelta(days=1)
    return recent, float(min(days, max(1.0, covered)))


def _run_steps(steps: pd.DataFrame, recent: pd.DataFrame) -> pd.DataFrame:
    """Give the steps of the runs that count, each with whether replaying it would save the agent something."""
    told = steps[(steps["source"] == "run") & steps["source_id"].isin(recent["id"])]
    live = (told["action"] == "focused_action") | ((told["action"] == "screenshot") & told["text"].notna())
    decided = ~told["is_cached"].fillna(value=False).astype(bool)
    return told[[*_STEP, "source_id"]].assign(is_free=~live & decided)


def _row(
    trajectory: dict[Any, Any],
    recent: pd.DataFrame,
    told: pd.DataFrame,
    steps: pd.DataFrame | None,
    span_days: float,
) -> dict[str, Any]:
    is_of_workflow: pd.Series = recent["workflow_id"] == trajectory["workflow_id"]
    of_workflow: pd.DataFrame = recent[is_of_workflow]
    own = told.iloc[:0] if steps is None else _steps_of(steps, trajectory["id"])
    spent = of_workflow["steps_agentic"].fillna(0).astype("int64")
    length = 0 if pd.isna(trajectory["steps_total"]) else int(trajectory["steps_total"])
    of_runs = told.loc[told["source_id"].isin(of_workflow["id"])]
    saved = spent.clip(upper=length) if own.empty else _saved(of_runs, own)
    total = int(saved.sum())
    return {
        **{name: trajectory.get(name) for name in ("id", "name", "workflow_id", "workflow_name", "created_at")},
        "steps_total": trajectory["steps_total"],
        "runs": len(of_workflow),
        "runs_helped": int((saved > 0).sum()),
        "steps_saved": total,
        "steps_saved_per_week": total * 7 / span_days,
        "share_saved": total / spent.sum() if spent.sum() else np.nan,
        "basis": "bound" if own.empty else "steps",
    }


def _steps_of(steps: pd.DataFrame, trajectory_id: str) -> pd.DataFrame:
    return steps.loc[(steps["source"] == "trajectory") & (steps["source_id"] == trajectory_id)]


def _saved(told: pd.DataFrame, own: pd.DataFrame) -> pd.Series:
    """Count for each run the steps that the trajectory would have replayed in the agent's place."""
    pairs = told.merge(own[_STEP], on="step", suffixes=("", "_own")).sort_values(["source_id", "step"])
    alike = _same(pairs, "action") & _same(pairs, "keys") & _same(pairs, "direction")
    for name in ("x_share", "y_share"):
        apart = (pairs[name] - pairs[f"{name}_own"]).abs()
        alike &= (apart <= _NEAR_SHARE) | (pairs[name].isna() & pairs[f"{name}_own"].isna())
    signed = pairs["signature_hash"].notna() & pairs["signature_hash_own"].notna()
    matches = alike.where(~signed, pairs["signature_hash"] == pairs["signature_hash_own"])
    # A run leaves the trajectory at its first step that differs, and at a gap in its steps.
    in_order = pairs.groupby("source_id").cumcount() == pairs["step"]
    leading = (matches & in_order).astype("int64").groupby(pairs["source_id"]).cumprod().astype(bool)
    return (leading & pairs["is_free"].astype(bool)).groupby(pairs["source_id"]).sum()


def _same(pairs: pd.DataFrame, name: str) -> pd.Series:
    one, other = pairs[name].fillna(""), pairs[f"{name}_own"].fillna("")
    return one == other
