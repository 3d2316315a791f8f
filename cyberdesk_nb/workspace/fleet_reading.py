"""Read what the fleet panel shows: all at first, then in two requests what may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

import pandas as pd

from cyberdesk_nb import frames
from cyberdesk_nb.client import Client, Walk
from cyberdesk_nb.errors import NotFoundError
from cyberdesk_nb.models import (
    ConnectionResponse,
    MachineResponse,
    PoolResponse,
    RunListSortMode,
    RunResponse,
    WorkflowResponse,
)
from cyberdesk_nb.panels.fleet.survey import RUN_COLUMNS, History, Survey, history_of, server_time, survey

T = TypeVar("T")

_ALL_AGAIN_S = 900.0
"""After so many seconds everything is read again: runs that were deleted show in no other way."""
_LISTS_AGAIN_S = 300.0
_REST = 20.0
"""Connections are read no more often than this many times as long as reading them took."""
_PAGES_MAX = 10
_LOST_MAX = 20


class FleetReader:
    """Reads a fleet again and again, and remembers what cannot have changed.

    The first time, and when told so, it walks over the runs of the window. After that it asks for the machines, and for
    the runs that are live or ended last, which come first on their list. Connections, pools and workflows are read when
    a machine's status changed or something new is named, and every few minutes.

    Parameters
    ----------
    client
        Lives on the loop that `read` runs on.
    window
        How far back runs and connections count.
    """

    def __init__(self, client: Client, window: timedelta) -> None:
        self._client = client
        self._window = window
        self._machines: list[MachineResponse] = []
        self._runs: dict[str, RunResponse] = {}
        self._changed: dict[str, RunResponse] = {}
        self._table: pd.DataFrame | None = None
        self._lists: _Lists | None = None
        self._doubts: dict[str, str] = {}
        self._all_at = -_ALL_AGAIN_S
        self._asked_names: set[str] = set()

    async def read(self, whole: bool = False) -> Survey:
        """Read what may have changed, or all anew."""
        whole = whole or self._lists is None or monotonic() - self._all_at > _ALL_AGAIN_S
        machines = await self._read_machines(whole=whole)
        if self._lists is not None and _wires(machines) != _wires(self._machines):
            self._lists.is_stale = True
        self._machines = machines
        if whole or not await self._follow():
            await self._walk()
        at = self._now()
        if whole or self._lists is None or self._is_due(self._lists):
            before, self._lists = self._lists, await self._read_lists(at)
            if before is None or before.names != self._lists.names:
                self._table = None
        return await asyncio.to_thread(self._put_together, self._lists, at)

    async def _read_machines(self, *, whole: bool) -> list[MachineResponse]:
        """Read the machines in one request where it holds them all, else in a walk that makes sure of it."""
        if not whole:
            page = await self._client.machines.list(limit=1000, include=["pools"])
            if page.total == len(page.items) >= len(self._machines) and not page.lost:
                self._doubts.pop("machines", None)
                if page.problems:
                    self._doubts["machines"] = f"{len(page.problems)} values could not be read"
                return list(page.items)
        return await self._all("machines", self._client.machines.iter(include=["pools"]))

    def _put_together(self, lists: _Lists, at: datetime) -> Survey:
        self._table = _updated(self._table, self._changed, self._runs, lists.workflows)
        self._changed = {}
        return survey(
            self._machines,
            lists.pools,
            self._table,
            lists.connections,
            lists.history,
            at=at,
            since=at - self._window,
            doubts=[f"About the list of {label}: {why}." for label, why in self._doubts.items()],
        )

    async def _walk(self) -> None:
        """Read all runs of the window, and those that are live for longer."""
        runs = await self._all("runs", self._client.runs.iter(created_at_from=self._start(), fields=_FIELDS))
        self._runs, self._changed, self._table, self._all_at = {run.id: run for run in runs}, {}, None, monotonic()
        self._doubts.pop("live runs", None)
        if not await self._follow():
            self._doubts["live runs"] = "there are too many of them to read at once"

    async def _follow(self) -> bool:
        """Read the runs that are live or ended last; False where too much changed to read on so."""
        live = {run.id for run in self._runs.values() if not run.is_terminal}
        start = self._start()
        limit = max(100, min(1000, len(live) + 50))
        seen: set[str] = set()
        for _ in range(_PAGES_MAX):
            page = await self._client.runs.list(
                sort_mode=RunListSortMode.ACTIVITY, skip=len(seen), limit=limit, fields=_FIELDS
            )
            if page.lost:
                self._doubts["runs"] = "some rows are no JSON objects and could not be read"
            news = {run.id: run for run in page.items if self._runs.get(run.id) != run and not _is_over(run, start)}
            self._take(news)
            seen |= {run.id for run in page.items}
            # Past an ended run that is as it was, nothing has changed.
            if not page.items or (page.items[-1].is_terminal and page.items[-1].id not in news):
                break
            if page.total is not None and page.total <= len(seen):
                break
        else:
            return False
        lost = live - seen
        for run_id in list(lost)[:_LOST_MAX]:
            await self._read_lost(run_id)
        return len(lost) <= _LOST_MAX

    def _take(self, runs: dict[str, RunResponse]) -> None:
        self._runs |= runs
        self._changed |= runs

    async def _read_lost(self, run_id: str) -> None:
        """Read a run that was live and is not on the list any more: it was deleted, or ended among many others."""
        try:
            run = await self._client.runs.get(run_id)
        except NotFoundError:
            del self._runs[run_id]
            self._changed.pop(run_id, None)
            self._table = None
        else:
            self._take({run_id: run.model_copy(update={"run_message_history": None})})

    async def _read_lists(self, at: datetime) -> _Lists:
        begun = monotonic()
        connections = await self._all("connections", self._client.connections.iter())
        pools = await self._all("pools", self._client.pools.iter())
        workflows = await self._all("workflows", self._client.workflows.iter())
        took_s = monotonic() - begun
        self._asked_names |= self._names()
        history = await asyncio.to_thread(history_of, self._machines, connections, since=at - self._window, until=at)
        return _Lists(connections, pools, workflows, history, monotonic(), took_s)

    def _is_due(self, lists: _Lists) -> bool:
        age_s = monotonic() - lists.read_at
        lists.is_stale = lists.is_stale or not self._names() <= self._asked_names
        return age_s > _LISTS_AGAIN_S or (lists.is_stale and age_s >= _REST * lists.took_s)

    def _names(self) -> set[str]:
        """Give the ids whose names come with the lists."""
        pools = {pool.id for one in self._machines for pool in one.pools or ()}
        return pools | {run.workflow_id for run in self._runs.values()}

    def _start(self) -> datetime:
        # A little before the window: a run that ended in it may have waited since before it.
        return self._now() - self._window - timedelta(days=1)

    def _now(self) -> datetime:
        times = (time for run in self._runs.values() for time in (run.created_at, run.started_at, run.ended_at))
        return server_time(self._machines, times, datetime.now(UTC))

    async def _all(self, label: str, walk: Walk[T]) -> list[T]:
        rows = [row async for row in walk]
        told = walk.completeness
        self._doubts.pop(label, None)
        if not told.complete or told.problems:
            unread = f"{told.problems} values could not be read" if told.problems else ""
            self._doubts[label] = "; ".join(
                filter(None, (unread, "" if told.complete else f"rows may be missing: {told.why}"))
            )
        return rows


class _Lists:
    """The lists that change seldom, as they were read last."""

    def __init__(
        self,
        connections: list[ConnectionResponse],
        pools: Sequence[PoolResponse],
        workflows: list[WorkflowResponse],
        history: History,
        read_at: float,
        took_s: float,
    ) -> None:
        self.connections, self.pools, self.workflows, self.history = connections, pools, workflows, history
        self.read_at, self.took_s = read_at, took_s
        self.is_stale = False

    @property
    def names(self) -> dict[str, str | None]:
        """Names of the workflows by id, which the frame of runs holds, too."""
        return {one.id: one.name for one in self.workflows}


_FIELDS = frames.run_fields(RUN_COLUMNS)


def _is_over(run: RunResponse, start: datetime) -> bool:
    return run.is_terminal and run.ended_at is not None and run.ended_at < start


def _wires(machines: Iterable[MachineResponse]) -> dict[str, Any]:
    return {one.id: one.status for one in machines}


def _updated(
    table: pd.DataFrame | None,
    changed: dict[str, RunResponse],
    runs: dict[str, RunResponse],
    workflows: list[WorkflowResponse],
) -> pd.DataFrame:
    """Build the frame of all runs, or put those that changed in the place of what they were."""
    if table is None:
        return _runs_table(runs.values(), workflows)
    if not changed:
        return table
    fresh = _runs_table(changed.values(), workflows)
    return pd.concat([table[~table["id"].isin(fresh["id"])], fresh], ignore_index=True)


def _runs_table(runs: Iterable[RunResponse], workflows: list[WorkflowResponse]) -> pd.DataFrame:
    table = frames.runs_frame(list(runs), columns=RUN_COLUMNS, included=workflows)
    # Each step on a frame copies them, and they are long.
    table.attrs = {}
    return table
