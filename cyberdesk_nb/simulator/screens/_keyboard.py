"""What the keyboard does to the control that has the focus."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ._controls import FOCUSABLE, TYPABLE, Control, reachable
from ._mouse import activate
from ._ui import slug

if TYPE_CHECKING:
    from collections.abc import Callable

    from .desktop import Desktop

MAX_TEXT: Final = 100_000
_ALIASES: Final = {
    "enter": "return", "esc": "escape", "del": "delete", "back_space": "backspace", "control": "ctrl",
    "pagedown": "page_down", "pageup": "page_up", "next": "page_down", "prior": "page_up", "super": "win", "cmd": "win",
}  # fmt: skip


def type_text(desktop: Desktop, text: str) -> str:
    """Type into the focused field; a tab moves on, a new line presses Enter except in a text area."""
    if text == "__CLEAR__":
        press_chord(desktop, "ctrl+a")
        press_chord(desktop, "delete")
        return "Field cleared"
    written = 0
    for part in filter(None, re.split(r"([\t\n])", text[:MAX_TEXT].replace("\r\n", "\n"))):
        field = _focused(desktop, TYPABLE)
        if part in "\t\n" and not (part == "\n" and field and field.kind == "area"):
            press_chord(desktop, "tab" if part == "\t" else "return")
        elif field is not None:
            _insert(desktop, field.id, part)
            written += len(part)
    shown = text if len(text) <= 200 else text[:199] + "…"
    return f"Typed {shown!r}" if written or text == "" else f"Typed {shown!r}, but no field has the focus"


def _insert(desktop: Desktop, name: str, text: str) -> None:
    state = desktop.state
    before = "" if state.all_selected else state.text(name)
    state.fields[name] = (before + text)[:MAX_TEXT]
    state.all_selected = False


def _focused(desktop: Desktop, kinds: frozenset[str]) -> Control | None:
    name = desktop.state.focus
    for control in reachable(desktop.controls()):
        if control.id == name and control.kind in kinds and control.enabled:
            return control
    return None


def press_chord(desktop: Desktop, chord: str) -> None:
    """Press one chord such as ``ctrl+s``, ``Tab`` or ``F8``; unknown ones do nothing."""
    parts = [_ALIASES.get(part, part) for part in chord.lower().split("+") if part]
    name = "+".join(parts)
    handler = _KEYS.get(name)
    if handler is not None:
        handler(desktop)
        return
    shortcut = dict(desktop.app.shortcuts).get(name)
    if shortcut is not None:
        if not desktop.state.boxes and not desktop.state.hidden:
            desktop.app.press(desktop.state, shortcut)
    elif len(name) == 1 or name == "space":
        type_text(desktop, " " if name == "space" else chord)


def _tab(step: int) -> Callable[[Desktop], None]:
    def move(desktop: Desktop) -> None:
        state = desktop.state
        names = [c.id for c in reachable(desktop.controls()) if c.kind in FOCUSABLE and c.enabled]
        if not names:
            return
        here = names.index(state.focus) if state.focus in names else (-1 if step > 0 else 0)
        state.focus = names[(here + step) % len(names)]
        state.all_selected = bool(state.text(state.focus))
        state.menu = ""

    return move


def _enter(desktop: Desktop) -> None:
    state = desktop.state
    live = reachable(desktop.controls())
    focused = next((c for c in live if c.id == state.focus), None)
    if focused is not None and focused.kind == "button":
        activate(desktop, focused)
    elif focused is not None and focused.kind == "area":
        _insert(desktop, focused.id, "\n")
    elif focused is not None and focused.kind == "table" and focused.id in state.selected:
        desktop.app.open_row(state, focused.id, state.selected[focused.id])
    elif not state.boxes and focused is not None and desktop.app.enter(state, focused.id):
        return
    else:
        default = next((c for c in reversed(live) if c.kind == "button" and c.tone == "primary" and c.enabled), None)
        if default is not None:
            activate(desktop, default)


def _escape(desktop: Desktop) -> None:
    state = desktop.state
    if state.menu:
        state.menu = ""
    elif state.boxes:
        # Windows takes Escape for the last button, which cancels where there is a choice
        name = f"{state.boxes[-1].id}.{slug(state.boxes[-1].buttons[-1])}"
        activate(desktop, desktop.control(name))
    else:
        desktop.app.press(state, "escape")


def _space(desktop: Desktop) -> None:
    focused = _focused(desktop, FOCUSABLE)
    if focused is not None and focused.kind in {"button", "checkbox"}:
        activate(desktop, focused)
    else:
        type_text(desktop, " ")


def _arrow(step: int) -> Callable[[Desktop], None]:
    def move(desktop: Desktop) -> None:
        state = desktop.state
        table = next((c for c in reachable(desktop.controls()) if c.kind == "table" and c.id == state.focus), None)
        if table is None:
            return
        first, visible, total = table.span
        row = min(max(state.selected.get(table.id, -1 if step > 0 else 0) + step, 0), max(total - 1, 0))
        state.selected[table.id] = row
        if not first <= row < first + visible:
            state.scroll[table.id] = max(0, row - visible + 1 if row >= first + visible else row)

    return move


def _select_all(desktop: Desktop) -> None:
    desktop.state.all_selected = _focused(desktop, TYPABLE) is not None


def _erase(desktop: Desktop) -> None:
    state = desktop.state
    field = _focused(desktop, TYPABLE)
    if field is None:
        return
    state.fields[field.id] = "" if state.all_selected else state.text(field.id)[:-1]
    state.all_selected = False


def _delete(desktop: Desktop) -> None:
    # the caret always stands at the end, so Delete matters for a selection only
    if desktop.state.all_selected:
        _erase(desktop)


def _copy(desktop: Desktop) -> None:
    state = desktop.state
    field = _focused(desktop, TYPABLE - {"password"})
    if field is not None:
        state.clipboard = state.text(field.id)
        return
    for control in desktop.controls():
        if control.kind == "row" and control.on and control.id.rpartition(".")[0] == state.focus:
            state.clipboard = "\t".join(cell.text for cell in control.cells)


def _cut(desktop: Desktop) -> None:
    _copy(desktop)
    _delete(desktop)


def _paste(desktop: Desktop) -> None:
    type_text(desktop, desktop.state.clipboard)


_KEYS: Final[dict[str, Callable[[Desktop], None]]] = {
    "tab": _tab(1), "shift+tab": _tab(-1), "return": _enter, "kp_enter": _enter, "escape": _escape, "space": _space,
    "down": _arrow(1), "up": _arrow(-1), "page_down": _arrow(10), "page_up": _arrow(-10),
    "ctrl+a": _select_all, "ctrl+c": _copy, "ctrl+x": _cut, "ctrl+v": _paste, "backspace": _erase, "delete": _delete,
}  # fmt: skip
