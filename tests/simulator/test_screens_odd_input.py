"""Whatever is sent to a drawn desktop, it holds."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cyberdesk_nb.simulator.catalog import KINDS
from cyberdesk_nb.simulator.screens import HEIGHT, WIDTH, Desktop

ACTIONS = (
    "left_click", "right_click", "middle_click", "double_click", "triple_click", "left_click_drag", "left_mouse_down",
    "left_mouse_up", "mouse_move", "scroll", "type", "key", "hold_key", "wait", "screenshot", "cursor_position",
    "copy_to_clipboard", "focused_action", "start_loop", "click", "no_such_action",
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
NEAR = st.lists(st.integers(-50, 1100), min_size=2, max_size=2)
CHORDS = st.lists(
    st.sampled_from(["Tab", "Return", "Escape", "space", "ctrl+a", "ctrl+v", "F8", "Down", "x", "+", "F3"])
)
TOOL_INPUT = st.fixed_dictionaries(
    {"action": st.sampled_from(ACTIONS) | JUNK},
    optional={
        "coordinate": NEAR | JUNK, "start_coordinate": NEAR | JUNK, "text": CHORDS.map(" ".join) | JUNK,
        "scroll_direction": st.sampled_from(["up", "down", "left"]) | JUNK, "scroll_amount": JUNK, "duration": JUNK,
    },
)  # fmt: skip


@pytest.mark.parametrize(
    "point",
    [
        None, "12, 40", [], [5], [float("nan"), 3], [float("inf"), 3], [10**400, 3], ["x", None], [[1], [2]], {"x": 1},
        [-5, 9000], [True, False], ["40", "50"], [1, 2, 3],
    ],
    ids=lambda point: str(point)[:20],
)  # fmt: skip
def test_odd_coordinates_are_taken_or_left(desktop: Desktop, point: Any) -> None:
    """Coordinates that are none, or lie outside the screen, neither raise nor leave the pointer outside of it."""
    for action in ("left_click", "left_click_drag", "scroll", "mouse_move", "left_mouse_down", "left_mouse_up"):
        assert desktop.act({"action": action, "coordinate": point, "start_coordinate": point})
        x, y = desktop.state.pointer
        assert 0 <= x < WIDTH
        assert 0 <= y < HEIGHT


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(KINDS) - 1), st.lists(TOOL_INPUT, max_size=12))
def test_no_input_breaks_a_desktop(kind: int, moves: list[dict[str, Any]]) -> None:
    """Whatever actions come in whatever order, each ends in a text, and the screen can still be laid out."""
    play = KINDS[kind].play(KINDS[kind].sample_inputs(random.Random(5)))
    desktop = play.shots[len(play.shots) // 2].before.copy()
    for move in moves:
        assert desktop.act(move)
        assert desktop.controls()
