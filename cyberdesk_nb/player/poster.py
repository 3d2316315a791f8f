"""A recording as one small still picture, for places that show a saved notebook without its widgets."""

from __future__ import annotations

import io
from time import monotonic
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.images import NoPicture, Picture
from cyberdesk_nb.player.stills import INK, PAPER, contact_sheet, fitting, font, stills

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Read = Callable[[Sequence[int], float], Mapping[int, Picture | NoPicture]]
    """Reads the pictures of some positions, waiting no longer than some seconds."""

STEPS_MAX = 12
"""Most steps on the picture; it says which share of all they are."""

BYTES_MAX = 300_000
"""Largest picture in bytes: it is saved with the notebook each time that the player was shown."""

PATIENCE_S = 1.0
"""How long the cell may wait for screens to come, and again for them to be drawn; others are said to be missing."""

_WIDTHS = (300, 220, 150, 100)
_COLUMNS = 4
_HEAD_PX = 34
_LATE = NoPicture("Left out of this still picture to save time.")


def draw_poster(story: dict[str, Any], read: Read, *, space: str) -> bytes:
    """Draw a few steps of a recording, as `small_png` writes it.

    Parameters
    ----------
    story
        The recording as the front end is told it.
    read
        Reads pictures by position.
    space
        What coordinates count, as for `stills`.
    """
    shown = choose(story["steps"])
    positions = [story["steps"][index]["picture"] for index in shown]
    pictures = dict(read([position for position in positions if position is not None], PATIENCE_S))
    drawn: list[Image.Image] = []
    until = monotonic() + PATIENCE_S
    for index in shown:
        if monotonic() > until:
            pictures = dict.fromkeys(pictures, _LATE)
        drawn += stills(story, pictures, _WIDTHS[0], space=space, only=[index])
    status = f", {story['status']}" if story["status"] else ""
    title = f"{printable(story['title'], 120)}{status}: {len(shown)} of {len(story['steps'])} steps"

    def sheet(width: int) -> Image.Image:
        return _titled(contact_sheet([_narrowed(one, width) for one in drawn], columns=_COLUMNS), title)

    return small_png(sheet)


def small_png(draw: Callable[[int], Image.Image]) -> bytes:
    """Write what `draw` gives as PNG of at most `BYTES_MAX`, with screens as wide as fit; at worst the narrowest."""
    data = b""
    for width in _WIDTHS:
        out = io.BytesIO()
        draw(width).quantize(96, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(out, "PNG")
        data = out.getvalue()
        if len(data) <= BYTES_MAX:
            break
    return data


def choose(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Choose the steps to show: the first, the last, those that failed or broke the replay, and others between."""
    last = len(rows) - 1
    if last < STEPS_MAX:
        return list(range(last + 1))
    telling = [index for index, row in enumerate(rows) if row["failed"] or row["broke"]]
    chosen = {0, last, *telling[: STEPS_MAX // 2]}
    others = [index for index in range(last) if index not in chosen]
    room = STEPS_MAX - len(chosen)
    chosen.update(others[round((n + 0.5) * len(others) / room)] for n in range(room))
    return sorted(chosen)


def _narrowed(still: Image.Image, width: int) -> Image.Image:
    if still.width <= width:
        return still
    return still.resize((width, round(still.height * width / still.width)), Image.Resampling.LANCZOS)


def _titled(sheet: Image.Image, title: str) -> Image.Image:
    out = Image.new("RGB", (max(sheet.width, 320), sheet.height + _HEAD_PX), PAPER)
    out.paste(sheet, (0, _HEAD_PX))
    ImageDraw.Draw(out).text((10, 9), fitting(title, out.width - 20), font=font(13), fill=INK)
    return out
