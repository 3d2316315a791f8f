"""Runs that count as they ended at last, while an earlier attempt of theirs had failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.words import listed
from cyberdesk_nb.analysis.figures.attempts import hidden_retries
from cyberdesk_nb.analysis.statistics.significance import Estimate

if TYPE_CHECKING:
    from cyberdesk_nb.analysis.causes.finding.scene import Scene

_NEEDED = ("workflow_id", "machine_id", "outcome", "is_priority", "created_at", "started_at", "ended_at", "session_id")
_BEFORE = pd.Timedelta(hours=1)
_NOTES = ("last_errored_run_id", "last_errored_run_start")
_WEIGHT = {"sure": "certain", "likely": "likely", "possible": "by the wait"}
_LOOKED_AT = {
    "error_note": "the last errors that workflows note",
    "overtaken": "waits that later runs overtook",
    "idle_machine": "waits beside an idle machine",
}


def hidden_retry(scene: Scene) -> Search:
    """Collect runs that were retried in place; one that was overtaken counts only if its machine was idle as well."""
    search = Search("hidden_retry", scene.lacking(*_NEEDED))
    if search.checked:
        return search
    notes = scene.workflows
    notes = notes if notes is not None and all(name in notes for name in _NOTES) else None
    connections = scene.connections if scene.is_whole else None
    told = hidden_retries(scene.runs, workflows=notes, connections=connections)
    looked = [_LOOKED_AT[name] for name in told.attrs["looked_at"]]
    withheld = [_LOOKED_AT[name] for name in told.attrs["withheld"]]
    search.checked = f"looked at {listed(looked)}; a retry at once may leave no trace"
    search.checked += f"; so many {listed(withheld)} that they tell nothing" if withheld else ""
    if connections is not None:
        by_wait = told["evidence"] == "idle_machine"
        told = told[(told["evidence"] != "overtaken") & ~(by_wait & told["run_id"].isin(_early(scene)))]
    told = told.drop_duplicates("run_id")
    scene.retried = set(told["run_id"])
    if len(told):
        search.certain.append(_finding(scene, told))
    return search


def _early(scene: Scene) -> pd.Series:
    """Give the runs whose machine may have been busy with one from before all that are known."""
    created = scene.runs["created_at"]
    return scene.runs["id"][created < created.min() + _BEFORE]


def _finding(scene: Scene, told: pd.DataFrame) -> Finding:
    n = len(told)
    workflows = scene.names("workflow", told["workflow_id"].drop_duplicates())
    weights = told["certainty"].map(_WEIGHT).value_counts()
    how = ", ".join(f"{weights[weight]} {weight}" for weight in _WEIGHT.values() if weight in weights)
    return Finding(
        kind="hidden_retry",
        subject_kind="runs",
        subject_id=None,
        subject_name=listed(workflows),
        headline=f"{_how_many(told)} ({listed(workflows)}).",
        detail=f"{how}. {' '.join(told['detail'].head(3))} The retry erased the first attempt: success rates are too "
        "good by these, and their waits hold the lost attempt.",
        n=n,
        size=Estimate(n),
        unit="runs",
        runs_lost=float(n),
        run_ids=tuple(told["run_id"]),
    )


def _how_many(told: pd.DataFrame) -> str:
    n, success = len(told), int((told["outcome"] == "success").sum())
    guessed = int((told["certainty"] == "possible").sum())
    if n == 1:
        guess, now = ", judging by its wait alone" if guessed else "", "; it now counts as a success" if success else ""
        return f"1 run had failed and was retried{guess}{now}"
    share = "all" if guessed == n else f"{guessed:,} of them"
    guess = f", {share} judging by the wait alone" if guessed else ""
    share = "all" if success == n else f"{success:,} of them" if success else "none"
    now = f"{share} now {'counts' if success == 1 else 'count'} as a success"
    return f"{n:,} runs had failed and were retried{guess}; {now}"
