"""The layout builder: an application calls it to put its controls on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from ._controls import HEIGHT, WIDTH, Cell, Control, Rect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._state import Box, State

TASKBAR = HEIGHT - 40
Text = str | tuple[str, str]
"""A text, or a text with its tone."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its title, width in pixels and alignment; the last one takes what is left."""

    title: str
    width: int
    align: str = "left"


def slug(label: str) -> str:
    """Return the id form of a label: ``Save as`` becomes ``save_as``."""
    return "".join(c if c.isalnum() else "_" for c in label.lower()).strip("_")


class Ui:
    """Collects the controls of one screen, bottom first; values and focus come from the state."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.controls: list[Control] = []
        self._popups: list[Control] = []

    def put(
        self,
        kind: str,
        name: str,
        rect: Rect,
        label: str = "",
        value: str = "",
        *,
        on: bool = False,
        enabled: bool = True,
        tone: str = "",
        cells: tuple[Cell, ...] = (),
        span: tuple[int, int, int] = (0, 0, 0),
    ) -> None:
        """Add one control of any kind."""
        focused = bool(name) and self.state.focus == name
        self.controls.append(Control(name, kind, rect, label, value, on, focused, enabled, tone, cells, span))

    # Frame of the application ---------------------------------------------------------------------------------------

    def window(self, title: str, rect: Rect = (0, 0, WIDTH, TASKBAR), *, bar: int = 32) -> None:
        """Add the window and its title bar with the three buttons."""
        x0, y0, x1, _ = rect
        if self.state.condition == "not_responding":
            title += " (Not Responding)"
        self.put("window", "window", rect)
        self.put("titlebar", "titlebar", (x0, y0, x1, y0 + bar), title)
        for i, name in enumerate(("minimize", "maximize", "close")):
            left = x1 - 46 * (3 - i)
            self.put("frame", f"window.{name}", (left, y0, left + 46, y0 + bar), name)

    def menu_bar(self, top: int, names: Sequence[str], *, x: int = 0, right: int = WIDTH) -> None:
        """Add a menu bar, 26 pixels high."""
        self.put("menubar", "menubar", (x, top, right, top + 26))
        left = x + 6
        for name in names:
            width = 18 + 7 * len(name)
            menu = f"menu.{slug(name)}"
            self.put("menu", menu, (left, top + 2, left + width, top + 24), name, on=self.state.menu == menu)
            left += width

    def tools(self, top: int, entries: Sequence[tuple[str, str]], *, x: int = 0, right: int = WIDTH) -> None:
        """Add a tool bar of (id, label) buttons, 40 pixels high."""
        self.put("toolbar", "toolbar", (x, top, right, top + 40))
        left = x + 8
        for name, label in entries:
            width = 42 + 7 * len(label)
            self.put("tool", name, (left, top + 5, left + width, top + 35), label)
            left += width + 4

    def status_bar(self, *parts: str, rect: Rect = (0, TASKBAR - 24, WIDTH, TASKBAR)) -> None:
        """Add the status bar; the first part is the state's own message."""
        x0, _, x1, _ = rect
        step = 170
        cells = [Cell(self.state.status, x0 + 10, x1 - step * len(parts) - 10)]
        left = x1 - step * len(parts)
        cells += [Cell(part, left + i * step + 10, left + (i + 1) * step - 8) for i, part in enumerate(parts)]
        self.put("statusbar", "statusbar", rect, cells=tuple(cells))

    # Texts and panels -------------------------------------------------------------------------------------------------

    def text(self, x: int, y: int, label: str, *, width: int = 400, tone: str = "") -> None:
        """Add a line of text, 18 pixels high."""
        self.put("text", "", (x, y, x + width, y + 18), label, tone=tone)

    def heading(self, x: int, y: int, label: str, *, width: int = 600) -> None:
        """Add a heading, 28 pixels high."""
        self.put("heading", "", (x, y, x + width, y + 28), label)

    def pair(self, x: int, y: int, label: str, value: str, *, width: int = 240, tone: str = "") -> None:
        """Add a name with its value below, as in a record view; 40 pixels high."""
        self.put("pair", "", (x, y, x + width, y + 40), label, value, tone=tone)

    def panel(self, rect: Rect, label: str = "", *, tone: str = "") -> None:
        """Add a framed area with an optional caption."""
        self.put("panel", "", rect, label, tone=tone)

    # Inputs -----------------------------------------------------------------------------------------------------------

    def field(
        self,
        name: str,
        x: int,
        y: int,
        width: int,
        label: str = "",
        *,
        kind: str = "field",
        height: int = 28,
        enabled: bool = True,
        tone: str = "",
    ) -> None:
        """Add a text field whose label stands 18 pixels above it; ``kind`` may be password, cell or area."""
        rect = (x, y, x + width, y + height)
        on = self.state.all_selected and self.state.focus == name
        self.put(kind, name, rect, label, self.state.text(name), enabled=enabled, on=on, tone=tone)

    def dropdown(
        self, name: str, x: int, y: int, width: int, label: str, options: Sequence[str], *, height: int = 28
    ) -> None:
        """Add a drop-down list; its options appear below it while it is open."""
        is_open = self.state.menu == name
        self.put("dropdown", name, (x, y, x + width, y + height), label, self.state.text(name), on=is_open)
        if is_open:
            self._popup(
                name, x, y + height, width, [(f"{name}.{slug(option)}", option) for option in options], "option"
            )

    def checkbox(self, name: str, x: int, y: int, label: str, *, width: int = 220) -> None:
        """Add a check box with its label at the right."""
        self.put("checkbox", name, (x, y, x + width, y + 22), label, on=bool(self.state.text(name)))

    def button(
        self,
        name: str,
        x: int,
        y: int,
        width: int,
        label: str,
        *,
        tone: str = "",
        enabled: bool = True,
        height: int = 30,
    ) -> None:
        """Add a push button; tone ``primary`` makes it the default one."""
        self.put("button", name, (x, y, x + width, y + height), label, tone=tone, enabled=enabled)

    def tabs(self, top: int, entries: Sequence[tuple[str, str]], current: str, *, x: int, right: int) -> None:
        """Add a row of (id, label) tabs, 32 pixels high."""
        self.put("tabrow", "", (x, top, right, top + 32))
        left = x
        for name, label in entries:
            width = 32 + 8 * len(label)
            self.put("tab", name, (left, top, left + width, top + 32), label, on=name == current)
            left += width

    def table(
        self, name: str, rect: Rect, columns: Sequence[Column], rows: Sequence[Sequence[Text]], *, row_h: int = 26
    ) -> None:
        """Add a table with a header; rows are the controls ``<name>.<index>``, in view from the scroll position."""
        x0, y0, x1, y1 = rect
        visible = (y1 - y0 - 28) // row_h
        first = max(0, min(self.state.scroll.get(name, 0), len(rows) - visible))
        span = (first, visible, len(rows))
        self.put("table", name, rect, span=span)
        right = x1 - 14 if len(rows) > visible else x1
        self.put("header", "", (x0, y0, x1, y0 + 28), cells=_cells(columns, [c.title for c in columns], x0, right))
        chosen = self.state.selected.get(name)
        for index in range(first, min(first + visible, len(rows))):
            top = y0 + 28 + (index - first) * row_h
            cells = _cells(columns, rows[index], x0, right)
            tone = "alt" if index % 2 else ""
            self.put("row", f"{name}.{index}", (x0 + 1, top, right - 1, top + row_h), cells=cells,
                     on=chosen == index, tone=tone)  # fmt: skip
        if len(rows) > visible:
            self.put("scrollbar", f"{name}.scroll", (right, y0 + 28, x1, y1), span=span)

    # Things on top ----------------------------------------------------------------------------------------------------

    def dialog(self, rect: Rect, label: str) -> None:
        """Add a modal dialog: what was put before can no longer be clicked."""
        self.put("dialog", "dialog", rect, label)

    def _popup(self, name: str, x: int, y: int, width: int, items: Sequence[tuple[str, str]], kind: str) -> None:
        height = 26 * len(items) + 4
        x, y = min(x, WIDTH - width - 4), min(y, TASKBAR - height - 4)
        self._popups.append(Control(f"{name}.popup", "popup", (x, y, x + width, y + height)))
        chosen = self.state.text(name)
        for i, (item, label) in enumerate(items):
            top = y + 2 + 26 * i
            self._popups.append(Control(item, kind, (x + 1, top, x + width - 1, top + 26), label, on=label == chosen))

    def menu(self, items: Sequence[tuple[str, str]], *, x: int, y: int) -> None:
        """Add an open menu of (id, label) entries at a pixel."""
        width = 60 + 7 * max(len(label) for _, label in items)
        self._popup("menu", x, y, width, items, "menuitem")

    def flush_popups(self) -> None:
        """Move the open lists and menus to the top."""
        self.controls += self._popups
        self._popups = []

    def box(self, box: Box) -> None:
        """Add a message box: modal in the middle, or a toast in the corner."""
        lines = wrap(box.text[:600], 46 if box.toast else 54)[:10]
        width = 340 if box.toast else 440
        height = 96 + 19 * len(lines)
        x, y = (WIDTH - width - 14, TASKBAR - height - 12) if box.toast else ((WIDTH - width) // 2, 330 - height // 2)
        rect = (x, y, x + width, y + height)
        self.put("popup" if box.toast else "dialog", f"{box.id}.box", rect, box.title, tone=box.icon)
        for i, line in enumerate(lines):
            inset = 20 if box.toast else 68
            self.text(x + inset, y + 44 + 19 * i, line, width=width - inset - 12)
        left = x + width - 16
        for i, label in reversed(list(enumerate(box.buttons))):
            size = max(84, 30 + 7 * len(label))
            left -= size
            tone = "primary" if i == 0 else ""
            self.button(f"{box.id}.{slug(label)}", left, y + height - 42, size, label, tone=tone)
            left -= 10


def _cells(columns: Sequence[Column], texts: Sequence[Text], x0: int, right: int) -> tuple[Cell, ...]:
    cells: list[Cell] = []
    left = x0
    for column, text in zip(columns, texts, strict=True):
        word, tone = (text, "") if isinstance(text, str) else text
        end = right if column is columns[-1] else min(left + column.width, right)
        cells.append(Cell(word, left + 8, end - 8, column.align, tone))
        left += column.width
    return tuple(cells)
