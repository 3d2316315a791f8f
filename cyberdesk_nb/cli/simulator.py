"""`cyberdesk-nb simulator`: the local API alone."""

from __future__ import annotations

import argparse
import gc
import threading

from cyberdesk_nb.cli._fleet import add_fleet_options, simulated
from cyberdesk_nb.cli._ports import port, refuse_taken
from cyberdesk_nb.cli._terminal import say

HELP = "the local simulator of the API alone"
DESCRIPTION = "Serve a seeded fleet on 127.0.0.1 until Ctrl-C."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of this command."""
    parser.add_argument("--port", type=port, default=0, help="port of the simulator (default: a free one)")
    add_fleet_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and give its exit status."""
    if arguments.port:
        refuse_taken(arguments.port)
    with simulated(arguments, port=arguments.port) as sim:
        # The seeded fleet stays to the end of the process: the garbage collector need not walk over it each time.
        gc.freeze()
        say(f"Simulator of the Cyberdesk API (seed {sim.world.seed}). Ctrl-C stops it.")
        say(f"  export CYBERDESK_BASE_URL={sim.url}")
        say(f"  export CYBERDESK_API_KEY={sim.api_key}")
        threading.Event().wait()
    return 0
