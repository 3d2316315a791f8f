"""The runs of the past as demand for machines: asked for when, taking how long, and what they waited for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.figures.idle_waits import covered, idle_stretches
from cyberdesk_nb.analysis.figures.survival import as_of_time
from cyberdesk_nb.analysis.planning.past_fleet import Fleet, pools_of
from cyberdesk_nb.analysis.planning.replaying import NEVER, Arrivals, replay
from cyberdesk_nb.analysis.times.timelines import US, When, micros

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]

_DOUBT_US = 1 * US


def took_machines(runs: pd.DataFrame, as_of: When) -> tuple[pd.DataFrame, dict[str, int], int]:
    """Give the runs that took a machine for a known time, in the order in which they were asked for."""
    going_on = runs["ended_at"].isna() & (runs["outcome"].isna() | (runs["outcome"] == "live"))
    ended = runs["ended_at"].mask(going_on, as_of_time(runs, as_of))
    began = runs["started_at"].notna()
    sound = (runs["created_at"] <= runs["started_at"]) & (runs["started_at"] <= ended)
    past = runs[sound].assign(ended_at=ended[sound])
    past = past.sort_values(["created_at", "started_at", "id"], ignore_index=True)
    # They are copied with every step, and can be long.
    past.attrs = {}
    left_out = {"never took a machine": int((~began).sum()), "times missing or odd": int((began & ~sound).sum())}
    return past, left_out, int((going_on & sound).sum())


@dataclass(frozen=True, slots=True)
class Demand:
    """What was asked for when, in microseconds, how long that waited in the past, and what for.

    Attributes
    ----------
    created, taken
        When each run was asked for, and how long it took its machine once it had begun.
    delay
        What lies between a machine for it and its beginning.
    waited_s
        How long it waited in the past.
    machine, is_pinned
        The machine that it ran on, and whether it seems to have been asked for on that one.
    unexplained
        How many runs found a machine free, as it seems, and waited all the same.
    """

    created: Ints
    taken: Ints
    delay: Ints
    waited_s: Floats
    is_priority: list[bool]
    session: Ints
    pools: list[frozenset[str]]
    machine: list[str]
    is_pinned: Bools
    unexplained: int

    def queued(self, fleet: Fleet) -> Ints:
        """Give how long each run waits for a machine; `NEVER` when it gets none."""
        places = {name: place for place, name in enumerate(fleet.names) if name}
        pools = {pools: fleet.mask(pools) for pools in set(self.pools)}
        usual = [places.get(name, -1) for name in self.machine]
        mask = [
            1 << place if is_pinned and place >= 0 else pools[own]
            for place, is_pinned, own in zip(usual, self.is_pinned.tolist(), self.pools, strict=True)
        ]
        created, taken = self.created.tolist(), (self.taken + self.delay).tolist()
        starts = replay(Arrivals(created, taken, mask, usual, self.is_priority, self.session.tolist()), fleet.spans)
        return np.where(starts == NEVER, NEVER, starts - self.created)


def demand_of(past: pd.DataFrame, fleet: Fleet) -> Demand:
    """Read the demand from runs, and tell from a replay what their waits were made of.

    Runs that find a machine free show how long it takes to begin on one; what lies beyond their upper quartile by more
    than 1.5 times the distance of the quartiles is no such delay. Whoever waited longer than that while another machine
    that would do stood free was asked for on its own.
    """
    created, started, ended = (micros(past[name]) for name in ("created_at", "started_at", "ended_at"))
    plain = Demand(
        created=created,
        taken=ended - started,
        delay=np.zeros(len(past), np.int64),
        waited_s=(started - created) / US,
        is_priority=past["is_priority"].fillna(value=False).astype("bool").tolist(),
        session=np.asarray(pd.factorize(past["session_id"])[0], np.int64),
        pools=pools_of(past),
        machine=past["machine_id"].astype("object").fillna("").tolist(),
        is_pinned=np.zeros(len(past), np.bool_),
        unexplained=0,
    )
    if not fleet.spans or past.empty:
        return plain
    _, fence_s = _delays(plain, fleet)
    pinned = replace(plain, is_pinned=_pins(past, plain, fleet, fence_s))
    free, fence_s = _delays(pinned, fleet)
    explained = free & (plain.waited_s <= fence_s)
    usual = float(np.median(plain.waited_s[explained])) if explained.any() else 0.0
    delay_s = np.where(explained, plain.waited_s, usual)
    return replace(pinned, delay=np.round(delay_s * US).astype(np.int64), unexplained=int((free & ~explained).sum()))


def _delays(demand: Demand, fleet: Fleet) -> tuple[Bools, float]:
    """Tell which runs find a machine free, and up to which wait that is the delay of beginning."""
    free = demand.queued(fleet) == 0
    if not free.any():
        return free, 0.0
    low, high = np.quantile(demand.waited_s[free], [0.25, 0.75])
    return free, float(high + 1.5 * (high - low))


def _pins(past: pd.DataFrame, demand: Demand, fleet: Fleet, fence_s: float) -> Bools:
    """Find the runs that waited for their own machine while another stood free."""
    fence = pd.Timedelta(seconds=fence_s)
    # A machine that waits for a run to begin is not free.
    taken = past.assign(started_at=past["started_at"] - fence)
    idle = idle_stretches(taken[taken["machine_id"].notna()], _spans_frame(past, fleet))
    is_first = (demand.session < 0) | ~pd.Series(demand.session).duplicated().to_numpy()
    waited = is_first & (demand.waited_s > fence_s)
    until = micros(taken["started_at"])
    machines = np.array(demand.machine, dtype=object)
    masks = {pools: fleet.mask(pools) for pools in set(demand.pools)}
    mask = np.array([masks[pools] for pools in demand.pools], dtype=object)
    free_us = np.zeros(len(past), np.int64)
    for place, name in enumerate(fleet.names):
        stretches = idle.get(name)
        if stretches is None:
            continue
        rows = np.flatnonzero(waited & (machines != name) & (mask >> place & 1).astype(bool))
        free_us[rows] += covered(*stretches, until[rows]) - covered(*stretches, demand.created[rows])
    return free_us > round(fence_s * US) + _DOUBT_US


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
