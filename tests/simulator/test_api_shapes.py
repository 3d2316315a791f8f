"""What every answer looks like: all keys of its model, null where empty, and what null means on the way in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Own
from tests.simulator.test_api_contract import MODELS, OPERATIONS

READS = [
    (name.removeprefix("GET "), fact["answers"]["200"])
    for name, fact in OPERATIONS.items()
    if name.startswith("GET ") and fact["answers"]["200"].removesuffix("[]") in MODELS
]


def missing_keys(value: Any, model: str) -> list[str]:
    """Return the keys that a value lacks beside its model, and those that it has too many, nested ones included."""
    fields: dict[str, str] = MODELS[model]
    found = [f"{model}.{key}" for key in fields.keys() ^ value.keys()]
    for key, kind in fields.items():
        inner = kind.split("=")[0].rstrip("?!").removesuffix("[]")
        nested = value.get(key)
        if isinstance(MODELS.get(inner), dict) and inner != "IncludedResource" and nested is not None:
            for one in nested if isinstance(nested, list) else [nested]:
                found += missing_keys(one, inner)
    return sorted(set(found))


@pytest.fixture(scope="module")
def known(own: Own) -> dict[str, str]:
    """Give an id for each path and a value for each parameter that must be there; store what a fresh fleet lacks."""
    run = own.get("/v1/runs", status="success", limit=1)["items"][0]
    body = {"run_id": run["id"], "filename": "a", "content": "YQ==", "content_type": "text/plain"}
    attachment = own.post("/v1/run-attachments", {**body, "attachment_type": "output"})
    picture = {"file": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png")}
    assert own.http.post("/v1/workflows/prompt-image", files=picture).status_code == 201
    trajectory = own.post(f"/v1/runs/{run['id']}/generate-trajectory", status=200)
    blocks = [block for message in run["run_message_history"] for block in message["content"]]
    return {
        "machine_id": own.get("/v1/machines", status="connected")["items"][0]["id"],
        "pool_id": own.get("/v1/pools", limit=1)["items"][0]["id"],
        "connection_id": own.get("/v1/connections", limit=1)["items"][0]["id"],
        "log_id": own.get("/v1/request-logs", limit=1)["items"][0]["id"],
        "workflow_id": run["workflow_id"],
        "tag_id": own.get("/v1/workflow-tags")[0]["id"],
        "group_id": own.get("/v1/workflow-tag-groups")[0]["id"],
        "run_id": run["id"],
        "trajectory_id": trajectory["id"],
        "model_configuration_id": own.get("/v1/model-configurations")[0]["id"],
        "attachment_id": attachment["id"],
        "image_url": next(block["image_url"] for block in blocks if block["type"] == "image"),
        "path": own.get("/v1/workflows/prompt-images")[0]["path"],
        "from_date": "2020-01-01T00:00:00",
        "to_date": "2030-01-01T00:00:00",
    }


@pytest.mark.parametrize(("path", "model"), READS, ids=[path for path, _ in READS])
def test_an_answer_has_every_key_of_its_model(own: Own, known: dict[str, str], path: str, model: str) -> None:
    """Lists and single records carry every key of the contract and no other, with null where there is nothing."""
    parameters: dict[str, str] = OPERATIONS[f"GET {path}"].get("query", {})
    needed = {name: known[name] for name, kind in parameters.items() if "!" in kind}
    answer = own.http.get(path.format(**known), params=needed)
    assert answer.status_code == 200, answer.text
    values = answer.json() if model.endswith("[]") else [answer.json()]
    assert values
    assert [missing_keys(value, model.removesuffix("[]")) for value in values] == [[]] * len(values)


def test_null_empties_and_absence_keeps(own: Own) -> None:
    """PATCH changes the keys that are sent, null among them, and leaves all others as they were."""
    machine = own.get("/v1/machines", limit=1)["items"][0]
    path = f"/v1/machines/{machine['id']}"
    set_up = {"name": "Set", "machine_parameters": {"a": 1}, "machine_sensitive_parameters": {"b": "c"}}
    before = own.http.patch(path, json=set_up).json()
    assert before["machine_sensitive_parameters"].keys() == {"b"}
    assert own.http.patch(path, json={}).json() == before
    emptied = own.http.patch(path, json={"name": None, "machine_parameters": None}).json()
    assert {key for key in before if before[key] != emptied[key]} == {"name", "machine_parameters"}
    assert (emptied["name"], emptied["machine_parameters"]) == (None, None)
    cleared = own.http.patch(path, json={"machine_parameters": {}, "machine_sensitive_parameters": {}}).json()
    assert (cleared["machine_parameters"], cleared["machine_sensitive_parameters"]) == ({}, None)
    replaced = own.http.patch(path, json={"machine_parameters": {"x": None}}).json()
    assert replaced["machine_parameters"] == {"x": None}, "a map is replaced as a whole"


def test_null_in_a_workflow_clears_what_may_be_empty(own: Own) -> None:
    """Null and an empty list clear an allowlist; a key that must have a value keeps the one it has."""
    made = own.post("/v1/workflows", {"main_prompt": "x", "name": "n", "terminal_command_allowlist": ["dir"]})
    path = f"/v1/workflows/{made['id']}"
    assert made["terminal_command_allowlist"] == ["dir"]
    for empty in (None, []):
        own.http.patch(path, json={"terminal_command_allowlist": ["dir"]})
        changed = own.http.patch(path, json={"terminal_command_allowlist": empty}).json()
        assert changed["terminal_command_allowlist"] is None
    changed = own.http.patch(path, json={"name": None, "main_prompt": None, "is_webhooks_enabled": None}).json()
    assert (changed["name"], changed["main_prompt"], changed["is_webhooks_enabled"]) == (None, "x", False)


def test_a_trajectory_keeps_a_step(own: Own) -> None:
    """Steps can be replaced and are kept when they are not sent or null; a trajectory without any is refused."""
    some = own.get("/v1/trajectories", limit=1)["items"][0]
    path = f"/v1/trajectories/{some['id']}"
    assert own.http.patch(path, json={"trajectory_data": []}).status_code == 422
    for kept in ({"trajectory_data": None}, {"description": "x"}):
        assert own.http.patch(path, json=kept).json()["trajectory_data"] == some["trajectory_data"]
    changed = own.http.patch(path, json={"trajectory_data": some["trajectory_data"][:1]}).json()
    assert changed["trajectory_data"] == some["trajectory_data"][:1]


def test_deletes_and_inputs_answer_with_nothing(own: Own) -> None:
    """A 204 has neither body nor type."""
    pool = own.post("/v1/pools", {"name": "Gone"})
    machine = own.get("/v1/machines", limit=1)["items"][0]
    answers = [
        own.http.request("DELETE", f"/v1/pools/{pool['id']}/machines", json={"machine_ids": [machine["id"]]}),
        own.http.put("/v1/workflow-tags/reorder", json={"ids": []}),
        own.http.delete(f"/v1/pools/{pool['id']}"),
    ]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 3
    assert all("content-type" not in answer.headers for answer in answers)
