"""Requests made to break things: each gets an answer, and leaves the API whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulator.conftest import Own, launchable


def machine_id(own: Own) -> str:
    """Give a connected machine."""
    return own.get("/v1/machines", status="connected", limit=1)["items"][0]["id"]


@pytest.mark.parametrize(
    "value",
    [
        '"\\ud800"',
        '{"\\ud800": 1}',
        "[" * 500 + "]" * 500,
        "[" * 100_000 + "]" * 100_000,
        "9" * 5000,
    ],
    ids=["half a surrogate", "half a surrogate as key", "deep", "deeper than a parser goes", "long number"],
)
def test_what_could_not_be_sent_back_is_not_kept(own: Own, value: str) -> None:
    """Text without UTF-8 form, endless nesting and numbers: refused, and the next list still answers."""
    headers = {"Content-Type": "application/json"}
    body = '{"machine_parameters": {"a": ' + value + "}}"
    answer = own.http.patch(f"/v1/machines/{machine_id(own)}", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert own.get("/v1/machines")["total"] > 0


def test_an_error_about_such_text_can_be_read(own: Own) -> None:
    """A 422 that would have to repeat such text leaves it out."""
    body = '{"workflow_id": "\\ud800", "trajectory_data": [{}], "dimensions": {"\\ud800": "x"}}'
    answer = own.http.post("/v1/trajectories", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert {tuple(problem["loc"][:2]) for problem in answer.json()["detail"]} == {
        ("body", "workflow_id"),
        ("body", "dimensions"),
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"properties": {"a": {"$ref": "https://example.com/schema.json"}}},
        {"properties": {"a": {"$ref": "#/$defs/nothing"}}},
        {"properties": {"a": {"pattern": "^(a|a)*$"}}},
        {"patternProperties": {"a": {"pattern": "^(a|a)*$"}}},
    ],
    ids=["refers to itself", "refers to the web", "refers to nothing", "slow pattern", "slow pattern of a pattern"],
)
def test_a_schema_that_cannot_be_applied_refuses_runs(own: Own, schema: dict[str, Any]) -> None:
    """A reference that leads nowhere or a pattern without end gives a 422 about it; nothing is fetched or awaited."""
    workflow = own.post("/v1/workflows", {"main_prompt": "Look at {a}.", "input_schema": json.dumps(schema)})
    body = {"workflow_id": workflow["id"], "machine_id": machine_id(own), "input_values": {"a": "a" * 24 + "!"}}
    answer = own.http.post("/v1/runs", json=body)
    assert (answer.status_code, answer.json()["error_code"]) == (422, "input_validation_failed")
    assert "cannot be applied" in answer.json()["message"]


def test_a_secret_that_does_not_fit_is_not_repeated(own: Own) -> None:
    """The 422 about a sensitive input names its key and the rule, never the value."""
    schema = {"properties": {"$pin": {"type": "string", "minLength": 40}, "name": {"type": "string", "minLength": 40}}}
    workflow = own.post("/v1/workflows", {"main_prompt": "Log in.", "input_schema": json.dumps(schema)})
    body = {
        "workflow_id": workflow["id"],
        "machine_id": machine_id(own),
        "input_values": {"name": "shown"},
        "sensitive_input_values": {"pin": "hunter2"},
    }
    answer = own.http.post("/v1/runs", json=body)
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["details"]["errors"]} == {"$pin", "name"}
    assert ("hunter2" in answer.text, "shown" in answer.text) == (False, True)


def test_a_patched_run_does_not_break_the_sums(own: Own) -> None:
    """Usage and history can be patched to anything; totals, costs and screenshots still answer."""
    run = own.post("/v1/runs", launchable(own.http))
    for _ in range(300):
        own.sim.clock.advance(1)
        run = own.get(f"/v1/runs/{run['id']}")
        if run["status"] == "running":
            break
    odd = {
        "usage_metadata": {"total_agentic_steps": "many", "billing_outcome": 7},
        "run_message_history": [{"role": 5}],
    }
    assert own.http.patch(f"/v1/runs/{run['id']}", json=odd).status_code == 200
    assert own.get(f"/v1/runs/{run['id']}/llm-costs")["rows"] == []
    assert own.get("/v1/usage/llm-costs")["items"]
    span = {"from_date": "2000-01-01T00:00:00", "to_date": "2100-01-01T00:00:00"}
    assert own.get("/v1/usage/aggregate", **span)["runs_counted"] > 0
    assert own.http.get(f"/v1/computer/{run['machine_id']}/display/screenshot").status_code == 200


def test_points_far_outside_the_display_do_nothing(own: Own) -> None:
    """Coordinates of any size are taken, as a mouse stops at the edge of a screen."""
    busy = {run["machine_id"] for run in own.get("/v1/runs", status="running", fields="error")["items"]}
    free = [one["id"] for one in own.get("/v1/machines", status="connected")["items"] if one["id"] not in busy]
    for far in (10**400, -(10**400)):
        answer = own.http.post(f"/v1/computer/{free[0]}/input/mouse/move", json={"x": far, "y": far})
        assert answer.status_code == 204
        at = own.get(f"/v1/computer/{free[0]}/input/mouse/position")
        assert 0 <= at["x"] <= own.get(f"/v1/computer/{free[0]}/display/dimensions")["width"]
