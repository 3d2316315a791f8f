"""Steps as still pictures: the frames of a GIF, and the contact sheet for places without widgets."""

from __future__ import annotations

import io
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from cyberdesk_nb.frames.spaces import ASSUMED_SIZE
from cyberdesk_nb.player.images import NoPicture, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Point = tuple[float, float]

INK, PAPER = "#1d2129", "#ffffff"
_MARK, _HALO, _SOFT = "#e6007e", "#ffffff", "#525a67"
_STRIPS = {"replayed": "#0b7a6f", "agent": "#8a4bd0"}
_ERROR = "#c62828"
_STRIP_PX = 26


def stills(
    story: dict[str, Any],
    pictures: Mapping[int, Picture | NoPicture],
    width: int,
    *,
    space: str,
    only: Sequence[int] | None = None,
) -> Iterator[Image.Image]:
    """Draw each step: its screen with the action on it, above a line that says what was done.

    Parameters
    ----------
    story, pictures
        The recording as the front end is told it, and its pictures by position.
    width
        Width of a still in pixels.
    space
        What coordinates count: ``"auto"``, ``"screenshot"`` or ``"display"``.
    only
        Positions of the steps to draw; None draws all.
    """
    missing = NoPicture("No screen was recorded up to this step.")
    for index in range(len(story["steps"])) if only is None else only:
        position = story["steps"][index]["picture"]
        yield _still(story, index, missing if position is None else pictures[position], width, space)


def contact_sheet(stills: Sequence[Image.Image], *, columns: int) -> Image.Image:
    """Lay stills out in rows."""
    gap = 8
    columns = max(1, min(columns, len(stills)))
    cell_width = max((one.width for one in stills), default=160)
    rows = [list(stills[start : start + columns]) for start in range(0, len(stills), columns)]
    heights = [max(one.height for one in row) for row in rows]
    sheet = Image.new("RGB", (columns * (cell_width + gap) + gap, sum(heights) + gap * (len(rows) + 1)), "#e7e9ed")
    top = gap
    for row, height in zip(rows, heights, strict=True):
        for column, one in enumerate(row):
            sheet.paste(one, (gap + column * (cell_width + gap), top))
        top += height + gap
    return sheet


def _still(story: dict[str, Any], index: int, picture: Picture | NoPicture, width: int, space: str) -> Image.Image:
    row = story["steps"][index]
    screen = _screen(picture, width)
    bounds = _space(story, picture, space)
    _draw_action(screen, row["action"], bounds)
    out = Image.new("RGB", (width, screen.height + _STRIP_PX), PAPER)
    out.paste(screen, (0, 0))
    draw = ImageDraw.Draw(out)
    colour = _ERROR if row["failed"] else _STRIPS.get(row["origin"] or "", _SOFT)
    draw.rectangle((0, screen.height, 4, out.height), fill=colour)
    words = f"{index + 1}  {row['label']} {row['detail']}"
    ink = _ERROR if row["failed"] else INK
    draw.text((12, screen.height + 5), fitting(words, width - 20), font=font(13), fill=ink)
    return out


def _screen(picture: Picture | NoPicture, width: int) -> Image.Image:
    if isinstance(picture, Picture):
        try:
            with Image.open(io.BytesIO(picture.data)) as image:
                height = max(1, round(width * picture.height / picture.width))
                image.draft("RGB", (2 * width, 2 * height))
                return image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2)
        except Exception:  # noqa: BLE001 - a broken picture is said to be broken, whatever the reader raised
            picture = NoPicture("The picture is broken: it cannot be decoded.")
    blank = Image.new("RGB", (width, round(width * 3 / 4)), "#f3f4f6")
    text = fitting(picture.reason, width - 20)
    ImageDraw.Draw(blank).text((width / 2, blank.height / 2), text, font=font(12), fill=_SOFT, anchor="mm")
    return blank


def _space(story: dict[str, Any], picture: Picture | NoPicture, choice: str) -> Point:
    """Return width and height that coordinates count in; the front end's `spaceOf` decides alike."""
    display = (story["dimensions"]["width"], story["dimensions"]["height"]) if story["dimensions"] else None
    shot = (picture.width, picture.height) if isinstance(picture, Picture) else ASSUMED_SIZE
    beyond = story["reach"]["x"] > shot[0] or story["reach"]["y"] > shot[1]
    wants_display = choice == "display" or (choice == "auto" and beyond)
    return (display if wants_display else shot) or shot


def _draw_action(screen: Image.Image, action: dict[str, Any], bounds: Point) -> None:
    def place(x: float | None, y: float | None) -> Point | None:
        return None if x is None or y is None else (x / bounds[0] * screen.width, y / bounds[1] * screen.height)

    start, end = place(action["x"], action["y"]), place(action["x2"], action["y2"])
    draw = ImageDraw.Draw(screen)
    radius = max(7, screen.width / 60)
    if start and end:
        _arrow(draw, start, end)
    for extra in range(action["count"] or 1):
        _ring(draw, start or end, radius + extra * radius / 2)
    if start or end:
        _dot(draw, start or end, radius / 4)


def _ring(draw: ImageDraw.ImageDraw, at: Point | None, radius: float) -> None:
    if at is not None:
        draw.circle(at, radius + 1, outline=_HALO, width=5)
        draw.circle(at, radius, outline=_MARK, width=3)


def _dot(draw: ImageDraw.ImageDraw, at: Point | None, radius: float) -> None:
    if at is not None:
        draw.circle(at, radius, fill=_MARK, outline=_HALO)


def _arrow(draw: ImageDraw.ImageDraw, start: Point, end: Point) -> None:
    draw.line((start, end), fill=_HALO, width=6)
    draw.line((start, end), fill=_MARK, width=3)
    angle = math.atan2(end[1] - start[1], end[0] - start[0])
    wings = [(end[0] - 13 * math.cos(angle + turn), end[1] - 13 * math.sin(angle + turn)) for turn in (-0.45, 0.45)]
    draw.polygon([end, *wings], fill=_MARK, outline=_HALO)


def fitting(text: str, width: int) -> str:
    """Cut a text to a width in pixels."""
    face = font(13)
    while text and face.getlength(text) > width:
        text = text[: max(0, len(text) - 1 - len(text) // 20)].rstrip("\N{HORIZONTAL ELLIPSIS}")
        text = f"{text[:-1]}\N{HORIZONTAL ELLIPSIS}"
    return text


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return the font of captions."""
    # matplotlib brings DejaVu, which knows many more scripts than Pillow's own font.
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size)
