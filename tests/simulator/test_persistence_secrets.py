"""A fleet in a file holds no secret: not one that a body declares, nor one that came in a place of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_type_hints

import httpx
import pytest

from cyberdesk_nb import models
from cyberdesk_nb.models import ApiModel, SecretText, SecretValues
from cyberdesk_nb.simulator import simulator
from cyberdesk_nb.simulator.persistence.masks import masked
from tests.simulator.conftest import http_client, launchable
from tests.simulator.kept_fleet import SMALL

SENTINEL = "Sentinel-4b1d-Of-A-Secret-"
Launch = dict[str, Any]


def secret(number: int) -> str:
    """Return the `number`-th secret; its last characters, which the API shows of some, tell nothing."""
    return f"{SENTINEL}{number:04d}"


def _runs(http: httpx.Client, body: Launch) -> None:
    run = http.post("/v1/runs", json=body).json()
    http.post("/v1/runs/bulk", json={**body, "count": 2})
    http.patch(f"/v1/runs/{run['id']}", json={"status": "cancelled"})
    again = {"sensitive_input_values": {name: secret(1) for name in body["sensitive_input_values"]}}
    assert http.post(f"/v1/runs/{run['id']}/retry", json=again).is_success
    step = {
        "workflow_id": body["workflow_id"],
        "inputs": body["input_values"],
        "sensitive_inputs": body["sensitive_input_values"],
    }
    chain = {"steps": [step, step], "shared_sensitive_inputs": {"pin": secret(2), "deep": {"er": [secret(3)]}}}
    assert http.post("/v1/runs/chain", json=chain).is_success


def _machines(http: httpx.Client, _: Launch) -> None:
    hidden = {"machine_sensitive_parameters": {"pin": secret(4), "puk": secret(5)}}
    machine = http.post("/v1/machines", json={"fingerprint": "f", "unkey_key_id": "k", **hidden}).json()
    assert http.patch(f"/v1/machines/{machine['id']}", json=hidden).is_success


def _pools(http: httpx.Client, _: Launch) -> None:
    hidden = {"pool_sensitive_parameters": {"pin": secret(6)}}
    pool = http.post("/v1/pools", json={"name": "P", **hidden}).json()
    assert http.patch(f"/v1/pools/{pool['id']}", json=hidden).is_success


def _models(http: httpx.Client, _: Launch) -> None:
    body = {"name": "n", "provider": "openai", "model": "m", "api_key": secret(7)}
    made = http.post("/v1/model-configurations", json=body).json()
    assert http.patch(f"/v1/model-configurations/{made['id']}", json={"api_key": secret(8)}).is_success


def _credentials(http: httpx.Client, _: Launch) -> None:
    iam = {"aws_access_key_id": secret(9), "aws_secret_access_key": secret(10), "bedrock_auth_mode": "iam"}
    for slot, body in (
        ("openai", {"api_key": secret(11)}),
        ("google", {"service_account_json": json.dumps({"private_key": secret(12)})}),
        ("aws_bedrock", {**iam, "aws_region": "us-east-1"}),
    ):
        assert http.put(f"/v1/provider-credentials/{slot}", json=body).is_success


def _misplaced(http: httpx.Client, body: Launch) -> None:
    """Send secrets under names that the API does not know, in bodies that it does not read, and in refused ones."""
    assert http.post("/v1/runs", json={**body, "sensitive_inputs_values": {"pin": secret(13)}}).is_success
    http.request("DELETE", "/v1/pools/00000000-0000-4000-8000-000000000000", json={"pin": secret(14)})
    http.post("/v1/pools", json={"name": "Q", "pool_sensitive_parameters": secret(15)})
    http.put("/v1/provider-credentials/openai", json={"api_key": [secret(16)]})
    http.post("/v1/pools", content=secret(17))
    http.post("/v1/runs", json={**body, "workflow_id": "00000000-0000-4000-8000-000000000000"})
    http.post("/v1/runs", json=body, headers={"Authorization": f"Bearer {secret(18)}"})
    http.post("/v1/pools", json={"name": "R"}, headers={"X-Api-Key": secret(19), "Cookie": secret(20)})


@pytest.mark.parametrize("send", [_runs, _machines, _pools, _models, _credentials, _misplaced])
def test_no_secret_reaches_the_file(tmp_path: Path, send: Callable[[httpx.Client, Launch], None]) -> None:
    """No secret of any endpoint is in any byte of the file or beside it, running, stopped or started again."""
    db = tmp_path / "fleet.db"

    def held() -> bytes:
        return b"".join(file.read_bytes() for file in tmp_path.iterdir())

    with simulator(db=db, **SMALL) as sim, http_client(sim) as http:
        body = launchable(http, with_secrets=True)
        body["sensitive_input_values"] = dict.fromkeys(body["sensitive_input_values"], secret(0))
        send(http, body)
        assert SENTINEL.encode() not in held()
        key = sim.api_key.encode()
    with simulator(db=db, **SMALL):
        assert SENTINEL.encode() not in held()
    assert SENTINEL.encode() not in held()
    assert key not in held()


def test_hints_and_verdicts_survive(tmp_path: Path) -> None:
    """What the API shows of a provider's key, and whether the provider refuses it, is the same after a restart."""
    db, shown = tmp_path / "fleet.db", []
    for _ in range(2):
        with simulator(db=db, **SMALL) as sim, http_client(sim) as http:
            if not shown:
                http.put("/v1/provider-credentials/openai", json={"api_key": "sk-invalid-and-long-7788"})
                http.put("/v1/provider-credentials/anthropic", json={"api_key": "abc4567"})
            verdict = http.post("/v1/provider-credentials/openai/validate").json()
            shown.append((http.get("/v1/provider-credentials").json(), verdict["ok"]))
    (before, was_fine), (after, is_fine) = shown
    assert b"abc4567" not in db.read_bytes()
    assert [slot["display_metadata"] for slot in after] == [slot["display_metadata"] for slot in before]
    assert {slot["display_metadata"]["key_last4"] for slot in after} >= {"7788", None}
    assert (was_fine, is_fine) == (False, False)


def _secret_fields() -> list[tuple[type[ApiModel], str]]:
    listed = [getattr(models, name) for name in models.__all__]
    found: list[tuple[type[ApiModel], str]] = []
    for model in listed:
        if isinstance(model, type) and issubclass(model, ApiModel):
            hints = get_type_hints(model, include_extras=True)
            found += [(model, key) for key in model.model_fields if _is_secret(hints[key])]
    return found


def _is_secret(declared: Any) -> bool:
    return any(kind in (SecretText, SecretValues) for kind in (declared, *get_args(declared)))


@pytest.mark.parametrize(("model", "key"), _secret_fields(), ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("value", [SENTINEL, {"a": SENTINEL}, {"a": {"b": [SENTINEL]}}, [SENTINEL]])
def test_every_declared_secret_is_masked(model: type[ApiModel], key: str, value: Any) -> None:
    """Whatever field a model declares secret, and of whatever type its value is, nothing of it is kept."""
    assert SENTINEL not in json.dumps(masked(model, {key: value}))
