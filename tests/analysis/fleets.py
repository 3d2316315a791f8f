"""Seeded fleets as frames, straight from the world, and fleets made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd

from cyberdesk_nb.frames import connections_frame, machines_frame, runs_frame, usage_frame, workflows_frame
from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.stores import usage
from cyberdesk_nb.simulator.world.world import World

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
START = datetime(2026, 11, 2, tzinfo=UTC)
_FIELDS = [
    *("started_at", "ended_at", "error", "is_priority", "machine_id", "usage_metadata", "post_run_checks"),
    *("pool_ids", "session_id", "release_session_after"),
]


@cache
def seeded(seed: int, **options: Any) -> tuple[World, pd.DataFrame, dict[str, Any]]:
    """Give a world, its runs, and its other tables by the names of the arguments of `findings`.

    Whoever asks for the same fleet gets the same frames, and leaves them as they are.
    """
    world = World(WorldOptions(seed=seed, now=NOW, speed=0.0, screens=False, **options))
    records: list[dict[str, Any]] = []
    total = 1
    while len(records) < total:
        page, total = world.list_runs(sort_mode="created_at_desc", limit=1000, skip=len(records), fields=_FIELDS)
        if not page:
            break
        records += page
    named = [{"type": "workflow", **one} for one in world.workflows.values()]
    named += [{"type": "machine", **one} for one in world.machines.values()]
    tables = {
        "connections": connections_frame(list(world.connections.values()), included=named),
        "machines": machines_frame(list(world.machines.values())),
        "workflows": workflows_frame(list(world.workflows.values())),
    }
    return world, runs_frame(records, included=named), tables


def usage_of(world: World, since: datetime, until: datetime, *modes: str) -> pd.DataFrame:
    """Give the server's sums of a time."""
    return usage_frame([usage.aggregate(world, from_date=since, to_date=until, mode=mode) for mode in modes])


def run(number: int, outcome: str = "success", *, hours: float | None = None, **more: Any) -> dict[str, Any]:
    """Give one run: the hundredth begins a hundred hours after the first unless told otherwise."""
    created = START + timedelta(hours=number if hours is None else hours)
    status = {"infra_error": "error", "check_failed": "task_failed", "live": "running"}.get(outcome, outcome)
    wait_s, duration_s = more.pop("wait_s", 1.0), more.pop("duration_s", 60.0)
    started = created + timedelta(seconds=wait_s)
    ended = None if outcome == "live" else started + timedelta(seconds=duration_s)
    return {
        "id": f"r-{number}",
        "workflow_id": "w-0",
        "machine_id": "m-0",
        "status": status,
        "created_at": created,
        "started_at": started,
        "ended_at": ended,
        "post_run_checks": [{"status": "failed"}] if outcome == "check_failed" else None,
    } | more


def runs_of(*records: dict[str, Any], **options: Any) -> pd.DataFrame:
    """Give runs as a frame."""
    return runs_frame(list(records), **options)


def connection(machine: str, since: float, until: float | None, status: str = "error") -> dict[str, Any]:
    """Give one connection, its ends in hours since the first run."""
    begin, end = (None if hours is None else START + timedelta(hours=hours) for hours in (since, until))
    return {
        "id": f"c-{machine}-{since}",
        "machine_id": machine,
        "websocket_id": f"ws-{machine}-{since}",
        "status": "connected" if end is None else status,
        "connected_at": begin,
        "disconnected_at": end,
        "last_ping": end or START + timedelta(hours=2000),
    }
