"""Panels: widgets that launch and watch runs. They take records and functions, and know no client."""

from __future__ import annotations

from cyberdesk_nb.panels.launch import LaunchPanel

__all__ = ["LaunchPanel"]
