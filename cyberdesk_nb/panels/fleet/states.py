"""What each machine does, and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pandas as pd

from cyberdesk_nb.models import ConnectionResponse, ConnectionStatus, MachineResponse, MachineStatus, RunStatus

STATES = ("error", "offline", "unknown", "unavailable", "busy", "reserved", "idle")
"""All states, those that need somebody first."""

STREAK = 3
"""So many failures in a row are trouble, whatever the machine does now."""

FAILED = ("task_failed", "infra_error", "check_failed")
_AT_WORK = (RunStatus.RUNNING, RunStatus.RUNNING_CHECKS)

_DTYPES: dict[str, Any] = {
    "id": "str",
    "name": "str",
    "pool_names": "str",
    "trouble": "bool",
    "state": pd.CategoricalDtype(pd.Index(STATES, dtype="str")),
    "since": "datetime64[us, UTC]",
    "for_s": "float64",
    "status": "str",
    "last_seen": "datetime64[us, UTC]",
    "run_id": "str",
    "workflow_name": "str",
    "runs_live": "int64",
    "session_id": "str",
    "waiting": "int64",
    "waiting_alone": "int64",
    "ended": "int64",
    "failed": "int64",
    "failed_in_a_row": "int64",
    "last_ended_at": "datetime64[us, UTC]",
    "last_error": "str",
}


@dataclass(frozen=True, slots=True)
class _Done:
    """How the runs of one machine ended, the newest first."""

    ended: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    last_ended_at: datetime | None = None
    last_error: str | None = None
    session_ended: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, slots=True)
class _Wires:
    """When the connections of one machine began and ended."""

    opened: datetime | None = None
    closed: datetime | None = None


def machine_states(
    machines: Sequence[MachineResponse],
    runs: pd.DataFrame,
    connections: Sequence[ConnectionResponse],
    waiting: pd.DataFrame,
    *,
    at: datetime,
    since: datetime,
) -> pd.DataFrame:
    """Tell what each machine does now, and since when.

    Parameters
    ----------
    machines
        With their pools.
    runs
        As `runs_frame`: those of the window and those that are live.
    connections
        Of all machines.
    waiting
        As `waiting_runs`.
    at, since
        Now, and the beginning of the window over which ended runs count.

    Returns
    -------
    pandas.DataFrame
        One row a machine, trouble first, then by name:

        ``id``, ``name``, ``pool_names`` (joined by commas); ``trouble``: whether it is not to be had, or its last
        `STREAK` runs failed; ``state``: ``error`` and ``offline`` by its status,
        ``busy`` (a run is on it), ``reserved`` (a session holds it), ``idle`` (free), ``unavailable`` (connected,
        without a run, and not free), ``unknown`` (a status not known here); ``since``: of a busy machine the beginning
        of its run, of an idle one the later of its last run's end and its connection, of a reserved one the end of the
        session's last run, of one that is down the end of its last connection or when it was last heard of; missing
        where the window does not tell; ``for_s``: seconds since then;

        ``status``, ``last_seen``; ``run_id``, ``workflow_name``: of the run on it; ``runs_live``: how many are said to
        be on it; ``session_id`` that holds it; ``waiting``: runs that it could take, ``waiting_alone``: those of them
        that no other machine could; ``ended``, ``failed``: its runs that ended in the window, cancelled ones left out,
        and those of them that failed; ``failed_in_a_row``: how many of its last runs, up to the last that did not
        fail; ``last_ended_at``; ``last_error``: what its last failure said.
    """
    at_work = _at_work(runs)
    done = _done(runs, since)
    wires = _wires(connections)
    queued = _queued(waiting)
    rows: list[dict[str, Any]] = []
    for one in machines:
        live = at_work.get(one.id, [])
        state = _state(one, bool(live))
        told = done.get(one.id, _Done())
        begun = _in_utc(_since(state, one, live, told, wires.get(one.id, _Wires()), since))
        row: dict[str, Any] = dict.fromkeys(_DTYPES)
        row |= {"id": one.id, "name": one.name, "state": state, "since": begun, "session_id": one.reserved_session_id}
        row["trouble"] = state in STATES[:4] or told.failed_in_a_row >= STREAK
        row["pool_names"] = None if one.pools is None else ", ".join(pool.name for pool in one.pools)
        row["for_s"] = None if begun is None else max(0.0, (at - begun).total_seconds())
        row |= {"status": _text(one.status), "last_seen": _in_utc(one.last_seen), "runs_live": len(live)}
        row |= {"run_id": live[0]["id"], "workflow_name": live[0]["workflow_name"]} if live else {}
        row["waiting"], row["waiting_alone"] = queued.get(one.id, (0, 0))
        row |= {
            name: getattr(told, name) for name in ("ended", "failed", "failed_in_a_row", "last_ended_at", "last_error")
        }
        rows.append(row)
    rows.sort(
        key=lambda row: (not row["trouble"], STATES.index(row["state"]), (row["name"] or "").casefold(), row["id"])
    )
    columns = {name: pd.Series([row[name] for row in rows], dtype=object) for name in _DTYPES}
    return pd.DataFrame(columns).astype(_DTYPES)


def _state(machine: MachineResponse, has_run: bool) -> str:
    if machine.status == MachineStatus.ERROR:
        return "error"
    if machine.status == MachineStatus.DISCONNECTED:
        return "offline"
    if machine.status != MachineStatus.CONNECTED:
        return "unknown"
    if has_run:
        return "busy"
    if machine.reserved_session_id is not None:
        return "reserved"
    # What could not be read is None.
    free = cast("bool | None", machine.is_available)
    return "unknown" if free is None else "idle" if free else "unavailable"


def _since(
    state: str, machine: MachineResponse, live: Sequence[dict[str, Any]], done: _Done, wires: _Wires, window: datetime
) -> datetime | None:
    if state == "busy":
        return live[0]["started_at"]
    if state == "reserved":
        return done.session_ended.get(machine.reserved_session_id or "")
    if state == "idle":
        begun = _later(done.last_ended_at, wires.opened)
        # Before the window it may have worked, and nobody knows until when.
        return begun if begun is not None and begun >= window else None
    if state in {"error", "offline"}:
        return _later(wires.closed, machine.last_seen)
    return None


def _at_work(runs: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Give the runs that are on a machine, by machine, the latest first."""
    status = runs["status"].astype(object)
    # A status that came with a later version of the API: as long as it does not end, the run has its machine.
    is_new_kind = runs["is_terminal"].isna() & runs["started_at"].notna() & runs["ended_at"].isna()
    on = runs[(status.isin(list(_AT_WORK)) | is_new_kind) & runs["machine_id"].notna()]
    on = on.sort_values("started_at", ascending=False, na_position="last", kind="stable")
    found: dict[str, list[dict[str, Any]]] = {}
    for row in on[["id", "workflow_name", "machine_id", "started_at"]].to_dict("records"):
        plain = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        found.setdefault(str(plain["machine_id"]), []).append(plain)
    return found


def _done(runs: pd.DataFrame, since: datetime) -> dict[str, _Done]:
    ended = runs[runs["ended_at"].notna() & (runs["ended_at"] >= since) & runs["machine_id"].notna()]
    ended = ended.sort_values("ended_at", ascending=False, kind="stable")
    columns = [
        ended[name].astype(object).tolist() for name in ("machine_id", "outcome", "ended_at", "error", "session_id")
    ]
    # Plain rows: a frame for each machine takes longer than all else together.
    rows: dict[str, list[tuple[Any, ...]]] = {}
    for machine_id, *row in zip(*columns, strict=True):
        rows.setdefault(str(machine_id), []).append(tuple(row))
    return {machine_id: _done_on(of_it) for machine_id, of_it in rows.items()}


def _done_on(rows: Sequence[tuple[Any, ...]]) -> _Done:
    """Sum up (outcome, end, error, session) of the runs of one machine, the latest first."""
    counted = [(outcome in FAILED, error) for outcome, _, error, _ in rows if outcome in FAILED or outcome == "success"]
    errors = [error for is_failed, error in counted if is_failed]
    sessions: dict[str, datetime] = {}
    for _, end, _, session in rows:
        if isinstance(session, str):
            sessions.setdefault(session, end)
    return _Done(
        ended=len(counted),
        failed=len(errors),
        failed_in_a_row=next((n for n, (is_failed, _) in enumerate(counted) if not is_failed), len(counted)),
        last_ended_at=rows[0][1],
        last_error=errors[0] if errors and isinstance(errors[0], str) else None,
        session_ended=sessions,
    )


def _wires(connections: Sequence[ConnectionResponse]) -> dict[str, _Wires]:
    found: dict[str, _Wires] = {}
    for one in connections:
        known = found.get(one.machine_id, _Wires())
        if one.disconnected_at is None and one.status == ConnectionStatus.CONNECTED:
            found[one.machine_id] = _Wires(_later(known.opened, one.connected_at), known.closed)
        else:
            found[one.machine_id] = _Wires(known.opened, _later(known.closed, one.disconnected_at or one.last_ping))
    return found


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)


def _in_utc(time: datetime | None) -> datetime | None:
    try:
        return None if time is None else time.astimezone(UTC)
    except OverflowError:
        # The end of the calendar, told in another zone: it has no form in UTC, and is no time of anything.
        return None


def _later(*times: datetime | None) -> datetime | None:
    return max((time for time in times if time is not None), default=None)


def _queued(waiting: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Count the runs that wait for each machine, and those that wait for it alone."""
    counts: dict[str, tuple[int, int]] = {}
    for machine_ids, count in Counter(waiting["machine_ids"]).items():
        for machine_id in machine_ids:
            known, alone = counts.get(machine_id, (0, 0))
            counts[machine_id] = known + count, alone + count * (len(machine_ids) == 1)
    return counts
