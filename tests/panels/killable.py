"""A simulator in a process of its own, which can be killed and started again where it was."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


class Killable:
    """A fleet kept in a file and served on one port, by one process after the other.

    Attributes
    ----------
    url, api_key
        What a client needs; the same after each start.

    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        places = [f"--port={port}", f"--db={folder / 'fleet.db'}"]
        self._command = [sys.executable, "-m", "cyberdesk_nb.cli", "simulator", *places]
        self._process: subprocess.Popen[str] | None = None
        self.url = self.api_key = ""

    def start(self, *options: str) -> None:
        """Serve the fleet, and wait until it is served."""
        assert self._process is None
        self._process = subprocess.Popen([*self._command, *options], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said: dict[str, str] = {}
        for line in self._process.stdout:
            name, found, value = line.strip().removeprefix("export ").partition("=")
            said |= {name: value} if found else {}
            if "CYBERDESK_API_KEY" in said:
                break
        self.url, self.api_key = said["CYBERDESK_BASE_URL"], said["CYBERDESK_API_KEY"]

    def kill(self) -> None:
        """End the process at once, in the middle of whatever it does."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


@contextmanager
def killable(folder: Path, *options: str) -> Generator[Killable]:
    """Serve a small fleet, with these options until it is killed; it is gone afterwards."""
    fleet = Killable(folder)
    try:
        fleet.start("--runs=20", *options)
        yield fleet
    finally:
        fleet.kill()
