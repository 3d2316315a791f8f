"""Post-run checks: copied onto the run, worked through after the work, and decisive for how the run ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from cyberdesk_nb.simulator.engine.judging import Evidence, judge
from cyberdesk_nb.simulator.world.attachments import attach
from cyberdesk_nb.simulator.world.world import World
from tests.simulator.worlds import Record, drain, make_world, pass_time

EMPTY: Record = dict.fromkeys(
    (
        "file_target_mode",
        "file_names",
        "file_name_regex",
        "expected_match_count",
        "expected_match_count_ref",
        "loop_input",
        "loop_item_filename_template",
        "check_prompt",
    )
)
FILES = ["a.pdf", "b.pdf", "notes.txt"]
INPUTS = {"rows": [{"id": "a"}, {"id": "b"}], "names": ["a", "c"], "count": 2, "text": "3"}
SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}


def verdict(
    kind: str,
    *,
    output: Record | None = None,
    schema: Record | None = None,
    files: Sequence[str] = FILES,
    **more: Any,
) -> tuple[str, list[str] | None]:
    """Judge one check of a run with those files and inputs."""
    check = {**EMPTY, "allow_missing_attachments": False, "type": kind, **more}
    found = judge(check, Evidence(INPUTS, output, schema, files))
    assert found.words
    return found.status, found.files


@pytest.mark.parametrize("kind", ["run_attachment_exists", "run_attachment_image_check"])
@pytest.mark.parametrize(
    ("target", "status", "files"),
    [
        ({"file_target_mode": "exact", "file_names": ["a.pdf", "notes.txt"]}, "success", ["a.pdf", "notes.txt"]),
        ({"file_target_mode": "exact", "file_names": ["a.pdf", "A.PDF"]}, "failed", ["a.pdf"]),
        ({"file_names": ["z.pdf"], "allow_missing_attachments": True}, "success", []),
        ({"file_target_mode": "regex", "file_name_regex": r"\.pdf$"}, "success", ["a.pdf", "b.pdf"]),
        ({"file_target_mode": "regex", "file_name_regex": r"\.png$"}, "failed", []),
        ({"file_name_regex": r"\.pdf$", "expected_match_count": 2}, "success", ["a.pdf", "b.pdf"]),
        ({"file_name_regex": r"\.pdf$", "expected_match_count": 3}, "failed", ["a.pdf", "b.pdf"]),
        ({"file_name_regex": r"\.pdf$", "expected_match_count": 1}, "failed", ["a.pdf", "b.pdf"]),
        ({"file_name_regex": r"\.png$", "expected_match_count": 0}, "success", []),
        ({"file_name_regex": r"\.pdf$", "expected_match_count_ref": "inputs.rows"}, "success", ["a.pdf", "b.pdf"]),
        ({"file_name_regex": r"\.pdf$", "expected_match_count_ref": "{count}"}, "success", ["a.pdf", "b.pdf"]),
        ({"file_name_regex": ".", "expected_match_count_ref": "text"}, "success", FILES),
        ({"file_name_regex": ".", "expected_match_count_ref": "outputs.pages"}, "success", FILES),
        ({"file_name_regex": ".", "expected_match_count_ref": "nothing"}, "failed", FILES),
        ({"file_name_regex": "("}, "failed", []),
        ({"file_name_regex": "(", "expected_match_count": 0}, "failed", []),
        (
            {
                "file_target_mode": "loop_items",
                "loop_input": "{rows}",
                "loop_item_filename_template": "{{loop_item.id}}.pdf",
            },
            "success",
            ["a.pdf", "b.pdf"],
        ),
        ({"loop_input": "names", "loop_item_filename_template": "{{loop_item}}.pdf"}, "failed", ["a.pdf"]),
        ({"file_target_mode": "loop_items", "loop_input": "count"}, "failed", []),
        ({}, "success", FILES),
    ],
)
def test_files_are_found_as_the_check_says(kind: str, target: Record, status: str, files: list[str]) -> None:
    """Exact names, patterns with counts and loop items name the files that they found, and what is missing fails."""
    assert verdict(kind, output={"pages": 3}, **target) == (status, files)


def test_a_pattern_without_end_fails_its_check() -> None:
    """A pattern that would search a file name for years is given up, and is no match."""
    target: Record = {"file_name_regex": "^(a|a)*$", "expected_match_count": 0}
    assert verdict("run_attachment_exists", files=["a" * 24 + ".txt"], **target) == ("failed", [])


@pytest.mark.parametrize(
    ("output", "schema", "status"),
    [
        ({"total": 1}, SCHEMA, "success"),
        ({"total": "1"}, SCHEMA, "failed"),
        ({}, SCHEMA, "failed"),
        (None, SCHEMA, "failed"),
        ({"a": 1}, {"a": "number"}, "success"),
        ({"a": "x"}, {"a": "number"}, "failed"),
        ({"a": 1}, None, "success"),
        ({"a": 1}, {"$ref": "#"}, "failed"),
    ],
)
def test_the_output_is_held_against_its_schema(output: Record | None, schema: Record | None, status: str) -> None:
    """A schema check passes what fits, in JSON Schema and in the shorthand, and fails the rest."""
    assert verdict("output_data_passes_schema_validation", output=output, schema=schema) == (status, None)


def test_an_agentic_check_needs_an_output() -> None:
    """Without output there is nothing to look at."""
    assert verdict("output_data_agentic_check", output={"a": 1}) == ("success", None)
    assert verdict("output_data_agentic_check") == ("failed", None)


def checked(world: World, *checks: Record, **more: Any) -> Record:
    """Run a workflow with those checks until it has a machine."""
    schema = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}
    workflow = world.create_workflow(
        {"main_prompt": "Sum it up", "output_schema": json.dumps(schema), "post_run_checks": list(checks), **more}
    )
    run = world.create_run({"workflow_id": workflow["id"]})
    pass_time(world, 5)
    return world.run(run["id"])


def put_file(world: World, run_id: str, name: str) -> None:
    """Export a file from a run, as a worker would."""
    file_id = attach(world._store, run_id, {"filename": name}, b"x", world.clock.now(), direction="output")
    linked = world.run(run_id)["output_attachment_ids"] or []
    world.update_run(run_id, {"output_attachment_ids": [*linked, file_id]})


def test_checks_run_after_the_work_one_after_another() -> None:
    """Pending until the work is done, then one by one; the run ends when the last has passed, and says so."""
    world = make_world()
    checks = [{"name": name, "type": "output_data_passes_schema_validation"} for name in ("one", "two", "three")]
    run = checked(world, *checks)
    seen: list[tuple[str, ...]] = []
    while run["ended_at"] is None:
        statuses = tuple(check["status"] for check in run["post_run_checks"])
        assert (run["status"] == "running_checks") == (statuses != ("pending",) * 3), statuses
        seen += [statuses] if statuses not in seen else []
        pass_time(world, 1)
        run = world.run(run["id"])
    assert seen == [
        ("pending",) * 3,
        ("running", "pending", "pending"),
        ("success", "running", "pending"),
        ("success", "success", "running"),
    ]
    assert run["status"] == "success"
    assert {check["status"] for check in run["post_run_checks"]} == {"success"}
    ends = [check["ended_at"] for check in run["post_run_checks"]]
    assert [check["started_at"] for check in run["post_run_checks"]][1:] == ends[:-1]
    assert ends[-1] <= run["ended_at"]


@pytest.mark.parametrize("status", ["cancelled", "task_failed"])
def test_a_run_stopped_during_its_checks_keeps_its_work(status: str) -> None:
    """Output, history and counted steps of finished work stay when the run ends before its checks do."""
    world = make_world()
    run = checked(world, *({"name": name, "type": "output_data_agentic_check"} for name in ("one", "two")))
    while run["status"] != "running_checks":
        pass_time(world, 1)
        run = world.run(run["id"])
    stopped = world.update_run(run["id"], {"status": status})
    assert stopped["status"] == status
    assert run["output_data"] is not None
    assert [stopped[key] for key in ("output_data", "run_message_history")] == [
        run[key] for key in ("output_data", "run_message_history")
    ]
    assert stopped["usage_metadata"]["total_agentic_steps_billed"] == run["usage_metadata"]["total_agentic_steps"]


def test_a_missing_file_fails_the_run() -> None:
    """A run whose check fails ends as task_failed, is billed as the user's failure, and names what is missing."""
    world = make_world()
    wanted = {"name": "Export", "type": "run_attachment_exists", "file_names": ["a.csv", "b.csv"]}
    run = checked(world, {"name": "Fits", "type": "output_data_passes_schema_validation"}, wanted)
    put_file(world, run["id"], "a.csv")
    drain(world)
    done = world.run(run["id"])
    assert (done["status"], done["usage_metadata"]["billing_outcome"]) == ("task_failed", "user_task_failed")
    assert "b.csv" in done["error"][0]
    fits, export = done["post_run_checks"]
    assert (fits["status"], fits["error_message"]) == ("success", None)
    assert (export["status"], export["matched_filenames"]) == ("failed", ["a.csv"])
    assert "b.csv" in export["error_message"]
    assert len(done["output_attachment_ids"]) == 1, "the file of a failed run is kept"


def test_files_that_a_worker_stores_are_looked_at() -> None:
    """A file put on the run while it works lets the check pass, and stays linked beside what the run exports."""
    world = make_world()
    run = checked(world, {"name": "Export", "type": "run_attachment_exists", "file_name_regex": r"\.csv$"})
    for name in ("a.csv", "b.csv"):
        put_file(world, run["id"], name)
    assert len(world.run(run["id"])["output_attachment_ids"]) == 2
    drain(world)
    done = world.run(run["id"])
    assert (done["status"], done["post_run_checks"][0]["matched_filenames"]) == ("success", ["a.csv", "b.csv"])
    assert len(done["output_attachment_ids"]) == 2


def test_later_edits_do_not_touch_what_has_run() -> None:
    """A run keeps the checks that it started with, seeded runs too; a retry takes the new ones."""
    world = make_world(runs=60)
    past = next(run for run in world.list_runs(limit=60)[0] if run["post_run_checks"] and run["ended_at"])
    run = checked(world, {"name": "Old", "type": "output_data_agentic_check"})
    pass_time(world, 10)
    for workflow_id in (past["workflow_id"], run["workflow_id"]):
        new = {"name": "New", "type": "output_data_passes_schema_validation"}
        world.update_workflow(workflow_id, {"post_run_checks": [new]})
    drain(world)
    assert [check["name"] for check in world.run(run["id"])["post_run_checks"]] == ["Old"]
    assert world.run(past["id"])["post_run_checks"] == past["post_run_checks"]
    again = world.retry_run(run["id"], {})
    assert [(check["name"], check["status"]) for check in again["post_run_checks"]] == [("New", "pending")]


@pytest.mark.parametrize(
    "kind",
    [
        "run_attachment_exists",
        "run_attachment_image_check",
        "output_data_passes_schema_validation",
        "output_data_agentic_check",
    ],
)
def test_chance_fails_checks_of_every_kind(kind: str) -> None:
    """With failures by chance some runs fail a check of any kind, in words of that kind, and the snapshot agrees."""
    world = make_world(failure_rate=0.6, screens=False)
    check = {"name": "Look", "type": kind, "allow_missing_attachments": True}
    workflow = world.create_workflow({"main_prompt": "Sum it up", "post_run_checks": [check]})
    world.bulk_create_runs({"workflow_id": workflow["id"], "count": 60})
    drain(world)
    runs, _ = world.list_runs(workflow_id=workflow["id"])
    failed = [run for run in runs if run["post_run_checks"][0]["status"] == "failed"]
    assert 0 < len(failed) < 30
    for run in failed:
        assert run["status"] == "task_failed"
        assert run["error"] == [f"Post-run check failed: {run['post_run_checks'][0]['error_message']}"]
