"""The mouse on a drawn desktop: what a click, a drag and a message box do."""

from __future__ import annotations

from typing import Any

import pytest

from cyberdesk_nb.simulator.screens import Box, Desktop

from .sampler import click, key, log


def test_buttons_shortcuts_and_enter_press(desktop: Desktop) -> None:
    """A click presses a button, Enter in a field presses the default one, Space the focused one, a chord its own."""
    click(desktop, "other")
    key(desktop, "space")
    click(desktop, "name")
    key(desktop, "Return")
    key(desktop, "ctrl+s")
    assert log(desktop) == ("other", "other", "save", "save")


def test_check_boxes_and_lists_change_by_clicks(desktop: Desktop) -> None:
    """A check box toggles; a list opens over its neighbours, takes a choice, and closes on a click elsewhere."""
    click(desktop, "urgent")
    assert desktop.state.text("urgent")
    click(desktop, "urgent")
    assert not desktop.state.text("urgent")
    click(desktop, "size")
    click(desktop, "size.large")
    assert desktop.state.text("size") == "Large"
    click(desktop, "size")
    desktop.act({"action": "left_click", "coordinate": [900, 650]})
    with pytest.raises(KeyError):
        desktop.control("size.large")


def test_menus_open_and_choose(desktop: Desktop) -> None:
    """A menu of the bar and a context menu open, and their entries press."""
    click(desktop, "menu.file")
    click(desktop, "exit")
    click(desktop, "left.2", "right_click")
    assert desktop.state.selected["left"] == 2
    click(desktop, "delete")
    assert log(desktop) == ("exit", "delete")


def test_a_message_box_blocks_what_is_under_it(desktop: Desktop) -> None:
    """Under a modal box no click and no shortcut gets through; its button closes it, and the focus is where it was."""
    desktop.show(Box("ask", "Title", "Sure?", ("Yes", "No"), "question"))
    click(desktop, "other")
    key(desktop, "ctrl+s")
    desktop.act({"action": "type", "text": "x"})
    assert log(desktop) == ()
    assert desktop.state.text("name") == ""
    click(desktop, "ask.no")
    desktop.act({"action": "type", "text": "x"})
    assert log(desktop) == ("answer ask no",)
    assert desktop.state.text("name") == "x"


def test_enter_and_escape_answer_a_message_box(desktop: Desktop) -> None:
    """Enter presses the first button of a box, Escape the last, the box on top first."""
    for name in ("under", "top"):
        desktop.show(Box(name, "Title", "Text", ("Yes", "No")))
    key(desktop, "Return Escape")
    assert log(desktop) == ("answer top yes", "answer under no")


def test_a_toast_blocks_only_its_corner(desktop: Desktop) -> None:
    """A toast takes the clicks on itself and leaves the rest of the screen usable."""
    desktop.show(Box("news", "News", "Something happened.", ("Later",), toast=True))
    click(desktop, "other")
    assert log(desktop) == ("other",)
    hit = desktop.at(*desktop.control("news.box").centre)
    assert hit is not None
    assert hit.id == "news.box"


@pytest.mark.parametrize("condition", ["not_responding", "disconnected"])
def test_a_dead_desktop_reacts_to_nothing(desktop: Desktop, condition: Any) -> None:
    """A frozen application or a lost connection changes the picture, and nothing changes it any more."""
    alive = desktop.render()
    desktop.state.condition = condition
    dead = desktop.render()
    assert dead != alive
    click(desktop, "other")
    key(desktop, "ctrl+s")
    answer = desktop.act({"action": "type", "text": "x"})
    assert "No reaction" in answer
    assert log(desktop) == ()
    assert desktop.render() == dead


@pytest.mark.parametrize("name", ["window.close", "window.minimize"])
def test_a_closed_window_comes_back_from_the_taskbar(desktop: Desktop, name: str) -> None:
    """Closing hides the window, its controls and its keys; its button in the taskbar shows it as it was."""
    before = desktop.render()
    place = list(desktop.control("other").centre)
    click(desktop, name)
    assert desktop.render() != before
    desktop.act({"action": "left_click", "coordinate": place})
    key(desktop, "ctrl+s")
    assert log(desktop) == ()
    click(desktop, "taskbar.app")
    assert desktop.render() == before


def test_scrolling_stays_within_the_table(desktop: Desktop) -> None:
    """The wheel over a table moves its rows by as many as asked, and stops at both ends."""
    over = list(desktop.control("left").centre)
    scroll = {"action": "scroll", "coordinate": over, "scroll_amount": 4}
    desktop.act(scroll | {"scroll_direction": "down"})
    assert desktop.control("left").span == (4, 6, 30)
    desktop.act(scroll | {"scroll_direction": "down", "scroll_amount": 500})
    assert desktop.control("left.29").label == ""
    assert desktop.control("left").span == (24, 6, 30)
    desktop.act(scroll | {"scroll_direction": "up"})
    assert desktop.control("left").span == (20, 6, 30)
    desktop.act(scroll | {"scroll_direction": "up", "scroll_amount": 500})
    assert desktop.control("left").span == (0, 6, 30)


def test_arrow_keys_move_the_selection_into_view(desktop: Desktop) -> None:
    """The selection follows the arrow keys, and the table scrolls so that it can be seen; Enter opens the row."""
    click(desktop, "left.0")
    key(desktop, " ".join(["Down"] * 9))
    assert desktop.control("left.9").on
    key(desktop, "Return")
    assert log(desktop) == ("open left 9",)
    click(desktop, "right.1", "double_click")
    assert log(desktop)[-1] == "open right 1"


def test_a_drag_and_its_parts_do_the_same(desktop: Desktop) -> None:
    """Pressing, moving and letting go is a drag, like the drag in one action; without a way it is a click."""
    start, end = list(desktop.control("left.1").centre), list(desktop.control("right.2").centre)
    desktop.act({"action": "left_click_drag", "start_coordinate": start, "coordinate": end})
    desktop.act({"action": "left_mouse_down", "coordinate": start})
    desktop.act({"action": "mouse_move", "coordinate": end})
    desktop.act({"action": "left_mouse_up"})
    assert log(desktop) == ("drop left.1 right.2",) * 2
    desktop.act({"action": "left_mouse_down", "coordinate": list(desktop.control("other").centre)})
    desktop.act({"action": "left_mouse_up"})
    assert log(desktop)[-1] == "other"


def test_the_scroll_bar_can_be_dragged(desktop: Desktop) -> None:
    """Dragging the scroll bar to its end shows the last rows."""
    x0, y0, _, y1 = desktop.control("left.scroll").rect
    desktop.act({"action": "left_click_drag", "start_coordinate": [x0 + 3, y0 + 3], "coordinate": [x0 + 3, y1 + 200]})
    assert desktop.control("left.29")
