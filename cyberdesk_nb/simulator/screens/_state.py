"""What changes on a desktop while somebody works on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Box:
    """A message over the application: a modal dialog, or a toast in the corner that blocks only what it covers.

    Parameters
    ----------
    buttons
        Labels from left to right; the first one is the default. Their control ids are ``<id>.<label in lower case>``.
    icon
        ``info``, ``warning``, ``error`` or ``question``.
    """

    id: str
    title: str
    text: str
    buttons: tuple[str, ...] = ("OK",)
    icon: str = "info"
    toast: bool = False


Condition = Literal["", "not_responding", "disconnected"]


@dataclass(slots=True)
class State:
    """The state of one application and its desktop.

    Values inside ``data`` are replaced, never changed in place: a snapshot shares them.
    """

    view: str = ""
    fields: dict[str, str] = field(default_factory=dict[str, str])
    focus: str = ""
    all_selected: bool = False
    selected: dict[str, int] = field(default_factory=dict[str, int])
    scroll: dict[str, int] = field(default_factory=dict[str, int])
    menu: str = ""
    menu_at: tuple[int, int] = (0, 0)
    boxes: tuple[Box, ...] = ()
    busy: str = ""
    status: str = "Ready"
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    clipboard: str = ""
    pointer: tuple[int, int] = field(default=(512, 384), compare=False)
    """Where the mouse is, which no screen shows: states that differ in it alone are equal."""
    held_at: tuple[int, int] | None = None
    condition: Condition = ""
    hidden: bool = False
    """Whether the window is closed or minimised; the taskbar brings it back."""
    time: str = "9:14 AM"
    date: str = "11/16/2026"

    def text(self, name: str) -> str:
        """Return what is in a field, empty when nothing was typed."""
        return self.fields.get(name, "")

    def copy(self) -> State:
        """Return an independent snapshot."""
        return replace(
            self,
            fields=dict(self.fields),
            selected=dict(self.selected),
            scroll=dict(self.scroll),
            data=dict(self.data),
        )
