"""Waiting for a run ends when the run does."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb import errors
from cyberdesk_nb.client import Client
from tests.client.server import KEY, FakeClock, on_clock, serving

pytestmark = pytest.mark.anyio


def run(status: str) -> dict[str, Any]:
    """Make a run in this state."""
    return {"id": "r1", "workflow_id": "w", "machine_id": None, "status": status, "created_at": "2026-11-01T00:00:00Z"}


@pytest.mark.parametrize("end", ["success", "task_failed", "error", "cancelled"])
async def test_wait_ends_on_each_terminal_status(end: str) -> None:
    """A run is waited for through every live status, also `running_checks`, until one of the four that end it."""
    lives = [run("scheduling"), run("running"), run("running_checks"), run("running_checks"), run(end)]
    async with serving(lives) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        assert (await client.runs.wait("r1")).status == end
        assert len(server.requests) == 5


@pytest.mark.filterwarnings("ignore:.*not known here")
async def test_a_status_unknown_here_is_no_end() -> None:
    """A status that this version does not know is taken for a live one."""
    async with serving([run("paused"), run("success")]) as server, Client(KEY, server.url) as client:
        on_clock(client, FakeClock())
        assert (await client.runs.wait("r1")).status == "success"


async def test_wait_polls_at_its_pace_and_gives_up_in_time() -> None:
    """A run that goes on beyond the time given ends the wait with its last known state."""
    clock = FakeClock()
    async with serving([run("running")]) as server, Client(KEY, server.url) as client:
        on_clock(client, clock)
        with pytest.raises(errors.WaitTimeoutError, match="still running after 20 s") as caught:
            await client.runs.wait("r1", poll_s=5, timeout_s=20)
        assert caught.value.run.status == "running"
        assert clock.slept == [5, 5, 5, 5]
        assert len(server.requests) == 5
