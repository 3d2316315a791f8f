"""Times at which several machines lost their connection together, and runs died of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.scene import Scene
from cyberdesk_nb.analysis.causes.finding.words import counted, listed, seconds, when
from cyberdesk_nb.analysis.statistics.significance import Estimate
from cyberdesk_nb.analysis.times.timelines import US, micros

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

TOGETHER_S = 120.0
_AROUND_S = 900.0
_NOTICED_S = 600.0
_CLOCK_S = 30.0
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Loss:
    """Machines that lost their connection together: the spans without, and the runs that died."""

    spans: pd.DataFrame
    died: pd.DataFrame
    p_value: float


def connection_gaps(scene: Scene) -> Search:
    """Test each time at which machines went off together and runs died against how often each goes off by itself."""
    search = Search("connection_gap")
    if scene.spans is None:
        search.checked = f"not checked: {scene.no_spans}"
        return search
    search.checked = scene.lacking("machine_id", "outcome", "started_at", "ended_at")
    if search.checked:
        return search
    gaps = losses(scene.spans)
    found = common_losses(scene.runs, gaps)
    search.tested = [(loss.p_value, _finding(scene, loss)) for loss in found]
    machines = scene.spans["machine_id"].nunique()
    search.checked = f"{len(gaps):,} times that one of {counted(machines, 'machine')} lost its connection"
    return search


def losses(spans: pd.DataFrame) -> pd.DataFrame:
    """Give the spans that begin with the loss of a connection, in the order of time."""
    lost = spans["state"].isin(["disconnected", "error"])
    first = ~spans["machine_id"].duplicated()
    return spans[lost & ~first].sort_values("start", kind="stable", ignore_index=True)


def deaths(runs: pd.DataFrame, gaps: pd.DataFrame) -> pd.DataFrame:
    """Pair runs that ended in a platform error with the loss of their machine's connection while they ran.

    Returns the runs, with ``gap``, the position of the loss.
    """
    failed = runs[(runs["outcome"] == "infra_error") & runs["started_at"].notna() & runs["ended_at"].notna()]
    failed = failed[failed["machine_id"].isin(gaps["machine_id"])].sort_values("ended_at", kind="stable")
    rows = gaps.assign(gap=np.arange(len(gaps)))[["machine_id", "start", "end", "gap"]]
    clock = pd.Timedelta(seconds=_CLOCK_S)
    paired: pd.DataFrame = pd.merge_asof(
        failed.assign(latest=failed["ended_at"] + clock),
        rows.rename(columns={"start": "lost_at", "end": "back_at"}).astype({"machine_id": failed["machine_id"].dtype}),
        left_on="latest",
        right_on="lost_at",
        by="machine_id",
    )
    within = (paired["started_at"] <= paired["lost_at"] + clock) & (paired["ended_at"] <= paired["back_at"] + clock)
    within &= paired["ended_at"] <= paired["lost_at"] + pd.Timedelta(seconds=_NOTICED_S)
    return cast("pd.DataFrame", paired.loc[within]).astype({"gap": "int64"})


def common_losses(runs: pd.DataFrame, gaps: pd.DataFrame) -> list[Loss]:
    """Find the times at which two or more machines went off within two minutes and runs died, with their chance."""
    if gaps.empty:
        return []
    dead = deaths(runs, gaps)
    times = _seconds(gaps["start"])
    days = max(1.0, (times[-1] - times[0]) / _DAY_S)
    group = np.zeros(len(times), np.int64)
    first = 0
    for place in range(1, len(times)):
        if times[place] - times[first] > TOGETHER_S:
            first = place
        group[place] = first
    machines = np.asarray(gaps["machine_id"], str)
    by_machine = [times[machines == machine] for machine in np.unique(machines)]
    found: list[Loss] = []
    for start in np.unique(group[dead["gap"]]).tolist():
        spans = cast("pd.DataFrame", gaps.loc[group == start])
        if spans["machine_id"].nunique() > 1:
            chance = _chance(by_machine, spans, days)
            found.append(
                Loss(spans, cast("pd.DataFrame", dead.loc[group[dead["gap"]] == start]), min(1.0, chance * len(gaps)))
            )
    return found


def _chance(by_machine: list[Floats], spans: pd.DataFrame, days: float) -> float:
    """Give how likely so many machines go off by chance while one does, given when each ever did.

    A machine goes off by chance as often as it does at all, or, on other days, at this time of the day: restarts that
    come every morning are no common loss.
    """
    at = float(_seconds(spans["start"])[0])
    expected = 0.0
    for own in by_machine:
        away = np.abs(own - at)
        daily_s = np.abs((away + _DAY_S / 2) % _DAY_S - _DAY_S / 2)[away > _DAY_S / 2]
        usual = [float((daily_s <= TOGETHER_S).sum()), float((daily_s <= _AROUND_S).sum()) * TOGETHER_S / _AROUND_S]
        expected += min(1.0, max(2 * TOGETHER_S * len(own) / _DAY_S, *usual) / days)
    stats: Any = load("scipy.stats", extra="analysis")
    return float(stats.poisson.sf(spans["machine_id"].nunique() - 2, expected))


def _seconds(times: pd.Series) -> Floats:
    return micros(times) / US


def _finding(scene: Scene, loss: Loss) -> Finding:
    machines = list(dict.fromkeys(loss.spans["machine_id"]))
    start, until = loss.spans["start"].min(), loss.spans["end"].max()
    names = scene.names("machine", machines)
    ids = tuple(dict.fromkeys(loss.died["id"]))
    apart_s = (loss.spans["start"].max() - start).total_seconds()
    down_s = float(loss.spans["duration_s"].median())
    return Finding(
        kind="connection_gap",
        subject_kind="machines",
        subject_id=None,
        subject_name=listed(names),
        headline=f"{counted(len(machines), 'machine')} lost their connection together at {when(start, scene.tz)} for "
        f"about {seconds(down_s)}; {counted(len(ids), 'run')} died.",
        detail=f"{listed(names, 12)}, within {seconds(max(1.0, apart_s))} of each other. What they share (network, "
        "host, power) is the likely cause, not the machines.",
        n=len(ids),
        size=Estimate(len(ids)),
        unit="runs",
        p_value=loss.p_value,
        since=start,
        until=until,
        runs_lost=float(len(ids)),
        run_ids=ids,
    )
