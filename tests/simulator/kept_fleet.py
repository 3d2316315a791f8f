"""For tests of fleets that are kept in a file: all that the API shows, and a simulator that can be killed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

SMALL: dict[str, Any] = {"machines": 4, "runs": 12, "trajectories": 3, "screens": False, "speed": 0.0}
PATIENCE_S = 60

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

    process: subprocess.Popen[str]
    http: httpx.Client

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.process.stdout.readline()

    def kill(self) -> None:
        """End the process with no chance to tidy up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@contextmanager
def served(db: Path, **options: Any) -> Generator[Served]:
    """Serve the fleet in a file from a process of its own; it is gone afterwards in any case."""
    command = [sys.executable, "-m", "tests.simulator.kept_fleet", str(db), json.dumps({**SMALL, **options})]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, key = json.loads(process.stdout.readline())
            with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
                yield Served(process, http)
        finally:
            process.kill()


def _serve(db: str, options: str) -> None:
    from cyberdesk_nb.simulator import simulator

    with simulator(db=db, **json.loads(options)) as sim:
        print(json.dumps([sim.url, sim.api_key]), flush=True)
        for line in sys.stdin:
            print(sim.clock.advance(float(line)).isoformat(), flush=True)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
