"""The life of a run as callers of the API see it."""

from __future__ import annotations

import json
from typing import Any

from tests.simulator.conftest import Own, launchable

TERMINAL = {"success", "task_failed", "error", "cancelled"}
ORDER = ["scheduling", "running", "running_checks", "terminal"]


def create(own: Own, **more: Any) -> dict[str, Any]:
    """Create a run."""
    return own.post("/v1/runs", {**launchable(own.http), **more})


def watch(own: Own, run_id: str, *, step_s: float = 3.0, most: int = 2000) -> list[dict[str, Any]]:
    """Step the clock until a run ends and give what each look showed."""
    looks = [own.get(f"/v1/runs/{run_id}")]
    while looks[-1]["status"] not in TERMINAL:
        assert len(looks) < most, looks[-1]["status"]
        own.sim.clock.advance(step_s)
        looks.append(own.get(f"/v1/runs/{run_id}"))
    return looks


def test_a_run_goes_through_its_life(own: Own) -> None:
    """A created run waits, runs while its history grows, and ends with times, usage and an outcome."""
    run = create(own)
    assert (run["status"], run["started_at"], run["ended_at"]) == ("scheduling", None, None)
    looks = watch(own, run["id"])
    stages = [ORDER.index("terminal" if look["status"] in TERMINAL else look["status"]) for look in looks]
    assert stages == sorted(stages)
    assert ORDER.index("running") in stages
    lengths = [len(look["run_message_history"] or []) for look in looks]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3
    last = looks[-1]
    assert run["created_at"] <= last["started_at"] <= last["ended_at"]
    assert last["machine_id"]
    assert last["usage_metadata"]["billing_outcome"]
    assert (last["status"] == "success") == (last["error"] is None)


def test_stopped_time_changes_nothing(own: Own) -> None:
    """With speed 0 the same call gives the same answer until the clock is advanced."""
    run = create(own)
    assert own.get(f"/v1/runs/{run['id']}") == own.get(f"/v1/runs/{run['id']}")


def test_a_secret_never_comes_back(own: Own) -> None:
    """Sensitive inputs show as alias tokens under their keys; the value is in no answer about the run."""
    body = launchable(own.http, with_secrets=True)
    run = own.post("/v1/runs", body)
    looks = watch(own, run["id"], step_s=20)
    assert run["sensitive_input_aliases"].keys() == body["sensitive_input_values"].keys()
    assert "hunter2" not in json.dumps([run, looks])


def test_cancel_is_a_patch(own: Own) -> None:
    """PATCH to cancelled ends a live run at once; a run that has ended gives 409 and stays as it is."""
    run = create(own)
    cancelled = own.http.patch(f"/v1/runs/{run['id']}", json={"status": "cancelled"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    again = own.http.patch(f"/v1/runs/{run['id']}", json={"status": "cancelled"})
    assert again.status_code == 409
    own.sim.clock.advance(3600)
    assert own.get(f"/v1/runs/{run['id']}")["status"] == "cancelled"


def test_a_retry_keeps_the_id(own: Own) -> None:
    """A retry of an ended run clears its results and queues the same id again; a live run gives 409."""
    run = create(own)
    assert own.http.post(f"/v1/runs/{run['id']}/retry", json={}).status_code == 409
    ended = watch(own, run["id"], step_s=20)[-1]
    secrets = {"sensitive_input_values": launchable(own.http)["sensitive_input_values"]}
    again = own.post(f"/v1/runs/{run['id']}/retry", secrets, status=200)
    assert (again["id"], again["status"], again["output_data"]) == (run["id"], "scheduling", None)
    assert again["input_values"] == ended["input_values"]
    assert watch(own, run["id"], step_s=20)[-1]["ended_at"] > ended["ended_at"]


def test_a_live_run_cannot_be_deleted(own: Own) -> None:
    """DELETE answers 409 while a run is live and 204 with an empty body after it; then it is gone."""
    run = create(own)
    assert own.http.delete(f"/v1/runs/{run['id']}").status_code == 409
    watch(own, run["id"], step_s=20)
    gone = own.http.delete(f"/v1/runs/{run['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert own.http.get(f"/v1/runs/{run['id']}").status_code == 404


def test_unknown_ids_at_create_are_not_found(own: Own) -> None:
    """A workflow, machine or pool that does not exist refuses the run with 404."""
    nobody = "00000000-0000-4000-8000-000000000000"
    body = launchable(own.http)
    for wrong in ({"workflow_id": nobody}, {"machine_id": nobody}, {"pool_ids": [nobody]}):
        assert own.http.post("/v1/runs", json={**body, **wrong}).status_code == 404, wrong


def test_inputs_that_do_not_fit_are_listed(own: Own) -> None:
    """Inputs against the schema give a structured 422 with path and message of each problem."""
    body = launchable(own.http)
    machine = own.get("/v1/machines", status="connected", limit=1)["items"][0]
    wrong = {name: {"an": "object"} for name in body["input_values"]}
    answer = own.http.post("/v1/runs", json={**body, "machine_id": machine["id"], "input_values": wrong})
    assert answer.status_code == 422
    errors = answer.json()["details"]["errors"]
    assert {"path", "message"} <= errors[0].keys()


def test_bulk_and_chain_queue_many(own: Own) -> None:
    """Bulk gives its runs back; a chain gives a session and its runs in step order; limits are checked."""
    body = launchable(own.http)
    bulk = own.post("/v1/runs/bulk", {**body, "count": 5})
    assert len({run["id"] for run in bulk["created_runs"]}) == 5
    assert (bulk["failed_count"], bulk["errors"]) == (0, [])
    step = {
        "workflow_id": body["workflow_id"],
        "inputs": body["input_values"],
        "sensitive_inputs": body["sensitive_input_values"],
    }
    chain = own.post("/v1/runs/chain", {"steps": [step, step]})
    listed = own.get("/v1/runs", session_id=chain["session_id"], sort_mode="created_at_desc")["items"]
    assert {run["id"] for run in listed} == set(chain["run_ids"])
    assert len(chain["run_ids"]) == 2
    for path, wrong in (("bulk", {**body, "count": 0}), ("bulk", {**body, "count": 1001}), ("chain", {"steps": []})):
        answer = own.http.post(f"/v1/runs/{path}", json=wrong)
        assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "body")


def test_every_machine_runs_one_thing_at_a_time(own: Own) -> None:
    """Twenty runs at once share the machines one by one, and all end."""
    own.post("/v1/runs/bulk", {**launchable(own.http), "count": 20})
    for _ in range(500):
        runs = own.get("/v1/runs", limit=100, fields="started_at")["items"]
        busy = [run["machine_id"] for run in runs if run["status"] in {"running", "running_checks"}]
        assert len(busy) == len(set(busy))
        if all(run["status"] in TERMINAL for run in runs):
            break
        own.sim.clock.advance(30)
    else:
        raise AssertionError("runs are still live after four hours")
