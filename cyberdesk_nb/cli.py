"""The command line: `cyberdesk-nb lab` and `cyberdesk-nb simulator`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from cyberdesk_nb._extras import load
from cyberdesk_nb._version import __version__
from cyberdesk_nb.errors import ConfigurationError, CyberdeskError

if TYPE_CHECKING:
    from cyberdesk_nb.simulator import Simulator

_STOP_S = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status (0 done, 2 bad usage or set-up)."""
    arguments = _parser().parse_args(argv)
    try:
        with _terminated_like_interrupted():
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

    lab = commands.add_parser(
        "lab",
        help="JupyterLab on the notebooks, with a local simulator of the API; no account needed",
        description="Start the simulator, then JupyterLab with its kernels pointed at it. Ctrl-C stops both.",
    )
    lab.add_argument("--notebooks", type=Path, default=None, help="folder to open (default: ./notebooks, else here)")
    lab.add_argument("--port", type=_port, default=0, help="port of JupyterLab (default: a free one)")
    lab.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    _add_fleet_options(lab)
    lab.set_defaults(run=_lab)

    simulator = commands.add_parser(
        "simulator",
        help="the local simulator of the API alone",
        description="Serve a seeded fleet on 127.0.0.1 until Ctrl-C.",
    )
    simulator.add_argument("--port", type=_port, default=0, help="port of the simulator (default: a free one)")
    _add_fleet_options(simulator)
    simulator.set_defaults(run=_simulator)
    return parser


def _add_fleet_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=7, help="seed of the fleet (default: 7)")
    parser.add_argument("--machines", type=_count, default=12, help="machines in the fleet (default: 12)")
    parser.add_argument("--workflows", type=_count, default=None, help="workflows in the fleet (default: one a kind)")
    parser.add_argument("--screens", choices=("on", "off"), default="on", help="draw screenshots (default: on)")
    parser.add_argument("--runs", type=_count, default=800, help="past runs in the fleet (default: 800)")
    parser.add_argument(
        "--speed", type=float, default=20.0, help="how much faster than real time runs go (default: 20)"
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port; use 0 to 65535")
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return count


def _simulator(arguments: argparse.Namespace) -> int:
    if arguments.port:
        _refuse_taken(arguments.port)
    with _simulated(arguments, port=arguments.port) as sim:
        _say(f"Simulator of the Cyberdesk API (seed {arguments.seed}). Ctrl-C stops it.")
        _say(f"  export CYBERDESK_BASE_URL={sim.url}")
        _say(f"  export CYBERDESK_API_KEY={sim.api_key}")
        threading.Event().wait()
    return 0


def _lab(arguments: argparse.Namespace) -> int:
    load("jupyterlab", extra="lab")
    folder = _notebooks(arguments.notebooks)
    port = arguments.port or _free_port()
    _refuse_taken(port)
    with _simulated(arguments, port=0) as sim, TemporaryDirectory() as settings:
        token = secrets.token_urlsafe(24)
        environment = os.environ | {
            "CYBERDESK_BASE_URL": sim.url,
            "CYBERDESK_API_KEY": sim.api_key,
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_PATH": _quiet_settings(settings),
        }
        _say(f"Simulator: {sim.url} (seed {arguments.seed})")
        _say(f"JupyterLab: http://127.0.0.1:{port}/lab?token={token}")
        _say("Ctrl-C stops both.")
        # A session of its own keeps the terminal's Ctrl-C from Jupyter, which would ask back instead of stopping.
        command = _lab_command(folder, port, opens_browser=not arguments.no_browser)
        lab = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - made of our own words
        return _wait_for(lab)


def _simulated(arguments: argparse.Namespace, *, port: int) -> Simulator:
    factory = load("cyberdesk_nb.simulator", extra="demo").simulator
    return factory(
        seed=arguments.seed,
        runs=arguments.runs,
        machines=arguments.machines,
        workflows=arguments.workflows,
        screens=arguments.screens == "on",
        speed=arguments.speed,
        port=port,
    )


def _lab_command(folder: Path, port: int, *, opens_browser: bool) -> list[str]:
    command = [
        *(sys.executable, "-m", "jupyterlab"),
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--ServerApp.open_browser={opens_browser}",
        "--Application.log_level=WARN",
    ]
    # Containers often run as root, which Jupyter refuses by default; loopback and the token are the fence here.
    return [*command, "--ServerApp.allow_root=True"] if _is_root() else command


def _quiet_settings(folder: str) -> str:
    """Write settings that keep JupyterLab from asking for news, and give the search path with them in it."""
    quiet = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    page = Path(folder, "labconfig", "page_config.json")
    page.parent.mkdir()
    page.write_text(json.dumps(quiet), encoding="utf-8")
    return os.pathsep.join(filter(None, [os.environ.get("JUPYTER_CONFIG_PATH"), folder]))


def _wait_for(lab: subprocess.Popen[bytes]) -> int:
    try:
        return lab.wait()
    finally:
        if lab.poll() is None:
            lab.terminate()
            try:
                lab.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                lab.kill()
                lab.wait()


def _notebooks(folder: Path | None) -> Path:
    if folder is None:
        default = Path("notebooks")
        return default if default.is_dir() else Path()
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {str(folder)!r}.", hint="Name one with --notebooks.")
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}).",
                hint="Choose another with --port, or leave it out to take a free one.",
            ) from error


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def _terminated_like_interrupted() -> Generator[None]:
    """Take SIGTERM as Ctrl-C, so that a service manager's stop leaves no child behind."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command line talks to its terminal


if __name__ == "__main__":
    sys.exit(main())
