"""`cyberdesk-nb export-replay`: a trajectory or a run as one file, without a notebook."""

from __future__ import annotations

import argparse
from pathlib import Path

from cyberdesk_nb.cli._terminal import say
from cyberdesk_nb.errors import ConfigurationError

_SUFFIXES = (".html", ".gif")


HELP = "write the replay of a run or trajectory as one HTML file or GIF"
DESCRIPTION = "Write a replay that needs no kernel and no network. The key comes from CYBERDESK_API_KEY."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of this command."""
    parser.add_argument("id", help="id of a run or a trajectory")
    parser.add_argument("path", type=_target, help="file to write; its ending says what: .html or .gif")
    parser.add_argument("--budget-mb", type=_megabytes, help="largest size of the file (default: 20, or 10 for a GIF)")
    parser.add_argument("--redact-input", action="append", default=[], metavar="NAME", help="mask this input's values")
    parser.add_argument("--redact-typed", action="store_true", help="mask everything that was typed")
    parser.add_argument(
        "--cover", type=_rectangle, action="append", default=[], metavar="L,T,R,B", help="paint over part of the screen"
    )
    parser.add_argument("--no-pictures", action="store_true", help="leave all screenshots out")


def run(arguments: argparse.Namespace) -> int:
    """Run the command and give its exit status."""
    from cyberdesk_nb.player import Redaction
    from cyberdesk_nb.workspace import connect

    redaction = Redaction(
        inputs=tuple(arguments.redact_input),
        typed_text=arguments.redact_typed,
        rectangles=tuple(arguments.cover),
        pictures=arguments.no_pictures,
    )
    if not arguments.path.parent.is_dir():
        raise ConfigurationError(f"There is no folder {str(arguments.path.parent)!r}.", hint="Make it first.")
    budget = {} if arguments.budget_mb is None else {"budget_mb": arguments.budget_mb}
    with connect() as ws:
        player = ws.replay(arguments.id)
        write = player.to_gif if arguments.path.suffix.lower() == ".gif" else player.to_html
        written = write(arguments.path, redact=redaction, **budget)
    say(f"{written.path}: {written.size_bytes / 1e6:.1f} MB, {written.note}")
    return 0


def _target(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in _SUFFIXES:
        raise argparse.ArgumentTypeError(f"{text!r} does not end in {' or '.join(_SUFFIXES)}")
    return path


def _megabytes(text: str) -> float:
    size = float(text)
    if not 0 < size < float("inf"):
        raise argparse.ArgumentTypeError("must be more than 0")
    return size


def _rectangle(text: str) -> tuple[int, int, int, int]:
    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not LEFT,TOP,RIGHT,BOTTOM in pixels") from error
    return left, top, right, bottom
