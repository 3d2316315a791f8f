"""Random recordings, and edit scripts whose outcome is known, for the comparison to find again."""

from __future__ import annotations

import base64
import copy
import io
import random
from typing import Any

from PIL import Image, ImageDraw

from cyberdesk_nb.simulator.catalog import KINDS

Step = dict[str, Any]
Told = set[tuple[str, int | None, int | None]]
"""What an edit script does: op, position before, position after."""

_KEYS = ("Tab", "Enter", "ctrl+s", "Escape", "Down")
_WORDS = ("Ada Lovelace", "1024", "diskmgmt.msc", "王小明", "2026-09-30", "<b>x</b>", "Region_Type", "North", "مرحبا")


def recording(rng: random.Random) -> list[Step]:
    """Return a recording of one of several makes: drawn, bare, repetitive, or a workflow of the catalogue."""
    make = rng.choice((_played, _drawn, _bare, _repetitive))
    return make(rng)


def edited(rng: random.Random, steps: list[Step]) -> tuple[list[Step], Told]:
    """Return the recording after one to four edits, and what they did."""
    count = rng.randint(1, min(4, max(1, len(steps) // 3)))
    touched = sorted(rng.sample(range(len(steps)), count))
    order: list[tuple[int | None, Step]] = [(place, copy.deepcopy(step)) for place, step in enumerate(steps)]
    ops: dict[int, str] = {}
    for place in touched:
        kind = rng.choice(("insert", "delete", "move", "change"))
        at = next(n for n, (origin, _) in enumerate(order) if origin == place)
        if kind == "insert":
            order.insert(at, (None, _one(rng, pictured=_is_pictured(steps))))
        elif kind == "delete":
            del order[at]
        elif kind == "change":
            ops[place] = "changed"
            order[at] = (place, _changed(rng, order[at][1]))
        else:
            item = order.pop(at)
            far = [n for n in range(len(order) + 1) if abs(n - at) >= 2]
            if not far:
                order.insert(at, item)
                continue
            order.insert(rng.choice(far), item)
            ops[place] = "moved"
    kept = {origin for origin, _ in order}
    told: Told = {("deleted", place, None) for place in range(len(steps)) if place not in kept}
    for after, (origin, _) in enumerate(order):
        told.add(("inserted", None, after) if origin is None else (ops.get(origin, "same"), origin, after))
    return [_respelt(rng, step) for _, step in order], told


def _one(rng: random.Random, *, pictured: bool) -> Step:
    """Return a step of its own."""
    place = [rng.randint(5, 1018), rng.randint(5, 762)]
    call: dict[str, Any] = rng.choice(
        (
            {"action": "left_click", "coordinate": place},
            {"action": "left_click", "coordinate": place},
            {"action": "double_click", "coordinate": place},
            {"action": "type", "text": f"{rng.choice(_WORDS)} {rng.randint(0, 999)}"},
            {"action": "key", "text": rng.choice(_KEYS)},
            {"action": "scroll", "coordinate": place, "scroll_direction": "down", "scroll_amount": rng.randint(1, 9)},
            {"action": "wait", "duration": rng.choice((1, 2, 5))},
            {"action": "left_click_drag", "start_coordinate": place, "coordinate": [rng.randint(5, 1018), 300]},
            {"action": "screenshot", "extract_prompt": f"Read field {rng.randint(0, 99)}"},
            {"action": "mystery", "level": rng.randint(0, 99), "of": {"a": [1, None]}},
        )
    )
    screen = drawn_screen(rng) if pictured else None
    return {"func_name": "computer", "args": [], "kwargs": call, "pre_check_snapshot": {"screenshot": screen}}


def _drawn(rng: random.Random) -> list[Step]:
    return [_one(rng, pictured=True) for _ in range(rng.randint(3, 30))]


def _bare(rng: random.Random) -> list[Step]:
    steps = [_one(rng, pictured=False) for _ in range(rng.randint(3, 40))]
    for number, step in enumerate(steps):
        if rng.random() < 0.5:
            step["pre_check_snapshot"]["last_agent_thought"] = f"Next is part {number}."
    return steps


def _repetitive(rng: random.Random) -> list[Step]:
    """Return a form filled in field by field: the same keys and waits again and again, seen on changing screens."""
    steps: list[Step] = []
    for _ in range(rng.randint(2, 8)):
        steps.append(_one(rng, pictured=True))
        keys = rng.sample(("Tab", "Tab", "Enter"), rng.randint(1, 2))
        steps += [_one(rng, pictured=True) | {"kwargs": {"action": "key", "text": key}} for key in keys]
        if rng.random() < 0.4:
            steps.append(_one(rng, pictured=True) | {"kwargs": {"action": "wait", "duration": 1}})
    return steps


def _played(rng: random.Random) -> list[Step]:
    """Return a workflow of the catalogue, every few steps with its screen, with the signatures of a replay."""
    kind = rng.choice(KINDS)
    steps: list[Step] = []
    for number, shot in enumerate(kind.play(kind.sample_inputs(rng)).shots):
        screen = base64.b64encode(shot.before.render()).decode() if rng.random() < 0.3 else None
        snapshot = {"screenshot": screen, "last_agent_thought": shot.move.thought}
        call = copy.deepcopy(shot.move.tool_input)
        steps.append({"func_name": "computer", "args": [], "kwargs": call, "pre_check_snapshot": snapshot})
        if number % 2:
            steps[-1]["result"] = shot.move.result
    return steps


def _changed(rng: random.Random, step: Step) -> Step:
    """Change one argument, or the kind of click."""
    call = step["kwargs"]
    name = rng.choice([name for name in call if name != "action"] or ["action"])
    value = call[name]
    if name == "action":
        call["note"] = rng.randint(1, 99)
    elif name.endswith("coordinate"):
        if call["action"] == "left_click" and rng.random() < 0.3:
            call["action"] = "right_click"
        else:
            call[name] = [(value[0] + rng.randint(15, 900)) % 1020, (value[1] + rng.randint(0, 700)) % 760]
    elif isinstance(value, int | float):
        call[name] = value + rng.randint(1, 50)
    elif call["action"] == "key":
        call[name] = rng.choice([key for key in _KEYS if key != value])
    else:
        call[name] = f"{rng.choice(_WORDS)} ({rng.randint(1000, 9999)})"
    return step


def _respelt(rng: random.Random, step: Step) -> Step:
    """Write a click or a key in the other dialect now and then: it stays the same call."""
    call = step["kwargs"]
    if rng.random() < 0.7 or call.get("action") not in {"left_click", "type"} or len(call) != 2:
        return step
    if call["action"] == "left_click":
        return step | {"func_name": "click", "args": list(call["coordinate"]), "kwargs": {}}
    return step | {"func_name": "type", "args": [call["text"]], "kwargs": {}}


def _is_pictured(steps: list[Step]) -> bool:
    return any(step["pre_check_snapshot"].get("screenshot") for step in steps)


def drawn_screen(rng: random.Random) -> str:
    """Return a small drawing of a few windows."""
    image = Image.new("RGB", (128, 96), rng.choice(("white", "navy", "gray")))
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        left, top = rng.randint(0, 100), rng.randint(0, 70)
        draw.rectangle((left, top, left + rng.randint(8, 60), top + rng.randint(8, 40)), fill=rng.randrange(1 << 24))
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()
