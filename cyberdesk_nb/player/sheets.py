"""Several still pictures one below the other, each under its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from cyberdesk_nb.errors import printable
from cyberdesk_nb.player.stills import INK, PAPER, fitting, font

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_PX = 32


def stacked(sheets: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Put pictures one below the other.

    Parameters
    ----------
    sheets
        Title and picture of each; without any the picture says so.
    """
    shown = list(sheets) or [("Nothing to show.", Image.new("RGB", (320, 1), PAPER))]
    width = max(image.width for _, image in shown)
    out = Image.new("RGB", (width, sum(_LINE_PX + image.height for _, image in shown)), PAPER)
    top = 0
    for title, image in shown:
        words = fitting(printable(title, 300), width - 20)
        ImageDraw.Draw(out).text((10, top + 8), words, font=font(14), fill=INK)
        out.paste(image, (0, top + _LINE_PX))
        top += _LINE_PX + image.height
    return out
