"""A comparison as one still picture: pairs of screens, one pair a row, for places that show no widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.stills import INK, PAPER, fitting, font, stills

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cyberdesk_nb.player.images import NoPicture, Picture

ROWS_MAX = 8
"""Most rows that the saved notebook keeps."""

_WORDS = {"same": "same", "changed": "changed", "moved": "moved", "inserted": "only B", "deleted": "only A"}
_HEAD_PX, _LINE_PX, _GAP_PX = 34, 22, 8
_SHADE = "#f3f4f6"


def telling(rows: Sequence[Mapping[str, Any]], most: int) -> list[int]:
    """Choose rows to show: the differences, at most so many; without any the first rows."""
    differing = [index for index, row in enumerate(rows) if row["op"] != "same"]
    return (differing or list(range(len(rows))))[:most]


def comparison_sheet(
    story: dict[str, Any],
    pictures: tuple[Mapping[int, Picture | NoPicture], Mapping[int, Picture | NoPicture]],
    *,
    only: Sequence[int],
    width: int,
) -> Image.Image:
    """Draw rows of a comparison.

    Parameters
    ----------
    story
        As `build_comparison` gives it.
    pictures
        Of `a` and of `b`, by position in each.
    only
        Which rows.
    width
        Width of one screen in pixels.
    """
    drawn = [_pair(story, story["rows"][index], pictures, width) for index in only]
    full = 2 * width + 3 * _GAP_PX
    sheet = Image.new("RGB", (full, _HEAD_PX + sum(one.height + _GAP_PX for one in drawn)), PAPER)
    differing = sum(row["op"] != "same" for row in story["rows"])
    words = f"A: {printable(story['a']['title'], 80)}   B: {printable(story['b']['title'], 80)}   "
    words += f"{differing} of {len(story['rows'])} rows differ, {len(drawn)} shown"
    ImageDraw.Draw(sheet).text((_GAP_PX, 9), fitting(words, full - 2 * _GAP_PX), font=font(13), fill=INK)
    top = _HEAD_PX
    for one in drawn:
        sheet.paste(one, (_GAP_PX, top))
        top += one.height + _GAP_PX
    return sheet


def _pair(
    story: dict[str, Any],
    row: Mapping[str, Any],
    pictures: tuple[Mapping[int, Picture | NoPicture], Mapping[int, Picture | NoPicture]],
    width: int,
) -> Image.Image:
    sides = [
        None if row[side] is None else next(iter(stills(story[side], found, width, space="auto", only=[row[side]])))
        for side, found in zip("ab", pictures, strict=True)
    ]
    height = max(side.height for side in sides if side is not None)
    out = Image.new("RGB", (2 * width + _GAP_PX, height + _LINE_PX), _SHADE)
    changes = "; ".join(f"{one['name']}: {one['a']} \N{RIGHTWARDS ARROW} {one['b']}" for one in row["changes"])
    words = printable(" ".join(f"{_WORDS[row['op']]}  {changes}".split()), 300)
    ImageDraw.Draw(out).text((6, 3), fitting(words, out.width - 12), font=font(12), fill=INK)
    for place, side in enumerate(sides):
        if side is not None:
            out.paste(side, (place * (width + _GAP_PX), _LINE_PX))
    return out
