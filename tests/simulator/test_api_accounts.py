"""Model configurations, provider keys, request logs, usage and costs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from cyberdesk_nb.simulator import simulator
from tests.simulator.conftest import Own, http_client, launchable

SECRET = "sk-hunter2-abcd"


def test_an_own_model_configuration_hides_its_key(own: Own) -> None:
    """A key is shown as an alias only, can be dropped, and the platform's own configurations cannot be touched."""
    path = "/v1/model-configurations"
    body = {"name": "Mine", "provider": "openai", "model": "gpt", "api_key": SECRET, "is_computer_use_model": True}
    made = own.post(path, body)
    assert made["api_key_alias"]
    assert (made["is_system_default"], made["is_computer_use_model"]) == (False, True)
    assert SECRET not in own.http.get(path).text + own.http.get(f"{path}/{made['id']}").text
    changed = own.http.patch(f"{path}/{made['id']}", json={"clear_api_key": True, "temperature": 0.5}).json()
    assert (changed["api_key_alias"], changed["temperature"], changed["name"]) == (None, 0.5, "Mine")
    own_system = next(one for one in own.get(path) if one["is_system_default"])
    assert own.http.patch(f"{path}/{own_system['id']}", json={"name": "x"}).status_code == 403
    assert own.http.delete(f"{path}/{own_system['id']}").status_code == 403
    assert own.http.post(path, json={**body, "provider": "p" * 51}).status_code == 422
    assert own.http.delete(f"{path}/{made['id']}").status_code == 204
    assert made["id"] not in [one["id"] for one in own.get(path)]


def test_provider_slots_keep_hints_only(own: Own) -> None:
    """All four slots are always listed; a stored key shows its last four characters; an emptied slot is missing."""
    path = "/v1/provider-credentials"
    sources = {one["slot"]: one["source"] for one in own.get(path)}
    assert sources.keys() == {"anthropic", "aws_bedrock", "google", "openai"}
    assert sources["anthropic"] == "cyberdesk"
    stored = own.http.put(f"{path}/openai", json={"api_key": SECRET}).json()
    assert (stored["source"], stored["status"], stored["display_metadata"]["key_last4"]) == (
        "organization",
        "active",
        "abcd",
    )
    assert SECRET not in own.http.get(path).text
    assert own.post(f"{path}/openai/validate", status=200)["ok"] is True
    own.http.put(f"{path}/openai", json={"api_key": "sk-invalid"})
    refused = own.post(f"{path}/openai/validate", status=200)
    assert (refused["ok"], refused["credential"]["status"]) == (False, "invalid")
    emptied = own.http.delete(f"{path}/openai")
    assert (emptied.status_code, emptied.json()["source"], emptied.json()["status"]) == (200, "organization", "missing")
    assert own.http.put(f"{path}/azure", json={"api_key": "x"}).status_code == 422
    assert own.http.put(f"{path}/openai", json={"api_key": "x", "note": "y"}).status_code == 422


def test_a_short_key_shows_no_end(own: Own) -> None:
    """Of a key with fewer than eight characters nothing is shown: four of them would be most of it."""
    stored = own.http.put("/v1/provider-credentials/openai", json={"api_key": "k3y7"}).json()
    assert stored["display_metadata"]["key_last4"] is None
    assert "k3y7" not in json.dumps(stored)


def test_runs_that_need_a_missing_key_fail(own: Own) -> None:
    """A slot emptied or found invalid ends runs of its models in an unbilled error; other models and a new key run."""
    path, body = "/v1/provider-credentials/anthropic", launchable(own.http)
    other = {"name": "Own", "provider": "openai", "model": "gpt", "is_computer_use_model": True}
    keyed = {**other, "name": "Keyed", "provider": "anthropic", "api_key": SECRET}
    models = [own.post("/v1/model-configurations", one)["id"] for one in (other, keyed)]
    own.http.put("/v1/provider-credentials/openai", json={"api_key": SECRET})

    def lacks_key(**more: Any) -> bool:
        run = own.post("/v1/runs", {**body, **more})
        own.sim.clock.advance(30)
        ended = own.get(f"/v1/runs/{run['id']}")
        own.http.patch(f"/v1/runs/{run['id']}", json={"status": "cancelled"})
        assert (ended["status"] == "error") == (ended["usage_metadata"] is None), ended
        return "anthropic" in str(ended["error"])

    own.http.delete(path)
    assert lacks_key()
    assert [lacks_key(main_agent_model_id=one) for one in models] == [False, False]
    own.http.put(path, json={"api_key": "sk-invalid"})
    assert not lacks_key(), "a key is good until it is tried"
    own.post(f"{path}/validate", status=200)
    assert lacks_key()
    own.http.put(path, json={"api_key": SECRET})
    assert not lacks_key()


def test_a_service_account_gives_no_made_up_hints(own: Own) -> None:
    """Google takes an API key or a service account; of the latter nothing is shown but that it is one."""
    path = "/v1/provider-credentials/google"
    stored = own.http.put(path, json={"service_account_json": '{"project_id": "p", "private_key": "hunter2"}'}).json()
    assert (stored["auth_type"], stored["status"]) == ("service_account_json", "active")
    assert set(stored["display_metadata"].values()) == {None}
    by_key = own.http.put(path, json={"api_key": SECRET}).json()
    assert (by_key["auth_type"], by_key["display_metadata"]["key_last4"]) == ("api_key", "abcd")
    assert own.http.put(path, json={}).status_code == 400


def test_bedrock_needs_what_its_mode_needs(own: Own) -> None:
    """Keys of a cloud account need a region of the list and, for IAM, both halves."""
    path = "/v1/provider-credentials/aws_bedrock"
    iam = {"bedrock_auth_mode": "iam", "aws_access_key_id": "AKIA1234", "aws_region": "us-east-1"}
    assert own.http.put(path, json=iam).status_code == 400
    full = {**iam, "aws_secret_access_key": SECRET}
    assert own.http.put(path, json={**full, "aws_region": "mars-1"}).status_code == 400
    stored = own.http.put(path, json=full)
    assert (stored.json()["auth_type"], SECRET in stored.text) == ("aws_iam", False)


def test_request_logs_are_kept_and_filtered(own: Own) -> None:
    """A relayed call can be recorded, completed, filtered and deleted; its machine must exist."""
    machine_id = own.get("/v1/machines", limit=1)["items"][0]["id"]
    path = "/v1/request-logs"
    body = {"request_id": "r-1", "method": "BREW", "path": "/pot", "machine_id": machine_id}
    made = own.post(path, body)
    assert (made["completed_at"], made["status_code"]) == (None, None)
    done = {"status_code": 418, "completed_at": own.sim.clock.now().isoformat(), "duration_ms": 12}
    assert own.http.patch(f"{path}/{made['id']}", json=done).json()["status_code"] == 418
    assert [one["id"] for one in own.get(path, method="BREW", status_code=418)["items"]] == [made["id"]]
    assert own.get(path, method="BREW", status_code=200)["total"] == 0
    nobody = "00000000-0000-4000-8000-000000000000"
    assert own.http.post(path, json={**body, "machine_id": nobody}).status_code == 404
    assert own.http.delete(f"{path}/{made['id']}").status_code == 204
    assert own.http.get(f"{path}/{made['id']}").status_code == 404


@pytest.fixture(scope="module")
def still() -> Iterator[httpx.Client]:
    """Read from a fleet whose live runs stand still, so that two calls see the same."""
    with simulator(runs=300, speed=0.0, screens=False) as sim, http_client(sim) as client:
        yield client


def test_usage_adds_up_with_the_runs(still: httpx.Client) -> None:
    """The aggregate of a half-open period is the sum over its runs, in both modes."""
    runs: list[dict[str, Any]] = still.get(
        "/v1/runs", params={"limit": 1000, "sort_mode": "created_at_desc", "status": "success", "fields": "error"}
    ).json()["items"]
    start, end = runs[-1]["created_at"], runs[0]["created_at"]
    params = {"created_at_from": start, "created_at_to": end, "limit": 1000, "fields": "usage_metadata"}
    listed = still.get("/v1/runs", params=params).json()["items"]
    used = [run["usage_metadata"] for run in listed if run["created_at"] != end]
    used = [usage for usage in used if usage]
    free = [usage for usage in used if usage["billing_outcome"] != "infra_failure"]
    for mode, counted, suffix in (("simulated", free, ""), ("billed", used, "_billed")):
        total = still.get("/v1/usage/aggregate", params={"from_date": start, "to_date": end, "mode": mode}).json()
        assert total["runs_counted"] == len(counted)
        assert total["total_agentic_steps"] == sum(usage[f"total_agentic_steps{suffix}"] for usage in counted) > 0
        assert total["total_cached_steps"] == sum(usage[f"total_cached_steps{suffix}"] for usage in counted) > 0
    assert len(free) < len(used)


def test_costs_of_a_run_are_the_sum_of_its_rows(still: httpx.Client) -> None:
    """Each listed total is what the run's own rows add up to, newest first, and missing prices are flagged."""
    listed = still.get("/v1/usage/llm-costs", params={"limit": 20}).json()
    times = [datetime.fromisoformat(item["created_at"]) for item in listed["items"]]
    assert times == sorted(times, reverse=True)
    for item in listed["items"]:
        costs = still.get(f"/v1/runs/{item['run_id']}/llm-costs").json()
        priced = [row["cost_usd"] for row in costs["rows"] if row["cost_usd"] is not None]
        assert costs["has_unpriced"] == item["has_unpriced"] == (len(priced) < len(costs["rows"]))
        assert costs["total_cost_usd"] == item["total_cost_usd"] == (round(sum(priced), 6) if priced else None)
        assert all(
            row["input_tokens"] == row["uncached_input_tokens"] + row["cache_read_tokens"] for row in costs["rows"]
        )
