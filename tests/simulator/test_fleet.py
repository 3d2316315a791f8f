"""The seeded fleet: believable, consistent with itself, and the same for the same seed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cyberdesk_nb import models
from cyberdesk_nb.simulator.chance import RunIds
from tests.simulator.worlds import NOW, TERMINAL, counted_steps, default_runs, default_world, make_world, overlaps


def test_default_sizes() -> None:
    """The default fleet has the sizes that the notebooks count on."""
    world = default_world()
    assert len(default_runs()) == 800
    assert len(world.machines) == 12
    assert len(world.pools) == 3
    assert len(world.trajectories) == 30
    assert len(world.workflows) >= 7
    assert len(world.connections) > 12 * 20
    in_pools = Counter(machine for _, machine in world.pool_members)
    assert max(in_pools.values()) > 1, "pools overlap"
    assert any(machine["status"] == "disconnected" for machine in world.machines.values())


@pytest.mark.parametrize(
    ("table", "model"),
    [
        ("machines", models.MachineResponse),
        ("pools", models.PoolResponse),
        ("workflows", models.WorkflowResponse),
        ("connections", models.ConnectionResponse),
        ("request_logs", models.RequestLogResponse),
        ("workflow_tags", models.WorkflowTagResponse),
        ("workflow_tag_groups", models.WorkflowTagGroupResponse),
        ("model_configurations", models.ModelConfigurationResponse),
        ("trajectories", models.TrajectoryResponse),
    ],
)
def test_records_have_every_key_of_their_model(table: str, model: type[Any]) -> None:
    """Every record has exactly the keys of the API contract, and its values fit their types."""
    records = getattr(default_world(), table)
    assert records
    for record in records.values():
        assert set(record) == set(model.model_fields)
        model.model_validate(record)


def test_runs_have_every_key_of_their_model() -> None:
    """Every run has exactly the keys of the API contract, and its values fit their types."""
    for run in default_runs():
        assert set(run) == set(models.RunResponse.model_fields)
        models.RunResponse.model_validate(run)


def test_no_machine_runs_two_at_once() -> None:
    """On no machine does a run start before the one before it has ended."""
    assert overlaps(default_runs()) == []


def test_usage_equals_history() -> None:
    """The step counters are the calls in the history: with a trajectory id cached, without one agentic."""
    for run in default_runs():
        if run["usage_metadata"] is None:
            assert run["run_message_history"] is None
            continue
        usage = run["usage_metadata"]
        assert (usage["total_agentic_steps"], usage["total_cached_steps"]) == counted_steps(run)
        assert set(usage) == {
            "total_agentic_steps",
            "total_cached_steps",
            "total_agentic_steps_billed",
            "total_cached_steps_billed",
            "billing_outcome",
        }


def test_billing_follows_the_status() -> None:
    """Everything is billed but infrastructure failures, and nothing before the end."""
    words = {
        "success": "success",
        "task_failed": "user_task_failed",
        "cancelled": "cancelled",
        "error": "infra_failure",
    }
    for run in default_runs():
        usage = run["usage_metadata"]
        if usage is None:
            continue
        outcome = words.get(run["status"])
        assert usage["billing_outcome"] == outcome
        is_billed = outcome not in {None, "infra_failure"}
        assert usage["total_agentic_steps_billed"] == (usage["total_agentic_steps"] if is_billed else 0)
        assert usage["total_cached_steps_billed"] == (usage["total_cached_steps"] if is_billed else 0)


def test_times_are_in_order() -> None:
    """Created, started, every message and ended follow each other; live runs have no end."""
    for run in default_runs():
        stamps = [message["timestamp"] for message in run["run_message_history"] or []]
        known = [run["created_at"], run["started_at"], *stamps, run["ended_at"]]
        times = [at for at in known if at is not None]
        assert times == sorted(times), run["id"]
        assert (run["ended_at"] is not None) == (run["status"] in TERMINAL)
        assert times[-1] <= NOW


def test_tool_calls_are_answered_in_pairs() -> None:
    """Each answer names the call before it; only a run that was cut short leaves a call open."""
    for run in default_runs():
        blocks = [block for message in run["run_message_history"] or [] for block in message["content"]]
        calls = [block["tool_use_id"] for block in blocks if block["type"] == "tool_use"]
        answers = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        assert answers == calls[: len(answers)]
        assert len(calls) - len(answers) in ((0,) if run["status"] in {"success", "task_failed"} else (0, 1))


def test_cached_steps_name_real_steps_of_their_workflow() -> None:
    """A cached step points at an approved trajectory of the same workflow, recorded before, and at the same action."""
    world = default_world()
    seen = 0
    for run in default_runs():
        for message in run["run_message_history"] or []:
            if "trajectory_id" not in message:
                continue
            seen += 1
            trajectory = world.trajectories[message["trajectory_id"]]
            assert trajectory["workflow_id"] == run["workflow_id"]
            assert trajectory["is_approved"]
            assert trajectory["created_at"] <= trajectory["updated_at"] <= run["started_at"]
            assert trajectory["name"] == message["trajectory_label"]
            size = world.displays[run["machine_id"]]
            assert trajectory["dimensions"] == {"width": size[0], "height": size[1]}
    assert seen > 2000


def test_steps_that_need_a_model_stay_agentic_in_a_replay() -> None:
    """Focused actions and extractions are decided live even between replayed steps."""
    between = 0
    for run in default_runs():
        calls = [m for m in run["run_message_history"] or [] if any(b["type"] == "tool_use" for b in m["content"])]
        for before, message, after in zip(calls, calls[1:], calls[2:], strict=False):
            call = next(block["tool_input"] for block in message["content"] if block["type"] == "tool_use")
            if call["action"] == "focused_action" or "extract_prompt" in call:
                assert "trajectory_id" not in message
                between += "trajectory_id" in before and "trajectory_id" in after
    assert between > 50


def test_cached_steps_do_what_the_trajectory_recorded() -> None:
    """The recorded step behind a cached one has the same action."""
    world = default_world()
    steps = {key: world.trajectory_record(key)["trajectory_data"] for key in list(world.trajectories)[:3]}
    names = {"click": "left_click"}
    compared = 0
    for run in default_runs()[::3]:
        for message in run["run_message_history"] or []:
            if message.get("trajectory_id") not in steps:
                continue
            step = steps[message["trajectory_id"]][message["step_index"]]
            action = step["kwargs"].get("action") or names.get(step["func_name"], step["func_name"])
            call = next(block for block in message["content"] if block["type"] == "tool_use")
            assert call["tool_input"]["action"] == action
            compared += 1
    assert compared > 100


def test_inputs_and_outputs_fit_the_schemas() -> None:
    """Seeded inputs fit the workflow's input schema, but for the secrets, and outputs the output schema."""
    world = default_world()
    for run in default_runs():
        workflow = world.workflows[run["workflow_id"]]
        schema = json.loads(workflow["input_schema"])
        schema["required"] = [key for key in schema.get("required", []) if not key.startswith("$")]
        Draft202012Validator(schema).validate(run["input_values"])
        if run["output_data"] is not None:
            Draft202012Validator(json.loads(workflow["output_schema"])).validate(run["output_data"])
        assert (run["output_data"] is not None) or run["status"] != "success"


def test_errors_and_statuses_agree() -> None:
    """Failed runs say why, successful and cancelled ones say nothing."""
    for run in default_runs():
        assert bool(run["error"]) == (run["status"] in {"error", "task_failed"}), (run["id"], run["status"])


def test_every_kind_of_end_occurs() -> None:
    """The past has successes, failures, cancels, sessions, checks, and work that is still going on."""
    runs = default_runs()
    statuses = Counter(run["status"] for run in runs)
    assert {"success", "task_failed", "error", "cancelled", "running", "scheduling"} <= set(statuses)
    assert statuses["success"] > 0.75 * len(runs)
    assert sum(run["session_id"] is not None for run in runs) >= 10
    assert any(run["status"] == "success" and run["post_run_checks"] for run in runs)
    assert any(run["is_priority"] for run in runs)


def test_sessions_stay_on_one_machine_one_after_another() -> None:
    """The runs of a chain share a machine and follow each other; after a failed step the rest is cancelled."""
    fields = ["session_id", "started_at", "ended_at"]
    found, _ = make_world(runs=3000).list_runs(sort_mode="created_at_desc", limit=3000, fields=fields)
    chains: dict[str, list[dict[str, Any]]] = {}
    for run in reversed(found):
        if run["session_id"]:
            chains.setdefault(run["session_id"], []).append(run)
    statuses = Counter(run["status"] for runs in chains.values() for run in runs if not run["started_at"])
    assert statuses["cancelled"] >= 1
    for runs in chains.values():
        started = [run for run in runs if run["started_at"]]
        assert len({run["machine_id"] for run in started}) <= 1
        for first, second in pairwise(started):
            assert first["status"] == "success"
            assert first["ended_at"] <= second["started_at"]


def test_placement_keeps_to_what_was_asked() -> None:
    """A run that named pools ran on a machine that is in all of them."""
    world = default_world()
    for run in default_runs():
        if run["pool_ids"] and run["started_at"]:
            assert all((pool_id, run["machine_id"]) in world.pool_members for pool_id in run["pool_ids"])


def test_connections_do_not_overlap_and_agree_with_the_machines() -> None:
    """A machine's connections follow each other, and it is connected exactly when one is open."""
    world = default_world()
    for machine in world.machines.values():
        rows = [row for row in world.connections.values() if row["machine_id"] == machine["id"]]
        rows.sort(key=lambda row: row["connected_at"])
        for earlier, later in pairwise(rows):
            assert earlier["disconnected_at"] is not None
            assert earlier["disconnected_at"] < later["connected_at"]
        is_open = rows[-1]["disconnected_at"] is None
        assert machine["status"] == ("connected" if is_open else "disconnected")
        assert machine["last_seen"] == rows[-1]["last_ping"]
        for row in rows:
            assert row["connected_at"] <= row["last_ping"] <= (row["disconnected_at"] or NOW)


def test_runs_happen_only_while_their_machine_is_connected() -> None:
    """No run starts on a machine that is off, and one whose machine goes off ends in an error within half a minute."""
    world = default_world()
    gaps: dict[str, list[tuple[Any, Any]]] = {}
    for machine_id in world.machines:
        rows = sorted(
            (row for row in world.connections.values() if row["machine_id"] == machine_id),
            key=lambda row: row["connected_at"],
        )
        ends = [row["connected_at"] for row in rows[1:]]
        ends += [NOW + timedelta(days=9)] * (rows[-1]["disconnected_at"] is not None)
        gaps[machine_id] = [(row["disconnected_at"], end) for row, end in zip(rows, ends, strict=False)]
    for run in default_runs():
        if not run["started_at"]:
            continue
        for down, up in gaps[run["machine_id"]]:
            assert not down < run["started_at"] < up, run["id"]
            if run["started_at"] <= down < (run["ended_at"] or NOW):
                assert run["status"] == "error"
                assert run["ended_at"] - down < timedelta(seconds=30)


def test_office_hours_and_nights_show() -> None:
    """Most single runs are asked for in office hours on weekdays; the nightly batch comes each night at once."""
    truth = default_world().truth()["nightly_queue"]
    office = [run for run in default_runs() if run["workflow_id"] != truth["workflow_id"]]
    in_hours = [run for run in office if run["created_at"].weekday() < 5 and 12 <= run["created_at"].hour < 23]
    assert len(in_hours) > 0.85 * len(office)
    nights = Counter(run["created_at"].date() for run in default_runs() if run["created_at"].hour == 6)
    assert len(nights) >= 29
    assert min(nights.values()) >= 6


def test_waits_come_from_busy_machines() -> None:
    """A run with no demand on a place starts within seconds; queues form where machines are short."""
    waits = {
        run["id"]: (run["started_at"] - run["created_at"]).total_seconds()
        for run in default_runs()
        if run["started_at"]
    }
    assert median(waits.values()) < 5
    assert sum(wait > 60 for wait in waits.values()) > 80


def test_live_work_goes_on_and_ends() -> None:
    """Runs that were live or queued at the anchor end when time passes, each on a free machine."""
    world = make_world(runs=120, failure_rate=0.05)
    live = [run["id"] for run in world.list_runs(limit=1000)[0] if run["status"] not in TERMINAL]
    assert len(live) >= 3
    world.clock.advance(3600)
    world.settle()
    runs, _ = world.list_runs(limit=1000)
    assert all(run["status"] in TERMINAL for run in runs)
    assert overlaps(runs) == []
    assert {run["id"] for run in runs} >= set(live)


def _everything(seed: int) -> str:
    world = make_world(seed=seed, runs=25)
    tables = (world.machines, world.workflows, world.connections, world.trajectories, world.pools)
    return json.dumps([world.list_runs(limit=100), tables, world.truth()], default=str, sort_keys=True)


def test_same_seed_same_world() -> None:
    """One seed and one anchor give the same fleet to the last byte; another seed gives another."""
    assert _everything(3) == _everything(3)
    assert _everything(3) != _everything(4)


@pytest.mark.parametrize("runs", [0, 1, 7, 60])
@pytest.mark.parametrize("machines", [1, 3, 40])
def test_odd_sizes_make_a_fleet(runs: int, machines: int) -> None:
    """Any size gives a fleet that answers, holds as many runs as asked for, and whose truth can be told."""
    world = make_world(runs=runs, machines=machines)
    items, total = world.list_runs(limit=1000)
    assert total == len(items) == runs
    assert overlaps(items) == []
    world.truth()


@pytest.mark.parametrize("workflows", [1, 3, 20])
def test_the_number_of_workflows_can_be_chosen(workflows: int) -> None:
    """Fewer workflows are the first kinds, more are the same kinds under other names; all of them are run."""
    world = make_world(runs=100, workflows=workflows, trajectories=4)
    assert len(world.workflows) == len({record["name"] for record in world.workflows.values()}) == workflows
    runs, _ = world.list_runs(limit=1000, fields=[])
    assert len({run["workflow_id"] for run in runs}) >= min(workflows, 8)
    assert set(world.workflow_tag_ids) == set(world.workflows)
    world.truth()


def test_run_ids_lead_back_to_their_numbers() -> None:
    """Ids are well-formed, differ, lead back to the run, and no other id does."""
    ids = RunIds(7)
    known = [ids.of(number) for number in (0, 1, 2, 999_999, 2**40)]
    assert [ids.number(run_id) for run_id in known] == [0, 1, 2, 999_999, 2**40]
    assert all(run_id[14] == "4" and run_id[19] in "89ab" for run_id in known)
    assert RunIds(8).number(known[1]) is None
    assert ids.number("not-an-id") is None
