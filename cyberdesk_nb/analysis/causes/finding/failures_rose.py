"""Since when runs fail more often than before, in all and by workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import FAILED
from cyberdesk_nb.analysis.causes.finding.words import counted, percent, when
from cyberdesk_nb.analysis.statistics.shifts import find_rise
from cyberdesk_nb.analysis.statistics.significance import newcombe

if TYPE_CHECKING:
    import pandas as pd

    from cyberdesk_nb.analysis.causes.finding.scene import Scene
    from cyberdesk_nb.analysis.statistics.shifts import Shift

_HITS_LEAST = 5
_RISE_LEAST = 0.05
_TIMES_LEAST = 1.5


def risen_failures(scene: Scene) -> Search:
    """Test for each workflow, and for all together, whether failures are more frequent since some point."""
    search = Search("failures_rose", scene.lacking("workflow_id", "outcome", "created_at"))
    if search.checked:
        return search
    ended = scene.ended()
    parts = [(None, ended), *((str(key), own) for key, own in ended.groupby("workflow_id", observed=True))]
    for workflow, runs in parts:
        shift = find_rise(runs["outcome"].isin(FAILED))
        if shift is not None:
            search.tested.append((shift.p_value, _finding(scene, workflow, runs, shift)))
    search.checked = f"the fleet and {counted(len(parts) - 1, 'workflow')} searched for a point since which more fail"
    return search


def _finding(scene: Scene, workflow: str | None, runs: pd.DataFrame, shift: Shift) -> Finding | None:
    failed = runs["outcome"].isin(FAILED).to_numpy()
    n_before, n = shift.start, len(runs) - shift.start
    before, since = int(failed[: shift.start].sum()), int(failed[shift.start :].sum())
    size = newcombe(before, n_before, since, n, scene.confidence)
    share_before, share = before / n_before, since / n
    if since < _HITS_LEAST or size.value < _RISE_LEAST or share < _TIMES_LEAST * share_before:
        return None
    at = runs["created_at"].iloc[shift.start]
    name = scene.name("workflow", workflow) if workflow else None
    what = f"Workflow {name} fails" if name else "The fleet fails"
    return Finding(
        kind="failures_rose",
        subject_kind="workflow" if workflow else "fleet",
        subject_id=workflow,
        subject_name=name,
        headline=f"{what} {percent(share)} of its runs since {when(at, scene.tz)}; {percent(share_before)} before.",
        detail=f"{since} of {n} runs since, {before} of {n_before} before; difference {percent(size.value)} "
        f"({percent(size.low)} to {percent(size.high)}). Runs explained by a lost connection are left out.",
        n=len(runs),
        size=size,
        unit="share",
        p_value=shift.p_value,
        since=at,
        runs_lost=float(n * (share - share_before)),
        run_ids=tuple(runs["id"][np.arange(len(runs)) >= shift.start][failed[shift.start :]]),
    )
