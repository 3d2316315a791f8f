"""The keyboard on a drawn desktop: where typed text goes, and what keys do."""

from __future__ import annotations

from cyberdesk_nb.simulator.screens import Desktop

from .sampler import click, key, picture


def test_typing_goes_to_the_focused_field(desktop: Desktop) -> None:
    """A click focuses a field, text appends to it, and the picture of the field changes."""
    click(desktop, "notes")
    before = desktop.copy()
    desktop.act({"action": "type", "text": "first"})
    desktop.act({"action": "type", "text": "\nsecond"})
    assert desktop.state.text("notes") == "first\nsecond"
    box = desktop.control("notes").rect
    assert picture(before).crop(box).tobytes() != picture(desktop).crop(box).tobytes()
    assert before.state.text("notes") == ""


def test_tab_moves_through_what_can_have_the_focus(desktop: Desktop) -> None:
    """Tab goes on in the order of the screen past disabled controls, Shift+Tab back, and both go round."""
    seen: list[str] = []
    for _ in range(7):
        seen.append(desktop.state.focus)
        key(desktop, "Tab")
    assert seen == ["name", "code", "size", "urgent", "notes", "save", "other"]
    assert desktop.state.focus == "name"
    key(desktop, "shift+Tab")
    assert desktop.state.focus == "other"


def test_tabs_in_typed_text_are_keys(desktop: Desktop) -> None:
    """Text with tabs fills one field after the other."""
    desktop.act({"action": "type", "text": "Ada\t1815"})
    assert (desktop.state.text("name"), desktop.state.text("code")) == ("Ada", "1815")


def test_selected_text_is_replaced(desktop: Desktop) -> None:
    """After Ctrl+A, a double or a triple click, typing replaces; the field's text can be cut and pasted."""
    desktop.act({"action": "type", "text": "old"})
    key(desktop, "ctrl+a")
    desktop.act({"action": "type", "text": "new"})
    assert desktop.state.text("name") == "new"
    click(desktop, "name", "triple_click")
    key(desktop, "ctrl+x")
    assert desktop.state.text("name") == ""
    click(desktop, "notes")
    key(desktop, "ctrl+v ctrl+v")
    assert desktop.state.text("notes") == "newnew"
    key(desktop, "BackSpace")
    assert desktop.state.text("notes") == "newne"
    desktop.act({"action": "type", "text": "__CLEAR__"})
    assert desktop.state.text("notes") == ""
    desktop.act({"action": "type", "text": "__EMPTY__"})
    assert desktop.state.text("notes") == ""


def test_a_disabled_field_takes_no_focus_and_no_text(desktop: Desktop) -> None:
    """A click on a disabled field leaves the focus where it was."""
    click(desktop, "off")
    desktop.act({"action": "type", "text": "x"})
    assert (desktop.state.text("off"), desktop.state.text("name")) == ("", "x")


def test_a_password_is_drawn_as_bullets_and_not_copied(desktop: Desktop) -> None:
    """Two passwords of one length look alike, and Ctrl+C does not copy one."""
    one, two = desktop.copy(), desktop.copy()
    for screen, secret in ((one, "hunter22"), (two, "swordfis")):
        click(screen, "code")
        screen.act({"action": "type", "text": secret})
        key(screen, "ctrl+a ctrl+c")
        assert screen.state.clipboard == ""
    assert one.render() == two.render()
