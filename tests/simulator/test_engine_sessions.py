"""Retries, sessions and chains, on a world whose time is stepped by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyberdesk_nb.simulator.refusals import Refusal
from cyberdesk_nb.simulator.world.world import World
from tests.simulator.worlds import (
    TERMINAL,
    connected,
    create,
    drain,
    launchable,
    make_world,
    pass_time,
    refused,
)


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
        with pytest.raises(Refusal) as fault:
            call()
        assert fault.value.status == 409
    drain(world)
    world.delete_run(run["id"])
    with pytest.raises(Refusal) as fault:
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


@pytest.mark.parametrize("cancelled", [0, 1, 2])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_cancelled_step_takes_the_later_ones_with_it(cancelled: int, is_running: bool) -> None:
    """Whether its turn has come or not: steps after a cancelled one are cancelled, those before it end as planned."""
    world = make_world(machines=1)
    if not is_running:
        create(world)
    session, run_ids = chain(world, 0, 4, 5)
    pass_time(world, 5)
    world.update_run(run_ids[cancelled], {"status": "cancelled"})
    drain(world)
    statuses = [world.run(run_id)["status"] for run_id in run_ids]
    assert statuses == ["success"] * cancelled + ["cancelled"] * (3 - cancelled)
    assert session not in {machine["reserved_session_id"] for machine in world.machines.values()}


def test_a_cancelled_run_still_releases_its_session() -> None:
    """A run that was to release the session and is cancelled before its turn: the session ends with the run before."""
    world = make_world(machines=1)
    first = create(world, start_session=True)
    last = create(world, session_id=first["id"], release_session_after=True)
    pass_time(world, 5)
    world.update_run(last["id"], {"status": "cancelled"})
    machine = next(iter(world.machines.values()))
    assert machine["reserved_session_id"] == first["id"], "the first run goes on in it"
    drain(world)
    assert (world.run(first["id"])["status"], machine["reserved_session_id"]) == ("success", None)


def test_the_next_of_a_session_is_placed_by_what_it_asks_for() -> None:
    """When the first run of a session is cancelled while it waits, the next starts where it may itself, at once."""
    world = make_world()
    empty = world.create_pool({"name": "Empty"})["id"]
    first = create(world, start_session=True, pool_ids=[empty])
    *others, wanted = connected(world)
    second = create(world, session_id=first["session_id"], machine_id=wanted)
    assert others
    world.update_run(first["id"], {"status": "cancelled"})
    pass_time(world, 10)
    assert (world.run(second["id"])["status"], world.run(second["id"])["machine_id"]) == ("running", wanted)
    drain(world)
    assert world.machines[wanted]["reserved_session_id"] == first["session_id"]


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


def linked(world: World, output: dict[str, Any] | None, value: Any) -> dict[str, Any]:
    """Return the body of a chain whose second step takes `value` as its number `n` from the first."""
    producer = {"main_prompt": "Read it", "output_schema": json.dumps(output) if output is not None else None}
    schema = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}
    consumer = {"main_prompt": "Enter {n}", "input_schema": json.dumps(schema)}
    first, second = (world.create_workflow(body)["id"] for body in (producer, consumer))
    return {
        "steps": [
            {"workflow_id": first, "session_alias": "first"},
            {"workflow_id": second, "inputs": {"n": value}},
        ]
    }


@pytest.mark.parametrize("reference", ["first.outputs.word", "first.outputs.nothing", "first.outputs.rows[0].nothing"])
@pytest.mark.parametrize("shorthand", [False, True])
def test_a_reference_that_cannot_fit_is_refused_at_once(reference: str, shorthand: bool) -> None:
    """A chain whose reference names no output of the earlier step, or one of another type, is a 422 for that input."""
    world = make_world()
    row = {"type": "object", "properties": {"value": {"type": "integer"}}}
    fields = {"word": {"type": "string"}, "rows": {"type": "array", "items": row}}
    output = {"word": "string", "rows": fields["rows"]} if shorthand else {"type": "object", "properties": fields}
    fault = refused(lambda: world.create_chain(linked(world, output, {"$ref": reference})))
    assert (fault.status, fault.details["errors"][0]["path"]) == (422, "n")
    assert world.list_runs()[1] == 0
    assert world.create_chain(linked(world, output, {"$ref": "first.outputs.rows[0].value"}))["run_ids"]


@pytest.mark.parametrize("output", [None, {"type": "object"}, {"additionalProperties": True}])
def test_a_reference_to_an_open_output_is_left_to_the_execution(output: dict[str, Any] | None) -> None:
    """Where the producer does not say what it finds, a reference to it is taken."""
    world = make_world()
    body = linked(world, output, {"$ref": "first.outputs.anything"})
    assert len(world.create_chain(body)["run_ids"]) == 2


def test_references_inside_lists_and_objects_are_resolved() -> None:
    """A reference may stand anywhere in an input."""
    world = make_world()
    schema = {"type": "object", "properties": {"total": {"type": "number"}}}
    first = world.create_workflow({"main_prompt": "Read", "output_schema": json.dumps(schema)})["id"]
    second = world.create_workflow({"main_prompt": "Enter {box.list[0]}"})["id"]
    value = {"list": [{"$ref": "one.outputs.total"}]}
    steps = [{"workflow_id": first, "session_alias": "one"}, {"workflow_id": second, "inputs": {"box": value}}]
    ids = world.create_chain({"steps": steps})["run_ids"]
    drain(world)
    found, entered = (world.run(run_id) for run_id in ids)
    assert entered["run_message_history"][0]["content"][0]["text"] == f"Enter {found['output_data']['total']}"
    assert entered["input_values"] == {"box": value}


def test_a_session_decides_what_inputs_are_checked_against() -> None:
    """A run that joins a session is checked with the parameters of the session's machine, whatever machine it names."""
    world = make_world(machines=2)
    here, there = connected(world)[:2]
    world.update_machine(here, {"machine_parameters": {"ward": "A"}})
    world.update_machine(there, {"machine_parameters": None})
    leader = create(world, start_session=True, machine_id=here)
    schema = {"type": "object", "properties": {"ward": {"type": "string"}}, "required": ["ward"]}
    workflow = world.create_workflow({"main_prompt": "Go to {ward}", "input_schema": json.dumps(schema)})
    joined = world.create_run({"workflow_id": workflow["id"], "session_id": leader["session_id"], "machine_id": there})
    drain(world)
    assert (world.run(joined["id"])["status"], world.run(joined["id"])["machine_id"]) == ("success", here)
