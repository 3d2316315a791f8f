"""Which runs wait, for what, and which machines could take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from cyberdesk_nb.frames import decode
from cyberdesk_nb.models import MachineResponse, RunStatus

WANTS = ("session", "machine", "pools", "any")
_COLUMNS = ("run_id", "workflow_name", "created_at", "is_priority", "wants", "pool_ids", "machine_ids")


def waiting_runs(runs: pd.DataFrame, machines: Sequence[MachineResponse]) -> pd.DataFrame:
    """Give the runs that wait for a machine, the longest wait first.

    Parameters
    ----------
    runs
        As `runs_frame`.
    machines
        With their pools.

    Returns
    -------
    pandas.DataFrame
        ``run_id``, ``workflow_name``, ``created_at``, ``is_priority``; ``wants``: the machine of its ``session``, one
        ``machine``, machines of ``pools``, or ``any``, where each beats those after it; ``pool_ids`` (a tuple, empty
        unless pools decide); ``machine_ids``: those that could take it once free, an empty tuple where none is.
    """
    waiting = runs[runs["status"].astype(object) == RunStatus.SCHEDULING].sort_values(["created_at", "id"])
    waiting = waiting.assign(pool_ids=decode(waiting["pool_ids"]))
    rows = list(_rows(waiting, machines))
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in _COLUMNS}).astype(
        {"run_id": "str", "workflow_name": "str", "created_at": "datetime64[us, UTC]", "is_priority": "boolean"}
    )


def _rows(waiting: pd.DataFrame, machines: Sequence[MachineResponse]) -> Iterator[dict[str, Any]]:
    holders = {one.reserved_session_id: one.id for one in machines if one.reserved_session_id}
    members = {one.id: frozenset(pool.id for pool in one.pools or ()) for one in machines}
    for row in waiting.to_dict("records"):
        wants, pool_ids, machine_ids = _place(row, holders, members)
        told = {name: row[name] for name in ("workflow_name", "created_at", "is_priority")}
        yield told | {"run_id": row["id"], "wants": wants, "pool_ids": pool_ids, "machine_ids": machine_ids}


def _place(
    row: Mapping[Any, Any], holders: Mapping[str, str], members: Mapping[str, frozenset[str]]
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    if isinstance(session := row["session_id"], str) and session in holders:
        return "session", (), (holders[session],)
    if isinstance(machine := row["machine_id"], str):
        return "machine", (), (machine,) if machine in members else ()
    pool_ids = tuple(map(str, row["pool_ids"] or ()))
    if pool_ids:
        return "pools", pool_ids, tuple(key for key, pools in members.items() if pools.issuperset(pool_ids))
    return "any", (), tuple(members)
