"""The still picture that a saved notebook keeps of a player."""

from __future__ import annotations

import base64
import io
from concurrent.futures import Future
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageChops

from cyberdesk_nb.player import Redaction, TrajectoryPlayer, poster
from cyberdesk_nb.player.poster import BYTES_MAX, STEPS_MAX, choose
from tests.player.pictures import inline, picture

WIDGET = "application/vnd.jupyter.widget-view+json"


def noise(seed: int) -> bytes:
    """Return a picture that no PNG makes small."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 80 + seed).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def recording(*screens: bytes | str | None, **options: Any) -> TrajectoryPlayer:
    """Return a player of one click a screen."""
    steps = [
        {
            "func_name": "click",
            "args": [512, 384],
            "pre_check_snapshot": {"screenshot": inline(screen) if isinstance(screen, bytes) else screen},
        }
        for screen in screens
    ]
    return TrajectoryPlayer.from_trajectory({"id": "t", "name": "Sample", "trajectory_data": steps}, **options)


def shown(player: TrajectoryPlayer) -> dict[str, Any]:
    """Return what a cell keeps when it shows the player."""
    bundle = player._repr_mimebundle_()
    assert bundle is not None
    return bundle[0]


def still(player: TrajectoryPlayer) -> Image.Image:
    """Return the still picture."""
    return Image.open(io.BytesIO(base64.b64decode(shown(player)["image/png"]))).convert("RGB")


def near(image: Image.Image, colour: str) -> bool:
    """Whether a colour is on a picture, give or take what its palette takes."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, colour))
    return bool((np.asarray(difference).max(axis=2) < 12).any())


def rows(count: int, *failed: int, broke: int = -1) -> list[dict[str, Any]]:
    """Return what the chooser looks at."""
    return [{"failed": index in failed, "broke": index == broke} for index in range(count)]


def test_a_cell_keeps_a_picture_beside_the_player() -> None:
    """The cell's output has the widget and a PNG of the steps, with the action on the screen."""
    player = recording(picture(size=(1024, 768), colour="white"))
    assert WIDGET in shown(player)
    assert near(still(player), "#e6007e")


def test_without_steps_or_when_not_wanted_there_is_no_picture() -> None:
    """An empty recording has nothing to show, and still=False keeps screens out of the notebook."""
    assert set(shown(recording())) == {WIDGET, "text/plain"}
    assert set(shown(recording(picture(), still=False))) == {WIDGET, "text/plain"}


def test_the_picture_is_small_whatever_the_screens() -> None:
    """Screens that compress badly make the picture smaller until it keeps its size."""
    plain, noisy = recording(*[picture()] * 12), recording(*(noise(seed) for seed in range(12)))
    assert len(base64.b64decode(shown(noisy)["image/png"])) <= BYTES_MAX
    assert still(noisy).width < still(plain).width


def test_few_steps_are_all_shown() -> None:
    """Up to twelve steps are shown, none twice."""
    assert choose(rows(0)) == []
    assert choose(rows(1)) == [0]
    assert choose(rows(STEPS_MAX)) == list(range(STEPS_MAX))


@pytest.mark.parametrize("count", [13, 14, 25, 1000])
def test_of_many_steps_the_telling_ones_are_shown(count: int) -> None:
    """Of more, twelve are shown: first, last, failed, where the replay broke, and others spread between."""
    chosen = choose(rows(count, 7, 11, broke=4))
    assert len(chosen) == STEPS_MAX
    assert chosen == sorted(set(chosen))
    assert {0, 4, 7, 11, count - 1} <= set(chosen)
    assert max(after - before for before, after in pairwise(chosen)) <= max(3, count // 4)


def test_many_failures_leave_room_for_the_rest() -> None:
    """When every step failed, the picture still reaches from the first to the last."""
    chosen = choose(rows(100, *range(100)))
    assert (len(chosen), chosen[0], chosen[-1]) == (STEPS_MAX, 0, 99)
    assert sum(20 < index < 90 for index in chosen) >= 3


def test_a_screen_that_does_not_come_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fetch that never ends leaves its step without a screen, and the others are drawn."""
    monkeypatch.setattr(poster, "PATIENCE_S", 0.3)
    asked: list[str] = []

    def fetch(reference: str) -> Future[bytes]:
        asked.append(reference)
        return Future()

    player = recording(picture(size=(1024, 768), colour="teal"), "supabase://run-images/1.png", images=fetch)
    assert near(still(player), "teal")
    assert asked


def test_the_picture_is_redacted_as_asked() -> None:
    """With a redaction, what it leaves out is not in the saved picture either."""
    screen = picture(size=(1024, 768), colour="red")
    assert near(still(recording(screen)), "red")
    assert not near(still(recording(screen, still=Redaction(rectangles=((0, 0, 1024, 768),)))), "red")


def test_hostile_titles_are_drawn_as_text() -> None:
    """A megabyte of markup and direction marks as a name is cut and drawn, not an error."""
    title = "<img src=x onerror=alert(1)>\u202e" + "x" * 1_000_000
    assert still(recording(picture(), title=title)).width > 0
