"""Waits that no queue explains: the machine that ran the run at last stood idle meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.times.timelines import US, Stretches, Window, micros, overlay

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

_FOREVER = 2**62


def idle_waits(runs: pd.DataFrame, spans: pd.DataFrame, *, least_s: float = 300.0) -> pd.DataFrame:
    """Find runs that waited while the machine that they then got was connected and had nothing to do.

    Parameters
    ----------
    runs
        As `runs_frame` gives them, all that the machines did. Runs of sessions are not judged, and a session holds its
        machine from the start of its first run to the end of its last.
    spans
        As `connection_spans` gives them: only time that is known to be connected is idle.
    least_s
        Idle time from which on a wait counts.

    Returns
    -------
    pandas.DataFrame
        ``run_id``, ``wait_s``, ``idle_s``: how long it waited, and how much of this its machine was idle; at least half
        of the wait.
    """
    placed = runs[runs["machine_id"].notna() & runs["started_at"].notna() & runs["created_at"].notna()]
    waited = placed[(placed["queue_wait_s"] >= least_s) & placed["session_id"].isna()]
    parts: list[pd.DataFrame] = []
    idle = idle_stretches(placed, spans) if len(waited) else {}
    for machine, own in waited.groupby("machine_id", observed=True):
        start, end = idle.get(str(machine), (np.empty(0, np.int64), np.empty(0, np.int64)))
        since, until = micros(own["created_at"]), micros(own["started_at"])
        idle_s = (covered(start, end, until) - covered(start, end, since)) / US
        part = pd.DataFrame({"run_id": own["id"], "wait_s": own["queue_wait_s"], "idle_s": idle_s})
        parts.append(part[(part["idle_s"] >= least_s) & (part["idle_s"] >= part["wait_s"] / 2)])
    table = pd.concat(parts) if parts else pd.DataFrame(columns=["run_id", "wait_s", "idle_s"])
    return table.astype({"run_id": "str", "wait_s": "float64", "idle_s": "float64"}).reset_index(drop=True)


def idle_stretches(runs: pd.DataFrame, spans: pd.DataFrame) -> dict[str, tuple[Ints, Ints]]:
    """Give for each machine the stretches in which it was connected, had no run and was held by no session.

    Parameters
    ----------
    runs
        All that have a machine and began.
    spans
        As `connection_spans` gives them.

    Returns
    -------
    dict
        By machine, where they begin and where they end, in order, in microseconds since 1970.
    """
    connected = spans[spans["state"] == "connected"]
    machines = pd.Index(connected["machine_id"].unique())
    runs = runs[runs["machine_id"].isin(machines)]
    if runs.empty:
        return {}
    # A session holds its machine from its first run on; a run without one is as a session of its own.
    sessions, _ = pd.factorize(runs["session_id"].fillna(runs["id"]))
    since, until = np.full(len(runs), _FOREVER), np.full(len(runs), -_FOREVER)
    np.minimum.at(since, sessions, micros(runs["started_at"]))
    np.maximum.at(until, sessions, np.where(runs["ended_at"].isna(), _FOREVER, micros(runs["ended_at"])))
    busy, up = (machines.get_indexer(pd.Index(part["machine_id"])).astype(np.int64) for part in (runs, connected))
    layers = {
        "busy": Stretches(busy, since[sessions], until[sessions]),
        "up": Stretches(up, micros(connected["start"]), micros(connected["end"])),
    }
    window = Window(int(layers["up"].start.min()), int(layers["up"].end.max()))
    pieces = overlay(layers, len(machines), window)
    free = (pieces.depth["up"] > 0) & (pieces.depth["busy"] == 0)
    stretches: dict[str, tuple[Ints, Ints]] = {}
    for number, machine in enumerate(machines):
        mine = free & (pieces.row == number)
        stretches[str(machine)] = pieces.start[mine], pieces.end[mine]
    return stretches


def covered(start: Ints, end: Ints, times: Ints) -> Ints:
    """Give how much of the time up to each of these lies in stretches that do not overlap."""
    if not len(start):
        return np.zeros(len(times), np.int64)
    total = np.concatenate([[0], np.cumsum(end - start)])
    place = np.searchsorted(start, times, side="right")
    over = np.maximum(end[np.maximum(place - 1, 0)] - times, 0)
    return total[place] - np.where(place > 0, over, 0)
