"""HTTP clients of the simulators: `api` reads the shared fleet, `own` talks to a small one of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cyberdesk_nb.simulator import Simulator


def http_client(sim: Simulator) -> httpx.Client:
    """Return a client of a simulator with its key set."""
    return httpx.Client(base_url=sim.url, headers={"Authorization": f"Bearer {sim.api_key}"}, timeout=30)


def inputs_of(workflow: dict[str, Any]) -> dict[str, Any]:
    """Make up inputs that a workflow's schema takes."""
    schema = json.loads(workflow["input_schema"] or "{}")
    made: dict[str, Any] = {"string": "4711", "number": 1, "integer": 1, "boolean": True, "array": [], "object": {}}
    values: dict[str, Any] = {}
    for name, part in schema.get("properties", {}).items():
        if name.startswith("$"):
            continue
        examples = part.get("examples") or part.get("enum")
        values[name] = part.get("default", examples[0] if examples else made[part.get("type", "string")])
    return values


def secrets_of(workflow: dict[str, Any]) -> dict[str, str]:
    """Make up the secrets that a workflow's schema names with `$`."""
    schema = json.loads(workflow["input_schema"] or "{}")
    return {name[1:]: "hunter2" for name in schema.get("properties", {}) if name.startswith("$")}


@pytest.fixture(scope="session")
def api(sim: Simulator) -> Iterator[httpx.Client]:
    """Read from the shared fleet."""
    with http_client(sim) as client:
        yield client


@dataclass
class Own:
    """A small simulator with stopped time, and a client of it."""

    sim: Simulator
    http: httpx.Client

    def get(self, path: str, /, **params: Any) -> Any:
        """Return the JSON of a GET that must succeed."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, /, body: Any = None, *, status: int = 201) -> Any:
        """Return the JSON of a POST that must answer with `status`."""
        answer = self.http.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


@pytest.fixture
def own(make_sim: Callable[..., Simulator]) -> Iterator[Own]:
    """Talk to a small simulator whose time stands still."""
    sim = make_sim()
    with http_client(sim) as client:
        yield Own(sim, client)
