"""The simulated fleet behind a command: its switches, and starting it."""

from __future__ import annotations

import argparse
import gc
from typing import TYPE_CHECKING

from cyberdesk_nb._extras import load

if TYPE_CHECKING:
    from cyberdesk_nb.simulator import Simulator

_FASTEST = 1_000_000


def add_fleet_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of the simulated fleet."""
    parser.add_argument("--seed", type=int, help="seed of the fleet (default: 7)")
    parser.add_argument("--machines", type=_at_least_one, help="machines in the fleet (default: 12)")
    parser.add_argument("--workflows", type=_at_least_one, help="workflows in the fleet (default: one a kind)")
    parser.add_argument("--screens", choices=("on", "off"), help="draw screenshots (default: on)")
    parser.add_argument("--runs", type=_count, help="past runs in the fleet (default: 800)")
    parser.add_argument("--speed", type=_speed, help="how much faster than real time runs go (default: 20)")
    parser.add_argument(
        "--db",
        metavar="FILE",
        help="keep the fleet in this file and go on with it next time; its fleet wins over the defaults above",
    )
    parser.add_argument(
        "--faults",
        metavar="FILE",
        help="let things go wrong: rules in TOML or JSON, or one of broken, drifting, flaky, hostile, slow "
        "(`python -m cyberdesk_nb.simulator.faults` prints an example of every kind)",
    )
    parser.add_argument("--rate-limit", type=_at_least_one, metavar="N", help="requests per minute (default: no limit)")
    parser.add_argument("--legacy-errors", action="store_true", help="answer errors in the shape of older API versions")
    parser.add_argument(
        "--trajectory-images",
        choices=("inline", "reference"),
        help="screenshots of trajectories as base64, or as references that nothing can sign (default: inline)",
    )


def simulated(arguments: argparse.Namespace, *, port: int) -> Simulator:
    """Start the fleet that the switches ask for; needs the ``demo`` extra."""
    package = load("cyberdesk_nb.simulator", extra="demo")
    fleet = package.simulator(
        seed=arguments.seed,
        runs=arguments.runs,
        machines=arguments.machines,
        workflows=arguments.workflows,
        screens=None if arguments.screens is None else arguments.screens == "on",
        speed=arguments.speed,
        trajectory_images=arguments.trajectory_images,
        api=package.ApiOptions(requests_per_minute=arguments.rate_limit, legacy_errors=arguments.legacy_errors),
        faults=arguments.faults,
        db=arguments.db,
        port=port,
    )
    # What is there now stays: to look through all of it for garbage would hold up pages of runs.
    gc.freeze()
    return fleet


def _at_least_one(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return count


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 <= speed <= _FASTEST:
        raise argparse.ArgumentTypeError(f"must lie between 0 and {_FASTEST:,}")
    return speed
