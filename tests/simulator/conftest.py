"""HTTP clients of the simulators: `api` reads the shared fleet, `own` talks to a small one of the test's own."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from cyberdesk_nb.simulator import Simulator, simulator
from cyberdesk_nb.simulator.screens import Desktop

from .sampler import Sampler


@dataclass
class Row:
    """What calls of one operation gave: what came back of those that succeeded, the status of those refused.

    An operation that `is_open` refuses nobody.
    """

    success: set[str] = field(default_factory=set[str])
    error: set[int] = field(default_factory=set[int])
    is_open: bool = False

    @property
    def passed(self) -> bool:
        """Tell whether all kinds of answers were seen."""
        return bool(self.success and (self.error or self.is_open))

    def note(self, success: str | None, *errors: int) -> None:
        """Add what a call gave."""
        self.success |= {success} if success else set[str]()
        self.error |= set(errors)


TABLES = pytest.StashKey[dict[str, dict[str, Row]]]()
"""Tables of operations that tests leave for the end of the output, by title."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the tables: operation, what success gave, which errors were seen, and whether that is all."""
    for title, rows in config.stash.get(TABLES, {}).items():
        passed = sum(row.passed for row in rows.values())
        terminalreporter.section(f"{title}: {passed} of {len(rows)} passed")
        for name, row in rows.items():
            success, error = ", ".join(sorted(row.success)) or "-", ", ".join(map(str, sorted(row.error))) or "-"
            terminalreporter.write_line(f"{name:44} {success:56} {error:10} {'passed' if row.passed else 'FAILED'}")


# Each client would read all certificates of the machine, which takes longer than most tests; here nothing is https.
_NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(sim: Simulator) -> httpx.Client:
    """Return a client of a simulator with its key set."""
    headers = {"Authorization": f"Bearer {sim.api_key}"}
    return httpx.Client(base_url=sim.url, headers=headers, timeout=30, verify=_NO_CERTIFICATES)


def launchable(http: httpx.Client, *, with_secrets: bool = False) -> dict[str, Any]:
    """Give a body that creates a run: the workflow and inputs of one that ended well, with new secrets."""
    params = {"status": "success", "limit": 50, "fields": ["input_values", "sensitive_input_aliases"]}
    for run in http.get("/v1/runs", params=params).json()["items"]:
        secrets = dict.fromkeys(run["sensitive_input_aliases"] or {}, "hunter2")
        if secrets or not with_secrets:
            return {
                "workflow_id": run["workflow_id"],
                "input_values": run["input_values"],
                "sensitive_input_values": secrets,
            }
    raise AssertionError("no run to take inputs from")


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


@pytest.fixture(scope="module")
def own() -> Iterator[Own]:
    """Talk to a small simulator of the module's own, whose time stands still."""
    with simulator(runs=40, trajectories=6, speed=0.0) as sim, http_client(sim) as client:
        yield Own(sim, client)


@pytest.fixture
def desktop() -> Desktop:
    """Start a fresh desktop with one control of each kind on it."""
    return Desktop(Sampler())
