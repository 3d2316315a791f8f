"""Inputs of runs: what is refused, what is merged from where, and that secrets leave no trace."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cyberdesk_nb.simulator.inputs.inputs import merged
from cyberdesk_nb.simulator.world.world import World
from tests.simulator.worlds import Record, drain, launchable, make_world, pass_time, refused


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


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("{name}", "Ada"),
        ("{box.key}", "v"),
        ("{box.list[1]}", "2"),
        ('{box["odd key"].deep}', "w"),
        ("{box.list}", "[1, 2]"),
        ("{box.nothing}", "__EMPTY__"),
        ("{box.list[7]}", "__EMPTY__"),
        ("{blank}", "__EMPTY__"),
        ("{null}", "__EMPTY__"),
        ("{null.deeper.still}", "__EMPTY__"),
        ("{skipped.deeper}", "__EMPTY__"),
        ("{optional}", "__EMPTY__"),
        ("{stranger}", "{stranger}"),
        ("{$secret} {{runtime}}", "{$secret} {{runtime}}"),
    ],
)
def test_a_prompt_reads_with_its_inputs(asked: str, shown: str) -> None:
    """Inputs and what is inside them stand in the prompt; what is missing, blank or not given is `__EMPTY__`."""
    world = make_world()
    schema = {"type": "object", "properties": {"optional": {"type": "string"}}}
    workflow = world.create_workflow({"main_prompt": asked, "input_schema": json.dumps(schema)})
    box = {"key": "v", "list": [1, 2], "odd key": {"deep": "w"}}
    values = {"name": "Ada", "box": box, "blank": "", "null": None, "skipped": "__EMPTY__"}
    run = world.create_run({"workflow_id": workflow["id"], "input_values": values})
    pass_time(world, 20)
    record = world.run(run["id"])
    assert record["run_message_history"][0]["content"][0]["text"] == shown
    assert record["input_values"] == values


def typed(run: Record) -> list[str]:
    """Return what a run typed and pressed."""
    blocks = [block for message in run["run_message_history"] for block in message["content"]]
    calls = [block["tool_input"] for block in blocks if block["type"] == "tool_use"]
    return [str(call["text"]) for call in calls if call["action"] in {"type", "key"}]


@pytest.mark.parametrize("number", range(8))
def test_what_is_optional_may_be_left_out(number: int) -> None:
    """With only the required inputs each seeded workflow ends well: defaults are used, and nobody types `__EMPTY__`."""
    world = make_world(trajectories=0, screens=False)
    body = launchable(world, number)
    schema = json.loads(world.workflows[body["workflow_id"]]["input_schema"])
    given = {key: value for key, value in body["input_values"].items() if key in schema["required"]}
    run = world.create_run({**body, "input_values": given})
    drain(world)
    done = world.run(run["id"])
    assert (done["status"], done["error"], done["input_values"]) == ("success", None, given)
    prompt = done["run_message_history"][0]["content"][0]["text"]
    for key, one in schema["properties"].items():
        default = one.get("default")
        shown = "__EMPTY__" if default is None else default if isinstance(default, str) else json.dumps(default)
        if key not in given and "{" + key + "}" in world.workflows[body["workflow_id"]]["main_prompt"]:
            assert key.startswith("$") or shown in prompt
    assert "__EMPTY__" not in typed(done)


def test_a_field_can_be_cleared_or_left_alone() -> None:
    """`__CLEAR__` empties a field instead of being typed; `__EMPTY__` leaves it alone."""
    world = make_world(trajectories=0, screens=False)
    number = [world._store.kinds[key] for key in world.workflows].index("appointment-scheduling")
    body, pressed = launchable(world, number), {}
    for notes in ("__CLEAR__", "__EMPTY__"):
        run = world.create_run({**body, "input_values": {**body["input_values"], "notes": notes}})
        drain(world)
        pressed[notes] = typed(world.run(run["id"]))
        assert notes not in pressed[notes]
    assert pressed["__CLEAR__"].count("Delete") == pressed["__EMPTY__"].count("Delete") + 1


def test_nobody_types_the_word_for_nothing() -> None:
    """`__EMPTY__` is skipped wherever an input is typed, also where the agent goes on to fail without it."""
    world = make_world(trajectories=0, screens=False)
    body = launchable(world)
    run = world.create_run({**body, "input_values": {**body["input_values"], "username": "__EMPTY__"}})
    drain(world)
    assert "{$password}" in typed(world.run(run["id"]))
    assert "__EMPTY__" not in typed(world.run(run["id"]))


@pytest.mark.parametrize("asked", ["{name.first}", "{number[0]}"])
def test_nothing_is_inside_a_plain_value(asked: str) -> None:
    """A prompt that looks inside a text or a number ends the run at once, and the error says where."""
    world = make_world()
    workflow = world.create_workflow({"main_prompt": f"Open {asked}."})
    run = world.create_run({"workflow_id": workflow["id"], "input_values": {"name": "Ada", "number": 5}})
    ended = world.run(run["id"])
    assert (ended["status"], ended["started_at"]) == ("error", None)
    assert asked in ended["error"][0]


def test_a_workflow_says_whether_it_takes_inputs() -> None:
    """`includes_input_variables` follows the prompt's `{name}` and `{$name}`, not runtime values or lone braces."""
    world = make_world()
    prompts = {"{a}": True, "log in with {$pin}": True, "copy {{found}}": False, "a { b } c": False, "none": False}
    made = {one: world.create_workflow({"main_prompt": one})["includes_input_variables"] for one in prompts}
    assert made == prompts
    workflow = world.create_workflow({"main_prompt": "none"})
    assert world.update_workflow(workflow["id"], {"main_prompt": "{a}"})["includes_input_variables"]


def test_files_that_are_no_base64_change_nothing() -> None:
    """A launch, a chain and a retry with a broken file are refused whole: no file is kept, no run is touched."""
    world = make_world()
    good, bad = ({"filename": "a.txt", "content": content} for content in ("YQ==", "?"))
    body = launchable(world)
    run = world.create_run({**body, "file_inputs": [good]})
    drain(world)
    before, kept = world.run(run["id"]), dict(world.run_attachments)
    step = {"workflow_id": body["workflow_id"], "inputs": body["input_values"], "sensitive_inputs": {"password": "x"}}
    for call in (
        lambda: world.create_run({**body, "file_inputs": [good, bad]}),
        lambda: world.create_chain({"steps": [step], "shared_file_inputs": [good, bad]}),
        lambda: world.retry_run(run["id"], {"file_inputs": [good, bad]}),
    ):
        assert refused(call).status == 422
    assert world.run(run["id"]) == before
    assert world.run_attachments == kept
    assert world.list_runs()[1] == 1


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
