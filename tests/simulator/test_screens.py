"""The drawn desktops: what a click and a key do, and that the picture shows it."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typing_extensions import override

from cyberdesk_nb.simulator.catalog import KINDS, Play
from cyberdesk_nb.simulator.screens import HEIGHT, WIDTH, App, Box, Column, Desktop, State, Ui
from cyberdesk_nb.simulator.screens._text import clean, fit, width_of
from cyberdesk_nb.simulator.screens.looks import LOOKS


class Sampler(App):
    """One control of each kind."""

    title = "Sampler"
    shortcuts = (("ctrl+s", "save"),)
    start_focus = "name"

    @override
    def layout(self, ui: Ui) -> None:
        ui.window("Sampler")
        ui.menu_bar(32, ("File", "Help"))
        ui.field("name", 40, 100, 200, "Name")
        ui.field("code", 260, 100, 200, "Code", kind="password")
        ui.field("off", 480, 100, 100, "Off", enabled=False)
        ui.dropdown("size", 600, 100, 120, "Size", ("Small", "Large"))
        ui.checkbox("urgent", 40, 150, "Urgent")
        ui.field("notes", 40, 200, 300, "Notes", kind="area", height=80)
        ui.table(
            "left", (40, 300, 400, 500), (Column("No.", 60), Column("Text", 100)), [(str(i), "x") for i in range(30)]
        )
        ui.table("right", (420, 300, 800, 500), (Column("No.", 60),), [(str(i),) for i in range(3)])
        ui.button("save", 40, 520, 100, "Save", tone="primary")
        ui.button("other", 160, 520, 100, "Other")
        ui.status_bar("right")

    @override
    def press(self, state: State, name: str) -> None:
        state.data["log"] = (*state.data.get("log", ()), name)

    @override
    def open_row(self, state: State, table: str, row: int) -> None:
        self.press(state, f"open {table} {row}")

    @override
    def context(self, state: State, name: str) -> tuple[tuple[str, str], ...]:
        return (("delete", "Delete"),) if name == "left" else ()

    @override
    def menu_items(self, name: str) -> tuple[tuple[str, str], ...]:
        return (("exit", "Exit"),) if name == "menu.file" else ()

    @override
    def drop(self, state: State, source: Any, target: Any, end: tuple[int, int]) -> None:
        self.press(state, f"drop {source.id} {target.id if target else end}")

    @override
    def answer(self, state: State, box: str, button: str) -> None:
        self.press(state, f"answer {box} {button}")


@pytest.fixture
def desktop() -> Desktop:
    """Start a fresh desktop with the sampler on it."""
    return Desktop(Sampler())


def click(desktop: Desktop, name: str, action: str = "left_click") -> None:
    """Click the centre of a control."""
    desktop.act({"action": action, "coordinate": list(desktop.control(name).centre)})


def key(desktop: Desktop, chord: str) -> None:
    """Press keys."""
    desktop.act({"action": "key", "text": chord})


def log(desktop: Desktop) -> tuple[str, ...]:
    """Return what the application was told."""
    return desktop.state.data.get("log", ())


@cache
def plays() -> list[Play]:
    """One play of each kind, and one of each kind that fails."""
    calm = [kind.play(kind.sample_inputs(random.Random(5))) for kind in KINDS]
    return calm + [k.play(k.sample_inputs(random.Random(6)), failure=k.failures[-2].name) for k in KINDS]


def picture(desktop: Desktop) -> Image.Image:
    """Return the screen, decoded."""
    return Image.open(io.BytesIO(desktop.render())).convert("RGB")


# Typing and focus -----------------------------------------------------------------------------------------------------


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


# Pressing -------------------------------------------------------------------------------------------------------------


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


# Tables ---------------------------------------------------------------------------------------------------------------


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


# Odd input ------------------------------------------------------------------------------------------------------------

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
    play = plays()[kind]
    desktop = play.shots[len(play.shots) // 2].before.copy()
    for move in moves:
        assert desktop.act(move)
        assert desktop.controls()


# Drawing --------------------------------------------------------------------------------------------------------------


def test_pictures_are_small_palette_pngs_of_the_screen_size() -> None:
    """Every picture is a 1024x768 PNG of at most 40 kB."""
    for play in plays():
        for shot in (play.shots[1], play.shots[len(play.shots) // 2], play.shots[-1]):
            png = shot.before.render()
            image = Image.open(io.BytesIO(png))
            assert (image.format, image.mode, image.size) == ("PNG", "P", (1024, 768))
            assert len(png) <= 40_000


def test_equal_fingerprints_mean_equal_pictures(desktop: Desktop) -> None:
    """A copy has the same fingerprint and bytes; what changes the picture changes the fingerprint."""
    twin = desktop.copy()
    assert twin.fingerprint() == desktop.fingerprint()
    assert twin.render() == desktop.render()
    seen = {desktop.fingerprint()}
    for move in (
        {"action": "type", "text": "x"},
        {"action": "key", "text": "Tab"},
        {"action": "key", "text": "ctrl+a"},
    ):
        twin.act(move)
        seen.add(twin.fingerprint())
    assert len(seen) >= 3
    other = Desktop(KINDS[0].open(KINDS[0].sample_inputs(random.Random(1))).app)
    assert other.fingerprint() not in seen


def test_a_control_is_drawn_where_it_is_clicked(desktop: Desktop) -> None:
    """Just inside its corners a default button has its colour and takes the click, just outside it does neither."""
    image = picture(desktop)
    x0, y0, x1, y1 = desktop.control("save").rect
    accent = tuple(int(desktop.app.theme.accent[i : i + 2], 16) for i in (1, 3, 5))

    def is_button(x: int, y: int) -> tuple[bool, bool]:
        pixel, hit = image.getpixel((x, y)), desktop.at(x, y)
        assert isinstance(pixel, tuple)
        drawn = all(abs(a - b) <= 12 for a, b in zip(pixel, accent, strict=True))
        return drawn, hit is not None and hit.id == "save"

    assert {is_button(x, y) for x in (x0 + 5, x1 - 6) for y in (y0 + 4, y1 - 5)} == {(True, True)}
    assert {is_button(x, y) for x in (x0 - 3, x1 + 2) for y in (y0 - 3, y1 + 2)} == {(False, False)}


def test_every_kind_of_control_has_a_look() -> None:
    """No application puts a control on the screen that would not be drawn."""
    kinds = {c.kind for play in plays() for shot in play.shots for c in shot.before.controls()}
    assert kinds <= LOOKS.keys()


def test_controls_lie_on_the_screen() -> None:
    """Every control lies within the screen and has a size."""
    for play in plays():
        for shot in play.shots:
            for control in shot.before.controls():
                x0, y0, x1, y1 = control.rect
                assert 0 <= x0 < x1 <= WIDTH, control
                assert 0 <= y0 < y1 <= HEIGHT, control


def test_the_taskbar_shows_the_time(desktop: Desktop) -> None:
    """Setting the clock changes the picture by the minute."""
    desktop.set_time(datetime(2026, 11, 3, 0, 5, tzinfo=UTC))
    midnight = desktop.render()
    assert (desktop.state.time, desktop.state.date) == ("12:05 AM", "11/3/2026")
    desktop.set_time(datetime(2026, 11, 3, 13, 5, tzinfo=UTC))
    assert desktop.state.time == "1:05 PM"
    assert desktop.render() != midnight


def test_what_no_face_can_draw_becomes_a_visible_box(desktop: Desktop) -> None:
    """Letters of other scripts are drawn where a face has them, and as boxes where none has: never as nothing."""
    box = desktop.control("name").rect
    empty = picture(desktop).crop(box).tobytes()
    shown: set[bytes] = set()
    for text in ("Łukasz", "上海恒信", "上海", "Ελλάδα", "🦊🦊🦊", "\u202e", "\ud800"):
        screen = desktop.copy()
        screen.act({"action": "type", "text": text})
        shown.add(picture(screen).crop(box).tobytes())
    assert empty not in shown
    assert len(shown) >= 5


def test_long_text_is_cut_to_its_place() -> None:
    """Text is cut to its width with an ellipsis, a focused field shows its end, and length costs nothing."""
    long = "".join(f"{i} " for i in range(100_000))
    for face in ("sans", "classic", "mono"):
        head, tail = fit(long, 150, face, 13, bold=False, tail=False), fit(long, 150, face, 13, bold=False, tail=True)
        assert head.startswith("0 1 2")
        assert head.endswith("…")
        assert tail.endswith("99999 ")
        assert max(width_of(text, face, 13, bold=False) for text in (head, tail)) <= 150
    assert clean("a\u202eb\x00\ud800\n") == "a\ufffdb\ufffd\ufffd "
