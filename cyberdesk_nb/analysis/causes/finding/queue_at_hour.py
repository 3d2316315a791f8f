"""Hours of the day at which waits pile up, day after day."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cyberdesk_nb._extras import load
from cyberdesk_nb.analysis.causes.finding.finding import Finding, Search
from cyberdesk_nb.analysis.causes.finding.words import counted, percent, seconds
from cyberdesk_nb.analysis.statistics.significance import hodges_lehmann

if TYPE_CHECKING:
    from cyberdesk_nb.analysis.causes.finding.scene import Scene

_DAYS_LEAST = 4
_WAIT_LEAST_S = 30.0
_TIMES_LEAST = 2.0
_MOST = 0.8
_HOURS = 24


def queues_at_hours(scene: Scene) -> Search:
    """Test for each workflow, and for all together, whether runs of an hour wait longer than others.

    A day counts once, however many of its runs wait together: it is days that chance draws.
    """
    search = Search("queue_at_hour", scene.lacking("queue_wait_s", "created_at", "workflow_id"))
    if search.checked:
        return search
    runs = _waits(scene)
    hours = pd.concat([_hours(runs, ["workflow_id"]), _hours(runs, [])], ignore_index=True)
    kept = _findings(scene, runs, hours[hours["matters"]])
    search.tested = [(float(p), kept.get(label)) for label, p in hours["p_value"].items()]
    search.checked = (
        f"{counted(len(hours), 'hour')} of the day with runs on {_DAYS_LEAST} days or more, of each workflow and of all"
    )
    return search


def _waits(scene: Scene) -> pd.DataFrame:
    """Give the runs whose wait tells of machines: not of their session, and not of a failed first attempt."""
    runs = scene.runs
    runs = runs[runs["queue_wait_s"].notna() & runs["created_at"].notna() & ~runs["id"].isin(scene.retried)]
    if "session_id" in runs:
        runs = runs[runs["session_id"].isna() | ~runs["session_id"].duplicated()]
    local = runs["created_at"].dt.tz_convert(scene.tz)
    return runs.assign(hour=local.dt.hour, day=local.dt.tz_localize(None).dt.normalize())


def _hours(runs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rank the median waits of all days and hours, and test each hour of the day by the ranks of its days."""
    cells = runs.groupby([*by, "day", "hour"], observed=True)["queue_wait_s"].median().reset_index()
    total = len(cells)
    cells["rank"] = cells["queue_wait_s"].rank()
    hours = cells.groupby([*by, "hour"], observed=True).agg(
        days=("rank", "size"), ranks=("rank", "sum"), wait_s=("queue_wait_s", "median")
    )
    hours = hours[(hours["days"] >= _DAYS_LEAST) & (hours["days"] < total)].reset_index()
    n = hours["days"].astype("float64")
    variance = n * (total - n) / total * float(cells["rank"].var(ddof=1)) if total > 1 else n * 0
    z = (hours["ranks"] - n * (total + 1) / 2) / np.sqrt(variance.where(variance > 0))
    stats: Any = load("scipy.stats", extra="analysis")
    hours["p_value"] = np.where(z.notna(), stats.norm.sf(z), 1.0)
    usual_s = float(cells["queue_wait_s"].median()) if total else 0.0
    hours["matters"] = hours["wait_s"] >= max(_WAIT_LEAST_S, _TIMES_LEAST * usual_s)
    return hours if by else hours.assign(workflow_id=None)


def _findings(scene: Scene, runs: pd.DataFrame, hours: pd.DataFrame) -> dict[Any, Finding]:
    """Make a finding of each stretch of hours; where one workflow makes up most of the fleet's, it stands for it."""
    own = hours[hours["workflow_id"].notna()]
    fleet = hours[hours["workflow_id"].isna()]
    led = {hour for hour in fleet["hour"] if _is_led(runs, own, hour)}
    shown = pd.concat([fleet[~fleet["hour"].isin(led)], own[~own["hour"].isin(set(fleet["hour"]) - led)]])
    found: dict[Any, Finding] = {}
    for workflow, stretch in shown.groupby("workflow_id", dropna=False):
        is_one = isinstance(workflow, str)
        mine = runs[runs["workflow_id"] == workflow] if is_one else runs
        for block in _blocks(stretch.sort_values("hour")):
            best = block["p_value"].idxmin()
            found[best] = _finding(
                scene, workflow if is_one else None, mine, runs, block, float(block["p_value"].min())
            )
    return found


def _is_led(runs: pd.DataFrame, own: pd.DataFrame, hour: int) -> bool:
    """Tell whether one of the workflows that wait at an hour has most of its waiting."""
    waited = runs.loc[runs["hour"] == hour].groupby("workflow_id", observed=True)["queue_wait_s"].sum()
    workflows = set(own.loc[own["hour"] == hour, "workflow_id"])
    return bool(len(waited)) and waited.idxmax() in workflows and bool(waited.max() >= _MOST * waited.sum())


def _blocks(hours: pd.DataFrame) -> list[pd.DataFrame]:
    """Part hours into stretches without a break; one over midnight is two."""
    return [block for _, block in hours.groupby((hours["hour"].diff() != 1).cumsum())]


def _finding(
    scene: Scene, workflow: str | None, mine: pd.DataFrame, runs: pd.DataFrame, block: pd.DataFrame, p_value: float
) -> Finding:
    first, last = int(block["hour"].min()), (int(block["hour"].max()) + 1) % _HOURS
    here = mine[mine["hour"].isin(block["hour"])]
    others = runs[~runs["id"].isin(here["id"])]
    daily = [part.groupby(["day", "hour"])["queue_wait_s"].median() for part in (others, here)]
    size = hodges_lehmann([(daily[0], daily[1])], scene.confidence)
    usual_s, wait_s = float(others["queue_wait_s"].median()), float(here["queue_wait_s"].median())
    hours = float((here["queue_wait_s"] - usual_s).clip(lower=0).sum()) / 3600
    name = scene.name("workflow", workflow) if workflow else None
    who = f"Runs of workflow {name}" if name else "Runs"
    days = here["day"].nunique()
    share = len(here) / len(runs)
    return Finding(
        kind="queue_at_hour",
        subject_kind="workflow" if workflow else "fleet",
        subject_id=workflow,
        subject_name=name,
        headline=f"{who} asked for from {first}:00 to {last}:00 ({scene.tz}) wait {seconds(wait_s)} in the median; "
        f"other runs {seconds(usual_s)}.",
        detail=f"{counted(len(here), 'run')} on {counted(days, 'day')}, {percent(share)} of all; 95 % of them start "
        f"within {seconds(float(here['queue_wait_s'].quantile(0.95)))}. A day's median is {seconds(size.value)} longer "
        f"({seconds(size.low)} to {seconds(size.high)}). {hours:.1f} hours waited more than usual.",
        n=len(here),
        size=replace(size, value=wait_s - usual_s),
        unit="s",
        p_value=p_value,
        hours_lost=hours,
        run_ids=tuple(here["id"]),
    )
