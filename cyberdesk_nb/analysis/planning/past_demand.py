"""The runs of the past as demand for machines: asked for when, taking how long, and what they waited for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cyberdesk_nb.analysis.figures.survival import as_of_time
from cyberdesk_nb.analysis.planning.past_fleet import Fleet, pools_of
from cyberdesk_nb.analysis.planning.past_waits import explained
from cyberdesk_nb.analysis.planning.replaying import NEVER, Arrivals, replay
from cyberdesk_nb.analysis.times.timelines import When, micros

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]


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
    waited
        How long it waited in the past.
    held
        How much of this it could not begin though its machine stood free; it is asked for only then.
    delay
        What lies between a machine for it and its beginning.
    machine, is_pinned
        The machine that it ran on, and whether it seems to have been asked for on that one.
    """

    created: Ints
    taken: Ints
    waited: Ints
    held: Ints
    delay: Ints
    is_priority: list[bool]
    session: Ints
    pools: list[frozenset[str]]
    machine: list[str]
    is_pinned: Bools

    @property
    def asked(self) -> Ints:
        """When each run could begin if it had a machine."""
        return self.created + self.held

    def queued(self, fleet: Fleet) -> Ints:
        """Give how long each run waits for a machine once it is asked for; `NEVER` when it gets none."""
        places = {name: place for place, name in enumerate(fleet.names) if name}
        pools = {pools: fleet.mask(pools) for pools in set(self.pools)}
        usual = [places.get(name, -1) for name in self.machine]
        mask = [
            1 << place if is_pinned and place >= 0 else pools[own]
            for place, is_pinned, own in zip(usual, self.is_pinned.tolist(), self.pools, strict=True)
        ]
        asked = self.asked
        # Who was held stands behind whom it made way for, who began before it.
        order = np.lexsort((self.created + self.waited, asked))
        numbers = np.asarray(usual, np.int64), np.asarray(self.is_priority, np.bool_), self.session
        asked_in_order, taken, usual, is_priority, session = (
            column[order].tolist() for column in (asked, self.taken + self.delay, *numbers)
        )
        masks: list[int] = [mask[run] for run in order.tolist()]
        starts = np.empty(len(asked), np.int64)
        starts[order] = replay(Arrivals(asked_in_order, taken, masks, usual, is_priority, session), fleet.spans)
        return np.where(starts == NEVER, NEVER, starts - asked)


def demand_of(past: pd.DataFrame, fleet: Fleet) -> Demand:
    """Read the demand from runs, and what their waits were made of."""
    created, started, ended = (micros(past[name]) for name in ("created_at", "started_at", "ended_at"))
    nothing = np.zeros(len(past), np.int64)
    plain = Demand(
        created=created,
        taken=ended - started,
        waited=started - created,
        held=nothing,
        delay=nothing,
        is_priority=past["is_priority"].fillna(value=False).astype("bool").tolist(),
        session=np.asarray(pd.factorize(past["session_id"])[0], np.int64),
        pools=pools_of(past),
        machine=past["machine_id"].astype("object").fillna("").tolist(),
        is_pinned=np.zeros(len(past), np.bool_),
    )
    return explained(plain, past, fleet) if fleet.spans and len(past) else plain
