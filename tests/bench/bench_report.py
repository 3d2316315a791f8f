"""Measure the fleet report of many runs: `python -m tests.bench.bench_report [--runs N] [--parts]`.

The simulator runs in a process of its own, without screens. Printed are time and memory of the process that makes the
report, from the first request to the finished file, imports included, and beside the wall clock the CPU time, which
says more on a busy machine. ``--parts`` says what each part of it took. Nothing here asserts.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.client import Client
from cyberdesk_nb.workspace import Workspace
from tests.bench.bench_simulator import served

if TYPE_CHECKING:
    from collections.abc import Generator

took: dict[str, float] = {}


def timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """Count the CPU time of this thread in `took`."""

    @wraps(work)
    def call(*args: Any, **options: Any) -> Any:
        begin = time.thread_time()
        try:
            return work(*args, **options)
        finally:
            took[name] = took.get(name, 0.0) + time.thread_time() - begin

    return call


def count_parts() -> None:
    """Time every frame that is worked out and every chart that is drawn."""
    from cyberdesk_nb.report import study
    from cyberdesk_nb.report.sections import _part

    for name, make in study._MADE.items():
        study._MADE[name] = timed(f"frame {name}", make)
    draw = _part.draw

    def drawing(chart: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return timed(f"chart {chart.__name__}", draw)(chart, *args, **options)

    _part.draw = drawing


@contextmanager
def measured(title: str) -> Generator[None]:
    """Print what a step took."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"{title:32}{time.perf_counter() - wall:8.1f} s {time.process_time() - cpu:8.1f} s CPU{peak_mb:8.0f} MB peak")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--parts", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.parts:
        count_parts()
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder, served(arguments.runs, "--screens", "off", "--speed", "0") as sim:
        path = Path(folder) / "fleet.html"
        key = sim.http.headers["Authorization"].removeprefix("Bearer ")
        with Workspace(Client(api_key=key, base_url=str(sim.http.base_url))) as ws:
            with measured(f"report of {arguments.runs:,} runs"):
                made = ws.report(since=None, replays=6)
            with measured("its file, with 6 replays"):
                saved = made.save(path)
        beside = sum(file.stat().st_size for file in saved.beside)
        print(f"page {saved.size_bytes / 1e6:.2f} MB, beside it {beside / 1e6:.2f} MB")
    for name, seconds in sorted(took.items(), key=lambda each: -each[1]):
        print(f"{seconds:8.2f} s CPU  {name}")


if __name__ == "__main__":
    main()
