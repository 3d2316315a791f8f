"""What is known of a fleet at one moment, put together from the answers of its lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import cast

import pandas as pd

from cyberdesk_nb.analysis.machines.availability import availability, connection_spans
from cyberdesk_nb.frames import connections_frame, machines_frame
from cyberdesk_nb.models import ConnectionResponse, MachineResponse, MachineStatus, PoolResponse
from cyberdesk_nb.panels.fleet.queues import waiting_runs
from cyberdesk_nb.panels.fleet.states import machine_states
from cyberdesk_nb.panels.fleet.strips import Mark, strip_of

RUN_COLUMNS = (
    *("id", "workflow_id", "workflow_name", "machine_id", "status", "is_terminal", "outcome", "is_priority"),
    *("created_at", "started_at", "ended_at", "error", "pool_ids", "session_id"),
)
"""Columns of `runs_frame` that a survey needs."""

_CLOCKS_AGREE = timedelta(minutes=10)
_AHEAD_MAX = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class History:
    """How machines were connected over the days of the window, up to when their connections were read."""

    spans: pd.DataFrame
    availability: pd.DataFrame
    strips: dict[str, list[Mark]]
    """By machine, as they are drawn."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A fleet at one moment.

    Attributes
    ----------
    at, since
        The moment, by the server's clock as far as it can be told, and the beginning of the window.
    machines, pools
        Their records.
    runs
        The runs of the window and those that are live, as `runs_frame`.
    history
        How machines were connected.
    states
        One row a machine, as `machine_states` gives it, with its availability.
    waiting
        The runs that wait for a machine, as `waiting_runs` gives them.
    doubts
        Why rows may be missing, in words.

    """

    at: datetime
    since: datetime
    machines: tuple[MachineResponse, ...]
    pools: tuple[PoolResponse, ...]
    runs: pd.DataFrame
    history: History
    states: pd.DataFrame
    waiting: pd.DataFrame
    doubts: tuple[str, ...] = ()


def server_time(machines: Sequence[MachineResponse], times: Iterable[datetime | None], local: datetime) -> datetime:
    """Tell what time it is where the records come from.

    That is this computer's time, or the latest time of the records where that is later: they cannot come from the
    future. One that lies far after what most connected machines tell is no time but a fault, and does not count.
    """
    # What could not be read is None.
    heard = cast("list[datetime | None]", [one.last_seen for one in machines if one.status == MachineStatus.CONNECTED])
    told = sorted(time for time in heard if time is not None and time < local + _AHEAD_MAX)
    latest = max(local, told[len(told) // 2]) if told else local
    return max([local, *(time for time in chain(told, times) if time is not None and time <= latest + _CLOCKS_AGREE)])


def history_of(
    machines: Sequence[MachineResponse], connections: Sequence[ConnectionResponse], *, since: datetime, until: datetime
) -> History:
    """Work out when machines were connected; `until` is when the connections were read."""
    rows, named = connections_frame(list(connections)), machines_frame(list(machines))
    spans = connection_spans(rows, since=since, until=until, machines=named)
    told = availability(rows, since=since, until=until, machines=named, confidence=None)
    strips = {str(key): strip_of(own, until) for key, own in spans.groupby("machine_id", observed=True)}
    return History(spans, told, strips)


def survey(
    machines: Sequence[MachineResponse],
    pools: Sequence[PoolResponse],
    runs: pd.DataFrame,
    connections: Sequence[ConnectionResponse],
    history: History,
    *,
    at: datetime,
    since: datetime,
    doubts: Sequence[str] = (),
) -> Survey:
    """Put together what was read.

    Parameters
    ----------
    machines
        With their pools.
    runs
        The runs of the window and those that are live, with the columns `RUN_COLUMNS`.
    connections
        Of all machines, as old as there are.
    history
        As `history_of` gives it.
    at, since
        The moment and the beginning of the window.
    doubts
        Why rows may be missing.
    """
    waiting = waiting_runs(runs, machines)
    states = machine_states(machines, runs, connections, waiting, at=at, since=since)
    known = history.availability[["machine_id", "uptime_share", "connected_s", "down_s", "unknown_s", "gaps"]]
    states = states.merge(known.rename(columns={"machine_id": "id"}), on="id", how="left")
    states.attrs = {"at": at.isoformat(), "since": since.isoformat(), "doubts": list(doubts)}
    return Survey(at, since, tuple(machines), tuple(pools), runs, history, states, waiting, tuple(doubts))
