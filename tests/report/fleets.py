"""Small fleets, as the API would tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames import connections_frame, machines_frame, runs_frame, workflows_frame
from cyberdesk_nb.report import Report, Scope, Scrubber, make_report

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
COMPLETE = {"complete": True, "server_total": None, "rows": 0, "why": "all came"}


def run(number: int, status: str = "success", *, at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """Give a run that waited 5 s and took a minute, as far as its status lets it."""
    created = at or NOON - timedelta(hours=number)
    started = None if status == "scheduling" else created + timedelta(seconds=5)
    ended = None if started is None or status == "running" else started + timedelta(seconds=60)
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "workflow_id": f"w{number % 3}",
        "workflow": {"id": f"w{number % 3}", "name": f"Workflow {number % 3}"},
        "machine_id": None if started is None else f"m{number % 4}",
        "machine": None if started is None else {"id": f"m{number % 4}", "name": f"Machine {number % 4}"},
        "status": status,
        "created_at": created.isoformat(),
        "started_at": started and started.isoformat(),
        "ended_at": ended and ended.isoformat(),
        "error": ["Something broke"] if status in ("error", "task_failed") else None,
        "input_values": {"patient": f"Patient {number}", "room": number},
        "output_data": {"summary": f"Seen Patient {number}", "total": 3},
        "usage_metadata": {"total_agentic_steps": 4, "total_cached_steps": 6},
        **fields,
    }


def runs(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Give the frame of all runs that there are."""
    return runs_frame(records, completeness={**COMPLETE, "rows": len(records)})


def others() -> dict[str, pd.DataFrame]:
    """Give four machines, always connected, and three workflows."""
    machines = [
        {"id": f"m{n}", "name": f"Machine {n}", "status": "connected", "is_available": True, "unkey_key_id": "k",
         "last_seen": NOON.isoformat(), "created_at": "2026-01-01T00:00:00Z", "alerts_enabled": False}
        for n in range(4)
    ]  # fmt: skip
    connections = [
        {"id": f"c{n}", "machine_id": f"m{n}", "websocket_id": "s", "status": "connected",
         "connected_at": "2026-01-01T00:00:00Z", "last_ping": NOON.isoformat()}
        for n in range(4)
    ]  # fmt: skip
    workflows = [
        {"id": f"w{n}", "name": f"Workflow {n}", "created_at": "2026-01-01T00:00:00Z",
         "updated_at": "2026-01-01T00:00:00Z"}
        for n in range(3)
    ]  # fmt: skip
    return {
        "machines": machines_frame(machines, completeness=COMPLETE),
        "connections": connections_frame(connections, completeness=COMPLETE, included=machines),
        "workflows": workflows_frame(workflows, completeness=COMPLETE),
    }


def report(
    records: Sequence[dict[str, Any]], *, tz: str = "UTC", since: datetime | None = None, **options: Any
) -> Report:
    """Make the report of a small fleet."""
    scope = Scope("a small fleet", since, NOON, NOON, tz=tz)
    frames = {"runs": runs(records), **others()}
    scrubber = Scrubber()
    cleaned = {name: scrubber.frame(frame) for name, frame in frames.items()}
    return make_report(scope, cleaned, {"usage": "not asked for"}, **options)
