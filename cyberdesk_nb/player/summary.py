"""An action in a few words: what the step list, the captions and the exported page say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cyberdesk_nb.errors import printable

if TYPE_CHECKING:
    from cyberdesk_nb.frames.actions import Action
    from cyberdesk_nb.frames.steps import Step

DETAIL_MAX = 160
"""Longest detail in characters; the whole text stands in the details pane."""

_LABELS = {
    "left_click": "Click",
    "right_click": "Right-click",
    "middle_click": "Middle-click",
    "double_click": "Double-click",
    "triple_click": "Triple-click",
    "left_click_drag": "Drag",
    "mouse_move": "Move pointer",
    "left_mouse_down": "Press mouse button",
    "left_mouse_up": "Release mouse button",
    "scroll": "Scroll",
    "type": "Type",
    "key": "Press",
    "hold_key": "Hold",
    "wait": "Wait",
    "screenshot": "Screenshot",
    "focused_action": "Focused action",
    "copy_to_clipboard": "Copy to",
    "upsert_runtime_values": "Set values",
    "start_loop": "Start loop",
    "end_loop_iteration": "End iteration",
    "execute_terminal_command": "Run command",
    "declare_task_failed": "Declare failure",
    "cursor_position": "Read pointer position",
}


def label(action: Action) -> str:
    """Name an action in words; a name outside the vocabulary stands as it was recorded."""
    if action.name == "screenshot" and action.text:
        return "Extract from screen"
    return _LABELS.get(action.name) or printable(action.name, 60) or "Unnamed action"


def detail(step: Step) -> str:
    """Say in one line what a step's action was done with: text, keys, place, time. Empty when there is nothing to say.

    An action outside the vocabulary shows its arguments as they were recorded.
    """
    parts = [_what(step.action), _where(step.action)]
    if not any(parts) and not step.action.known:
        parts = [json_text(value) for value in (step.args, step.kwargs) if value]
    return printable(" ".join(" ".join(part[: 4 * DETAIL_MAX].split()) for part in parts if part), DETAIL_MAX)


def json_text(value: object) -> str:
    """Write a recorded value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _what(action: Action) -> str:
    if action.name == "scroll":
        amount = "" if action.amount is None else f"{action.amount:g}"
        return f"{action.direction or ''} {amount}".strip()
    if action.name == "wait":
        return "" if action.duration_s is None else f"{action.duration_s:g} s"
    if action.name == "hold_key" and action.duration_s is not None:
        return f"{action.keys or ''} for {action.duration_s:g} s"
    if action.keys:
        return action.keys if action.name in {"key", "hold_key"} else f"with {action.keys}"
    return action.text or ""


def _where(action: Action) -> str:
    start, end = point(action.x, action.y), point(action.x2, action.y2)
    if start and end:
        return f"{start} \N{RIGHTWARDS ARROW} {end}"
    return start or (f"\N{RIGHTWARDS ARROW} {end}" if end else "")


def point(x: float | None, y: float | None) -> str:
    """Write a point as ``(850, 450)``; empty when a coordinate is missing."""
    return "" if x is None or y is None else f"({x:g}, {y:g})"
