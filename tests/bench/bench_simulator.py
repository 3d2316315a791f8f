"""How fast the simulator answers with a million runs: `python -m tests.bench.bench_simulator [--runs N] [--quick]`.

The simulator runs in a process of its own, as users start it. A page is timed at the client, from the request to the
last byte of the body; beside it stands the CPU time of the server, which says more on a busy machine. The yardstick is
a fixed piece of Python work, so that figures of other machines can be compared. Nothing here asserts.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

FEW = ["started_at", "ended_at"]
USUAL = [*FEW, "input_values", "output_data", "error", "usage_metadata", "session_id", "session_alias", "pool_ids"]


@dataclass
class Timed:
    """What some requests took, at the client and in the server's processor, and the last body."""

    wall: list[float] = field(default_factory=list[float])
    cpu: list[float] = field(default_factory=list[float])
    body: bytes = b""

    def add(self, more: Timed) -> None:
        """Count further requests in."""
        self.wall += more.wall
        self.cpu += more.cpu
        self.body = more.body


@dataclass
class Served:
    """A simulator in a process of its own."""

    pid: int
    http: httpx.Client
    start_s: float

    def memory_mb(self) -> tuple[float, float]:
        """Return resident memory: now, and at its highest."""
        lines = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        now, peak = (int(lines[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))
        return now, peak

    def cpu_ms(self) -> float:
        """Return how long all threads of the server have computed so far."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e6

    def timed(self, path: str, repeat: int, params: dict[str, Any]) -> Timed:
        """Send some equal requests."""
        timed = Timed()
        for _ in range(repeat):
            busy, begin = self.cpu_ms(), time.perf_counter()
            answer = self.http.get(path, params=params)
            timed.wall.append((time.perf_counter() - begin) * 1000)
            timed.cpu.append(self.cpu_ms() - busy)
            timed.body = answer.raise_for_status().content
        return timed


@contextmanager
def served(runs: int, *options: str) -> Generator[Served]:
    """Run `cyberdesk-nb simulator` until the block ends."""
    command = [sys.executable, "-m", "cyberdesk_nb.cli", "simulator", "--runs", str(runs), *options]
    begin = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _client(process, begin)
        finally:
            process.terminate()


def _client(process: subprocess.Popen[str], begin: float) -> Served:
    """Wait until the simulator has said where it is and answers."""
    assert process.stdout is not None
    said: dict[str, str] = {}
    while "CYBERDESK_API_KEY" not in said:
        line = process.stdout.readline()
        assert line, "the simulator did not start"
        name, _, value = line.strip().removeprefix("export ").partition("=")
        said[name] = value
    key = said["CYBERDESK_API_KEY"]
    http = httpx.Client(base_url=said["CYBERDESK_BASE_URL"], headers={"Authorization": f"Bearer {key}"}, timeout=600)
    http.get("/v1/machines").raise_for_status()
    return Served(process.pid, http, time.perf_counter() - begin)


def yardstick_ms() -> float:
    """Return the CPU time of a fixed piece of Python work."""
    begin = time.process_time()
    sum(hash((n, str(n))) & 1 for n in range(200_000))
    return (time.process_time() - begin) * 1000


class Table:
    """Prints rows as they come."""

    def __init__(self, title: str) -> None:
        heads = "".join(f"{head:>9}" for head in ("first", "median", "CPU", "x yard", "total", "MB", "RSS MB"))
        print(f"\n{title}\n{'milliseconds':46}{heads}")

    def row(self, name: str, timed: Timed, served: Served) -> None:
        """Print the figures of one kind of request."""
        wall, cpu = statistics.median(timed.wall), statistics.median(timed.cpu)
        ratio = cpu / statistics.median(yardstick_ms() for _ in range(3))
        total = json.loads(timed.body).get("total", "")
        size, memory = len(timed.body) / 1e6, served.memory_mb()[0]
        figures = f"{timed.wall[0]:9.1f}{wall:9.1f}{cpu:9.1f}{ratio:9.2f}{total:>9}{size:9.2f}{memory:9.0f}"
        print(f"{name:46}{figures}", flush=True)


def pages(served: Served, runs: int, repeat: int) -> None:
    """Time pages of 1,000: every order, place, filter, projection and include."""
    # A run that was cancelled while it waited may have no machine to ask for.
    a_success = {"status": "success", "limit": 1, "skip": runs // 2, "fields": FEW}
    some = served.http.get("/v1/runs", params=a_success).json()["items"][0]
    newest = {"sort_mode": "created_at_desc"}
    chained = served.http.get("/v1/runs", params={"search": "step_1", "limit": 1, "fields": USUAL}).json()["items"]
    session = chained[0]["session_id"]
    middle, last = runs // 2, max(0, runs - 1000)
    cases: dict[str, dict[str, Any]] = {
        "activity, whole records, first": {},
        "activity, whole records, middle": {"skip": middle},
        "activity, whole records, last": {"skip": last},
        "created_at_desc, whole records, first": newest,
        "created_at_desc, whole records, middle": {**newest, "skip": middle},
        "created_at_desc, whole records, last": {**newest, "skip": last},
        "activity, two fields": {"fields": FEW},
        "activity, usual fields": {"fields": USUAL},
        "created_at_desc, usual fields, middle": {**newest, "skip": middle, "fields": USUAL},
        "includes, usual fields": {"fields": USUAL, "include": "workflow,machine,machine.pools"},
        "includes, whole records": {"include": "workflow,machine,machine.pools", "skip": middle},
        "of a workflow, whole": {"workflow_id": some["workflow_id"]},
        "of a machine, whole": {"machine_id": some["machine_id"]},
        "of a session, whole": {"session_id": session},
        "between dates, whole": {"created_at_to": some["created_at"]},
        "of a workflow, machine and status, whole": {
            "workflow_id": some["workflow_id"], "machine_id": some["machine_id"], "status": "success"
        },
        **{f"{status}, whole": {"status": status} for status in ("success", "task_failed", "error", "cancelled")},
        "running, whole": {"status": "running"},
    }  # fmt: skip
    table = Table("Pages of 1,000 runs")
    for name, params in cases.items():
        table.row(name, served.timed("/v1/runs", repeat, {"limit": 1000, **params}), served)


def anywhere(served: Served, runs: int, count: int) -> None:
    """Time pages at random places, each asked for once."""
    dice = random.Random(1)
    timed = Timed()
    for _ in range(count):
        params = {
            "limit": 1000,
            "skip": dice.randrange(max(1, runs - 1000)),
            "sort_mode": dice.choice(["activity", "created_at_desc"]),
        }
        timed.add(served.timed("/v1/runs", 1, params))
    Table(f"{count} different pages of 1,000 whole records, anywhere").row("each asked for once", timed, served)
    print(f"{'slowest':46}{max(timed.wall):18.1f}{max(timed.cpu):9.1f}")


def searches(served: Served, repeat: int) -> None:
    """Time searches: in inputs, outputs, errors and ids, and in histories."""
    run = served.http.get("/v1/runs", params={"limit": 1, "skip": 900, "status": "success"}).json()["items"][0]
    thought = run["run_message_history"][1]["content"][0]["text"][:40]
    table = Table("Searches, pages of 1,000 with two fields")
    for name, params in {
        "a word of many": {"search": "invoice"},
        "nothing": {"search": "no run has this"},
        "an id": {"search": run["id"]},
        "a piece of an id": {"search": run["id"][:8]},
        "deep: a thought": {"search": thought, "deep_search": True},
        "deep: another word": {"search": "dialog", "deep_search": True},
        "deep: nothing": {"search": "no run has this", "deep_search": True},
    }.items():
        table.row(name, served.timed("/v1/runs", repeat, {"limit": 1000, "fields": FEW, **params}), served)


def usage(served: Served, repeat: int) -> None:
    """Time totals over everything and over a week, and the first and last page of costs."""
    ever = {"from_date": "2000-01-01", "to_date": "2100-01-01"}
    table = Table("Usage")
    for mode in ("simulated", "billed"):
        table.row(f"aggregate, {mode}", served.timed("/v1/usage/aggregate", repeat, {**ever, "mode": mode}), served)
    for name, skip in (("first", 0), ("far", 500_000)):
        timed = served.timed("/v1/usage/llm-costs", repeat, {"limit": 1000, "skip": skip})
        table.row(f"llm-costs, {name} page", timed, served)


def gets(served: Served, runs: int, count: int) -> None:
    """Time single runs anywhere, each asked for once, in full."""
    dice = random.Random(2)
    params = {"limit": 1000, "fields": FEW, "sort_mode": "created_at_desc"}
    ids: list[str] = []
    while len(ids) < count:
        page = served.http.get("/v1/runs", params={**params, "skip": dice.randrange(max(1, runs - 1000))}).json()
        ids += [run["id"] for run in page["items"]]
    timed = Timed()
    for run_id in ids[:count]:
        timed.add(served.timed(f"/v1/runs/{run_id}", 1, {}))
    Table(f"{count} single runs").row("GET /v1/runs/{id}", timed, served)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--quick", action="store_true", help="three of each instead of nine, and fewer single runs")
    arguments = parser.parse_args()
    repeat, many = (3, 500) if arguments.quick else (9, 10_000)
    print(f"yardstick {statistics.median(yardstick_ms() for _ in range(9)):.1f} ms")
    with served(arguments.runs) as sim:
        now, peak = sim.memory_mb()
        print(f"{arguments.runs} runs: first answer after {sim.start_s:.1f} s; {now:.0f} MB, peak {peak:.0f} MB")
        pages(sim, arguments.runs, repeat)
        anywhere(sim, arguments.runs, 10 * repeat)
        searches(sim, repeat)
        usage(sim, repeat)
        gets(sim, arguments.runs, many)
        now, peak = sim.memory_mb()
        print(f"\nmemory at the end: {now:.0f} MB, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
