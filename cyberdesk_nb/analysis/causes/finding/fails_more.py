"""Machines and workflows that fail more than the others do on the same work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import FAILED
from cyberdesk_nb.analysis.causes.finding.words import counted, percent, when
from cyberdesk_nb.analysis.statistics.onsets import find_onset
from cyberdesk_nb.analysis.statistics.significance import excess, newcombe

if TYPE_CHECKING:
    from cyberdesk_nb.analysis.causes.finding.scene import Scene
    from cyberdesk_nb.analysis.statistics.significance import Excess

_TIMES_LEAST = 2.0


@dataclass(frozen=True, slots=True)
class _Kind:
    """Who is compared with others of its kind, on the same what, and from which size on it matters."""

    subject: str
    shared: str
    outcomes: tuple[str, ...]
    how: str
    hits_least: int
    more_least: float
    has_onset: bool


_MACHINE = _Kind("machine", "workflow", ("infra_error",), " with an error of the platform", 3, 0.0, has_onset=True)
_WORKFLOW = _Kind("workflow", "machine", FAILED, "", 5, 0.1, has_onset=False)


def bad_machines(scene: Scene) -> Search:
    """Test each machine's platform errors against those of the others on the same workflows."""
    return _search(scene, _MACHINE)


def bad_workflows(scene: Scene) -> Search:
    """Test each workflow's failures against those of the others on the same machines."""
    return _search(scene, _WORKFLOW)


def _search(scene: Scene, kind: _Kind) -> Search:
    search = Search(f"bad_{kind.subject}", scene.lacking("machine_id", "outcome", "workflow_id"))
    if search.checked:
        return search
    ended = scene.ended()
    ended = ended[ended[f"{kind.subject}_id"].notna()]
    keys = sorted(ended[f"{kind.subject}_id"].unique())
    if len(keys) < 2:
        search.checked = f"not checked: it takes two {kind.subject}s to compare"
        return search
    failed = ended["outcome"].isin(kind.outcomes)
    strata = pd.factorize(ended[f"{kind.shared}_id"], use_na_sentinel=False)[0]
    for key in keys:
        here = ended[f"{kind.subject}_id"] == key
        found = excess(failed, here, strata)
        matters = found.hits >= max(kind.hits_least, _TIMES_LEAST * found.expected)
        search.tested.append((found.p_value, _finding(scene, kind, key, ended, here, found) if matters else None))
    search.checked = f"{counted(len(keys), kind.subject)} compared on the {kind.shared}s that they share"
    return search


def _finding(
    scene: Scene, kind: _Kind, key: str, ended: pd.DataFrame, here: pd.Series, found: Excess
) -> Finding | None:
    failed = ended["outcome"].isin(kind.outcomes)
    n, hits = int(here.sum()), int((here & failed).sum())
    # The others as they would do on the same work: what they have besides may be harder or easier.
    usual, n_other = found.expected / found.n, len(ended) - n
    size = newcombe(usual * n_other, n_other, found.hits, found.n, scene.confidence)
    if size.value < kind.more_least:
        return None
    name, lost = scene.name(kind.subject, key), found.hits - found.expected
    onset = find_onset(failed[here]) if kind.has_onset else None
    since = ended.loc[here, "created_at"].iloc[onset.start] if onset is not None else None
    rose = f"Its errors became more frequent at {when(since, scene.tz)}. " if since is not None else ""
    return Finding(
        kind=f"bad_{kind.subject}",
        subject_kind=kind.subject,
        subject_id=key,
        subject_name=name,
        headline=f"{kind.subject.capitalize()} {name} fails {percent(hits / n)} of its runs ({hits} of {n}){kind.how}; "
        f"the other {kind.subject}s {percent(usual)} on the same {kind.shared}s.",
        detail=f"On the same {kind.shared}s the other {kind.subject}s would have failed {found.expected:.1f} of "
        f"{found.n}. Difference of the rates {percent(size.value)} ({percent(size.low)} to {percent(size.high)}). "
        f"{rose}About {counted(lost, 'run')} lost.",
        n=n,
        size=size,
        unit="share",
        p_value=found.p_value,
        since=since,
        runs_lost=lost,
        run_ids=tuple(ended.loc[here & failed, "id"]),
    )
