"""Measure how fast frames come and how much memory they take: `python -m tests.bench`.

Each figure is the median of five fresh processes that take turns, so that a busy machine is busy for all; only ratios
within one run mean anything. ``--quick`` takes a tenth of the data, once.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.bench.server import serving

MILLION = 1_000_000


@dataclass
class Bench:
    """The figures of one run of the bench."""

    scale: float
    rounds: int

    def bar_1(self) -> None:
        """Compare 100,000 runs over a loopback without latency, and with 50 ms of it."""
        count = int(100_000 * self.scale)
        names = ["sdk_runs", "sdk_runs_by_100", "bare_runs", "bare_runs_by_100", "unchecked_runs"]
        with serving(runs=count) as url:
            found = self._measure(url, [*names, "our_runs", "our_runs_decoded"], f"{count:,} runs")
        ours = found["our_runs"]
        _ratio("official SDK (1,000 a page) to ours", found["sdk_runs"], ours, ">= 12")
        _ratio("official SDK (100 a page, its default) to ours", found["sdk_runs_by_100"], ours, ">= 12")
        _ratio("official SDK to ours with nested cells decoded", found["sdk_runs"], found["our_runs_decoded"], ">= 6")
        _ratio("ours to bare httpx (1,000 a page)", ours, found["bare_runs"], "<= 2")
        _ratio("ours to bare httpx (100 a page)", ours, found["bare_runs_by_100"], "<= 2")
        _ratio("ours to the same without checks of rows", ours, found["unchecked_runs"], "<= 1.2")
        print(f"  peak of ours: {ours['peak_mb']:.0f} MB above the imported package (<= 200)\n")
        with serving(runs=count, latency_s=0.05) as url:
            found = self._measure(url, ["sdk_runs", "sdk_runs_by_100", "our_runs"], f"{count:,} runs, 50 ms a request")
        _ratio("official SDK (100 a page, its default) to ours", found["sdk_runs_by_100"], found["our_runs"], ">= 25")
        _ratio("official SDK (1,000 a page) to ours", found["sdk_runs"], found["our_runs"], ">= 25")
        print()

    def bar_2(self) -> None:
        """Compare a million runs with a tenth of them, in memory and to a file."""
        count = int(MILLION * self.scale)
        with serving(runs=count // 10) as url:
            small = self._measure(url, ["our_runs"], f"{count // 10:,} runs")["our_runs"]
        with serving(runs=count) as url:
            found = self._measure(url, ["our_runs", "our_file"], f"{count:,} runs")
        ours = found["our_runs"]
        print(f"  time: {ours['cpu_s'] / small['cpu_s'] / 10:.2f} of linear by CPU (<= 1.15)")
        print(f"  peak: {ours['peak_mb'] / ours['frame_mb']:.2f} of the frame (<= 1.3)")
        print(f"  peak to Parquet: {found['our_file']['peak_mb']:.0f} MB (<= 200)\n")

    def bar_3(self) -> None:
        """Compare the steps of 200 trajectories, 40 screenshots each."""
        count = int(200 * self.scale)
        with serving(runs=1, trajectories=count) as url:
            found = self._measure(
                url, ["sdk_steps", "our_steps", "our_kept_steps", "our_trajectories"], f"{count} trajectories"
            )
        sdk, ours = found["sdk_steps"], found["our_steps"]
        _ratio("official SDK to ours", sdk, ours, ">= 4")
        print(f"  memory: 1/{sdk['peak_mb'] / ours['peak_mb']:.0f} of the SDK's (<= 1/40)\n")

    def _measure(self, url: str, names: Sequence[str], title: str) -> dict[str, dict[str, float]]:
        taken: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for _ in range(self.rounds):
            for name, figures in taken.items():
                command = [sys.executable, "-m", "tests.bench.contestants", name, url]
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise SystemExit(f"{name} failed:\n{done.stderr[-2000:]}")
                figures.append(json.loads(done.stdout.splitlines()[-1]))
                print(f"{name}: {figures[-1]}", file=sys.stderr, flush=True)
        found = {name: {key: median(one[key] for one in all_) for key in all_[0]} for name, all_ in taken.items()}
        print(f"{title:36}   wall s    CPU s   peak MB      rows", flush=True)
        for name, one in found.items():
            figures = f"{one['wall_s']:9.2f}{one['cpu_s']:9.2f}{one['peak_mb']:10.0f}{one['rows']:10,.0f}"
            print(f"  {name:34}{figures}", flush=True)
        return found


def _ratio(what: str, one: dict[str, float], other: dict[str, float], bar: str) -> None:
    wall, cpu = one["wall_s"] / other["wall_s"], one["cpu_s"] / other["cpu_s"]
    print(f"  {what}: {wall:.1f} by wall clock, {cpu:.1f} by CPU ({bar})", flush=True)


def main() -> None:
    """Run the bars that were asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("bars", nargs="*", type=int, default=[1, 2, 3], help="which of the bars 1, 2, 3")
    options.add_argument("--quick", action="store_true", help="a tenth of the data, once")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    bench = Bench(0.1 if given.quick else 1.0, 1 if given.quick else given.rounds)
    for bar in given.bars:
        {1: bench.bar_1, 2: bench.bar_2, 3: bench.bar_3}[bar]()


if __name__ == "__main__":
    main()
