"""The switches for what is not known of the real API: each changes what it says, and nothing without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from cyberdesk_nb.simulator import ApiOptions, Simulator, WorldOptions
from tests.simulator.conftest import http_client, launchable

Start = Callable[..., Simulator]
SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}, "list": {"type": "array", "items": {"type": "string"}}},
    "required": ["n"],
}


def refused_inputs(client: httpx.Client) -> httpx.Response:
    """Launch with inputs that do not fit."""
    workflow = client.post("/v1/workflows", json={"main_prompt": "Do {n}", "input_schema": json.dumps(SCHEMA)}).json()
    machine = client.get("/v1/machines").json()["items"][0]["id"]
    values = {"n": "x", "list": ["a", 5]}
    body = {"workflow_id": workflow["id"], "machine_id": machine, "input_values": values}
    return client.post("/v1/runs", json=body)


@pytest.mark.parametrize("status", [409, 400])
def test_the_retry_of_a_live_run_is_refused_as_asked(make_sim: Start, status: Any) -> None:
    """A retry of a live run gives 409, or 400 on request; deleting one stays a 409."""
    with http_client(make_sim(api=ApiOptions(retry_of_live_run=status))) as client:
        run = client.post("/v1/runs", json=launchable(client)).json()
        retry = client.post(f"/v1/runs/{run['id']}/retry", json={})
        assert (retry.status_code, retry.json()["error"]) == (status, "HTTPException")
        assert client.delete(f"/v1/runs/{run['id']}").status_code == 409
        assert client.get(f"/v1/runs/{run['id']}").json()["status"] == run["status"]


def test_inputs_that_do_not_fit_can_be_told_as_fastapi_does(make_sim: Start) -> None:
    """The 422 lists `details.errors`, or on request `detail` with the place in the body; both name the same places."""
    with http_client(make_sim()) as client:
        structured = refused_inputs(client)
    with http_client(make_sim(api=ApiOptions(input_errors="fastapi"))) as client:
        plain = refused_inputs(client)
        by_type = client.get("/v1/runs", params={"limit": 0}).json()["detail"][0]
    assert (structured.status_code, plain.status_code) == (422, 422)
    assert {error["path"] for error in structured.json()["details"]["errors"]} == {"n", "list[1]"}
    assert [problem["loc"] for problem in plain.json()["detail"]] == [
        ["body", "input_values", "n"],
        ["body", "input_values", "list", 1],
    ]
    assert plain.json()["detail"][0].keys() <= by_type.keys()


def test_costs_can_be_out_of_sight(make_sim: Start) -> None:
    """Without the feature both operations on LLM costs give 403, and usage still answers."""
    with http_client(make_sim(api=ApiOptions(llm_costs=False))) as client:
        run_id = client.get("/v1/runs", params={"limit": 1, "fields": "error"}).json()["items"][0]["id"]
        for path in ("/v1/usage/llm-costs", f"/v1/runs/{run_id}/llm-costs"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["error_code"]) == (403, "feature_disabled")
        period = {"from_date": "2020-01-01T00:00:00", "to_date": "2030-01-01T00:00:00"}
        assert client.get("/v1/usage/aggregate", params=period).status_code == 200


def test_trajectory_screenshots_can_be_references(make_sim: Start) -> None:
    """Each step holds a reference under its trajectory's id, copies have new ones, and none can be signed."""
    with http_client(make_sim(trajectory_images="reference")) as client:
        some = client.get("/v1/trajectories", params={"limit": 1}).json()["items"][0]
        copy = client.post(f"/v1/trajectories/{some['id']}/duplicate").json()
        for trajectory in (some, copy):
            references = [step["pre_check_snapshot"]["screenshot"] for step in trajectory["trajectory_data"]]
            place = f"supabase://trajectory-images/{some['organization_id']}/{trajectory['id']}"
            assert references == [f"{place}/{n}.png" for n in range(len(references))]
        run_id = client.get("/v1/runs", params={"limit": 1, "fields": "error"}).json()["items"][0]["id"]
        signed = client.get(f"/v1/runs/{run_id}/image/signed-url", params={"image_url": references[0]})
        assert signed.status_code == 404


def test_spaces_can_be_equal(make_sim: Start) -> None:
    """With equal spaces displays, dimensions and screenshots have one size, and recordings are still replayed."""
    sim = make_sim(equal_spaces=True, disturbance_rate=0, failure_rate=0, runs=0, trajectories=24, screens=False)
    with http_client(sim) as client:
        machines = client.get("/v1/machines", params={"status": "connected"}).json()["items"]
        sizes = [client.get(f"/v1/computer/{one['id']}/display/dimensions").json() for one in machines]
        trajectories = client.get("/v1/trajectories", params={"limit": 50}).json()["items"]
        assert {tuple(one.values()) for one in [*sizes, *(t["dimensions"] for t in trajectories)]} == {(1024, 768)}
        some = next(one for one in trajectories if one["is_approved"])
        secrets = {"password": "x"}
        body = {"workflow_id": some["workflow_id"], "input_values": some["original_input_values"]}
        run = client.post("/v1/runs", json={**body, "sensitive_input_values": secrets}).json()
        sim.clock.advance(3600)
        history = client.get(f"/v1/runs/{run['id']}").json()["run_message_history"]
        assert any("trajectory_id" in message for message in history)


def test_messages_can_name_events(make_sim: Start) -> None:
    """With event types the takeover from a trajectory and the summary are named, in lists and single runs alike."""
    for wanted, asked in (({"replay_ended", "run_summary"}, True), (set[str](), False)):
        with http_client(make_sim(event_types=asked, runs=60, trajectories=24)) as client:
            listed = client.get("/v1/runs", params={"limit": 60, "status": "success"}).json()["items"]
            events: set[str] = set()
            for run in listed:
                history = run["run_message_history"]
                events |= {message["event_type"] for message in history if "event_type" in message}
                for before, after in pairwise(history):
                    if after.get("event_type") == "replay_ended":
                        assert "trajectory_id" not in after
                        assert before["role"] == "user"
            assert events == wanted
            alone = client.get(f"/v1/runs/{listed[0]['id']}").json()
            assert alone["run_message_history"] == listed[0]["run_message_history"]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (ApiOptions, {"retry_of_live_run": 418}),
        (ApiOptions, {"input_errors": "xml"}),
        (ApiOptions, {"requests_per_minute": 0}),
        (WorldOptions, {"trajectory_images": "paper"}),
    ],
)
def test_a_switch_has_only_its_positions(options: type, wrong: dict[str, Any]) -> None:
    """A value that a switch does not have is refused when it is set, by name."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        options(**wrong)
