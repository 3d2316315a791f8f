"""`cyberdesk-nb report`: the fleet report as one file, without a notebook."""

from __future__ import annotations

import argparse
from pathlib import Path

from cyberdesk_nb.cli._fleet import add_fleet_options, simulated
from cyberdesk_nb.cli._terminal import say
from cyberdesk_nb.errors import ConfigurationError

HELP = "write the fleet report as one HTML file"
DESCRIPTION = "Write the report of your fleet, or with --demo of a simulated one. The key comes from CYBERDESK_API_KEY."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of this command."""
    parser.add_argument("-o", "--output", type=Path, default=Path("fleet.html"), metavar="FILE",
                        help="file to write (default: fleet.html)")  # fmt: skip
    parser.add_argument("--since", default="30d", help='begin: "30d", "12h", or a date (default: 30d)')
    parser.add_argument("--until", help="end: a span back from now, or a date (default: now)")
    for kind in ("workflow", "machine", "pool", "tag"):
        parser.add_argument(f"--{kind}", metavar="NAME", help=f"only the runs of this {kind}: its name or id")
    parser.add_argument("--tz", default="UTC", help="time zone of days, hours and shown times (default: UTC)")
    parser.add_argument(
        "--redact", action="append", default=[], metavar="NAME", help="mask the values of this input or output"
    )
    parser.add_argument("--replays", type=int, default=6, metavar="N", help="most failed runs to show (default: 6)")
    parser.add_argument(
        "--attach", choices=("parquet", "csv", "none"), default="parquet", help="how frames are attached"
    )
    parser.add_argument("--demo", action="store_true", help="of a simulated fleet, which needs no account")
    add_fleet_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and give its exit status."""
    from cyberdesk_nb.client import Client
    from cyberdesk_nb.workspace import Workspace, connect

    if arguments.demo:
        sim = simulated(arguments, port=0)
        workspace = Workspace(Client(api_key=sim.api_key, base_url=sim.url), simulator=sim)
    else:
        _refuse_fleet_options(arguments)
        workspace = connect()
    with workspace as ws:
        report = ws.report(
            arguments.since,
            arguments.until,
            arguments.workflow,
            arguments.machine,
            arguments.pool,
            arguments.tag,
            redact=arguments.redact,
            tz=arguments.tz,
            replays=arguments.replays,
            attach=None if arguments.attach == "none" else arguments.attach,
            path=arguments.output,
        )
    say(report.in_words())
    return 0


def _refuse_fleet_options(arguments: argparse.Namespace) -> None:
    """Refuse switches of the simulated fleet where it is not the one that is reported."""
    fleet = argparse.ArgumentParser()
    add_fleet_options(fleet)
    for name, default in vars(fleet.parse_args([])).items():
        if getattr(arguments, name) != default:
            switch = f"--{name.replace('_', '-')}"
            raise ConfigurationError(f"{switch} is a switch of the simulated fleet.", hint="Add --demo to report it.")
