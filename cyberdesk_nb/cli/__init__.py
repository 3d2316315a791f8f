"""The command line: `cyberdesk-nb lab | simulator | report | export-replay`; one file a command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cyberdesk_nb._version import __version__
from cyberdesk_nb.cli import export_replay, lab, report, simulator
from cyberdesk_nb.cli._terminal import terminated_like_interrupted
from cyberdesk_nb.errors import CyberdeskError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (0 done, 2 bad usage or set-up)."""
    arguments = _parser().parse_args(argv)
    try:
        with terminated_like_interrupted():
            return int(arguments.run(arguments))
    except CyberdeskError as error:
        print(f"cyberdesk-nb: {error}", file=sys.stderr)  # noqa: T201 - the command line talks to its terminal
        return 2
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cyberdesk-nb", description="Notebooks for the Cyberdesk API.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, command in (
        ("lab", lab),
        ("simulator", simulator),
        ("report", report),
        ("export-replay", export_replay),
    ):
        subparser = commands.add_parser(name, help=command.HELP, description=command.DESCRIPTION)
        command.add_options(subparser)
        subparser.set_defaults(run=command.run)
    return parser
