"""Steps as still pictures, and as an animated one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cyberdesk_nb.errors import ConfigurationError
from cyberdesk_nb.player import Redaction, TrajectoryPlayer, gif
from tests.player.pictures import inline, picture

MARK = (230, 0, 126)
SCREEN = picture(size=(1024, 768), colour="white")


def player(*kwargs: dict[str, Any], screenshot: str | None = None, **values: Any) -> TrajectoryPlayer:
    """Return a player of these actions, each on a white screen of 1024 by 768."""
    snapshot = {"screenshot": inline(SCREEN) if screenshot is None else screenshot}
    steps = [{"func_name": "computer", "kwargs": one, "pre_check_snapshot": snapshot} for one in kwargs]
    return TrajectoryPlayer.from_trajectory({"id": "t", "trajectory_data": steps} | values)


def click(x: float, y: float) -> dict[str, Any]:
    """Return a click."""
    return {"action": "left_click", "coordinate": [x, y]}


def marked(sheet: Image.Image, x: float, y: float) -> bool:
    """Whether the mark's colour is on the sheet at a point of the only still's screen (512 wide)."""
    return sheet.getpixel((8 + round(x), 8 + round(y))) == MARK


def test_the_action_is_drawn_where_it_was() -> None:
    """A click is marked at its place, scaled to the still, and nowhere else."""
    sheet = player(click(512, 384)).contact_sheet(width_px=512)
    assert marked(sheet, 256, 192)
    assert not marked(sheet, 300, 192)


def test_coordinates_of_the_display_are_scaled() -> None:
    """Coordinates beyond the screenshot are the display's, or are what the player's switch says."""
    display: dict[str, Any] = {"dimensions": {"width": 2048, "height": 1536}}
    assert marked(player(click(1024, 768), click(2000, 9), **display).contact_sheet(width_px=512), 256, 192)
    one = player(click(512, 384), **display)
    assert marked(one.contact_sheet(width_px=512), 256, 192)
    one.space = "display"
    assert marked(one.contact_sheet(width_px=512), 128, 96)


def test_a_drag_is_drawn_from_start_to_end() -> None:
    """The path of a drag is marked at its start and in its middle."""
    drag = {"action": "left_click_drag", "start_coordinate": [100, 100], "coordinate": [500, 100]}
    sheet = player(drag).contact_sheet(width_px=512)
    assert marked(sheet, 50, 50)
    assert marked(sheet, 150, 50)
    assert not marked(sheet, 300, 50)


def test_a_sheet_has_a_place_for_each_step() -> None:
    """Five steps in rows of two are three rows; fewer steps than columns make a narrower sheet."""
    many = player(*[click(5, 5)] * 5).contact_sheet(columns=2, width_px=160)
    one = player(click(5, 5)).contact_sheet(columns=4, width_px=160)
    assert many.size == (8 + 2 * 168, 8 + 3 * (120 + 26 + 8))
    assert one.size == (8 + 168, 8 + 120 + 26 + 8)


@pytest.mark.parametrize("screenshot", ["", "?", inline(picture("JPEG", (400, 300))[:900])])
def test_steps_without_a_readable_screen_are_drawn_too(screenshot: str) -> None:
    """A missing or broken screen is a light page with words, not an error."""
    assert player(click(5, 5), screenshot=screenshot).contact_sheet(width_px=160).size == (176, 162)


def test_an_empty_recording_has_an_empty_sheet() -> None:
    """No steps, no stills, no error."""
    assert player().contact_sheet().size[0] > 0


def test_a_gif_shows_each_step_in_turn(tmp_path: Path) -> None:
    """The file has one frame a step, at the pace asked for, the last one twice as long, and repeats."""
    export = player(click(100, 100), click(400, 400), click(700, 700)).to_gif(tmp_path / "a.gif", step_s=0.5)
    with Image.open(export.path) as image:
        durations: list[int] = []
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            durations.append(image.info["duration"])
    assert durations == [500, 500, 1000]
    assert image.info["loop"] == 0


def test_a_gif_keeps_its_budget(tmp_path: Path) -> None:
    """Frames become smaller until the file fits; one that cannot fit raises and writes nothing."""
    recording = player(click(100, 100), click(400, 400))
    large = recording.to_gif(tmp_path / "large.gif")
    small = recording.to_gif(tmp_path / "small.gif", budget_mb=large.size_bytes * 0.9e-6)
    assert small.size_bytes <= large.size_bytes * 0.9
    assert small.note != large.note
    with pytest.raises(ConfigurationError, match="budget_mb"):
        recording.to_gif(tmp_path / "none.gif", budget_mb=0.0001)
    assert not (tmp_path / "none.gif").exists()


def test_a_long_gif_is_drawn_small_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recording too long for wide frames is drawn narrow, and every step is in it."""
    recording = player(*[click(10 * i, 10 * i) for i in range(40)])
    monkeypatch.setattr(gif, "PIXELS_MAX", 40 * 300 * 300)
    export = recording.to_gif(tmp_path / "long.gif")
    assert export.note == "frames 280 pixels wide"
    with Image.open(export.path) as image:
        assert (image.width, getattr(image, "n_frames", 0)) == (280, 40)


def test_a_gif_takes_screens_of_other_shapes(tmp_path: Path) -> None:
    """Where screens differ in shape, the frames share one canvas, and none is cut."""
    wide, tall = (inline(picture(size=size, colour="navy")) for size in ((800, 400), (400, 800)))
    steps = [{"func_name": "wait", "pre_check_snapshot": {"screenshot": one}} for one in (wide, tall, wide)]
    recording = TrajectoryPlayer.from_trajectory({"id": "t", "trajectory_data": steps})
    with Image.open(recording.to_gif(tmp_path / "a.gif").path) as image:
        assert image.height == 2 * image.width + 26
        heights: list[int] = []
        for frame in range(3):
            image.seek(frame)
            column = [image.convert("RGB").getpixel((image.width // 2, y)) for y in range(image.height)]
            heights.append(sum(pixel == (0, 0, 128) for pixel in column))
    assert heights == [480, 1920, 480]


def test_stills_are_redacted() -> None:
    """A rectangle that is left out is black on the sheet."""
    sheet = player(click(900, 700)).contact_sheet(width_px=512, redact=Redaction(rectangles=((0, 0, 100, 100),)))
    assert sheet.getpixel((8 + 20, 8 + 20)) == (0, 0, 0)
