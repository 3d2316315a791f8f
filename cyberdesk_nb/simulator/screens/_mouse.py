"""What the mouse does to the controls under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._controls import FOCUSABLE, PRESSABLE, TYPABLE, Control

if TYPE_CHECKING:
    from .desktop import Desktop

Point = tuple[int, int]


def click(desktop: Desktop, point: Point, *, button: str, count: int) -> None:
    """Click at a pixel: focus, press, choose or open what is topmost there."""
    state = desktop.state
    state.pointer = point
    target = desktop.at(*point)
    if target is None or target.kind not in {"menuitem", "option", "popup"}:
        was_open, state.menu = state.menu, ""
        if was_open and target is not None and target.id == was_open:
            return  # a click on the open list's own control closes it
    if target is None:
        return
    if button == "right":
        _context_menu(desktop, target, point)
    elif button == "left":
        _left(desktop, target, count)


def _left(desktop: Desktop, target: Control, count: int) -> None:
    state = desktop.state
    in_box = any(target.id.startswith(f"{box.id}.") for box in state.boxes)
    if (target.kind in FOCUSABLE and not in_box) or target.kind == "table":
        state.focus = target.id
        state.all_selected = target.kind in TYPABLE and count > 1
    if target.kind == "row":
        select_row(desktop, target, opened=count == 2)
    elif target.kind in PRESSABLE | {"dropdown", "checkbox"}:
        activate(desktop, target)


def select_row(desktop: Desktop, row: Control, *, opened: bool) -> None:
    """Select a table row, and open it on a double click."""
    table, _, index = row.id.rpartition(".")
    desktop.state.selected[table] = int(index)
    desktop.state.focus = table
    if opened:
        desktop.app.open_row(desktop.state, table, int(index))


def activate(desktop: Desktop, target: Control) -> None:
    """Do what pressing the control does, whether by mouse or by key."""
    state = desktop.state
    if not target.enabled:
        return
    box = next((b for b in state.boxes if target.id.startswith(f"{b.id}.")), None)
    if box is not None and target.kind == "button":
        state.boxes = tuple(b for b in state.boxes if b is not box)
        desktop.app.answer(state, box.id, target.id.removeprefix(f"{box.id}."))
    elif target.kind in {"dropdown", "menu"}:
        state.menu = target.id
    elif target.kind == "checkbox":
        state.fields[target.id] = "" if state.text(target.id) else "yes"
        desktop.app.choose(state, target.id)
    elif target.kind == "option":
        name, state.menu = state.menu, ""
        state.fields[name] = target.label
        desktop.app.choose(state, name)
    elif target.kind in {"frame", "launch"}:
        # a closed program stays in the taskbar, so that a script of clicks can always get it back
        state.hidden = not state.hidden if target.kind == "launch" else target.label != "maximize"
    elif target.kind in PRESSABLE:
        state.menu = ""
        desktop.app.press(state, target.id)


def _context_menu(desktop: Desktop, target: Control, point: Point) -> None:
    if target.kind == "row":
        select_row(desktop, target, opened=False)
    name = target.id.rpartition(".")[0] if target.kind == "row" else target.id
    if desktop.app.context(desktop.state, name):
        desktop.state.menu, desktop.state.menu_at = f"context:{name}", point


def drag(desktop: Desktop, start: Point, end: Point) -> None:
    """Press at one pixel, move, and let go at the other."""
    state = desktop.state
    state.pointer = end
    state.menu = ""
    source = desktop.at(*start)
    if source is None:
        return
    if source.kind in TYPABLE:
        state.focus, state.all_selected = source.id, True
        return
    if source.kind == "scrollbar":
        table = source.id.removesuffix(".scroll")
        first, _, total = source.span
        height = max(source.rect[3] - source.rect[1], 1)
        state.scroll[table] = first + (end[1] - start[1]) * total // height
        return
    if source.kind == "row":
        select_row(desktop, source, opened=False)
    desktop.app.drop(state, source, desktop.at(*end), end)


def scroll(desktop: Desktop, point: Point, direction: str, amount: int) -> None:
    """Scroll the table under the pixel by ``amount`` rows."""
    state = desktop.state
    state.pointer = point
    target = desktop.at(*point)
    if target is None or target.kind not in {"row", "table", "scrollbar"}:
        return
    name = target.id if target.kind == "table" else target.id.rpartition(".")[0]
    first, _, _ = desktop.control(name).span
    step = {"down": amount, "up": -amount}.get(direction, 0)
    state.scroll[name] = first + step  # the layout keeps it within the rows
