"""Workflows whose runs take longer since some time, with no more of them left to the agent than before."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import Scene, began
from cyberdesk_nb.analysis.causes.finding.words import counted, seconds, when
from cyberdesk_nb.analysis.statistics.shifts import Shift, find_shift, parts_as_well
from cyberdesk_nb.analysis.statistics.significance import Estimate, hodges_lehmann

_RATIO_LEAST = 1.15
_SLACK_RUNS = 3


def slow_versions(scene: Scene) -> Search:
    """Test for each workflow whether its successful runs take longer since some point."""
    search = Search("slow_version", scene.lacking("workflow_id", "outcome", "duration_s", "created_at"))
    if search.checked:
        return search
    runs = scene.runs.assign(began=began(scene.runs))
    runs = runs[(runs["outcome"] == "success") & (runs["duration_s"] > 0) & runs["began"].notna()]
    few = 0
    for workflow, own in runs.sort_values("began", kind="stable").groupby("workflow_id", observed=True):
        strata = _replayed(own)
        shift = find_shift(own["duration_s"], strata)
        if shift is None:
            few += 1
            continue
        search.tested.append((shift.p_value, _finding(scene, str(workflow), own, strata, shift)))
    search.checked = (
        f"durations of {counted(len(search.tested), 'workflow')} searched for a point since which they rose"
    )
    search.checked += f"; {counted(few, 'workflow')} with too few successful runs" if few else ""
    return search


def _replayed(runs: pd.DataFrame) -> np.ndarray:
    """Group runs that replayed about as large a part of their steps: only these are compared."""
    if "cached_share" not in runs:
        return np.zeros(len(runs))
    return runs["cached_share"].fillna(-1.0).round(1).to_numpy(np.float64)


def _finding(scene: Scene, workflow: str, runs: pd.DataFrame, strata: np.ndarray, shift: Shift) -> Finding | None:
    changed = _change_near(scene, workflow, runs, strata, shift.start)
    is_since = np.arange(len(runs)) >= shift.start if changed is None else (runs["began"] >= changed).to_numpy()
    logs = np.log(runs["duration_s"].to_numpy(np.float64))
    groups = [(logs[(strata == one) & ~is_since], logs[(strata == one) & is_since]) for one in np.unique(strata)]
    size = Estimate(*map(float, np.exp(astuple(hodges_lehmann(groups, scene.confidence)))))
    if not size.value >= _RATIO_LEAST:
        return None
    since = runs["began"].iloc[shift.start] if changed is None else changed
    before_s, since_s = (float(runs["duration_s"][part].median()) for part in (~is_since, is_since))
    hours = float(runs["duration_s"][is_since].sum()) * (1 - 1 / size.value) / 3600
    name = scene.name("workflow", workflow)
    cause = ", when it was changed" if changed is not None else ""
    known = scene.workflows is not None and changed is None
    return Finding(
        kind="slow_version",
        subject_kind="workflow",
        subject_id=workflow,
        subject_name=name,
        headline=f"Workflow {name} takes {size.value:.1f} times as long since {when(since, scene.tz)}{cause}.",
        detail=f"Median of its successful runs {seconds(before_s)} before (n={int((~is_since).sum())}) and "
        f"{seconds(since_s)} since (n={int(is_since.sum())}); {size.value:.2f} times ({size.low:.2f} to "
        f"{size.high:.2f}) between runs that replayed about as much. {hours:.1f} hours of machines so far."
        + (" Its last change known here is of another time." if known else ""),
        n=len(runs),
        size=size,
        unit="times",
        p_value=shift.p_value,
        since=since,
        hours_lost=hours,
        run_ids=tuple(runs["id"][is_since]),
    )


def _change_near(
    scene: Scene, workflow: str, runs: pd.DataFrame, strata: np.ndarray, start: int
) -> pd.Timestamp | None:
    """Give when the workflow was last changed, if that is where its runs change, or may as well be."""
    known = scene.workflows
    if known is None or "updated_at" not in known:
        return None
    changes = known.loc[known["id"] == workflow, "updated_at"].dropna()
    if changes.empty:
        return None
    place = int((runs["began"] < changes.iloc[-1]).sum())
    is_near = abs(place - start) <= _SLACK_RUNS and 0 < place < len(runs)
    return changes.iloc[-1] if is_near or parts_as_well(runs["duration_s"], strata, start, place) else None
