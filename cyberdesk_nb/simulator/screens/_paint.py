"""Draws a list of controls to a PNG."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from ._controls import HEIGHT, WIDTH
from ._theme import Theme
from .looks import LOOKS
from .looks.brush import Brush

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._controls import Control


def paint(controls: Sequence[Control], theme: Theme) -> bytes:
    """Draw controls, bottom first, and return a palette PNG; the same bytes for the same controls."""
    image = Image.new("RGB", (WIDTH, HEIGHT), theme.wallpaper)
    brush = Brush(ImageDraw.Draw(image), theme, image)
    for control in controls:
        if control.kind in {"dialog", "popup"} and theme.face == "mono":
            brush = replace(brush, theme=Theme())  # Windows opens its own dialogs over a terminal
        look = LOOKS.get(control.kind)
        if look is not None:
            look(brush, control)
    buffer = io.BytesIO()
    flat = image.quantize(palette=_palette(image), dither=Image.Dither.NONE)
    flat.save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _palette(image: Image.Image) -> Image.Image:
    """Choose colours by every other pixel of every other row: as good as by all, in a third of the time."""
    some = image.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.NEAREST)
    return some.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
