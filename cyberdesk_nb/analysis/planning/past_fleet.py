"""The machines that ran runs in the past: when each could take some, and for which pools."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd

from cyberdesk_nb.analysis.machines.availability import connection_spans
from cyberdesk_nb.analysis.planning.replaying import NEVER
from cyberdesk_nb.analysis.times.timelines import micros, require


@dataclass(frozen=True, slots=True)
class Fleet:
    """Machines, those that ran most first: when each takes runs, in microseconds, and the pools that it is in."""

    names: list[str]
    spans: list[list[tuple[int, int]]]
    pools: list[frozenset[str]]

    def of_size(self, count: int) -> Fleet:
        """Give fewer or more machines like these; where none is known all are alike and always there."""
        if not self.spans:
            return Fleet([""] * count, [[(-NEVER, NEVER)]] * count, [frozenset()] * count)
        known = len(self.spans)
        places = [place % known for place in range(count)]
        names = [*self.names[:count], *[""] * (count - known)]
        return Fleet(names, [self.spans[place] for place in places], [self.pools[place] for place in places])

    def mask(self, pools: frozenset[str]) -> int:
        """Give the machines that are in all of some pools, a bit for each."""
        return sum(1 << place for place, mine in enumerate(self.pools) if pools <= mine)


def pools_of(runs: pd.DataFrame) -> list[frozenset[str]]:
    """Read which pools each run asks for."""
    codes, texts = pd.factorize(runs["pool_ids"])
    known = [frozenset(map(str, json.loads(text) or ())) for text in texts]
    # Who asks for none has the code -1.
    known.append(frozenset())
    return [known[code] for code in codes.tolist()]


def fleet_of(past: pd.DataFrame, connections: pd.DataFrame | None, machine_pools: pd.DataFrame | None) -> Fleet:
    """Collect what is known of the machines that ran the runs, and of those that were connected meanwhile."""
    ran = past["machine_id"].value_counts()
    names = [str(name) for name in ran.index]
    members: dict[str, set[str]] = {}
    seen = past[["machine_id", "pool_ids"]].drop_duplicates()
    for machine, pools in zip(seen["machine_id"], pools_of(seen), strict=True):
        members.setdefault(str(machine), set()).update(pools)
    if machine_pools is not None:
        require(machine_pools, ("machine_id", "pool_id"), "machine_pools")
        for machine, pool in zip(machine_pools["machine_id"], machine_pools["pool_id"], strict=True):
            members.setdefault(str(machine), set()).add(str(pool))
    if connections is None or past.empty:
        spans = {name: [(-NEVER, NEVER)] for name in names}
    else:
        spans = _connected(past, connections)
        names += sorted(set(spans) - set(names))
    return Fleet(names, [spans.get(name, []) for name in names], [frozenset(members.get(name, ())) for name in names])


def _connected(past: pd.DataFrame, connections: pd.DataFrame) -> dict[str, list[tuple[int, int]]]:
    """Give the stretches in which machines took runs; the first and the last state go on beyond the runs' time."""
    since, until = past["created_at"].min(), past["ended_at"].max() + pd.Timedelta(seconds=1)
    spans = connection_spans(connections, since=since, until=until)
    first, last = (int(value) for value in micros(pd.Series([since, until])))
    found: dict[str, list[tuple[int, int]]] = {}
    began, over = micros(past["started_at"]), micros(past["ended_at"])
    runs = {str(machine): (began[rows], over[rows]) for machine, rows in past.groupby("machine_id").indices.items()}
    starts, ends = micros(spans["start"]).tolist(), micros(spans["end"]).tolist()
    for machine, state, start, end in zip(spans["machine_id"], spans["state"], starts, ends, strict=True):
        own = runs.get(machine)
        ran = own is not None and bool(((own[0] < end) & (own[1] > start)).any())
        if state == "connected" or (state == "unknown" and ran):
            found.setdefault(machine, []).append((-NEVER if start <= first else start, NEVER if end >= last else end))
    return found | {machine: [(-NEVER, NEVER)] for machine in set(runs) - set(spans["machine_id"])}
