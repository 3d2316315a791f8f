"""Workflows that replay less of their steps since some time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import Scene, began
from cyberdesk_nb.analysis.causes.finding.words import counted, percent, when
from cyberdesk_nb.analysis.statistics.shifts import Shift, find_shift
from cyberdesk_nb.analysis.statistics.significance import hodges_lehmann
from cyberdesk_nb.analysis.statistics.sizes import pooled_share

_FALL_LEAST = 0.08


def fallen_cached_shares(scene: Scene) -> Search:
    """Test for each workflow whether its successful runs replay less since some point."""
    needed = ("workflow_id", "outcome", "steps_agentic", "steps_cached", "created_at", "machine_id")
    search = Search("cached_share_fell", scene.lacking(*needed))
    if search.checked:
        return search
    steps = scene.runs[["steps_agentic", "steps_cached"]].astype("float64")
    runs = scene.runs.assign(began=began(scene.runs), cached=steps["steps_cached"], steps=steps.sum(axis=1))
    runs = runs[(runs["outcome"] == "success") & (runs["steps"] > 0) & runs["cached"].notna() & runs["began"].notna()]
    few = 0
    for workflow, own in runs.sort_values("began", kind="stable").groupby("workflow_id", observed=True):
        if not own["cached"].any():
            continue
        # What is replayed depends on the display of the machine.
        shift = find_shift(-own["cached"] / own["steps"], own["machine_id"].fillna("").to_numpy())
        if shift is None:
            few += 1
            continue
        search.tested.append((shift.p_value, _finding(scene, str(workflow), own, shift)))
    search.checked = f"replays of {counted(len(search.tested), 'workflow')} searched for a point since which they fell"
    search.checked += f"; {counted(few, 'workflow')} with too few successful runs" if few else ""
    return search


def _finding(scene: Scene, workflow: str, runs: pd.DataFrame, shift: Shift) -> Finding | None:
    before, since = runs.iloc[: shift.start], runs.iloc[shift.start :]
    size, _ = pooled_share(before["cached"], before["steps"], since["cached"], since["steps"], scene.confidence)
    if not size.value <= -_FALL_LEAST:
        return None
    share_before, share_since = (part["cached"].sum() / part["steps"].sum() for part in (before, since))
    at = since["began"].iloc[0]
    name = scene.name("workflow", workflow)
    ratio, hours = _slower(before, since)
    slower = f" Its runs take {ratio:.1f} times as long." if hours else ""
    broken = since[since["cached"] / since["steps"] < share_before]
    return Finding(
        kind="cached_share_fell",
        subject_kind="workflow",
        subject_id=workflow,
        subject_name=name,
        headline=f"Workflow {name} replays {percent(share_since)} of its steps since {when(at, scene.tz)}, "
        f"{percent(share_before)} before.",
        detail=f"Over {len(before)} successful runs before and {len(since)} since; difference {percent(-size.value)} "
        f"({percent(-size.high)} to {percent(-size.low)}) of the steps.{slower}",
        n=len(runs),
        size=size,
        unit="share",
        p_value=shift.p_value,
        since=at,
        hours_lost=hours,
        run_ids=tuple(broken["id"]),
    )


def _slower(before: pd.DataFrame, since: pd.DataFrame) -> tuple[float, float]:
    """Give how many times as long the runs take since, and what that comes to in hours."""
    if "duration_s" not in since:
        return 1.0, 0.0
    logs = [np.log(part["duration_s"][part["duration_s"] > 0].to_numpy(np.float64)) for part in (before, since)]
    ratio = float(np.exp(hodges_lehmann([(logs[0], logs[1])]).value))
    if not ratio > 1:
        return 1.0, 0.0
    return ratio, float(since["duration_s"].sum()) * (1 - 1 / ratio) / 3600
