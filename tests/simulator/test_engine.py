"""Placement, queues, sessions and the lives of runs, on a world whose time is stepped by hand."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cyberdesk_nb.simulator.dispatch import ANYWHERE, Dispatcher
from cyberdesk_nb.simulator.faults import ApiFault
from cyberdesk_nb.simulator.plans import matching_steps
from cyberdesk_nb.simulator.scripts import ScriptKey, ScriptLibrary
from cyberdesk_nb.simulator.world import World
from tests.simulator.worlds import (
    TERMINAL,
    Record,
    counted_steps,
    drain,
    launchable,
    make_world,
    overlaps,
    pass_time,
)

STAGES = {"scheduling": 0, "running": 1, "running_checks": 2}


def create(world: World, number: int = 0, **more: Any) -> Record:
    """Create a run of the `number`-th workflow."""
    return world.create_run({**launchable(world, number), **more})


def connected(world: World) -> list[str]:
    """Return the ids of the connected machines."""
    return [key for key, machine in world.machines.items() if machine["status"] == "connected"]


def watch(world: World, run_id: str, *, step_s: float = 2.0) -> list[Record]:
    """Step the clock until the run ends; return every look at it."""
    looks = [world.run(run_id)]
    while looks[-1]["status"] not in TERMINAL:
        pass_time(world, step_s)
        looks.append(world.run(run_id))
    return looks


# the dispatcher by itself


def test_jobs_queue_in_order_and_priority_first() -> None:
    """A free slot goes to the first waiting job, a priority one before it."""
    dispatcher = Dispatcher(connected=0b1)
    assert dispatcher.submit(1, ANYWHERE) == 0
    assert [dispatcher.submit(job, ANYWHERE, priority=job == 4) for job in (2, 3, 4)] == [None] * 3
    assert [dispatcher.finish(0) for _ in range(4)] == [4, 2, 3, None]


def test_a_job_runs_only_where_it_may() -> None:
    """A job with a mask waits for its slot while others are free, and does not hold up jobs behind it."""
    dispatcher = Dispatcher(connected=0b11)
    assert dispatcher.submit(1, 0b10) == 1
    assert dispatcher.submit(2, 0b10) is None
    assert dispatcher.submit(3, 0b11) == 0
    assert dispatcher.finish(0) is None
    assert dispatcher.finish(1) == 2


def test_work_spreads_over_free_slots() -> None:
    """Jobs that follow each other use all machines in turn."""
    dispatcher = Dispatcher(connected=0b111)
    slots: list[int | None] = []
    for job in range(6):
        slots.append(dispatcher.submit(job, ANYWHERE))
        dispatcher.finish(slots[-1] or 0)
    assert slots == [0, 1, 2, 0, 1, 2]


def test_a_session_keeps_its_slot_until_released() -> None:
    """Between and after a session's jobs its slot is nobody else's; the release gives it to the queue."""
    dispatcher = Dispatcher(connected=0b1)
    assert dispatcher.submit(1, ANYWHERE, session="s") == 0
    assert dispatcher.submit(2, ANYWHERE, session="s") is None
    assert dispatcher.submit(3, ANYWHERE, priority=True) is None
    assert dispatcher.finish(0) == 2
    assert dispatcher.finish(0) is None
    assert dispatcher.idle == 0
    assert dispatcher.release("s") == 3


def test_a_disconnected_slot_takes_nothing() -> None:
    """A slot that is off gets no job, and the first waiting one when it is back."""
    dispatcher = Dispatcher(connected=0b1)
    dispatcher.disconnect(0)
    assert dispatcher.submit(1, ANYWHERE) is None
    assert dispatcher.connect(0) == 1


def test_a_session_goes_on_when_its_slot_is_back() -> None:
    """A session's job that found its slot off starts there, and nothing else does, when the slot is on again."""
    dispatcher = Dispatcher(connected=0b10)
    dispatcher.submit(5, ANYWHERE, session="s")
    dispatcher.disconnect(1)
    dispatcher.finish(1)
    assert dispatcher.submit(6, ANYWHERE, session="s") is None
    assert dispatcher.connect(1) == 6
    assert dispatcher.running == {1: 6}


def test_a_withdrawn_job_never_starts() -> None:
    """A waiting job that was withdrawn is passed over, also as the first of a session."""
    dispatcher = Dispatcher(connected=0b1)
    dispatcher.submit(1, ANYWHERE)
    for job, session in ((2, None), (3, "s"), (4, "s")):
        dispatcher.submit(job, ANYWHERE, session=session)
    dispatcher.withdraw(2)
    dispatcher.withdraw(3)
    assert dispatcher.finish(0) == 4


# the life of one run


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
    with pytest.raises(ApiFault) as fault:
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


# placement


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
    assert world.machines[machine_id]["status"] == "disconnected"
    pass_time(world, 600)
    assert world.run(second["id"])["status"] == "scheduling"
    world.create_connection({"machine_id": machine_id, "websocket_id": "ws_back"})
    drain(world)
    assert world.run(second["id"])["status"] == "success"


# cancel


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
    with pytest.raises(ApiFault) as fault:
        world.update_run(run["id"], {"status": "cancelled"})
    assert fault.value.status == 409


# retry


def test_retry_is_in_place_and_clears_the_results() -> None:
    """The same id is queued again without output, history, usage and error; inputs stay; it ends anew."""
    world = make_world(failure_rate=1.0)
    run = create(world)
    drain(world)
    failed = world.run(run["id"])
    again = world.retry_run(run["id"], {})
    assert again["id"] == run["id"]
    assert again["status"] == "scheduling"
    for key in ("output_data", "run_message_history", "usage_metadata", "error", "started_at", "ended_at"):
        assert again[key] is None, key
    assert again["input_values"] == failed["input_values"]
    assert again["sensitive_input_aliases"] == failed["sensitive_input_aliases"]
    assert again["created_at"] == failed["created_at"]
    drain(world)
    assert world.run(run["id"])["started_at"] > failed["ended_at"]


def test_a_live_run_cannot_be_retried_or_deleted() -> None:
    """Retry and delete of a live run are 409s; after its end both work."""
    world = make_world()
    run = create(world)
    for call in (lambda: world.retry_run(run["id"], {}), lambda: world.delete_run(run["id"])):
        with pytest.raises(ApiFault) as fault:
            call()
        assert fault.value.status == 409
    drain(world)
    world.delete_run(run["id"])
    with pytest.raises(ApiFault) as fault:
        world.run(run["id"])
    assert fault.value.status == 404


def test_a_seeded_run_can_be_retried() -> None:
    """A run from the past becomes live again in its place, on the list once."""
    world = make_world(runs=40)
    runs, total = world.list_runs(limit=100)
    failed = next(run for run in runs if run["status"] == "success")
    world.retry_run(failed["id"], {})
    drain(world)
    after, new_total = world.list_runs(limit=100)
    assert new_total == total
    assert [run["id"] for run in after].count(failed["id"]) == 1
    assert world.run(failed["id"])["started_at"] > world.clock.anchor


# sessions and chains


def test_a_session_reserves_its_machine() -> None:
    """Between its runs the machine is reserved; others never go there, runs that join do, in order."""
    world = make_world(machines=1)
    first = create(world, start_session=True)
    assert first["session_id"] == first["id"]
    drain(world)
    machine = next(iter(world.machines.values()))
    assert machine["reserved_session_id"] == first["id"]
    assert not machine["is_available"]
    other, joined = create(world), create(world, session_id=first["id"], release_session_after=True)
    drain_until(world, joined["id"])
    assert world.run(joined["id"])["status"] == "success"
    drain(world)
    assert world.run(joined["id"])["ended_at"] <= world.run(other["id"])["started_at"]
    assert machine["reserved_session_id"] is None
    assert machine["is_available"]


def test_a_release_in_the_middle_leaves_nobody_behind() -> None:
    """When a session is released while runs of it wait, they begin a new hold and end, too."""
    world = make_world(machines=1)
    first = create(world, start_session=True, release_session_after=True)
    joined = [create(world, session_id=first["id"], release_session_after=True) for _ in range(2)]
    drain(world)
    assert [world.run(run["id"])["status"] for run in joined] == ["success", "success"]
    assert world.run(joined[0]["id"])["ended_at"] <= world.run(joined[1]["id"])["started_at"]


def drain_until(world: World, run_id: str) -> None:
    """Let time pass until one run has ended."""
    while world.run(run_id)["status"] not in TERMINAL:
        pass_time(world, 20)


def test_clearing_a_reservation_cancels_and_frees() -> None:
    """PATCH with an explicit null cancels the machine's run and those behind it in the session, and frees it."""
    world = make_world(machines=1)
    machine_id = next(iter(world.machines))
    first = create(world, start_session=True)
    second = create(world, session_id=first["id"])
    other = create(world)
    pass_time(world, 20)
    world.update_machine(machine_id, {"name": "renamed"})
    assert world.run(first["id"])["status"] == "running", "an absent key changes nothing"
    machine = world.update_machine(machine_id, {"reserved_session_id": None})
    assert machine["reserved_session_id"] is None
    assert [world.run(run["id"])["status"] for run in (first, second)] == ["cancelled", "cancelled"]
    drain(world)
    assert world.run(other["id"])["status"] == "success"


def chain(world: World, *numbers: int, **more: Any) -> tuple[str, list[str]]:
    """Create a chain of the workflows with those numbers."""
    bodies = [launchable(world, number) for number in numbers]
    steps = [
        {
            "workflow_id": body["workflow_id"],
            "session_alias": f"s{index}",
            "inputs": body["input_values"],
            "sensitive_inputs": body["sensitive_input_values"],
        }
        for index, body in enumerate(bodies)
    ]
    answer = world.create_chain({"steps": steps, **more})
    return answer["session_id"], answer["run_ids"]


def test_a_chain_runs_its_steps_one_after_another_on_one_machine() -> None:
    """The steps of a chain share session and machine, keep their order, and free the machine at the end."""
    world = make_world()
    session, run_ids = chain(world, 0, 4, 5)
    create(world)
    drain(world)
    runs = [world.run(run_id) for run_id in run_ids]
    assert {run["session_id"] for run in runs} == {session}
    assert [run["session_alias"] for run in runs] == ["s0", "s1", "s2"]
    assert {run["status"] for run in runs} == {"success"}
    assert len({run["machine_id"] for run in runs}) == 1
    assert runs[0]["ended_at"] <= runs[1]["started_at"]
    assert runs[1]["ended_at"] <= runs[2]["started_at"]
    assert not any(machine["reserved_session_id"] for machine in world.machines.values())


@pytest.mark.parametrize("keeps", [False, True])
def test_a_failed_step_cancels_the_rest(keeps: bool) -> None:
    """After a failed step the later ones are cancelled; the session is released unless it was to be kept."""
    world = make_world(failure_rate=1.0)
    session, run_ids = chain(world, 0, 4, keep_session_after_completion=keeps)
    drain(world)
    first, second = (world.run(run_id) for run_id in run_ids)
    assert first["status"] in {"task_failed", "error"}
    assert (second["status"], second["started_at"]) == ("cancelled", None)
    assert (session in {m["reserved_session_id"] for m in world.machines.values()}) == keeps


def test_references_become_outputs_of_earlier_steps() -> None:
    """`{"$ref": "alias.outputs.path"}` is resolved when the step runs; what leads nowhere ends the step in an error."""
    world = make_world()
    lookup = launchable(world, 0)
    for path, status in (("mrn", "success"), ("nothing.there", "error")):
        reader = world.create_workflow({"main_prompt": "Open the chart {mrn}", "name": "EHR patient lookup by number"})
        step = {"workflow_id": reader["id"], "inputs": {"mrn": {"$ref": f"lookup.outputs.{path}"}}}
        first = {
            "workflow_id": lookup["workflow_id"],
            "session_alias": "lookup",
            "inputs": lookup["input_values"],
            "sensitive_inputs": lookup["sensitive_input_values"],
        }
        answer = world.create_chain({"steps": [first, step]})
        drain(world)
        source, run = (world.run(run_id) for run_id in answer["run_ids"])
        assert run["status"] == status
        if status == "success":
            prompt = run["run_message_history"][0]["content"][0]["text"]
            assert prompt == f"Open the chart {source['output_data']['mrn']}"
        else:
            assert "lookup.outputs.nothing.there" in run["error"][0]


# many


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
