"""The world as the routes use it: trajectories, files, machines, pools, workflows."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from tests.simulator.worlds import (
    Record,
    connected,
    create,
    default_world,
    drain,
    launchable,
    make_world,
    pass_time,
    refused,
)


def test_trajectory_steps_come_in_both_dialects() -> None:
    """Seeded trajectories are told half as `computer` calls, half as `click` with positional arguments."""
    world = default_world()
    ids = list(world.trajectories)
    named, positional = (world.trajectory_record(key)["trajectory_data"] for key in ids[:2])
    assert {step["func_name"] for step in named} == {"computer"}
    assert all(step["kwargs"]["action"] for step in named)
    clicks = [step for step in positional if step["func_name"] == "click"]
    assert clicks
    assert all(len(step["args"]) == 2 and not step["kwargs"] for step in clicks)
    keys = {"func_name", "args", "kwargs", "pre_check_snapshot", "result", "skip_cache_detection"}
    assert {frozenset(step) for step in named + positional} == {frozenset(keys)}


def test_seeded_trajectories_are_mixed_and_lead_back_to_runs() -> None:
    """Some are approved, some generated, one per workflow is main; those with a run show its inputs."""
    world = default_world()
    records = list(world.trajectories.values())
    assert 5 < sum(record["is_approved"] for record in records) < 25
    assert 5 < sum(record["is_generated"] for record in records) < 30
    mains = [record["workflow_id"] for record in records if record["is_main"]]
    assert sorted(mains) == sorted(world.workflows)
    sources = [record for record in records if record["run_id"]]
    assert len(sources) >= 8
    for record in sources:
        run = world.run(record["run_id"])
        assert run["status"] == "success"
        assert run["input_values"] == record["original_input_values"]
        assert run["usage_metadata"]["total_cached_steps"] == 0
        assert run["ended_at"] <= record["updated_at"]


def test_screens_can_be_left_out() -> None:
    """With screens off trajectories have no screenshots and live histories no pictures of their own."""
    world = make_world(screens=False)
    record = world.trajectory_record(next(iter(world.trajectories)))
    assert {step["pre_check_snapshot"]["screenshot"] for step in record["trajectory_data"]} == {None}
    run = world.create_run(launchable(world))
    pass_time(world, 30)
    assert "image_base64" not in json.dumps(world.run(run["id"]), default=str)


def test_main_is_one_per_workflow_and_approval_is_remembered() -> None:
    """Setting main clears it on the siblings; `has_been_approved` stays when approval is withdrawn."""
    world = make_world(trajectories=24)
    first = next(record for record in world.trajectories.values() if record["is_main"])
    second = next(
        record
        for record in world.trajectories.values()
        if record["workflow_id"] == first["workflow_id"] and not record["is_main"]
    )
    assert world.update_trajectory(second["id"], {"is_main": True})["is_main"]
    assert not world.trajectories[first["id"]]["is_main"]
    withdrawn = world.update_trajectory(first["id"], {"is_approved": False})
    assert (withdrawn["is_approved"], withdrawn["has_been_approved"]) == (False, True)


def test_generate_records_or_marks_the_newest() -> None:
    """Generate marks the run's newest trajectory, makes one where there is none, and refuses what did not succeed."""
    world = make_world(runs=60, trajectories=0)
    runs, _ = world.list_runs(limit=100)
    done = next(run for run in runs if run["status"] == "success")
    assert refused(lambda: world.run_trajectory(done["id"])).status == 404
    made = world.generate_trajectory(done["id"])
    assert (made["run_id"], made["is_generated"], made["is_approved"]) == (done["id"], True, False)
    assert world.generate_trajectory(done["id"])["id"] == made["id"]
    assert world.latest_trajectory(done["workflow_id"])["id"] == made["id"]
    other = next(run for run in runs if run["status"] != "success")
    assert refused(lambda: world.generate_trajectory(other["id"])).status == 409


def test_a_users_steps_are_replayed_too() -> None:
    """A trajectory sent by a user, once approved, is replayed as far as its steps do what the run does."""
    world = make_world(trajectories=0)
    body = launchable(world)
    first = world.create_run(body)
    drain(world)
    machine_id = world.run(first["id"])["machine_id"]
    steps = world.run_trajectory(first["id"])["trajectory_data"][:5]
    steps[3] = {**steps[3], "func_name": "left_click_drag", "kwargs": {}, "args": []}
    width, height = world.displays[machine_id]
    sent = world.create_trajectory(
        {
            "workflow_id": body["workflow_id"],
            "trajectory_data": steps,
            "dimensions": {"width": width, "height": height},
            "is_approved": True,
        }
    )
    second = world.create_run({**body, "machine_id": machine_id})
    drain(world)
    replayed = [m["step_index"] for m in world.run(second["id"])["run_message_history"] if "trajectory_id" in m]
    assert replayed == [0, 1, 2]
    assert (sent["is_generated"], sent["is_main"], sent["trajectory_data"]) == (False, False, steps)


def test_exports_are_attached_to_their_runs() -> None:
    """A CSV that a run wrote is an output attachment of it, listed on the run, with rows that add up to its output."""
    world = default_world()
    outputs = [row for row in world.run_attachments.values() if row["attachment_type"] == "output"]
    assert len(outputs) >= 5
    for row in outputs:
        run = world.run(row["run_id"])
        assert row["id"] in run["output_attachment_ids"]
        assert row["filename"] == run["output_data"]["file_name"]
        content = world.attachment_bytes[row["id"]].decode()
        assert row["size_bytes"] == len(content)
        revenues = [float(line.split(",")[1]) for line in content.splitlines()[1:]]
        assert len(revenues) == run["output_data"]["rows"]
        assert sum(revenues) == pytest.approx(run["output_data"]["revenue"])


def test_a_loop_is_recorded_once_and_replayed_as_often_as_needed() -> None:
    """A recording holds a loop's first iteration; a run with more items replays all of them from those steps."""
    world = make_world(trajectories=0)
    number = [world._store.kinds[key] for key in world.workflows].index("lab-results-entry")
    body = launchable(world, number)
    machine_id = connected(world)[0]
    results = body["input_values"]["results"]

    def run_with(items: list[Record]) -> Record:
        values = {**body["input_values"], "results": items}
        made = world.create_run({**body, "input_values": values, "machine_id": machine_id})
        drain(world)
        return world.run(made["id"])

    recorded = world.run_trajectory(run_with(results[:2])["id"])
    actions = [step["kwargs"].get("action", step["func_name"]) for step in recorded["trajectory_data"]]
    assert (actions.count("start_loop"), actions.count("end_loop_iteration")) == (1, 1)
    world.update_trajectory(recorded["id"], {"is_approved": True})
    calls = [message for message in run_with(results[:1] * 4)["run_message_history"] if "step_index" in message]
    looped = [(message["iteration_index"], message["step_index"]) for message in calls if "iteration_index" in message]
    assert {index for index, _ in looped} == {0, 1, 2, 3}
    steps = {index: [step for one, step in looped if one == index] for index, _ in looped}
    assert steps[0] == steps[1] == steps[2] == steps[3]
    assert len({message["loop_uuid"] for message in calls if "loop_uuid" in message}) == 1
    assert calls[-1]["step_index"] > max(steps[0]), "the replay goes on after the loop"
    for message in calls:
        told = message["content"][1]["tool_input"]["action"]
        assert told.endswith(actions[message["step_index"]]), "told in the other dialect, a left click is a click"


def test_files_go_with_their_run_and_a_retry_replaces_them() -> None:
    """Sent files are kept byte for byte; a retry with files replaces them; deleting the run takes them away."""
    world = make_world()
    sent = {"filename": "a.txt", "content": base64.b64encode(b"one").decode(), "target_path": "C:/in"}
    run = world.create_run({**launchable(world), "file_inputs": [sent]})
    first = world.run(run["id"])["input_attachment_ids"][0]
    assert world.attachment_bytes[first] == b"one"
    assert world.run_attachments[first]["target_path"] == "C:/in"
    drain(world)
    world.retry_run(run["id"], {"file_inputs": [{**sent, "content": base64.b64encode(b"two").decode()}]})
    second = world.run(run["id"])["input_attachment_ids"][0]
    assert list(world.run_attachments) == [second]
    assert world.attachment_bytes[second] == b"two"
    drain(world)
    world.delete_run(run["id"])
    assert not world.run_attachments
    assert not world.attachment_bytes
    fault = refused(lambda: world.create_run({**launchable(world), "file_inputs": [{**sent, "content": "?"}]}))
    assert fault.status == 422


def test_pool_membership_works_both_ways() -> None:
    """Adding through the pool and replacing through the machine change the same thing, counts included."""
    world = make_world()
    machine_id, pool = next(iter(world.machines)), world.create_pool({"name": "New"})
    world.add_pool_machines(pool["id"], [machine_id])
    assert world.machines_of_pool(pool["id"])[0]["id"] == machine_id
    assert world.pools[pool["id"]]["machine_count"] == 1
    assert world.set_machine_pools(machine_id, [])["id"] == machine_id
    assert world.pools_of_machine(machine_id) == []
    assert world.pools[pool["id"]]["machine_count"] == 0


def test_deleting_a_machine_keeps_its_runs() -> None:
    """Its runs stay with no machine, its live one ends, its connections and logs go; its id is unknown."""
    world = make_world(runs=60)
    machine_id = next(key for key, machine in world.machines.items() if machine["is_available"])
    before = world.list_runs(machine_id=machine_id)[1]
    live = world.create_run({**launchable(world), "machine_id": machine_id})
    waiting = world.create_run({**launchable(world), "machine_id": machine_id})
    pass_time(world, 10)
    world.delete_machine(machine_id)
    assert before > 0
    assert world.list_runs(machine_id=machine_id)[1] == 0
    assert world.list_runs()[1] == 62
    ended = [world.run(run["id"]) for run in (live, waiting)]
    assert [run["machine_id"] for run in ended] == [None, None]
    assert [run["status"] for run in ended] == ["error", "error"]
    assert [run["error"] for run in ended] == [
        ["The machine was deleted during the run"],
        ["The machine that the run was to be placed on was deleted"],
    ]
    assert not any(row["machine_id"] == machine_id for row in world.connections.values())
    assert refused(lambda: world.update_machine(machine_id, {})).status == 404
    drain(world)


def test_a_deleted_machine_takes_no_waiting_run_with_it() -> None:
    """A run that waits for any machine goes on waiting when a busy one is deleted, and is placed on another."""
    world = make_world(machines=2)
    busy = [create(world, machine_id=machine_id)["id"] for machine_id in connected(world)]
    anywhere = create(world)["id"]
    pass_time(world, 10)
    gone = world.run(busy[0])["machine_id"]
    world.delete_machine(gone)
    assert world.run(anywhere)["status"] == "scheduling"
    drain(world)
    assert world.run(anywhere)["status"] == "success"


@pytest.mark.parametrize("status", ["error", "disconnected"])
def test_a_machine_says_how_its_connection_ended(status: str) -> None:
    """Status set on the machine or on its connection: both show it, and the machine takes no work until it is back."""
    world = make_world()
    by_machine, by_connection = connected(world)[:2]
    rows = {row["machine_id"]: row for row in world.connections.values() if row["disconnected_at"] is None}
    world.update_machine(by_machine, {"status": status})
    world.update_connection(rows[by_connection]["id"], {"status": status})
    for machine_id in (by_machine, by_connection):
        machine, row = world.machines[machine_id], rows[machine_id]
        assert (machine["status"], machine["is_available"], row["status"]) == (status, False, status)
        assert row["disconnected_at"] is not None
        world.update_machine(machine_id, {"status": "connected"})
        assert (machine["status"], machine["is_available"]) == ("connected", True)


def test_clearing_a_reservation_makes_a_blocked_machine_available() -> None:
    """A machine that was taken out of placement is available again after its reservation is cleared."""
    world = make_world(machines=1)
    machine_id = connected(world)[0]
    assert world.update_machine(machine_id, {"is_available": False})["is_available"] is False
    run = create(world)
    pass_time(world, 60)
    assert world.run(run["id"])["status"] == "scheduling"
    world.update_machine(machine_id, {"reserved_session_id": None})
    drain(world)
    assert world.run(run["id"])["status"] == "success"


def test_a_new_machine_takes_work_once_connected() -> None:
    """A machine made through the API is off until it connects; then it is placed on, also for waiting runs."""
    world = make_world()
    machine = world.create_machine({"fingerprint": "f", "unkey_key_id": "k", "name": "New"})
    assert (machine["status"], machine["is_available"]) == ("disconnected", False)
    run = world.create_run({**launchable(world), "machine_id": machine["id"]})
    pass_time(world, 60)
    assert world.run(run["id"])["status"] == "scheduling"
    world.create_connection({"machine_id": machine["id"], "websocket_id": "ws_1"})
    drain(world)
    assert world.run(run["id"])["status"] == "success"
    assert world.machines[machine["id"]]["status"] == "connected"


def test_each_change_of_a_workflow_keeps_the_state_before() -> None:
    """PATCH stores what was before, newest first in the versions; null error flags clear without a version."""
    world = make_world()
    workflow = next(iter(world.workflows.values()))
    count, prompt = len(workflow["old_versions"]), workflow["main_prompt"]
    world.clock.advance(60)
    world.update_workflow(workflow["id"], {"main_prompt": "Something else"})
    versions = world.workflow_versions(workflow["id"])
    assert len(versions) == count + 1
    assert versions[0]["main_prompt"] == prompt
    assert workflow["updated_at"] == world.clock.now()
    world.update_workflow(workflow["id"], {"workflow_metadata": None})
    assert len(world.workflow_versions(workflow["id"])) == count + 1


def test_an_error_flags_its_workflow() -> None:
    """A run that ends in an error is named by its workflow until a user clears that; other endings are not."""
    world = make_world(machines=1)
    machine_id = connected(world)[0]
    run = create(world)
    pass_time(world, 20)
    workflow, versions = world.workflows[run["workflow_id"]], world.workflows[run["workflow_id"]]["old_versions"]
    assert not workflow["workflow_metadata"]
    world.update_machine(machine_id, {"status": "disconnected"})
    flagged: Record = workflow["workflow_metadata"]
    assert flagged == {
        "has_unaddressed_error": True,
        "last_errored_run_start": world.run(run["id"])["started_at"],
        "last_errored_run_uuid": run["id"],
    }
    world.update_workflow(workflow["id"], {"workflow_metadata": {"has_unaddressed_error": None}})
    assert workflow["workflow_metadata"] == {**flagged, "has_unaddressed_error": None}
    world.update_workflow(workflow["id"], {"workflow_metadata": None})
    assert (workflow["workflow_metadata"], workflow["old_versions"]) == (None, versions)
    cancelled = create(world)
    world.update_run(cancelled["id"], {"status": "cancelled"})
    assert workflow["workflow_metadata"] is None


def test_checks_are_reconciled() -> None:
    """A check with its id is changed, one without is made, one that is left out is dropped."""
    world = make_world()
    workflow = next(one for one in world.workflows.values() if one["post_run_checks"])
    old = workflow["post_run_checks"][0]
    new = {"name": "Look", "type": "output_data_agentic_check", "check_prompt": "Is it right?"}
    updated = world.update_workflow(workflow["id"], {"post_run_checks": [new, {"id": old["id"], "name": "Renamed"}]})
    names = [(check["name"], check["order"]) for check in updated["post_run_checks"]]
    assert names == [("Look", 0), ("Renamed", 1)]
    assert updated["post_run_checks"][1]["type"] == old["type"]
    assert len(world.update_workflow(workflow["id"], {"post_run_checks": []})["post_run_checks"]) == 0


def test_duplicate_and_merge() -> None:
    """A copy has everything but versions; a merge gives the target the source's content and removes the source."""
    world = make_world(trajectories=24)
    source, target = list(world.workflows.values())[:2]
    copy = world.duplicate_workflow(source["id"], include_trajectories=True)
    assert copy["name"] == f"(Copy) {source['name']}"
    assert (copy["main_prompt"], copy["old_versions"]) == (source["main_prompt"], [])
    copies = [record for record in world.trajectories.values() if record["workflow_id"] == copy["id"]]
    assert copies
    assert not any(record["is_approved"] for record in copies)
    name, prompt = target["name"], source["main_prompt"]
    merged_into = world.merge_workflow(source["id"], target["id"])
    assert (merged_into["name"], merged_into["main_prompt"]) == (name, prompt)
    assert source["id"] not in world.workflows


def test_deleting_a_workflow_takes_its_runs_and_trajectories() -> None:
    """Seeded and live runs of a deleted workflow are gone, the machines they held are free."""
    world = make_world(runs=60, trajectories=16)
    workflow_id = next(iter(world.workflows))
    live = world.create_run(launchable(world))
    others = world.list_runs()[1] - world.list_runs(workflow_id=workflow_id)[1]
    world.delete_workflow(workflow_id)
    assert world.list_runs(workflow_id=workflow_id)[1] == 0
    assert world.list_runs()[1] == others
    assert refused(lambda: world.run(live["id"])).status == 404
    assert not any(record["workflow_id"] == workflow_id for record in world.trajectories.values())
    drain(world)


def test_a_workflow_of_ones_own_gives_output_in_its_shape() -> None:
    """A run of a workflow that the catalogue does not know ends with an output that fits its output schema."""
    world = make_world()
    schema = {"type": "object", "properties": {"total": {"type": "number"}, "state": {"enum": ["open", "paid"]}}}
    body = {"main_prompt": "Read the invoice", "output_schema": json.dumps(schema)}
    run = world.create_run({"workflow_id": world.create_workflow(body)["id"]})
    drain(world)
    assert set(world.run(run["id"])["output_data"]) == {"total", "state"}
    short = world.create_workflow({"main_prompt": "x", "output_schema": '{"a": "string", "b": {"c": "number"}}'})
    run = world.create_run({"workflow_id": short["id"]})
    drain(world)
    output = world.run(run["id"])["output_data"]
    assert isinstance(output["a"], str)
    assert isinstance(output["b"]["c"], float)


def test_pings_follow_the_clock() -> None:
    """An open connection pings on; the machine was last seen then."""
    world = make_world()
    machine = next(one for one in world.machines.values() if one["status"] == "connected")
    pass_time(world, 3600)
    assert world.clock.now() - machine["last_seen"] < timedelta(seconds=16)
