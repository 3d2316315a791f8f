"""What the simulator answers to requests that are wrong."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

NOBODY = str(uuid4())


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/machines/{NOBODY}",
        f"/v1/machines/{NOBODY}/pools",
        f"/v1/pools/{NOBODY}",
        f"/v1/workflows/{NOBODY}",
        f"/v1/workflows/{NOBODY}/versions",
        f"/v1/workflows/{NOBODY}/tags",
        f"/v1/workflows/{NOBODY}/latest-trajectory",
        f"/v1/runs/{NOBODY}",
        f"/v1/runs/{NOBODY}/trajectory",
        f"/v1/runs/{NOBODY}/llm-costs",
        f"/v1/connections/{NOBODY}",
        f"/v1/trajectories/{NOBODY}",
        f"/v1/run-attachments/{NOBODY}",
        f"/v1/workflow-tags/{NOBODY}",
        f"/v1/model-configurations/{NOBODY}",
        f"/v1/request-logs/{NOBODY}",
        "/v1/nowhere",
    ],
)
def test_what_does_not_exist_is_not_found(api: httpx.Client, path: str) -> None:
    """Unknown ids and paths give 404 in the structured shape."""
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json().keys() == {"error", "message", "error_code", "details", "timestamp"}


@pytest.mark.parametrize(
    ("path", "params", "kind", "place"),
    [
        ("/v1/runs/no-uuid", {}, "uuid_parsing", ["path", "run_id"]),
        ("/v1/runs", {"workflow_id": "x"}, "uuid_parsing", ["query", "workflow_id"]),
        ("/v1/runs", {"limit": 0}, "greater_than_equal", ["query", "limit"]),
        ("/v1/runs", {"limit": 1001}, "less_than_equal", ["query", "limit"]),
        ("/v1/runs", {"skip": -1}, "greater_than_equal", ["query", "skip"]),
        ("/v1/runs", {"status": "paused"}, "enum", ["query", "status"]),
        ("/v1/runs", {"sort_mode": "oldest"}, "enum", ["query", "sort_mode"]),
        ("/v1/runs", {"fields": "nothing"}, "enum", ["query", "fields", 0]),
        ("/v1/runs", {"created_at_from": "soon"}, "datetime_from_date_parsing", ["query", "created_at_from"]),
        ("/v1/machines", {"status": "asleep"}, "enum", ["query", "status"]),
        ("/v1/usage/aggregate", {"to_date": "2026-01-01T00:00:00Z"}, "missing", ["query", "from_date"]),
    ],
)
def test_a_malformed_parameter_is_named(
    api: httpx.Client, path: str, params: dict[str, str | int], kind: str, place: list[str | int]
) -> None:
    """A parameter that cannot be read gives FastAPI's 422, which says what was wrong and where."""
    answer = api.get(path, params=params)
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == (kind, place)
    assert problem["msg"]


@pytest.mark.parametrize(
    ("path", "include"),
    [
        ("/v1/runs", "workflow,owner"),
        ("/v1/machines", "runs"),
        ("/v1/pools", "pools"),
        ("/v1/workflows", "machine"),
        ("/v1/trajectories", "run"),
    ],
)
def test_an_unknown_include_is_refused(api: httpx.Client, path: str, include: str) -> None:
    """An include value that the resource does not know is a 400, not ignored."""
    answer = api.get(path, params={"include": include})
    assert answer.status_code == 400
    assert answer.json()["details"]["unknown"] == [include.rsplit(",", 1)[-1]]


def test_a_body_that_does_not_fit_is_named_without_its_secrets(api: httpx.Client) -> None:
    """A 422 about a body says which field was wrong and never repeats what could be a secret."""
    body = {"workflow_id": "x", "is_priority": "perhaps", "sensitive_input_values": "hunter2"}
    answer = api.post("/v1/runs", json=body)
    assert answer.status_code == 422
    places = [problem["loc"][-1] for problem in answer.json()["detail"]]
    assert sorted(places) == ["is_priority", "sensitive_input_values", "workflow_id"]
    assert "hunter2" not in answer.text
    assert "hunter2" not in api.post("/v1/runs", json={"sensitive_input_values": {"pin": "hunter2"}}).text
    assert "hunter2" not in api.post("/v1/runs", content='{"sensitive_input_values": "hunter2"').text


def test_an_unknown_enum_value_in_a_body_is_refused(api: httpx.Client) -> None:
    """A server takes only the values of its contract, though clients keep others."""
    run_id = api.get("/v1/runs", params={"limit": 1}).json()["items"][0]["id"]
    answer = api.patch(f"/v1/runs/{run_id}", json={"status": "paused"})
    assert (answer.status_code, answer.json()["detail"][0]["type"]) == (422, "enum")


def test_a_method_that_a_path_does_not_have_is_refused(api: httpx.Client) -> None:
    """A known path with another method gives 405 in the structured shape."""
    answer = api.post(f"/v1/runs/{NOBODY}")
    assert (answer.status_code, answer.json()["error_code"]) == (405, None)
