"""Who may call what."""

from __future__ import annotations

import httpx
import pytest

from cyberdesk_nb.simulator import Simulator

OPEN = ["/", "/health", "/health/live", "/health/ready", "/health/db", "/v1/health", "/v1/health/db"]
SHAPE_A = {"error", "message", "error_code", "details", "timestamp"}


def test_a_call_without_a_key_is_forbidden(sim: Simulator) -> None:
    """No credentials give 403 with the structured body, even where the request itself is malformed."""
    for path in ("/v1/runs", "/v1/runs/no-uuid", "/v1/health/machines", "/v1/nowhere"):
        answer = httpx.get(sim.url + path)
        assert (answer.status_code, answer.json()["message"]) == (403, "Not authenticated"), path
        assert answer.json().keys() == SHAPE_A


@pytest.mark.parametrize("header", ["Bearer nonsense", "bearer cd_sim", "Bearer \u00e9\u00e8"])
def test_a_wrong_key_is_unauthorized(sim: Simulator, header: str) -> None:
    """Credentials that are not the simulator's give 401."""
    answer = httpx.get(f"{sim.url}/v1/runs", headers=[(b"authorization", header.encode())])
    assert answer.status_code == 401
    assert answer.json().keys() == SHAPE_A


@pytest.mark.parametrize("header", ["", "Bearer", "Basic dXNlcjpwYXNz"])
def test_credentials_of_another_kind_count_as_none(sim: Simulator, header: str) -> None:
    """Only a bearer key counts as credentials."""
    assert httpx.get(f"{sim.url}/v1/runs", headers={"Authorization": header}).status_code == 403


@pytest.mark.parametrize("path", OPEN)
def test_health_needs_no_key(sim: Simulator, path: str) -> None:
    """The health checks answer without a key."""
    answer = httpx.get(sim.url + path)
    assert answer.status_code == 200
    assert all(isinstance(value, str) for value in answer.json().values())


def test_the_key_opens_the_api_and_is_not_shown(sim: Simulator, api: httpx.Client) -> None:
    """The simulator's key is accepted, and the handle does not print it."""
    assert api.get("/v1/runs", params={"limit": 1}).status_code == 200
    assert sim.api_key not in repr(sim)
    assert sim.api_key.isascii()
    assert sim.api_key.isprintable()
