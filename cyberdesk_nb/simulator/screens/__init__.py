"""Drawn Windows desktops: applications as small state machines whose controls are both drawn and clicked."""

from ._app import App
from ._controls import HEIGHT, WIDTH, Cell, Control
from ._state import Box, State
from ._theme import Theme
from ._ui import TASKBAR, Column, Ui
from .desktop import Desktop

__all__ = ["HEIGHT", "TASKBAR", "WIDTH", "App", "Box", "Cell", "Column", "Control", "Desktop", "State", "Theme", "Ui"]
