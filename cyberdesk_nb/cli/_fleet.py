"""The simulated fleet behind a command: its switches, and starting it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cyberdesk_nb._extras import load

if TYPE_CHECKING:
    from cyberdesk_nb.simulator import Simulator


def add_fleet_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of the simulated fleet."""
    parser.add_argument("--seed", type=int, help="seed of the fleet (default: 7)")
    parser.add_argument("--machines", type=_count, help="machines in the fleet (default: 12)")
    parser.add_argument("--workflows", type=_count, help="workflows in the fleet (default: one a kind)")
    parser.add_argument("--screens", choices=("on", "off"), help="draw screenshots (default: on)")
    parser.add_argument("--runs", type=_count, help="past runs in the fleet (default: 800)")
    parser.add_argument("--speed", type=float, help="how much faster than real time runs go (default: 20)")
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


def simulated(arguments: argparse.Namespace, *, port: int) -> Simulator:
    """Start the fleet that the switches ask for; needs the ``demo`` extra."""
    factory = load("cyberdesk_nb.simulator", extra="demo").simulator
    return factory(
        seed=arguments.seed,
        runs=arguments.runs,
        machines=arguments.machines,
        workflows=arguments.workflows,
        screens=None if arguments.screens is None else arguments.screens == "on",
        speed=arguments.speed,
        faults=arguments.faults,
        db=arguments.db,
        port=port,
    )


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count
