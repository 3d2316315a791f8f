"""An action in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.frames.steps import trajectory_steps
from cyberdesk_nb.player.summary import DETAIL_MAX, detail, label


def words(func_name: str, *args: Any, **kwargs: Any) -> str:
    """Return the summary of one recorded call."""
    step = trajectory_steps({"trajectory_data": [{"func_name": func_name, "args": list(args), "kwargs": kwargs}]})[0]
    return f"{label(step.action)} {detail(step)}".strip()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (words("click", 850, 450), "Click (850, 450)"),
        (words("computer", action="left_click", coordinate=[1, 2], text="ctrl"), "Click with ctrl (1, 2)"),
        (words("computer", action="double_click", coordinate=[10.5, 2]), "Double-click (10.5, 2)"),
        (words("computer", action="type", text="Ada\nLovelace"), "Type Ada Lovelace"),
        (words("computer", action="type", text="{$password}"), "Type {$password}"),
        (words("computer", action="key", text="ctrl+s"), "Press ctrl+s"),
        (words("computer", action="hold_key", text="shift", duration=2), "Hold shift for 2 s"),
        (
            words("computer", action="scroll", coordinate=[5, 6], scroll_direction="down", scroll_amount=3),
            "Scroll down 3 (5, 6)",
        ),
        (
            words("computer", action="left_click_drag", start_coordinate=[1, 2], coordinate=[3, 4]),
            "Drag (1, 2) → (3, 4)",
        ),
        (words("computer", action="wait", duration=1.5), "Wait 1.5 s"),
        (words("computer", action="screenshot"), "Screenshot"),
        (words("computer", action="screenshot", extract_prompt="Read it"), "Extract from screen Read it"),
        (words("focused_action", "Find the total"), "Focused action Find the total"),
        (words("PlanAction", element=["打开", "b"]), 'PlanAction {"element": ["打开", "b"]}'),
        (words(""), "Unnamed action"),
    ],
)
def test_each_action_reads_as_one_line(said: str, expected: str) -> None:
    """Every kind of action is named in words with what it was done with, and an unknown one with its arguments."""
    assert said == expected


def test_a_summary_is_short_and_harmless() -> None:
    """A megabyte of text, control characters and text that turns the writing direction stay one short line."""
    said = words("computer", action="type", text="\x1b[31m\u202eevil\n" + "x" * 1_000_000)
    assert len(said) <= DETAIL_MAX + len("Type ")
    assert said.isprintable()
    assert "\\u202e" in said
