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
    than 1.5 times the distance of the quartiles is no such delay. Whoever waited longer than that, for the most part
    beside a machine that stood free, waited for none: it was asked for on another one, or, when it was on this very one
    that it began at last, held by what the runs do not tell.
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

    def beside_us(since: Ints, till: Ints) -> Ints:
        """Give how long other machines stood free that would have done, one after another or together."""
        total = np.zeros(len(past), np.int64)
        for place, name, start, end in free:
            others = np.flatnonzero(first & (machines != name) & (mask >> place & 1).astype(bool))
            begin = since[others]
            total[others] += covered(start, end, np.maximum(till[others], begin)) - covered(start, end, begin)
        return total

    own_us, last_us = (np.zeros(len(past), np.int64) for _ in range(2))
    for _, name, start, end in free:
        own = np.flatnonzero(first & (machines == name) & (until > created))
        own_us[own] = covered(start, end, until[own]) - covered(start, end, created[own])
        last_us[own] = _last_free(start, end, created[own], until[own])
    is_held = (last_us > fence_us + _DOUBT_US) & _mostly(np.maximum(own_us, beside_us(created, until)), demand.waited)
    # The run that took its machine then was assigned by so much earlier.
    held = _in_turn(demand, np.where(is_held, last_us + fence_us, 0))
    asked = created + held
    # While its own machine had another run, it surely waited for that one.
    free_us, sure_us = beside_us(asked, until), beside_us(asked, _own_busy_until(demand))
    is_pinned = (free_us > fence_us + _DOUBT_US) | (sure_us > _DOUBT_US)
    return replace(demand, held=held, is_pinned=is_pinned & _mostly(2 * free_us, demand.waited - held))


def _mostly(part: Ints, whole: Ints) -> Bools:
    """Tell where a part is half of the whole or more."""
    return 2 * part >= whole


def _in_turn(demand: Demand, held: Ints) -> Ints:
    """Hold the later runs of a session until the earlier ones are asked for."""
    created = pd.Series(demand.created)
    in_session = created[demand.session >= 0].sort_values(kind="stable").index
    turns = pd.Series(created + held)[in_session].groupby(demand.session[in_session]).cummax()
    asked = (created + held).to_numpy(copy=True)
    asked[in_session] = turns.to_numpy()
    return asked - demand.created


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
