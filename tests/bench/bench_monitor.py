"""Measure a monitor of many runs: `python -m tests.bench.bench_monitor`. Prints figures, asserts nothing.

The server is a process of its own, so that the CPU time here is that of the kernel alone. Wall times depend on the
server, and on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from statistics import median

from cyberdesk_nb.client import Client
from cyberdesk_nb.panels.monitor import Monitor
from cyberdesk_nb.panels.pacing import Pace
from cyberdesk_nb.workspace import Workspace
from tests.panels.killable import killable
from tests.panels.records import Ticks

TICKS = 20


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--live", type=int, default=200, help="how many runs wait or run")
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        killable(Path(folder), f"--runs={chosen.runs}", "--speed=4") as served,
        Workspace(Client(api_key=served.api_key, base_url=served.url)) as ws,
    ):
        _launch(ws, chosen.live)
        ticks = Ticks()
        ws._portal.every = ticks.every  # type: ignore[method-assign]
        # What is imported, and which connections stand, is not the monitor's.
        ws.monitor(runs=[ws.api.runs.list(limit=1).items[0].id]).close()
        _measure(ws, ticks)


def _launch(ws: Workspace, count: int) -> None:
    runs = ws.api.runs.iter()
    like = next(run for run in runs if run.input_values and not run.sensitive_input_aliases)
    if count:
        ws.api.runs.bulk_create(workflow_id=like.workflow_id, input_values=like.input_values, count=count)


def _measure(ws: Workspace, ticks: Ticks) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    monitor = ws.monitor()
    first = _until(lambda: len(monitor._sheet.shown) > 0) - wall
    flight = monitor._poller._flight
    if flight is not None:
        wait([flight])
    ws._portal.call(asyncio.sleep, 0)
    print(f"{len(monitor._book):,} runs, {len(monitor._book.live):,} of them live")
    print(f"first rows in the table after {first:.2f} s, all after {time.perf_counter() - wall:.2f} s (wall)")
    print(f"  {time.process_time() - cpu:.2f} s of kernel CPU for all of it  (bar: first paint < 1.5 s)")
    costs, requests = _tick(ws, monitor, ticks)
    print(
        f"a tick with an answer: {median(costs) * 1e3:.0f} ms of kernel CPU, at most {max(costs) * 1e3:.0f} ms"
        "  (bar: < 100 ms)"
    )
    print(f"  {requests} list requests in {len(costs)} ticks")
    start = time.process_time()
    for _ in range(TICKS):
        monitor._note_tick()
    print(f"a tick without one: {(time.process_time() - start) / TICKS * 1e3:.1f} ms")
    start = time.process_time()
    monitor.show(text="report")
    print(f"a filter: {(time.process_time() - start) * 1e3:.0f} ms, {len(monitor._sheet.shown):,} runs left")


def _tick(ws: Workspace, monitor: Monitor, ticks: Ticks) -> tuple[list[float], int]:
    costs: list[float] = []
    before = monitor._poller.requests
    for _ in range(TICKS):
        # A fresh pace asks on the next tick.
        monitor._poller.pace = Pace()
        start = time.process_time()
        ticks.tick()
        flight = monitor._poller._flight
        if flight is not None:
            wait([flight])
        ws._portal.call(asyncio.sleep, 0)
        costs.append(time.process_time() - start)
    return costs, monitor._poller.requests - before


def _until(holds: Callable[[], bool]) -> float:
    while not holds():
        time.sleep(0.005)
    return time.perf_counter()


if __name__ == "__main__":
    main()
