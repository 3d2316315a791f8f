"""Worlds for tests: a fixed present, time that stands still, and what tests ask of records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from cyberdesk_nb.simulator.options import WorldOptions
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.world.world import World

Record = dict[str, Any]

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
LIVE = ("scheduling", "running", "running_checks")
TERMINAL = {"success", "task_failed", "error", "cancelled"}


def make_world(**options: Any) -> World:
    """Make a small world of the test's own, without failures by chance, whose time stands still."""
    small: dict[str, Any] = {"runs": 0, "trajectories": 8, "failure_rate": 0.0, "disturbance_rate": 0.0}
    return World(WorldOptions(now=NOW, speed=0.0, **{**small, **options}))


@cache
def default_world() -> World:
    """Return the default fleet; for reading only."""
    return World(WorldOptions(now=NOW, speed=0.0))


@cache
def default_runs() -> list[Record]:
    """Return all runs of the default fleet as full records, oldest first."""
    runs, total = default_world().list_runs(sort_mode="created_at_desc", limit=1000)
    assert len(runs) == total
    return runs[::-1]


def launchable(world: World, number: int = 0) -> Record:
    """Return a body that creates a run of the `number`-th workflow."""
    workflow = list(world.workflows.values())[number]
    kind = world._library.kinds[world._store.kinds[workflow["id"]]]
    secrets = dict.fromkeys(kind.sensitive, "correct-horse-1")
    inputs = dict(world._library.sample(kind.slug, 1))
    return {"workflow_id": workflow["id"], "input_values": inputs, "sensitive_input_values": secrets}


def create(world: World, number: int = 0, **more: Any) -> Record:
    """Create a run of the `number`-th workflow."""
    return world.create_run({**launchable(world, number), **more})


def connected(world: World) -> list[str]:
    """Return the ids of the connected machines."""
    return [key for key, machine in world.machines.items() if machine["status"] == "connected"]


def refused(call: Any) -> Refusal:
    """Return the refusal that a call must raise."""
    with pytest.raises(Refusal) as fault:
        call()
    return fault.value


def pass_time(world: World, seconds: float) -> None:
    """Let virtual time pass and everything happen that is due."""
    world.clock.advance(seconds)
    world.settle()


def drain(world: World, *, most: int = 500) -> None:
    """Let time pass until no run is live."""
    for _ in range(most):
        if not any(world.list_runs(status=status)[1] for status in LIVE):
            return
        pass_time(world, 120)
    raise AssertionError("runs still live")


def overlaps(runs: Iterable[Record]) -> list[tuple[Record, Record]]:
    """Return pairs of runs that were on one machine at the same time."""
    placed = sorted(
        (run for run in runs if run["started_at"] and run["machine_id"]),
        key=lambda r: (r["machine_id"], r["started_at"]),
    )
    return [
        (a, b)
        for a, b in pairwise(placed)
        if a["machine_id"] == b["machine_id"] and (a["ended_at"] is None or a["ended_at"] > b["started_at"])
    ]


def counted_steps(run: Record) -> tuple[int, int]:
    """Count the agentic and the cached steps that a run's history shows."""
    calls = [m for m in run["run_message_history"] or [] if any(b["type"] == "tool_use" for b in m["content"])]
    cached = sum("trajectory_id" in message for message in calls)
    return len(calls) - cached, cached
