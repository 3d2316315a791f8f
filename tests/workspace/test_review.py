"""Findings over many runs and two recordings side by side, fetched by one call of the workspace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import cyberdesk_nb as cd
from cyberdesk_nb.analysis import approval_queue, cache_breaks
from cyberdesk_nb.errors import NotFoundError
from cyberdesk_nb.frames import messages_frame
from cyberdesk_nb.simulator import simulator


@pytest.fixture(scope="module")
def ws() -> Iterator[cd.Workspace]:
    """Give a workspace on a small fleet of its own."""
    with (
        simulator(seed=7, runs=150, trajectories=18, speed=0) as sim,
        cd.connect(api_key=sim.api_key, base_url=sim.url) as workspace,
    ):
        yield workspace


def test_the_queue_of_a_workspace_is_whole(ws: cd.Workspace) -> None:
    """A workspace gives the queue of its fleet, without the approved, and a sheet of its first trajectories."""
    queue = approval_queue(ws)
    assert set(queue["id"]) == set(ws.trajectories(approved=False)["id"])
    assert queue["steps_saved_per_week"].is_monotonic_decreasing
    assert queue["steps_saved"].iloc[0] > 0
    assert queue.attrs["completeness"]["complete"]
    one, two = (ws.approval_sheet(queue, top=top) for top in (1, 2))
    assert two.height > one.height > 200
    assert ws.approval_sheet(queue.iloc[:0]).width == 320


def test_breaks_of_a_workspace_are_those_of_its_messages(ws: cd.Workspace) -> None:
    """What is fetched some runs at a time gives the same as all histories in one frame."""
    runs = ws.api.runs.iter(include=["workflow"])
    expected = cache_breaks(messages_frame(runs), ws.trajectories())
    found = ws.cache_breaks(since=None)
    completeness = found.attrs.pop("completeness")
    assert found.equals(expected)
    assert found.attrs == expected.attrs
    assert (completeness["complete"], completeness["rows"]) == (True, len(runs))
    workflow = str(expected["workflow_name"].iloc[0])
    assert set(ws.cache_breaks(since=None, workflow=workflow)["workflow_name"]) == {workflow}


def test_drift_is_told_over_replays_of_the_whole_time(ws: cd.Workspace) -> None:
    """Of more replays than wanted, some over the whole time are compared with the recording, screens fetched."""
    place = ws.cache_breaks(since=None).iloc[0]
    table = ws.screen_drift(place["trajectory_id"], since=None, runs_max=4)
    runs = table.attrs["runs"]
    assert runs["replays"] > runs["compared"] == 4
    assert set(table["trajectory_id"]) == {place["trajectory_id"]}
    assert (table["compared"].max(), table["breaks"].sum() > 0) == (4, True)
    assert (table["first_at"].min() - table["last_at"].max()).days < -1
    assert table.attrs["problem_count"] == table.attrs["without_screen"] == 0


def test_a_comparison_takes_ids(ws: cd.Workspace) -> None:
    """`compare` fetches a run and the trajectory recorded from it by id, with the screens of both."""
    recorded = ws.trajectories()
    recorded = recorded[recorded["run_id"].notna()].iloc[-1]
    shown = ws.compare(recorded["run_id"], recorded["id"])
    assert set(shown.frame["op"]) == {"same"}
    assert shown.frame["screen_bits"].notna().all()
    assert len(shown.frame) == recorded["steps_total"]
    shown.close()
    with pytest.raises(NotFoundError, match="No trajectory and no run"):
        ws.compare(recorded["id"], "00000000-0000-4000-8000-000000000000")
