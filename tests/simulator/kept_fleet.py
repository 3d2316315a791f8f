"""For tests of fleets that are kept in a file: all that the API shows, and a simulator that can be killed."""

from __future__ import annotations

import multiprocessing
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from cyberdesk_nb.simulator import simulator

SMALL: dict[str, Any] = {"machines": 4, "runs": 12, "trajectories": 3, "screens": False, "speed": 0.0}
PATIENCE_S = 60

# To import what serves takes a new process longer than all the rest: it is done once, in the process that these fork.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["__main__", "cyberdesk_nb.simulator.handle"])

_LISTS = (
    "/v1/runs",
    "/v1/machines",
    "/v1/pools",
    "/v1/workflows",
    "/v1/workflow-tags?include_archived=true",
    "/v1/workflow-tag-groups",
    "/v1/connections",
    "/v1/request-logs",
    "/v1/run-attachments",
    "/v1/trajectories?is_generated=true",
    "/v1/trajectories?is_generated=false",
    "/v1/model-configurations",
)
_WHOLE = (
    "/v1/provider-credentials",
    "/v1/workflows/prompt-images",
    "/v1/usage/llm-costs?limit=1000",
    "/v1/usage/aggregate?from_date=2020-01-01&to_date=2030-01-01",
    "/v1/health/machines",
    "/v1/runs?sort_mode=created_at_desc&include=workflow,machine,machine.pools&limit=1000",
)
_PARTS = {
    "runs": ("", "/trajectory"),
    "machines": ("/pools",),
    "workflows": ("", "/versions", "/latest-trajectory"),
    "run-attachments": ("/download",),
}


def everything(http: httpx.Client) -> dict[str, Any]:
    """Return all that can be read, by address: every list, and what hangs on each record of it."""
    shown = {path: _answer(http, path) for path in _WHOLE}
    for path in _LISTS:
        address = urlsplit(path)
        joined = "&" if address.query else "?"
        page = _answer(http, f"{path}{joined}limit=1000")
        shown[path] = page
        records = page[1]["items"] if isinstance(page[1], dict) else page[1]
        for record in records:
            for part in _PARTS.get(address.path.removeprefix("/v1/"), ()):
                own = f"{address.path}/{record['id']}{part}"
                shown[own] = _answer(http, own)
    return shown


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return what is shown otherwise, by address."""
    paths = [*before, *(path for path in after if path not in before)]
    return {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}


def _answer(http: httpx.Client, path: str) -> tuple[int, Any]:
    answer = http.get(path)
    assert answer.status_code in {200, 404, 503}, answer.text
    if answer.status_code == 404:
        return 404, None  # an error carries the real time
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json() if is_json else answer.content


@dataclass
class Served:
    """A simulator in a process of its own, whose time moves on demand."""

    process: BaseProcess
    line: Connection
    http: httpx.Client

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self.process.pid is not None
        return self.process.pid

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.line.send(seconds)
        self.line.recv()

    def kill(self) -> None:
        """End the process with no chance to tidy up."""
        self.process.kill()
        self.process.join(PATIENCE_S)


@contextmanager
def served(db: Path, **options: Any) -> Generator[Served]:
    """Serve the fleet in a file from a process of its own; it is gone afterwards in any case."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_serve, args=(db, {**SMALL, **options}, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(PATIENCE_S)
        url, key = ours.recv()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
            yield Served(process, ours, http)
    finally:
        process.kill()
        process.join(PATIENCE_S)


def _serve(db: Path, options: dict[str, Any], line: Connection) -> None:
    with simulator(db=db, **options) as sim:
        line.send((sim.url, sim.api_key))
        while True:
            line.send(sim.clock.advance(line.recv()))
