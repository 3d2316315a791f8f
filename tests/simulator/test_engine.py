"""Lives, placement, cancels and crowds of runs, on a world whose time is stepped by hand."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cyberdesk_nb.simulator.engine.plans import matching_steps
from cyberdesk_nb.simulator.engine.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.world.world import World
from tests.simulator.worlds import (
    TERMINAL,
    Record,
    connected,
    counted_steps,
    create,
    drain,
    launchable,
    make_world,
    overlaps,
    pass_time,
)

STAGES = {"scheduling": 0, "running": 1, "running_checks": 2}


def watch(world: World, run_id: str, *, step_s: float = 2.0) -> list[Record]:
    """Step the clock until the run ends; return every look at it."""
    looks = [world.run(run_id)]
    while looks[-1]["status"] not in TERMINAL:
        pass_time(world, step_s)
        looks.append(world.run(run_id))
    return looks


@pytest.mark.parametrize("number", range(8))
def test_a_run_of_each_workflow_lives_and_ends(number: int) -> None:
    """Status only moves forward, history and usage only grow and agree at every look, and the end is a success."""
    world = make_world()
    run = create(world, number)
    assert (run["status"], run["started_at"], run["run_message_history"]) == ("scheduling", None, None)
    looks = watch(world, run["id"])
    stages = [STAGES.get(look["status"], 3) for look in looks]
    assert stages == sorted(stages)
    assert {0, 1, 3} <= set(stages)
    lengths = [len(look["run_message_history"] or []) for look in looks]
    assert lengths == sorted(lengths)
    for look in looks:
        usage = look["usage_metadata"] or {"total_agentic_steps": 0, "total_cached_steps": 0}
        assert (usage["total_agentic_steps"], usage["total_cached_steps"]) == counted_steps(look)
    last = looks[-1]
    assert last["status"] == "success"
    assert last["output_data"]
    assert last["usage_metadata"]["billing_outcome"] == "success"
    if world.workflows[run["workflow_id"]]["post_run_checks"]:
        assert 2 in stages
        assert [check["status"] for check in last["post_run_checks"]] == ["success"]


def test_the_last_picture_is_inline_while_the_run_is_live() -> None:
    """A live run's last image is base64, all before it are storage references; afterwards all are references."""
    world = make_world()
    run = create(world)
    pass_time(world, 30)
    live = world.run(run["id"])
    images = [b for m in live["run_message_history"] for b in m["content"] if b["type"] == "image"]
    assert live["status"] == "running"
    assert ["image_url" in image for image in images] == [True] * (len(images) - 1) + [False]
    assert ["image_base64" in image for image in images] == [False] * (len(images) - 1) + [True]
    assert all(image["image_url"].startswith("supabase://run-images/") for image in images[:-1])
    drain(world)
    assert world.run_image(run["id"], len(images) - 1) == base64.b64decode(images[-1]["image_base64"])
    done = world.run(run["id"])
    assert all("image_url" in b for m in done["run_message_history"] for b in m["content"] if b["type"] == "image")


def test_every_reference_in_a_history_leads_to_a_picture() -> None:
    """Each screen that a run shows can be fetched as a PNG, and no other."""
    world = make_world()
    run = create(world)
    drain(world)
    history = world.run(run["id"])["run_message_history"]
    urls = [b["image_url"] for m in history for b in m["content"] if b["type"] == "image"]
    for n, url in enumerate(urls):
        assert url.endswith(f"/{run['id']}/{n}.png")
        assert world.run_image(run["id"], n).startswith(b"\x89PNG")
    with pytest.raises(Refusal) as fault:
        world.run_image(run["id"], len(urls))
    assert fault.value.status == 404


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_failure_rate_is_kept(rate: float) -> None:
    """With a failure rate of 0 every run succeeds, with 1 none does, and each failure says why."""
    world = make_world(failure_rate=rate)
    runs = [create(world, number) for number in range(8)]
    drain(world)
    ended = [world.run(run["id"]) for run in runs]
    assert {run["status"] == "success" for run in ended} == {rate == 0.0}
    assert all(bool(run["error"]) == (rate == 1.0) for run in ended)


def test_an_approved_recording_is_replayed_by_the_next_run() -> None:
    """A first run on a new workflow is agentic and leaves a recording; once it is approved the next run replays it."""
    world = make_world(trajectories=0)
    first = create(world)
    drain(world)
    assert world.run(first["id"])["usage_metadata"]["total_cached_steps"] == 0
    recorded = world.run_trajectory(first["id"])
    assert (recorded["is_generated"], recorded["is_approved"]) == (False, False)
    machine_id = world.run(first["id"])["machine_id"]
    between = create(world, machine_id=machine_id)
    drain(world)
    assert world.run(between["id"])["usage_metadata"]["total_cached_steps"] == 0
    world.update_trajectory(recorded["id"], {"is_approved": True})
    second = create(world, machine_id=machine_id)
    drain(world)
    replayed = world.run(second["id"])
    cached = [m for m in replayed["run_message_history"] if "trajectory_id" in m]
    assert {message["trajectory_id"] for message in cached} == {recorded["id"]}
    assert replayed["usage_metadata"]["total_cached_steps"] == len(cached) > 8
    duration = [(r["ended_at"] - r["started_at"]).total_seconds() for r in (world.run(first["id"]), replayed)]
    assert duration[1] < 0.7 * duration[0]


def test_a_replay_goes_as_far_as_the_steps_are_the_recorded_ones() -> None:
    """The first step that differs from the recording ends the replay; a shorter recording ends it, too."""
    library = ScriptLibrary(7)
    script = library.script(ScriptKey("freight-order-status", 1))
    recorded = [line.signature for line in script.lines]
    assert matching_steps(script, recorded) == len(recorded)
    assert matching_steps(script, [*recorded[:4], 0, *recorded[5:]]) == 4
    assert matching_steps(script, recorded[:6]) == 6


def test_a_disturbance_breaks_the_replay() -> None:
    """An unexpected message ends the replay; the agent takes over from that step and still succeeds."""
    world = make_world(disturbance_rate=1.0)
    machine_id = next(key for key in connected(world) if world.displays[key] == (1920, 1080))
    run = create(world, machine_id=machine_id)
    drain(world)
    done = world.run(run["id"])
    agentic, cached = counted_steps(done)
    assert done["status"] == "success"
    assert cached >= 1
    assert agentic >= 2


def test_runs_queue_when_all_machines_are_busy() -> None:
    """More runs than machines: the rest waits in `scheduling`, and all end, one per machine at a time."""
    world = make_world()
    free = len(connected(world))
    runs = [create(world, number % 8) for number in range(free + 5)]
    pass_time(world, 5)
    statuses = [world.run(run["id"])["status"] for run in runs]
    assert statuses.count("scheduling") == 5
    drain(world)
    ended = [world.run(run["id"]) for run in runs]
    assert {run["status"] for run in ended} == {"success"}
    assert overlaps(ended) == []


def test_a_pinned_run_waits_for_its_machine() -> None:
    """A run for one machine does not go elsewhere, and starts after the one before it."""
    world = make_world()
    machine_id = connected(world)[0]
    first, second = (create(world, machine_id=machine_id) for _ in range(2))
    drain(world)
    a, b = world.run(first["id"]), world.run(second["id"])
    assert a["machine_id"] == b["machine_id"] == machine_id
    assert a["ended_at"] <= b["started_at"]


def test_a_run_for_several_pools_needs_a_machine_in_all() -> None:
    """Pools are intersected; with nothing in the intersection the run waits until a machine is put there."""
    world = make_world()
    pools = list(world.pools)
    shared = {m for p, m in world.pool_members if p == pools[0]} & {m for p, m in world.pool_members if p == pools[1]}
    both = create(world, pool_ids=pools[:2])
    pass_time(world, 60)
    assert world.run(both["id"])["machine_id"] in shared
    empty = world.create_pool({"name": "Empty"})
    waiting = create(world, pool_ids=[empty["id"]])
    pass_time(world, 60)
    assert world.run(waiting["id"])["status"] == "scheduling"
    machine_id = connected(world)[-1]
    world.add_pool_machines(empty["id"], [machine_id])
    drain(world)
    assert world.run(waiting["id"])["machine_id"] == machine_id


def test_a_machine_id_makes_pools_not_matter() -> None:
    """`machine_id` beats `pool_ids`."""
    world = make_world()
    machine_id = connected(world)[0]
    empty = world.create_pool({"name": "Empty"})
    run = create(world, machine_id=machine_id, pool_ids=[empty["id"]])
    pass_time(world, 30)
    assert world.run(run["id"])["status"] == "running"


def test_priority_goes_first() -> None:
    """A priority run that came last is placed before those that wait without priority."""
    world = make_world()
    machine_id = connected(world)[0]
    runs = [create(world, machine_id=machine_id, is_priority=priority) for priority in (False, False, True)]
    drain(world)
    starts = [world.run(run["id"])["started_at"] for run in runs]
    assert starts[0] < starts[2] < starts[1]


def test_availability_follows_the_runs() -> None:
    """A machine is available when it is connected and idle, and only then."""
    world = make_world()
    machine_id = connected(world)[0]
    assert world.machines[machine_id]["is_available"]
    create(world, machine_id=machine_id)
    world.settle()
    assert not world.machines[machine_id]["is_available"]
    drain(world)
    assert world.machines[machine_id]["is_available"]
    assert not any(m["is_available"] for m in world.machines.values() if m["status"] != "connected")


def test_a_lost_connection_kills_the_run_and_the_next_waits_for_the_machine() -> None:
    """The run on a machine that drops ends in an unbilled error; the next starts when the machine is back."""
    world = make_world()
    machine_id = connected(world)[0]
    first, second = (create(world, machine_id=machine_id) for _ in range(2))
    pass_time(world, 30)
    row = next(r for r in world.connections.values() if r["machine_id"] == machine_id and not r["disconnected_at"])
    world.update_connection(row["id"], {"status": "error"})
    killed = world.run(first["id"])
    assert killed["status"] == "error"
    assert "disconnected" in killed["error"][0]
    assert killed["usage_metadata"]["billing_outcome"] == "infra_failure"
    assert world.machines[machine_id]["status"] == "error"
    pass_time(world, 600)
    assert world.run(second["id"])["status"] == "scheduling"
    world.create_connection({"machine_id": machine_id, "websocket_id": "ws_back"})
    drain(world)
    assert world.run(second["id"])["status"] == "success"


def test_cancel_keeps_what_was_done() -> None:
    """A cancelled run ends at once, keeps its history so far, and frees the machine for the next."""
    world = make_world()
    machine_id = connected(world)[0]
    first, second = (create(world, machine_id=machine_id) for _ in range(2))
    pass_time(world, 40)
    before = world.run(first["id"])
    cancelled = world.update_run(first["id"], {"status": "cancelled"})
    assert cancelled["status"] == "cancelled"
    assert cancelled["ended_at"] == world.clock.now()
    assert cancelled["usage_metadata"]["billing_outcome"] == "cancelled"
    pass_time(world, 5)
    after = world.run(first["id"])
    assert len(after["run_message_history"]) == len(before["run_message_history"])
    assert after["output_data"] is None
    assert world.run(second["id"])["status"] == "running"


def test_a_cancelled_waiting_run_never_starts() -> None:
    """Cancelled in the queue, a run has no start, no machine time and no usage."""
    world = make_world()
    machine_id = connected(world)[0]
    _, second, third = (create(world, machine_id=machine_id) for _ in range(3))
    world.update_run(second["id"], {"status": "cancelled"})
    drain(world)
    cancelled = world.run(second["id"])
    assert (cancelled["status"], cancelled["started_at"], cancelled["usage_metadata"]) == ("cancelled", None, None)
    assert world.run(third["id"])["status"] == "success"


def test_an_ended_run_cannot_be_cancelled() -> None:
    """Cancelling what has ended is a 409."""
    world = make_world()
    run = create(world)
    drain(world)
    with pytest.raises(Refusal) as fault:
        world.update_run(run["id"], {"status": "cancelled"})
    assert fault.value.status == 409


def test_a_thousand_runs_launched_at_once_all_end() -> None:
    """None is lost or run twice, and no machine ever runs two."""
    world = make_world(screens=False)
    body = launchable(world, 7)
    answer = world.bulk_create_runs({**body, "count": 1000})
    assert len({run["id"] for run in answer["created_runs"]}) == 1000
    world.clock.advance(40 * 3600)
    world.settle()
    runs, total = world.list_runs(limit=1000, fields=["started_at", "ended_at"])
    assert total == 1000
    assert {run["id"] for run in runs} == {run["id"] for run in answer["created_runs"]}
    assert {run["status"] for run in runs} == {"success"}
    assert overlaps(runs) == []


def test_small_and_large_steps_of_time_give_the_same_world() -> None:
    """What happens does not depend on how often one looks."""
    ends: list[list[Any]] = []
    for step_s in (7.0, 1800.0):
        world = make_world(failure_rate=0.2)
        for number in range(30):
            create(world, number % 8)
        for _ in range(int(3600 / step_s) + 1):
            pass_time(world, step_s)
        runs, _ = world.list_runs(sort_mode="created_at_desc", limit=100)
        ends.append([(run["id"], run["status"], run["machine_id"], run["ended_at"]) for run in runs])
    assert ends[0] == ends[1]
