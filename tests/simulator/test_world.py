"""The world as the routes use it: lists, inputs, secrets, trajectories, machines, pools, workflows."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from cyberdesk_nb.simulator.faults import ApiFault
from cyberdesk_nb.simulator.inputs import merged
from cyberdesk_nb.simulator.world import World
from tests.simulator.worlds import Record, default_runs, default_world, drain, launchable, make_world, pass_time

ACTIVITY = {"running": 0, "running_checks": 1, "scheduling": 2}


def refused(call: Any) -> ApiFault:
    """Return the refusal that a call must raise."""
    with pytest.raises(ApiFault) as fault:
        call()
    return fault.value


# lists


def test_newest_first_is_strict() -> None:
    """`created_at_desc` orders by creation alone, live runs included."""
    runs, _ = default_world().list_runs(sort_mode="created_at_desc", limit=1000)
    created = [run["created_at"] for run in runs]
    assert created == sorted(created, reverse=True)


def test_activity_shows_live_work_first() -> None:
    """The default order has running, checking and waiting runs first, then the recently finished."""
    runs, _ = default_world().list_runs(limit=1000)
    places = [ACTIVITY.get(run["status"], 3) for run in runs]
    assert places == sorted(places)
    ends = [run["ended_at"] for run in runs if run["ended_at"]]
    assert ends == sorted(ends, reverse=True)


@pytest.mark.parametrize("sort_mode", ["activity", "created_at_desc"])
def test_pages_join_to_the_whole(sort_mode: str) -> None:
    """Pages of any size hold each run once, in the order of the whole list, and all name the same total."""
    world = make_world(runs=50)
    for number in range(4):
        world.create_run(launchable(world, number))
    whole, total = world.list_runs(sort_mode=sort_mode, limit=1000, fields=[])
    pages = [world.list_runs(sort_mode=sort_mode, skip=skip, limit=7, fields=[]) for skip in range(0, 60, 7)]
    assert [run for page, _ in pages for run in page] == whole
    assert {count for _, count in pages} == {total} == {54}


@pytest.mark.parametrize("name", ["workflow_id", "machine_id", "session_id", "status"])
def test_filters_keep_exactly_what_matches(name: str) -> None:
    """A filter on a value gives all runs with it, seeded and live ones, and no other."""
    world, runs = default_world(), default_runs()
    for value in {run[name] for run in runs} - {None}:
        found, total = world.list_runs(**{name: value}, limit=1000, fields=[])
        assert {run["id"] for run in found} == {run["id"] for run in runs if run[name] == value}
        assert total == len(found)


def test_created_range_is_inclusive() -> None:
    """Both ends of the created range are in it, to the microsecond."""
    runs = default_runs()
    first, last = runs[100], runs[200]
    found, total = default_world().list_runs(
        created_at_from=first["created_at"], created_at_to=last["created_at"], limit=1000, fields=[]
    )
    assert total == 101
    assert {first["id"], last["id"]} <= {run["id"] for run in found}


def test_a_filter_that_nothing_matches_gives_an_empty_page() -> None:
    """An unknown id or a strange status gives no rows and the total 0."""
    world = default_world()
    assert world.list_runs(workflow_id="nope") == ([], 0)
    assert world.list_runs(status="paused") == ([], 0)
    assert world.list_runs(skip=10_000)[0] == []


def test_search_looks_at_inputs_outputs_errors_and_ids() -> None:
    """Search finds text of those fields whatever the case, and nothing of the history unless it is deep."""
    world, runs = default_world(), default_runs()
    failed = next(run for run in runs if run["error"] and "disconnected" in run["error"][0])
    found, total = world.list_runs(search=failed["error"][0][:50].upper(), limit=1000)
    assert failed["id"] in {run["id"] for run in found}
    assert total == len(found) < 30
    assert world.list_runs(search=failed["id"])[1] == 1
    thought = next(run for run in runs if run["run_message_history"])["run_message_history"][1]["content"][0]["text"]
    assert world.list_runs(search=thought)[1] == 0
    assert world.list_runs(search=thought, deep_search=True, limit=5, fields=[])[1] >= 1


def test_fields_project() -> None:
    """With `fields` a record has those keys and the five that always come."""
    runs, _ = default_world().list_runs(fields=["usage_metadata"], limit=3)
    assert {frozenset(run) for run in runs} == {
        frozenset({"id", "workflow_id", "machine_id", "status", "created_at", "usage_metadata"})
    }


# inputs


def test_inputs_that_do_not_fit_are_refused_with_their_paths() -> None:
    """A wrong value is a 422 that names where it is, nested ones too."""
    world = make_world()
    body = launchable(world)
    wrong = {**body["input_values"], "patient": {"last_name": 5, "first_name": "A"}}
    fault = refused(lambda: world.create_run({**body, "input_values": wrong}))
    assert fault.status == 422
    paths = {error["path"] for error in fault.details["errors"]}
    assert {"patient", "patient.last_name"} <= paths
    assert all(error["message"] for error in fault.details["errors"])
    assert world.list_runs()[1] == 0


def test_a_missing_secret_is_missed_under_its_dollar_key() -> None:
    """A secret is checked as `$name`: without it the run is refused, and a plain input of that name is no help."""
    world = make_world()
    body = launchable(world)
    machine_id = next(iter(world.machines))
    given = {**body, "machine_id": machine_id, "sensitive_input_values": None}
    fault = refused(lambda: world.create_run(given))
    assert "$password" in fault.details["errors"][0]["message"]
    with_plain = {**given, "input_values": {**body["input_values"], "password": "plain"}}
    assert refused(lambda: world.create_run(with_plain)).status == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"machine_id": "6dd5b7a5-0000-4000-8000-000000000000"}, 404),
        ({"pool_ids": ["6dd5b7a5-0000-4000-8000-000000000000"]}, 404),
        ({"workflow_id": "6dd5b7a5-0000-4000-8000-000000000000"}, 404),
        ({"main_agent_model_id": "6dd5b7a5-0000-4000-8000-000000000000"}, 404),
    ],
)
def test_unknown_ids_are_not_found(body: Record, status: int) -> None:
    """A run for something that does not exist is refused and not queued."""
    world = make_world()
    assert refused(lambda: world.create_run({**launchable(world), **body})).status == status
    assert world.list_runs()[1] == 0


def _custom(world: World, **properties: Any) -> str:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return world.create_workflow({"main_prompt": "Do it at {site}", "input_schema": json.dumps(schema)})["id"]


def test_machine_parameters_supply_what_the_run_leaves_out() -> None:
    """A required key that a machine has may be left out; the run's own value wins where it is given."""
    world = make_world()
    workflow_id = _custom(world, site={"type": "string"})
    left_out, given = world.create_run({"workflow_id": workflow_id}), None
    given = world.create_run({"workflow_id": workflow_id, "input_values": {"site": "Here"}})
    drain(world)
    run = world.run(left_out["id"])
    site = world.machines[run["machine_id"]]["machine_parameters"]["site"]
    assert run["run_message_history"][0]["content"][0]["text"] == f"Do it at {site}"
    assert run["input_values"] is None, "defaults are not copied into the run"
    assert world.run(given["id"])["run_message_history"][0]["content"][0]["text"] == "Do it at Here"


def test_what_no_machine_can_supply_is_refused_at_once() -> None:
    """A required key that neither run nor any machine has is a 422 at creation."""
    world = make_world()
    workflow_id = _custom(world, nobody_has_this={"type": "string"})
    assert refused(lambda: world.create_run({"workflow_id": workflow_id})).status == 422


def test_what_its_machine_lacks_ends_the_run() -> None:
    """A key that some machine could have supplied, but not the one it got, ends the run in an error that says so."""
    world = make_world()
    machines = [key for key, machine in world.machines.items() if machine["status"] == "connected"]
    world.update_machine(machines[1], {"machine_parameters": {"ward": "B2"}})
    world.update_machine(machines[0], {"machine_parameters": None})
    workflow_id = _custom(world, ward={"type": "string"})
    for key in world.machines:
        if key not in machines[:1]:
            world.update_machine(key, {"is_available": False})
    run = world.create_run({"workflow_id": workflow_id})
    drain(world)
    ended = world.run(run["id"])
    assert (ended["status"], ended["usage_metadata"]) == ("error", None)
    assert "ward" in ended["error"][0]


def test_precedence_and_blanks() -> None:
    """Run beats machine beats pools, a later pool an earlier; blanks let defaults through, `__EMPTY__` does not."""
    pools = [{"a": "p1", "b": "p1", "f": "p1", "h": "p1"}, {"a": "p2", "f": "p2"}]
    machine = {"a": "m", "c": "m", "d": "m", "e": "m", "h": "m"}
    values = merged({"a": "r", "c": "", "d": None, "e": "__EMPTY__", "g": ""}, machine, pools)
    assert values == {"a": "r", "b": "p1", "c": "m", "d": "m", "e": "__EMPTY__", "f": "p2", "g": "", "h": "m"}


def test_secrets_leave_no_trace() -> None:
    """A secret is in no record and no history; its alias is an opaque token; the world's memory does not hold it."""
    world = make_world(trajectories=0)
    sentinel = "s3cr3t-sentinel-value"
    body = {**launchable(world), "sensitive_input_values": {"password": sentinel}}
    run = world.create_run(body)
    del body
    pass_time(world, 30)
    live = json.dumps(world.run(run["id"]), default=str)
    drain(world)
    world.update_machine(next(iter(world.machines)), {"machine_sensitive_parameters": {"pin": sentinel}})
    done = world.run(run["id"])
    machine = next(iter(world.machines.values()))
    assert sentinel not in live + json.dumps([done, machine, world.run_trajectory(run["id"])], default=str)
    assert set(done["sensitive_input_aliases"]) == {"password"}
    assert sentinel not in repr(world._book.own)
    assert "{$password}" in live


# trajectories


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


# files


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


# machines, pools, workflows


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
    assert ended[0]["status"] in {"cancelled", "error"}
    assert ended[1]["status"] == "error"
    assert not any(row["machine_id"] == machine_id for row in world.connections.values())
    assert refused(lambda: world.update_machine(machine_id, {})).status == 404
    drain(world)


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
