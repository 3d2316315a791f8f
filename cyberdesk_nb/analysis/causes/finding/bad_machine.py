"""Machines that fail more than the others do on the same workflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import Scene
from cyberdesk_nb.analysis.causes.finding.words import counted, percent, when
from cyberdesk_nb.analysis.statistics.onsets import find_onset
from cyberdesk_nb.analysis.statistics.significance import excess, newcombe

if TYPE_CHECKING:
    from cyberdesk_nb.analysis.statistics.significance import Excess

_HITS_LEAST = 3
_TIMES_LEAST = 2.0


def bad_machines(scene: Scene) -> Search:
    """Test each machine's platform errors against those of the others on the same workflows."""
    search = Search("bad_machine", scene.lacking("machine_id", "outcome", "workflow_id"))
    if search.checked:
        return search
    ended = scene.ended()
    ended = ended[ended["machine_id"].notna()]
    machines = sorted(ended["machine_id"].unique())
    if len(machines) < 2:
        search.checked = "not checked: it takes two machines to compare"
        return search
    hits = (ended["outcome"] == "infra_error").to_numpy()
    workflows = pd.factorize(ended["workflow_id"], use_na_sentinel=False)[0]
    for machine in machines:
        here = (ended["machine_id"] == machine).to_numpy()
        found = excess(hits, here, workflows)
        matters = found.hits >= max(_HITS_LEAST, _TIMES_LEAST * found.expected)
        search.tested.append((found.p_value, _finding(scene, ended, machine, found) if matters else None))
    search.checked = f"{len(machines)} machines compared on the workflows that they share"
    return search


def _finding(scene: Scene, ended: pd.DataFrame, machine: str, found: Excess) -> Finding:
    failed = ended["outcome"] == "infra_error"
    here = ended["machine_id"] == machine
    n, hits, n_other, hits_other = int(here.sum()), int((here & failed).sum()), int((~here).sum()), int(
        (~here & failed).sum())  # fmt: skip
    size = newcombe(hits_other, n_other, hits, n, scene.confidence)
    name = scene.name("machine", machine)
    onset = find_onset(failed[here])
    since = ended.loc[here, "created_at"].iloc[onset.start] if onset is not None else None
    lost = max(0.0, found.hits - found.expected)
    detail = (
        f"On the same workflows the other machines would have failed {found.expected:.1f} of {found.n}. "
        f"Difference of the rates {percent(size.value)} ({percent(size.low)} to {percent(size.high)})."
    )
    if since is not None:
        detail += f" Its errors became more frequent at {when(since, scene.tz)}."
    return Finding(
        kind="bad_machine",
        subject_kind="machine",
        subject_id=machine,
        subject_name=name,
        headline=f"Machine {name} fails {percent(hits / n)} of its runs ({hits} of {n}) with an error of the platform; "
        f"the other machines {percent(hits_other / n_other)}.",
        detail=f"{detail} About {counted(lost, 'run')} lost.",
        n=n,
        effect=size.value,
        effect_unit="share",
        effect_low=size.low,
        effect_high=size.high,
        p_value=found.p_value,
        since=since,
        runs_lost=lost,
        run_ids=tuple(ended.loc[here & failed, "id"]),
    )
