"""The actions of the computer dialect, performed on a desktop."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, cast

from . import _keyboard, _mouse
from ._controls import HEIGHT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .desktop import Desktop

    Handler = Callable[[Desktop, Mapping[str, object]], str]

Point = tuple[int, int]


def perform(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    """Perform one action and return its result text; input that makes no sense does nothing and says so."""
    action = tool_input.get("action")
    handler = _HANDLERS.get(action) if isinstance(action, str) else None
    if handler is None:
        return f"Unknown action {str(action)[:80]!r}; nothing done"
    if action in _LOOKING:
        return handler(desktop, tool_input)
    if desktop.state.condition:
        return "No reaction: " + desktop.state.condition.replace("_", " ")
    desktop.state.busy = ""
    return handler(desktop, tool_input)


def _point(value: object) -> Point | None:
    """Read ``[x, y]``, clamped to the screen; None for what is no pair of numbers."""
    if not isinstance(value, list | tuple):
        return None
    pair = [_coordinate(raw) for raw in cast("Sequence[object]", value)[:2]]
    if len(pair) < 2 or pair[0] is None or pair[1] is None:
        return None
    return min(max(pair[0], 0), WIDTH - 1), min(max(pair[1], 0), HEIGHT - 1)


def _coordinate(value: object) -> int | None:
    try:
        return int(float(value)) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _number(value: object, default: float) -> float:
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else default
    except OverflowError:
        return default


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _click(count: int, button: str) -> Handler:
    def handle(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
        point = _point(tool_input.get("coordinate")) or desktop.state.pointer
        _mouse.click(desktop, point, button=button, count=count)
        times = {1: "", 2: "double-", 3: "triple-"}[count]
        return f"{button}-{times}clicked at ({point[0]}, {point[1]})".capitalize()

    return handle


def _drag(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    end = _point(tool_input.get("coordinate"))
    if end is None:
        return "No end coordinate; nothing dragged"
    start = _point(tool_input.get("start_coordinate")) or desktop.state.pointer
    _mouse.drag(desktop, start, end)
    return f"Dragged from ({start[0]}, {start[1]}) to ({end[0]}, {end[1]})"


def _move(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    desktop.state.pointer = _point(tool_input.get("coordinate")) or desktop.state.pointer
    return "Mouse moved to ({}, {})".format(*desktop.state.pointer)


def _mouse_down(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    _move(desktop, tool_input)
    desktop.state.held_at = desktop.state.pointer
    return "Left button held at ({}, {})".format(*desktop.state.pointer)


def _mouse_up(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    _move(desktop, tool_input)
    start, desktop.state.held_at = desktop.state.held_at, None
    end = desktop.state.pointer
    if start is None:
        return "The left button was not held"
    if start == end:
        _mouse.click(desktop, end, button="left", count=1)
    else:
        _mouse.drag(desktop, start, end)
    return f"Left button released at ({end[0]}, {end[1]})"


def _scroll(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    point = _point(tool_input.get("coordinate")) or desktop.state.pointer
    direction = _string(tool_input.get("scroll_direction")) or "down"
    amount = int(min(max(_number(tool_input.get("scroll_amount"), 3), 0), 1000))
    _mouse.scroll(desktop, point, direction, amount)
    return f"Scrolled {direction[:20]} by {amount} at ({point[0]}, {point[1]})"


def _type(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    text = _string(tool_input.get("text"))
    if text == "__EMPTY__":
        return "Empty value: typing skipped"
    return _keyboard.type_text(desktop, text)


def _key(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    chords = _string(tool_input.get("text"))[:200].split()
    for chord in chords:
        _keyboard.press_chord(desktop, chord)
    return f"Pressed {' '.join(chords)}" if chords else "No key given; nothing pressed"


def _wait(_desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    return f"Waited {_number(tool_input.get('duration'), 1):g} s"


def _look(_desktop: Desktop, _tool_input: Mapping[str, object]) -> str:
    return "Screenshot taken"


def _position(desktop: Desktop, _tool_input: Mapping[str, object]) -> str:
    return "Pointer at ({}, {})".format(*desktop.state.pointer)


def _copy(desktop: Desktop, tool_input: Mapping[str, object]) -> str:
    _keyboard.press_chord(desktop, "ctrl+c")
    return f"Copied {desktop.state.clipboard[:200]!r} as {_string(tool_input.get('text'))[:100]!r}"


def _outer(_desktop: Desktop, _tool_input: Mapping[str, object]) -> str:
    # loops, runtime values and focused actions change nothing on the screen by themselves
    return "Done"


_LOOKING: Final = frozenset({"screenshot", "cursor_position"})
_HANDLERS: Final[dict[str, Handler]] = {
    "left_click": _click(1, "left"),
    "click": _click(1, "left"),
    "right_click": _click(1, "right"),
    "middle_click": _click(1, "middle"),
    "double_click": _click(2, "left"),
    "triple_click": _click(3, "left"),
    "left_click_drag": _drag,
    "left_mouse_down": _mouse_down,
    "left_mouse_up": _mouse_up,
    "mouse_move": _move,
    "scroll": _scroll,
    "type": _type,
    "key": _key,
    "hold_key": _key,
    "wait": _wait,
    "screenshot": _look,
    "cursor_position": _position,
    "copy_to_clipboard": _copy,
    "focused_action": _outer,
    "upsert_runtime_values": _outer,
    "start_loop": _outer,
    "end_loop_iteration": _outer,
    "execute_terminal_command": _outer,
    "declare_task_failed": _outer,
}
