"""What a monitor is given: the list of its runs, read whole or page by page, and what can be done with one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cyberdesk_nb import frames
from cyberdesk_nb.client import Client
from cyberdesk_nb.errors import NotFoundError, RequestError
from cyberdesk_nb.models import RunListSortMode, RunResponse, RunStatus
from cyberdesk_nb.panels.monitor import Monitor, RunPage, RunSource, Told, Walked
from cyberdesk_nb.panels.monitor.source import COLUMNS
from cyberdesk_nb.workspace.portal import Portal
from cyberdesk_nb.workspace.run_saving import save_run

if TYPE_CHECKING:
    import pandas as pd

RUNS_MAX = 20_000
"""How many runs a monitor holds; of a longer list, the newest."""
_SINGLY_MAX = 20
"""Runs that are read one by one; more of them are looked for in the list."""
_PAGE_TIMEOUT_S = 30.0


@dataclass(slots=True)
class Listing:
    """The list that is watched: its filters, and the only runs of it that count where these were named.

    Attributes
    ----------
    filters
        As `Client.runs.list` takes them.
    wanted
        Ids of the runs; None is every run of the list.
    """

    client: Client
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    wanted: frozenset[str] | None = None

    async def page(self, skip: int, limit: int) -> RunPage:
        """Read one page in order of activity."""
        return await self.client.runs.list(
            skip=skip, limit=limit, sort_mode=RunListSortMode.ACTIVITY, timeout_s=_PAGE_TIMEOUT_S, **self._options()
        )

    async def walk(self, told: Told) -> Walked:
        """Read the whole list, or as much as a monitor holds."""
        if self.wanted is not None and len(self.wanted) <= _SINGLY_MAX:
            return await self._walk_singly(self.wanted, told)
        walk = self.client.runs.iter(**self._options())
        runs: list[RunResponse] = []
        async for page in walk.pages():
            total = walk.completeness.server_total
            if self.wanted is None and total is not None and total > RUNS_MAX:
                return await self._walk_newest(told, total)
            found = [run for run in page.items if self.wanted is None or run.id in self.wanted]
            runs += found
            told(found, total if self.wanted is None else len(self.wanted))
            if self.wanted is not None and len(runs) == len(self.wanted):
                return self._found(runs, len(walk.problems))
        record = walk.completeness
        if self.wanted is not None:
            return self._found(runs, record.problems, is_whole=record.complete)
        whole = record.complete
        return Walked(runs, complete=whole, why=record.why, problems=record.problems, is_cut=not whole)

    async def _walk_newest(self, told: Told, total: int) -> Walked:
        # One window of time after the other: read side by side, what comes first is not the newest.
        walk = self.client.runs.iter(windows=1, **self._options())
        runs: list[RunResponse] = []
        async for page in walk.pages():
            runs += page.items
            told(page.items, RUNS_MAX)
            if len(runs) >= RUNS_MAX:
                break
        why = f"of {total:,} runs the newest {len(runs):,} are here, and older ones that go on; narrow it with since="
        return Walked(runs, complete=False, why=why, problems=len(walk.problems), is_cut=True)

    async def _walk_singly(self, wanted: Iterable[str], told: Told) -> Walked:
        runs: list[RunResponse] = []
        for run_id in sorted(wanted):
            try:
                run = await self.client.runs.get(run_id, include=["workflow", "machine"])
            except NotFoundError:
                continue
            runs.append(run)
            told([run], len(self.wanted or ()))
        return self._found(runs, 0)

    def _found(self, runs: Sequence[RunResponse], problems: int, *, is_whole: bool = True) -> Walked:
        """Note when the runs were created: pages need not reach beyond."""
        wanted = self.wanted or frozenset()
        times = [run.created_at for run in runs if cast("datetime | None", run.created_at) is not None]
        if times and len(times) == len(runs):
            self.filters = {**self.filters, **_bounds(times)}
        lacking = sorted(wanted - {run.id for run in runs})
        if not lacking:
            return Walked(runs, complete=True, why="every run asked for was found", problems=problems)
        which = f"{len(lacking)} of the {len(wanted)} runs asked for"
        why = f"{which} {'do not exist' if is_whole else 'were not found'}: {', '.join(lacking[:3])}"
        return Walked(runs, complete=False, why=why, problems=problems, is_cut=not is_whole)

    def _options(self) -> dict[str, Any]:
        return {**self.filters, "include": ["workflow", "machine"], "fields": frames.run_fields(COLUMNS)}


def monitor_of(
    client: Client,
    portal: Portal,
    filters: Mapping[str, Any],
    runs: object,
    *,
    status: str | None,
    replay: Callable[[str], Any],
    clock: Callable[[], datetime] | None,
) -> Monitor:
    """Make the monitor of a list, or of some runs of it."""
    wanted, bounds = (None, {}) if runs is None else named_runs(runs)
    given = {name: value for name, value in filters.items() if value is not None}
    listing = Listing(client, {**bounds, **given}, wanted)
    source = run_source(portal, listing, replay, _about(given, wanted))
    return Monitor(source, status=None if status is None else str(status), clock=clock)


def run_source(portal: Portal, listing: Listing, replay: Callable[[str], Any] | None, about: str = "") -> RunSource:
    """Give a monitor its functions: each runs on the portal's loop."""
    runs = listing.client.runs

    def cancel(run_id: str, key: str) -> Future[RunResponse]:
        return portal.submit(runs.update, run_id, status=RunStatus.CANCELLED, idempotency_key=key)

    def retry(run_id: str, key: str) -> Future[RunResponse]:
        return portal.submit(runs.retry, run_id, idempotency_key=key)

    def save(run_id: str, folder: Path) -> Future[Path]:
        return portal.submit(save_run, listing.client, run_id, folder)

    return RunSource(
        walk=lambda told: portal.submit(listing.walk, told),
        page=lambda skip, limit: portal.submit(listing.page, skip, limit),
        cancel=cancel,
        retry=retry,
        save=save,
        every=portal.every,
        replay=replay,
        watched=listing.wanted,
        about=about,
    )


def _about(filters: Mapping[str, Any], wanted: frozenset[str] | None) -> str:
    said = "" if wanted is None else f"of {len(wanted):,} asked for"
    start = filters.get("created_at_from")
    return f"{said} created since {start.astimezone():%d %b %Y %H:%M}".strip() if start else said


def named_runs(runs: object) -> tuple[frozenset[str], dict[str, Any]]:
    """Read which runs are meant: their ids, and the bounds of time in which all of them lie where that is known.

    Raises `RequestError` for what names no run.
    """
    given = _several(runs)
    ids = frozenset(_id_of(one) for one in given)
    times = [one.created_at for one in given if isinstance(one, RunResponse)]
    if hasattr(runs, "columns") and "created_at" in cast("pd.DataFrame", runs):
        times = [one.to_pydatetime() for one in cast("pd.DataFrame", runs)["created_at"].dropna()]
    if not times or len(times) != len(given):
        return ids, {}
    return ids, _bounds(times)


def _bounds(times: Sequence[datetime]) -> dict[str, Any]:
    return {"created_at_from": min(times), "created_at_to": max(times)}


def _several(runs: object) -> list[object]:
    if isinstance(runs, str | RunResponse):
        return [runs]
    if hasattr(runs, "columns"):
        frame = cast("pd.DataFrame", runs)
        if "id" not in frame:
            raise RequestError("The frame has no column 'id'.", hint="Give a frame as ws.runs() makes it, or run ids.")
        return list(frame["id"])
    if isinstance(runs, Iterable):
        return list(cast("Iterable[object]", runs))
    raise RequestError(f"{type(runs).__name__} names no runs.", hint="Give ids of runs, or a frame such as ws.runs().")


def _id_of(run: object) -> str:
    if isinstance(run, RunResponse):
        return run.id
    if isinstance(run, str) and run:
        return run
    raise RequestError(f"{type(run).__name__} names no run.", hint="Give ids of runs, or a frame such as ws.runs().")
