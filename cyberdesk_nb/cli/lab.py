"""`cyberdesk-nb lab`: JupyterLab on the notebooks, with the simulator behind it."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from cyberdesk_nb._extras import load
from cyberdesk_nb.cli._fleet import add_fleet_options, simulated
from cyberdesk_nb.cli._ports import free_port, port, refuse_taken
from cyberdesk_nb.cli._terminal import say
from cyberdesk_nb.errors import ConfigurationError

_STOP_S = 10


HELP = "JupyterLab on the notebooks, with a local simulator of the API; no account needed"
DESCRIPTION = "Start the simulator, then JupyterLab with its kernels pointed at it. Ctrl-C stops both."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Offer the switches of this command."""
    parser.add_argument("--notebooks", type=Path, default=None, help="folder to open (default: ./notebooks, else here)")
    parser.add_argument("--port", type=port, default=0, help="port of JupyterLab (default: a free one)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open no browser")
    add_fleet_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command and give its exit status."""
    load("jupyterlab", extra="lab")
    folder = _notebooks(arguments.notebooks)
    server_port = arguments.port or free_port()
    refuse_taken(server_port)
    with simulated(arguments, port=0) as sim, TemporaryDirectory() as settings:
        token = secrets.token_urlsafe(24)
        environment = os.environ | {
            "CYBERDESK_BASE_URL": sim.url,
            "CYBERDESK_API_KEY": sim.api_key,
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_PATH": _quiet_settings(settings),
        }
        say(f"Simulator: {sim.url} (seed {sim.world.seed})")
        say(f"JupyterLab: http://127.0.0.1:{server_port}/lab?token={token}")
        say("Ctrl-C stops both.")
        # A session of its own keeps the terminal's Ctrl-C from Jupyter, which would ask back instead of stopping.
        command = _lab_command(folder, server_port, opens_browser=not arguments.no_browser)
        server = subprocess.Popen(command, env=environment, start_new_session=True)  # noqa: S603 - made of our own words
        return _wait_for(server)


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


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
