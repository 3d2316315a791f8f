"""The pictures of drawn desktops: what is there is seen, where it is clicked."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime
from functools import cache

from PIL import Image

from cyberdesk_nb.simulator.catalog import KINDS, Play
from cyberdesk_nb.simulator.screens import HEIGHT, WIDTH, Desktop
from cyberdesk_nb.simulator.screens._text import clean, fit, width_of
from cyberdesk_nb.simulator.screens.looks import LOOKS

from .sampler import picture


@cache
def plays() -> list[Play]:
    """One play of each kind, and one of each kind that fails."""
    calm = [kind.play(kind.sample_inputs(random.Random(5))) for kind in KINDS]
    return calm + [k.play(k.sample_inputs(random.Random(6)), failure=k.failures[-2].name) for k in KINDS]


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
