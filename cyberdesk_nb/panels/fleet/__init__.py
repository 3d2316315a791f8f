"""The fleet panel: machines as tiles by pool, who is idle, who is down, since when."""

from __future__ import annotations

from cyberdesk_nb.panels.fleet.panel import FleetPanel

__all__ = ["FleetPanel"]
