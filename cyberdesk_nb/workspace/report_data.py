"""The frames that a report is made of: fetched, narrowed to what it is about, and why some are not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from cyberdesk_nb.errors import CyberdeskError, RequestError
from cyberdesk_nb.workspace.names import id_of, is_id
from cyberdesk_nb.workspace.when import When, as_time

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyberdesk_nb.workspace.tables import Tables

_COLUMNS = ["state", "timing", "error", "usage", "placement", "input_values", "output_data"]
_SOME_RUNS = "these are not all runs of the machines, so that what machines did cannot be told from them"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs a report is about; names or ids, None for all."""

    since: When = None
    until: When = None
    workflow: str | None = None
    machine: str | None = None
    pool: str | None = None
    tag: str | None = None

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the runs, by kind."""
        given = {"workflow": self.workflow, "machine": self.machine, "pool": self.pool, "tag": self.tag}
        return {kind: name for kind, name in given.items() if name is not None}


@dataclass(slots=True)
class Fetched:
    """What came.

    Attributes
    ----------
    frames
        By name.
    missing
        Why a frame is not there, by its name.
    since, until
        The time that they are about; `until` is the latest that the data tells of when none was asked for.
    made_at
        When it was fetched.
    """

    since: datetime | None
    until: datetime
    made_at: datetime
    frames: dict[str, pd.DataFrame] = field(default_factory=dict[str, pd.DataFrame])
    missing: dict[str, str] = field(default_factory=dict[str, str])


def fetch(tables: Tables, wanted: Wanted) -> Fetched:
    """Fetch all that a report needs; only a failure to fetch the runs is an error."""
    made_at = datetime.now(UTC)
    since, until = as_time(wanted.since, now=made_at), as_time(wanted.until, now=made_at)
    if since is not None and since >= (until or made_at):
        raise RequestError("The time of the report is empty.", hint='Give a start before the end: since="30d".')
    # Pool and tag first: a misspelt name should not cost a long fetch.
    pool = _pool(tables, wanted.pool)
    workflows = None if wanted.tag is None else set(tables.workflows(tags=[wanted.tag])["id"])
    fetched = Fetched(since, until or made_at, made_at)
    # Before the runs: a failure that a workflow notes after its run was fetched would pass for an earlier attempt's.
    _add(fetched, "workflows", tables.workflows)
    runs = tables.runs(since=since, until=until, workflow=wanted.workflow, machine=wanted.machine, columns=_COLUMNS)
    if workflows is not None:
        runs = runs[runs["workflow_id"].isin(workflows)].reset_index(drop=True)
    if pool is not None:
        runs = runs[pool.has(runs)].reset_index(drop=True)
    fetched.frames["runs"] = runs
    fetched.until = until or _latest(runs, made_at)
    _add(fetched, "machines", lambda: _in_pool(tables.machines(), "id", pool))
    _add(fetched, "connections", lambda: _in_pool(tables.connections(machine=wanted.machine), "machine_id", pool))
    _add_usage(tables, wanted, fetched)
    if wanted.workflow is not None or wanted.tag is not None:
        fetched.missing |= {"utilisation": _SOME_RUNS, "capacity": _SOME_RUNS}
    elif wanted.machine is not None:
        fetched.missing["capacity"] = "runs that waited for any machine are not among those of this one"
    return fetched


@dataclass(frozen=True, slots=True)
class _Pool:
    """A pool: its id, and its machines."""

    id: str
    machines: set[str]

    def has(self, runs: pd.DataFrame) -> pd.Series:
        """Mark the runs on a machine of the pool, and those that asked for it and have no machine yet."""
        asked = runs["pool_ids"].fillna("").str.contains(f'"{self.id}"', regex=False)
        return runs["machine_id"].isin(self.machines) | (runs["machine_id"].isna() & asked)


def _pool(tables: Tables, name: str | None) -> _Pool | None:
    if name is None:
        return None
    pool_id = name if is_id(name) else id_of("pool", name, tables.api.pools.iter())
    members = tables.machine_pools()
    return _Pool(pool_id, set(members.loc[members["pool_id"] == pool_id, "machine_id"]))


def _in_pool(frame: pd.DataFrame, key: str, pool: _Pool | None) -> pd.DataFrame:
    return frame if pool is None else frame[frame[key].isin(pool.machines)].reset_index(drop=True)


def _add(fetched: Fetched, name: str, fetch_one: Callable[[], pd.DataFrame]) -> None:
    """Fetch a frame without which the report is still one."""
    try:
        fetched.frames[name] = fetch_one()
    except CyberdeskError as error:
        fetched.missing[name] = str(error).rstrip(".")


def _add_usage(tables: Tables, wanted: Wanted, fetched: Fetched) -> None:
    if wanted.filters:
        fetched.missing["usage"] = "the platform sums all runs of a time, and these are some of them"
        return
    start = fetched.since or fetched.frames["runs"]["created_at"].min()
    if pd.isna(start):
        fetched.missing["usage"] = "there are no runs to sum over"
        return
    _add(fetched, "usage", lambda: tables.usage(start, fetched.until))


def _latest(runs: pd.DataFrame, made_at: datetime) -> datetime:
    """Give the end of an open time: now, or later where the server's clock is ahead of ours."""
    times = [runs[name].max() for name in ("created_at", "started_at", "ended_at")]
    return max([made_at, *(time.to_pydatetime() for time in times if not pd.isna(time))])
