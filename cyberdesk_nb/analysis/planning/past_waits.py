"""What each run of the past waited for, as far as the runs of its machine and of the others tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.figures.idle_waits import covered, idle_stretches
from cyberdesk_nb.analysis.times.timelines import US, micros

if TYPE_CHECKING:
    import numpy.typing as npt

    from cyberdesk_nb.analysis.planning.past_demand import Demand
    from cyberdesk_nb.analysis.planning.past_fleet import Fleet

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

_DOUBT_US = 1 * US


def explained(plain: Demand, past: pd.DataFrame, fleet: Fleet) -> Demand:
    """Tell from a replay and from machines that stood free what the waits of the demand were made of.

    Runs that find a machine free show how long it takes to begin on one; what lies beyond their upper quartile by more
    than 1.5 times the distance of the quartiles is no such delay. Whoever waited longer than that beside a machine that
    stood free waited for none: it was asked for on another one, or, when it was on this very one that it began at last,
    held by what the runs do not tell.
    """
    _, fence_us = _begun_at_once(plain, fleet)
    known = _beside_free_machines(plain, past, fleet, fence_us)
    at_once, fence_us = _begun_at_once(known, fleet)
    plausible = at_once & (plain.waited <= fence_us)
    usual = round(float(np.median(plain.waited[plausible]))) if plausible.any() else 0
    return replace(
        known,
        held=np.minimum(known.held, np.maximum(plain.waited - usual, 0)),
        delay=np.where(plausible, plain.waited, usual),
    )


def _begun_at_once(demand: Demand, fleet: Fleet) -> tuple[Bools, int]:
    """Tell which runs find a machine free, and up to which wait that is the delay of beginning."""
    at_once = (demand.queued(fleet) == 0) & (demand.held == 0)
    if not at_once.any():
        return at_once, 0
    low, high = np.quantile(demand.waited[at_once], [0.25, 0.75])
    return at_once, round(float(high + 1.5 * (high - low)))


def _beside_free_machines(demand: Demand, past: pd.DataFrame, fleet: Fleet, fence_us: int) -> Demand:
    """Find the runs that waited while their own machine or another one that would do stood free."""
    # A machine that waits for a run to begin is not free.
    taken = past.assign(started_at=past["started_at"] - pd.Timedelta(microseconds=fence_us))
    idle = idle_stretches(taken[taken["machine_id"].notna()], _spans_frame(past, fleet))
    created, until = demand.created, demand.created + demand.waited - fence_us
    first = (demand.session < 0) | ~pd.Series(demand.session).duplicated().to_numpy()
    machines = np.array(demand.machine, dtype=object)
    masks = {pools: fleet.mask(pools) for pools in set(demand.pools)}
    mask = np.array([masks[pools] for pools in demand.pools], dtype=object)
    free = [(place, name, *idle[name]) for place, name in enumerate(fleet.names) if name in idle and len(idle[name][0])]
    held, beside_us, sure_us = (np.zeros(len(past), np.int64) for _ in range(3))
    for _, name, start, end in free:
        own = np.flatnonzero(first & (machines == name) & (until > created))
        held[own] = _last_free(start, end, created[own], until[own])
    # The run that took its machine then was assigned by so much earlier.
    held = np.where(held > fence_us + _DOUBT_US, held + fence_us, 0)
    asked = created + held
    # Until then its own machine had another run, so that it surely waited for one.
    busy_until = _own_busy_until(demand)
    for place, name, start, end in free:
        others = np.flatnonzero(first & (machines != name) & (mask >> place & 1).astype(bool))
        before = covered(start, end, asked[others])
        beside_us[others] += covered(start, end, np.maximum(until, asked)[others]) - before
        sure_us[others] += covered(start, end, np.maximum(busy_until, asked)[others]) - before
    return replace(demand, held=held, is_pinned=(beside_us > fence_us + _DOUBT_US) | (sure_us > _DOUBT_US))


def _last_free(start: Ints, end: Ints, since: Ints, until: Ints) -> Ints:
    """Give how long it is from `since` to the end of the last of these stretches before `until`; 0 without one."""
    last = np.searchsorted(start, until) - 1
    over = np.minimum(end[np.maximum(last, 0)], until)
    return np.where(last >= 0, np.maximum(over - since, 0), 0)


def _own_busy_until(demand: Demand) -> Ints:
    """Give for each run when the one before it on its machine was over."""
    started = demand.created + demand.waited
    runs = pd.DataFrame({"machine": demand.machine, "started": started, "ended": started + demand.taken})
    before = runs.sort_values("started", kind="stable").groupby("machine")["ended"].shift()
    return np.minimum(before.reindex(runs.index).fillna(0).to_numpy(np.int64), started)


def _spans_frame(past: pd.DataFrame, fleet: Fleet) -> pd.DataFrame:
    """Give when machines took runs, as `connection_spans` would."""
    first, last = int(micros(past["created_at"]).min()), int(micros(past["ended_at"]).max())
    rows = [
        (name, "connected", max(start, first), min(end, last))
        for name, spans in zip(fleet.names, fleet.spans, strict=True)
        for start, end in spans
        if start < last and end > first
    ]
    frame = pd.DataFrame(rows, columns=["machine_id", "state", "start", "end"])
    for name in ("start", "end"):
        frame[name] = pd.to_datetime(frame[name].astype("int64"), unit="us", utc=True)
    return frame
