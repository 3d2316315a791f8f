"""Ports on 127.0.0.1."""

from __future__ import annotations

import argparse
import socket

from cyberdesk_nb.errors import ConfigurationError


def port(text: str) -> int:
    """Read a port from the command line."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port; use 0 to 65535")
    return port


def free_port() -> int:
    """Find a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refuse_taken(port: int) -> None:
    """Say which switch to change when a port is taken, before anything else is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} on 127.0.0.1 cannot be used ({error.strerror}).",
                hint="Choose another with --port, or leave it out to take a free one.",
            ) from error
