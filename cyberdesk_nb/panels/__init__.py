"""Panels: widgets that launch and watch runs. They take records and functions, and know no client.

`launch`, `monitor` and `fleet` are a panel each; `form` makes fields of a JSON Schema, and the files beside them are
what all panels are made of.
"""

from __future__ import annotations

from cyberdesk_nb.panels.launch.panel import LaunchPanel

__all__ = ["LaunchPanel"]
