"""Workflows that fail more than the others do on the same machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import FAILED
from cyberdesk_nb.analysis.causes.finding.words import counted, percent
from cyberdesk_nb.analysis.statistics.significance import excess, newcombe

if TYPE_CHECKING:
    from cyberdesk_nb.analysis.causes.finding.scene import Scene

_HITS_LEAST = 5
_TIMES_LEAST = 2.0
_MORE_LEAST = 0.1


def bad_workflows(scene: Scene) -> Search:
    """Test each workflow's failures against those of the others on the same machines."""
    search = Search("bad_workflow", scene.lacking("machine_id", "outcome", "workflow_id"))
    if search.checked:
        return search
    ended = scene.ended()
    workflows = sorted(ended["workflow_id"].dropna().unique())
    if len(workflows) < 2:
        search.checked = "not checked: it takes two workflows to compare"
        return search
    failed = ended["outcome"].isin(FAILED)
    machines = pd.factorize(ended["machine_id"], use_na_sentinel=False)[0]
    for workflow in workflows:
        here = ended["workflow_id"] == workflow
        found = excess(failed, here, machines)
        n, hits = int(here.sum()), int((here & failed).sum())
        n_other, hits_other = len(ended) - n, int(failed.sum()) - hits
        size = newcombe(hits_other, n_other, hits, n, scene.confidence)
        matters = found.hits >= max(_HITS_LEAST, _TIMES_LEAST * found.expected) and size.value >= _MORE_LEAST
        if not matters:
            search.tested.append((found.p_value, None))
            continue
        name, lost = scene.name("workflow", workflow), found.hits - found.expected
        finding = Finding(
            kind="bad_workflow",
            subject_kind="workflow",
            subject_id=workflow,
            subject_name=name,
            headline=f"Workflow {name} fails {percent(hits / n)} of its runs ({hits} of {n}); the other workflows "
            f"{percent(hits_other / n_other)}.",
            detail=f"On the same machines the other workflows would have failed {found.expected:.1f} of {found.n}. "
            f"Difference of the rates {percent(size.value)} ({percent(size.low)} to {percent(size.high)}). "
            f"About {counted(lost, 'run')} lost.",
            n=n,
            effect=size.value,
            effect_unit="share",
            effect_low=size.low,
            effect_high=size.high,
            p_value=found.p_value,
            runs_lost=lost,
            run_ids=tuple(ended.loc[here & failed, "id"]),
        )
        search.tested.append((found.p_value, finding))
    search.checked = f"{counted(len(workflows), 'workflow')} compared on the machines that they share"
    return search
