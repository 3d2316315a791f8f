"""The monitor: a live table of runs. It takes functions that read, cancel, retry and save, and knows no client."""

from __future__ import annotations

from cyberdesk_nb.panels.monitor.monitor import Monitor
from cyberdesk_nb.panels.monitor.source import RunPage, RunSource, Told, Walked

__all__ = ["Monitor", "RunPage", "RunSource", "Told", "Walked"]
