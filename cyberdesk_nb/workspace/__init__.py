"""The notebook's face: `connect()` and `demo()` give a `Workspace` of plain calls."""

from cyberdesk_nb.workspace.workspace import Workspace, connect, demo

__all__ = ["Workspace", "connect", "demo"]
