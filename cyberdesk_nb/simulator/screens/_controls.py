"""What a screen is made of: named rectangles, from which it is both drawn and clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 1024
HEIGHT: Final = 768

Rect = tuple[int, int, int, int]

TYPABLE: Final = frozenset({"field", "password", "cell", "area"})
PRESSABLE: Final = frozenset(
    {
        "button",
        "tool",
        "link",
        "nav",
        "tab",
        "menu",
        "menuitem",
        "option",
        "slot",
        "frame",
        "launch",
        "arrow",
        "toplink",
    }
)
FOCUSABLE: Final = TYPABLE | {"button", "dropdown", "checkbox"}
ACTIVE: Final = TYPABLE | PRESSABLE | {"dropdown", "checkbox", "row", "table", "popup", "scrollbar"}
MODAL: Final = frozenset({"dialog", "veil", "blackout"})


class Cell(NamedTuple):
    """One piece of text inside a control, such as a table cell: horizontal span, alignment and tone."""

    text: str
    x0: int
    x1: int
    align: str = "left"
    tone: str = ""


class Control(NamedTuple):
    """One named part of a screen.

    Parameters
    ----------
    id
        Name within the screen, such as ``last_name`` or ``results.3``.
    kind
        What it is: ``button``, ``field``, ``row``, ``dialog``...; decides its drawing and its behaviour.
    rect
        ``(x0, y0, x1, y1)`` in pixels of the 1024x768 screen.
    label, value
        What stands on it, and what is in it.
    on
        Checked, selected, open or current, by kind.
    tone
        Variant of the look, such as ``primary`` or ``muted``.
    cells
        Positioned texts, for rows and headers.
    span
        ``(first, visible, total)`` of the rows of a table or scroll bar.
    """

    id: str
    kind: str
    rect: Rect
    label: str = ""
    value: str = ""
    on: bool = False
    focused: bool = False
    enabled: bool = True
    tone: str = ""
    cells: tuple[Cell, ...] = ()
    span: tuple[int, int, int] = (0, 0, 0)

    @property
    def centre(self) -> tuple[int, int]:
        """The pixel in the middle of the control."""
        x0, y0, x1, y1 = self.rect
        return (x0 + x1) // 2, (y0 + y1) // 2

    def contains(self, x: int, y: int) -> bool:
        """Whether the pixel lies inside the control."""
        x0, y0, x1, y1 = self.rect
        return x0 <= x < x1 and y0 <= y < y1


def reachable(controls: Sequence[Control]) -> Sequence[Control]:
    """Return the controls that a click can reach: those above the topmost modal one, itself included."""
    for index in range(len(controls) - 1, -1, -1):
        if controls[index].kind in MODAL:
            return controls[index:]
    return controls


def topmost(controls: Sequence[Control], x: int, y: int) -> Control | None:
    """Return the enabled control that takes a click at the pixel, or None."""
    for control in reversed(reachable(controls)):
        if control.kind in ACTIVE and control.contains(x, y):
            return control if control.enabled else None
    return None
