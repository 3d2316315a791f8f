"""One agent action, read from either dialect: ``click`` with positional arguments, or ``computer`` with named ones.

The vocabulary is that of section 11 of the API contract. Names outside it are kept under their own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cyberdesk_nb.frames._json import json_text, list_of, mapping_of, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLICK = ("coordinate", "text")
_DRAG = ("start_coordinate", "coordinate", "duration")

# What each action's positional arguments mean, in order.
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "left_click": _CLICK,
    "right_click": _CLICK,
    "middle_click": _CLICK,
    "double_click": _CLICK,
    "triple_click": _CLICK,
    "left_click_drag": _DRAG,
    "mouse_move": ("coordinate",),
    "left_mouse_down": ("coordinate",),
    "left_mouse_up": ("coordinate",),
    "scroll": ("coordinate", "scroll_direction", "scroll_amount"),
    "type": ("text",),
    "key": ("text",),
    "hold_key": ("text", "duration"),
    "wait": ("duration",),
    "screenshot": ("extract_prompt",),
    "focused_action": ("instruction",),
    "copy_to_clipboard": ("text",),
    "upsert_runtime_values": ("values",),
    "start_loop": ("text",),
    "end_loop_iteration": ("text",),
    "execute_terminal_command": ("command",),
    "declare_task_failed": ("reason",),
    "cursor_position": (),
}

VOCABULARY = frozenset(_PARAMETERS)
"""The action names of the API contract; `Action.known` says whether a name is one of them."""

_CLICKS = {"left_click": 1, "right_click": 1, "middle_click": 1, "double_click": 2, "triple_click": 3}
_BUTTONS = {"left": "left_click", "right": "right_click", "middle": "middle_click"}
_REPEATS = {2: "double_click", 3: "triple_click"}
_TEXT_KEYS = ("text", "instruction", "extract_prompt", "command", "reason", "values", "prompt")
_CHORDS = frozenset({"key", "hold_key", *_CLICKS})
_WORDS = frozenset({"scroll_direction", "button"})
_DEFAULT_WAIT_S = 1.0


@dataclass(frozen=True, slots=True)
class Action:
    """One agent action with the same fields in both dialects.

    Attributes
    ----------
    name
        Name in the API's vocabulary (``click`` is ``left_click``), or the recorded name when it is not one of them.
    x, y
        Target in the recording's pixels; for a drag its start.
    x2, y2
        End of a drag.
    text
        What is typed, asked, run or told: text, instruction, extraction prompt, command, reason, runtime key.
    keys
        Key chord of ``key`` and ``hold_key``, or the modifier that is held during a click.
    duration_s
        Duration in seconds of a wait, a held key or a drag.
    direction, amount
        Where a scroll goes and how many notches.
    count
        Number of clicks; None for what is no click.
    known
        False for a name outside the vocabulary.
    """

    name: str
    x: float | None = None
    y: float | None = None
    x2: float | None = None
    y2: float | None = None
    text: str | None = None
    keys: str | None = None
    duration_s: float | None = None
    direction: str | None = None
    amount: float | None = None
    count: int | None = None
    known: bool = True


def parse_action(func_name: object, args: object, kwargs: object) -> Action:
    """Read one recorded call as an `Action`.

    Parameters
    ----------
    func_name
        Recorded function or tool name. ``computer`` names its action in ``kwargs["action"]`` or in its first argument.
    args
        Positional arguments as a JSON array; anything else counts as none.
    kwargs
        Named arguments as a JSON object; they win over positional ones.

    Returns
    -------
    Action
        Arguments that cannot be read are None; nothing is ever raised.

    Examples
    --------
    >>> parse_action("click", [850, 450], {}).name
    'left_click'
    >>> parse_action("computer", [], {"action": "type", "text": "Ada"}).text
    'Ada'
    """
    named, positional = mapping_of(kwargs), list_of(args)
    recorded = _recorded_name(func_name, named, positional)
    if recorded == "key" and len(positional) > 1:
        positional = [_chord(positional)]
    values = {**dict(_bind(_parameters_of(recorded), positional)), **named}
    name = _canonical(recorded, values)
    start, end = _points(name, values)
    text = _text(name, values)
    return Action(
        name=name,
        x=start[0],
        y=start[1],
        x2=end[0],
        y2=end[1],
        text=None if name in _CHORDS else text,
        keys=_chord(values.get("keys", values.get("key"))) or (text if name in _CHORDS else None),
        duration_s=_duration(name, values),
        direction=text_of(values.get("scroll_direction", values.get("direction"))),
        amount=number_of(values.get("scroll_amount", values.get("amount"))),
        count=_count(name, values),
        known=name in VOCABULARY,
    )


def _recorded_name(func_name: object, named: dict[str, Any], positional: list[Any]) -> str:
    """Take the action's name out of the call, leaving only its arguments behind."""
    name = text_of(func_name) or ""
    if name != "computer":
        return name
    if isinstance(named.get("action"), str):
        return str(named.pop("action"))
    return positional.pop(0) if positional and isinstance(positional[0], str) else name


def _parameters_of(recorded: str) -> tuple[str, ...]:
    """Give the names of an action's positional arguments, in order."""
    if recorded == "click":
        return ("coordinate", "button", "clicks")
    return _PARAMETERS.get(recorded, _DRAG if "drag" in recorded else _CLICK)


def _canonical(name: str, values: dict[str, Any]) -> str:
    """Spell the sample dialect's click, with its button and count, as the API's vocabulary does."""
    if name != "click":
        return name
    button = values.get("button")
    if button not in (None, "left"):
        return _BUTTONS.get(str(button).lower(), name)
    return _REPEATS.get(_clicks_of(values) or 1, "left_click")


def _clicks_of(values: dict[str, Any]) -> int | None:
    """Return the recorded number of clicks; None where there is none to read."""
    clicks = number_of(values.get("clicks"))
    return int(clicks) if clicks is not None and clicks >= 0 and clicks.is_integer() else None


def _count(name: str, values: dict[str, Any]) -> int | None:
    """Return how often is clicked: as often as the call says, or else as the action does."""
    if name not in _CLICKS and name != "click":
        return None
    return _CLICKS.get(name, 1) if values.get("clicks") is None else _clicks_of(values)


def _chord(value: object) -> str | None:
    """Return a chord as it is typed; a list of keys is held together."""
    keys = list_of(value)
    return "+".join(keys) if keys and all(isinstance(key, str) for key in keys) else text_of(value)


def _bind(parameters: tuple[str, ...], positional: list[Any]) -> Iterator[tuple[str, Any]]:
    """Give positional arguments their names; a coordinate is one pair or two numbers, or is left out.

    So are a direction and a button where a number stands.
    """
    rest = list(positional)
    for parameter in parameters:
        if not rest:
            return
        if parameter in _WORDS and number_of(rest[0]) is not None:
            continue
        if not parameter.endswith("coordinate") or _pair(rest[0]) != (None, None):
            yield parameter, rest.pop(0)
        elif len(rest) >= 2 and _pair(rest[:2]) != (None, None):
            yield parameter, [rest.pop(0), rest.pop(0)]


def _pair(value: object) -> tuple[float | None, float | None]:
    """Read [x, y], also as text, or {"x": ..., "y": ...}; a pair of None when it is neither."""
    named = mapping_of(value)
    items = [named.get("x"), named.get("y")] if named else list_of(value)
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        items = value[1:-1].split(",")
    if len(items) != 2:
        return None, None
    x, y = number_of(items[0]), number_of(items[1])
    return (x, y) if x is not None and y is not None else (None, None)


def _points(name: str, values: dict[str, Any]) -> tuple[tuple[float | None, float | None], ...]:
    """Return target and drag end; a drag's target is where it starts."""
    target = _pair(values.get("coordinate"))
    if target == (None, None):
        target = _pair([values.get("x"), values.get("y")])
    if "drag" not in name and "start_coordinate" not in values:
        return target, (None, None)
    start = _pair(values.get("start_coordinate"))
    if start == (None, None):
        start = _pair([values.get("start_x"), values.get("start_y")])
    return start, target if target != (None, None) else _pair([values.get("to_x"), values.get("to_y")])


def _text(name: str, values: dict[str, Any]) -> str | None:
    """Return the text that the action carries, under whichever key it stands."""
    for key in _TEXT_KEYS:
        if values.get(key) is not None:
            return text_of(values[key])
    return json_text(values) if name == "upsert_runtime_values" and values else None


def _duration(name: str, values: dict[str, Any]) -> float | None:
    """Return the duration; a wait without one lasts the API's default second."""
    duration_s = number_of(values.get("duration"))
    return _DEFAULT_WAIT_S if duration_s is None and name == "wait" and "duration" not in values else duration_s
