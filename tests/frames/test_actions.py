"""Both dialects of recorded calls become the same action."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyberdesk_nb.frames.actions import VOCABULARY, Action, parse_action

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
# (positional form, named form of the `computer` tool, what both mean)
DIALECTS: list[tuple[tuple[str, list[Any]], dict[str, Any], dict[str, Any]]] = [
    (("click", [850, 450]), {"action": "left_click", "coordinate": [850, 450]}, {"x": 850, "y": 450, "count": 1}),
    (("right_click", [[8, 9]]), {"action": "right_click", "coordinate": [8, 9]}, {"x": 8, "y": 9, "count": 1}),
    (("middle_click", [8, 9]), {"action": "middle_click", "coordinate": [8, 9]}, {"x": 8, "y": 9, "count": 1}),
    (
        ("double_click", [1, 2, "ctrl"]),
        {"action": "double_click", "coordinate": [1, 2], "text": "ctrl"},
        {"x": 1, "y": 2, "keys": "ctrl", "count": 2},
    ),
    (("triple_click", [1, 2]), {"action": "triple_click", "coordinate": [1, 2]}, {"x": 1, "y": 2, "count": 3}),
    (
        ("left_click_drag", [1, 2, 3, 4, 0.5]),
        {"action": "left_click_drag", "start_coordinate": [1, 2], "coordinate": [3, 4], "duration": 0.5},
        {"x": 1, "y": 2, "x2": 3, "y2": 4, "duration_s": 0.5},
    ),
    (("mouse_move", [5, 6]), {"action": "mouse_move", "coordinate": [5, 6]}, {"x": 5, "y": 6}),
    (("left_mouse_down", []), {"action": "left_mouse_down"}, {}),
    (("left_mouse_up", [5, 6]), {"action": "left_mouse_up", "coordinate": [5, 6]}, {"x": 5, "y": 6}),
    (
        ("scroll", [7, 8, "down", 3]),
        {"action": "scroll", "coordinate": [7, 8], "scroll_direction": "down", "scroll_amount": 3},
        {"x": 7, "y": 8, "direction": "down", "amount": 3},
    ),
    (
        ("scroll", ["up", 2]),
        {"action": "scroll", "scroll_direction": "up", "scroll_amount": 2},
        {"direction": "up", "amount": 2},
    ),
    (("type", ["圆形"]), {"action": "type", "text": "圆形"}, {"text": "圆形"}),
    (("key", ["ctrl+s"]), {"action": "key", "text": "ctrl+s"}, {"keys": "ctrl+s"}),
    (
        ("hold_key", ["shift", 2]),
        {"action": "hold_key", "text": "shift", "duration": 2},
        {"keys": "shift", "duration_s": 2},
    ),
    (("wait", [2.5]), {"action": "wait", "duration": 2.5}, {"duration_s": 2.5}),
    (("wait", []), {"action": "wait"}, {"duration_s": 1}),
    (("screenshot", ["read it"]), {"action": "screenshot", "extract_prompt": "read it"}, {"text": "read it"}),
    (("focused_action", ["pick"]), {"action": "focused_action", "instruction": "pick"}, {"text": "pick"}),
    (("copy_to_clipboard", ["mrn"]), {"action": "copy_to_clipboard", "text": "mrn"}, {"text": "mrn"}),
    (
        ("upsert_runtime_values", [{"a": 1}]),
        {"action": "upsert_runtime_values", "values": {"a": 1}},
        {"text": '{"a":1}'},
    ),
    (("start_loop", [["a", "b"]]), {"action": "start_loop", "text": ["a", "b"]}, {"text": '["a","b"]'}),
    (("end_loop_iteration", ["done"]), {"action": "end_loop_iteration", "text": "done"}, {"text": "done"}),
    (
        ("execute_terminal_command", ["dir"]),
        {"action": "execute_terminal_command", "command": "dir"},
        {"text": "dir"},
    ),
    (("declare_task_failed", ["no"]), {"action": "declare_task_failed", "reason": "no"}, {"text": "no"}),
    (("cursor_position", []), {"action": "cursor_position"}, {}),
]


@pytest.mark.parametrize(("positional", "named", "meaning"), DIALECTS)
def test_both_dialects_give_the_same_action(
    positional: tuple[str, list[Any]], named: dict[str, Any], meaning: dict[str, Any]
) -> None:
    """Every action of the vocabulary reads the same from positional arguments and from the `computer` tool."""
    expected = Action(name=named["action"], **meaning)
    assert parse_action(positional[0], positional[1], {}) == expected
    assert parse_action("computer", [], named) == expected


def test_the_cases_cover_the_vocabulary() -> None:
    """No action of the vocabulary is left without a case above."""
    assert {named["action"] for _, named, _ in DIALECTS} == VOCABULARY


@pytest.mark.parametrize(
    ("kwargs", "name"),
    [({"button": "right"}, "right_click"), ({"button": "left", "clicks": 2}, "double_click"), ({}, "left_click")],
)
def test_the_sample_click_takes_its_button_and_count(kwargs: dict[str, Any], name: str) -> None:
    """A `click` with a button or a count gets the vocabulary's name for it."""
    assert parse_action("click", [3, 4], kwargs) == Action(name, x=3, y=4, count=2 if name == "double_click" else 1)


@pytest.mark.parametrize(
    ("args", "kwargs", "name", "count"),
    [
        ([3, 4, "right"], {}, "right_click", 1),
        ([3, 4, "middle", 2], {}, "middle_click", 2),
        ([3, 4, 3], {}, "triple_click", 3),
        ([3, 4], {"clicks": 5}, "left_click", 5),
        ([3, 4], {"button": "RIGHT", "clicks": 2}, "right_click", 2),
        ([3, 4], {"clicks": "often"}, "left_click", None),
        ([3, 4], {"button": "back"}, "click", 1),
    ],
)
def test_a_click_never_counts_or_names_what_was_not_recorded(
    args: list[Any], kwargs: dict[str, Any], name: str, count: int | None
) -> None:
    """The count is the recorded one, and a button without a name here leaves the click its own name."""
    assert parse_action("click", args, kwargs) == Action(name, x=3, y=4, count=count, known=name != "click")


def test_arguments_do_not_slip_into_the_place_of_others() -> None:
    """Where an argument is left out, or a chord or a place comes in another form, each value keeps its meaning."""
    assert parse_action("scroll", [1, 2, -3], {}) == Action("scroll", x=1, y=2, amount=-3)
    assert parse_action("drag", [1, 2, 3, 4], {}) == Action("drag", x=1, y=2, x2=3, y2=4, known=False)
    assert parse_action("key", ["ctrl", "s"], {}) == Action("key", keys="ctrl+s")
    assert parse_action("key", [], {"keys": ["ctrl", "s"]}) == Action("key", keys="ctrl+s")
    named = {"action": "left_click", "coordinate": "[10, 20]"}
    assert parse_action("computer", [], named) == Action("left_click", x=10, y=20, count=1)


def test_an_unknown_action_keeps_its_name_and_what_can_be_read() -> None:
    """A name outside the vocabulary is kept, marked unknown, and still gives its place and its text."""
    action = parse_action("computer", [], {"action": "zoom", "coordinate": [10, 20], "text": "left pane"})
    assert action == Action("zoom", x=10, y=20, text="left pane", known=False)
    assert parse_action("PlanAction", [], {"element": ["打开"]}) == Action("PlanAction", known=False)


@pytest.mark.parametrize("bad", [[1], [1, "a"], "1,2", {"x": 1}, [float("nan"), 2], [10**400, 2], [True, 2], None])
def test_a_target_that_cannot_be_read_is_missing(bad: object) -> None:
    """A broken coordinate costs the target only."""
    action = parse_action("computer", [], {"action": "left_click", "coordinate": bad})
    assert action == Action("left_click", count=1)


def test_a_wait_that_cannot_be_read_is_not_the_default() -> None:
    """Only a wait without a duration lasts the default second; a broken one is missing."""
    assert parse_action("wait", [], {"duration": "soon"}) == Action("wait")


def test_the_computer_tool_may_take_its_action_in_front() -> None:
    """`computer` with a positional action reads like the named form."""
    assert parse_action("computer", ["left_click", [3, 4]], {}) == Action("left_click", x=3, y=4, count=1)
    assert parse_action("computer", [], {}) == Action("computer", known=False)


@given(JSON, JSON, JSON)
def test_any_json_gives_an_action(func_name: object, args: object, kwargs: object) -> None:
    """Whatever JSON stands in a step, an action comes out and its numbers are finite."""
    action = parse_action(func_name, args, kwargs)
    json.dumps([action.x, action.y, action.x2, action.y2, action.duration_s, action.amount], allow_nan=False)
    assert action.known == (action.name in VOCABULARY)


def test_what_json_cannot_hold_does_not_raise() -> None:
    """Cycles and foreign objects in a call end in an action, too."""
    cycle: list[Any] = []
    cycle.append(cycle)
    assert parse_action("type", [cycle], {}).text == '"<list>"'
    assert parse_action(object(), object(), object()).known is False
